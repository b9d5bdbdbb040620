//! [`Companion`]: the included files of one source, and what the last load knew of them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use super::included::Asked;
use super::requests::Requests;
use crate::hints::{Quiet, Subscription};
use crate::locks::lock;
use crate::revision::Revision;
use crate::secret::keyed;
use crate::source::boxed::BoxSource;
use crate::source::files::emptied::Filled;

/// The included files of one source. Without any, it is empty and costs nothing.
#[derive(Default)]
pub(in crate::source) struct Companion {
    unit: OnceLock<Box<Unit>>,
    /// `None`: no value has included anything. Most sources stay so, so it is small.
    state: Mutex<Option<Box<State>>>,
    watchers: Mutex<Vec<Weak<Watcher>>>,
}

/// The files, as a source that is read at one moment and watched.
pub(super) struct Unit {
    pub(super) source: BoxSource,
    pub(super) requests: Arc<Shared>,
    /// Locked while requests are set and read, because several services may load one source.
    pub(super) turn: tokio::sync::Mutex<()>,
}

/// The requests that the unit reads and watches.
#[derive(Default)]
pub(super) struct Shared(Mutex<Arc<Requests>>);

#[derive(Clone, Default)]
pub(super) struct State {
    /// What the last load has concluded.
    pub(super) last: Option<Last>,
    /// How often to load because of the file systems of the included files.
    pub(super) heartbeat: Option<Duration>,
    pub(super) filled: Filled,
}

/// The state of a source and of everything that its value includes.
#[derive(Clone)]
pub(super) struct Last {
    /// The revision of all.
    pub(super) whole: Revision,
    /// The revision of the source.
    pub(super) main: Revision,
    /// The revision of the included files.
    pub(super) files: Revision,
    /// The names of the environment variables, and a token for their values.
    pub(super) variables: (Vec<String>, u128),
    /// The included files, which have the revision `files`.
    pub(super) requests: Arc<Requests>,
}

/// One open watch of the source. It has the watch of the included files.
pub(super) struct Watcher {
    pub(super) hints: Quiet,
    pub(super) guard: Mutex<Option<Subscription>>,
}

impl Companion {
    /// The included files, if there ever were any.
    pub(super) fn unit(&self) -> Option<&Unit> {
        self.unit.get().map(|unit| &**unit)
    }

    pub(super) fn unit_or(&self, make: impl FnOnce() -> Unit) -> &Unit {
        self.unit.get_or_init(|| Box::new(make()))
    }

    /// The requests that were read last.
    pub(super) fn requests(&self) -> Arc<Requests> {
        self.unit()
            .map(|unit| unit.requests.get())
            .unwrap_or_default()
    }

    /// Reads the state. The closure runs under the lock.
    pub(super) fn read<T: Default>(&self, read: impl FnOnce(&State) -> T) -> T {
        lock(&self.state).as_deref().map(read).unwrap_or_default()
    }

    /// Changes the state. The closure runs under the lock.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(lock(&self.state).get_or_insert_default())
    }

    /// A copy of the state.
    pub(super) fn state(&self) -> Option<Box<State>> {
        lock(&self.state).clone()
    }

    pub(super) fn set_state(&self, state: Option<Box<State>>) {
        let before = std::mem::replace(&mut *lock(&self.state), state);
        drop(before);
    }

    /// Whether a value has included anything.
    pub(super) fn has_state(&self) -> bool {
        lock(&self.state).is_some()
    }

    /// Adds a watch of the source, until the result is dropped.
    pub(super) fn add_watcher(&self, hints: Quiet) -> Arc<Watcher> {
        let watcher = Arc::new(Watcher {
            hints,
            guard: Mutex::default(),
        });
        let mut watchers = lock(&self.watchers);
        watchers.retain(|watcher| watcher.strong_count() > 0);
        watchers.reserve_exact(1);
        watchers.push(Arc::downgrade(&watcher));
        drop(watchers);
        watcher
    }

    /// The open watches of the source.
    pub(super) fn watchers(&self) -> Vec<Arc<Watcher>> {
        let watchers = lock(&self.watchers);
        watchers.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Shared {
    pub(super) fn get(&self) -> Arc<Requests> {
        Arc::clone(&lock(&self.0))
    }

    pub(super) fn set(&self, requests: Arc<Requests>) {
        let before = std::mem::replace(&mut *lock(&self.0), requests);
        drop(before);
    }
}

impl Last {
    /// `asked` was decoded with these files. If it is nothing, the revision of all is that of the source.
    pub(super) fn new(main: Revision, files: Revision, asked: &Asked) -> Self {
        let names = asked.variables.keys().cloned().collect();
        let variables = token(&asked.variables);
        let included = match asked.has_secrets || !asked.variables.is_empty() {
            // Nobody can guess a secret and compare.
            true => {
                let hash = keyed(|hasher| {
                    hasher.write(files.as_bytes());
                    hasher.write(&variables.to_be_bytes());
                });
                Revision::from(hash)
            }
            false => files.clone(),
        };
        let whole = match asked.is_empty() {
            true => main.clone(),
            false => touched_as(of_all(&main, &included), &main, &files),
        };
        Self {
            whole,
            main,
            files,
            variables: (names, variables),
            requests: Arc::new(asked.requests.clone()),
        }
    }

    /// Whether the environment variables still have the same values.
    pub(super) fn has_same_variables(&self) -> bool {
        let (names, before) = &self.variables;
        let value = |name: &String| (name.clone(), std::env::var_os(name));
        names.is_empty() || token(&names.iter().map(value).collect()) == *before
    }
}

/// The revision of the source and of its included files.
pub(super) fn of_all(main: &Revision, included: &Revision) -> Revision {
    Revision::join([OF_ALL, main.as_bytes(), included.as_bytes()])
}

/// Whether this is the joined revision of a source and of its included files, perhaps of an earlier run. The source never returns
/// such a revision.
pub(super) fn is_of_all(revision: &Revision) -> bool {
    let revision = revision.untouched();
    let tokens = revision.tokens().unwrap_or_default();
    tokens.first() == Some(&OF_ALL)
}

/// Begins the revision of a source and of its included files. A random number, so that no revision of a source begins with it.
const OF_ALL: &[u8] = &0x9c2f_51d8_07b3_4e6a_8d14_f3a0_6be9_25c7_u128.to_be_bytes();

/// Counts each touch of the source and of the files as one of the whole.
fn touched_as(whole: Revision, main: &Revision, files: &Revision) -> Revision {
    match (main.touch(), files.touch()) {
        (None, None) => whole,
        (main, files) => {
            let moments = [main, files].map(Option::unwrap_or_default);
            whole.touched(moments[0].rotate_left(1) ^ moments[1])
        }
    }
}

fn token(variables: &BTreeMap<String, Option<OsString>>) -> u128 {
    keyed(|hasher| {
        for (name, value) in variables {
            let value = value.as_ref().map(|value| value.as_encoded_bytes());
            for bytes in [Some(name.as_bytes()), value] {
                hasher.write_usize(bytes.map_or(usize::MAX, <[u8]>::len));
                hasher.write(bytes.unwrap_or_default());
            }
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]
mod tests {
    use super::*;

    fn last(variables: &[(&str, Option<&str>)]) -> Last {
        let variable =
            |(name, value): &(&str, Option<&str>)| ((*name).to_owned(), value.map(OsString::from));
        let mut asked = Asked::default();
        asked.variables = variables.iter().map(variable).collect();
        Last::new(Revision::new("main"), Revision::new("files"), &asked)
    }

    #[test]
    fn revision_changes_with_each_variable() {
        let states = [
            last(&[("A", None)]),
            last(&[("A", Some(""))]),
            last(&[("A", Some("1"))]),
            last(&[("A", Some("1")), ("B", None)]),
            last(&[("A", Some("1B"))]),
        ];
        let wholes: Vec<_> = states.into_iter().map(|last| last.whole).collect();
        for (index, whole) in wholes.iter().enumerate() {
            assert!(!wholes[..index].contains(whole), "{index}");
        }
        assert_eq!(last(&[]).whole, Revision::new("main"));
        let same = last(&[("A", Some("1"))]);
        assert_eq!(same.whole, wholes[2]);
    }

    #[test]
    fn changed_variable_is_noticed_by_the_next_load() {
        let now = std::env::var("CARGO_PKG_NAME").unwrap();
        let same = last(&[("CARGO_PKG_NAME", Some(&now)), ("NO_SUCH", None)]);
        assert!(same.has_same_variables());
        for before in [
            [("CARGO_PKG_NAME", Some("other")), ("NO_SUCH", None)],
            [("CARGO_PKG_NAME", None), ("NO_SUCH", None)],
            [("CARGO_PKG_NAME", Some(&now)), ("NO_SUCH", Some(""))],
        ] {
            assert!(!last(&before).has_same_variables(), "{before:?}");
        }
    }

    #[test]
    fn p18_revision_of_a_variable_does_not_reveal_it() {
        let whole = last(&[("A", Some("hunter2"))]).whole;
        let tokens = whole.tokens().unwrap();
        assert_eq!(tokens[..2], [OF_ALL, b"main"]);
        assert_eq!(tokens[2].len(), 16);
        assert!(!tokens[2].windows(5).any(|bytes| bytes == b"files"));
    }
}
