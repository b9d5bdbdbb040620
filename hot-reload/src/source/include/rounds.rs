//! A load of a source whose decoder includes files.
//!
//! 1. Fetch the source, unless it and everything that its value includes is unchanged.
//! 2. Read the files that the last load has included, at one moment, and decode.
//! 3. If the decoder asks for others, add them and repeat step 2. If it asks for fewer, read only those. The rounds are bounded.
//! 4. Check that the source has not changed since step 1. Then both were as they were read at the moment of the last step 2.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::companion::{Companion, Last, is_of_all, of_all};
use super::decoding::{Decoding, Input};
use super::included::{Asked, Included};
use super::requests::{MAX_REQUESTS, Requests};
use super::roster;
use super::watching;
use crate::error::{Error, ErrorKind, Location};
use crate::hints::Content;
use crate::reload::Loaded;
use crate::revision::Revision;
use crate::source::contract::Source;
use crate::source::fetched::Fetched;
use crate::source::file::watch::profile;
use crate::source::files::emptied::Emptied;
use crate::source::files::{Files, Part};
use crate::source::on_drop::OnDrop;
use crate::source::unit;
use crate::watch::WatchProfile;

/// Loads the source, unless it and everything that its value includes is in the state that was `seen` last.
pub(in crate::source) async fn load<D: Decoding>(
    this: &D,
    companion: &Companion,
    seen: Option<&Revision>,
) -> Result<Loaded<D::Value>, Error> {
    let source = this.source();
    let mut fetched = match companion.read(|state| state.last.clone()) {
        // The source has returned neither of these two revisions. The first one is from an earlier run.
        None => source.fetch(seen.filter(|seen| !is_of_all(seen))).await?,
        Some(last) if seen != Some(&last.whole) => source.fetch(None).await?,
        Some(last) => match source.fetch(Some(&last.main)).await? {
            Fetched::Unchanged if is_unchanged(companion, &last).await => {
                return Ok(Loaded::Unchanged);
            }
            Fetched::Unchanged => source.fetch(None).await?,
            other => other,
        },
    };
    for _ in 0..ATTEMPTS {
        let (mut files, main) = match this.parts(fetched)? {
            Input::Parts(files, main) => (files, main),
            Input::Answer(answer) => {
                restore(companion).await;
                return Ok(answer);
            }
        };
        let read = match rounds(this, companion, &mut files, &main).await? {
            Ok(read) => read,
            Err(answer) => return Ok(answer),
        };
        if !read.asked.requests.is_empty() {
            match source.fetch(Some(&main)).await? {
                Fetched::Unchanged => {}
                Fetched::Content { revision, .. } | Fetched::Files { revision, .. }
                    if revision == main => {}
                other => {
                    fetched = other;
                    continue;
                }
            }
        }
        return conclude(this, companion, &files, main, read, seen).await;
    }
    let text = "changes faster than it can be read together with the files that it includes";
    Err(Error::new(ErrorKind::Unavailable, text).at(Location::new(source.name())))
}

/// Loads the source for a plan: what the last load has concluded stays.
pub(in crate::source) async fn plan<D: Decoding>(
    this: &D,
    companion: &Companion,
    seen: Option<&Revision>,
) -> Result<Loaded<D::Value>, Error> {
    let loaded = {
        let before = companion.state();
        let _restored = OnDrop(|| companion.set_state(before.clone()));
        load(this, companion, seen).await
    };
    restore(companion).await;
    loaded
}

/// Decodes content that the watch has delivered. `None` if its value includes anything, so that the source must be loaded.
pub(in crate::source) fn content<D: Decoding>(
    this: &D,
    _: &Companion,
    content: Content,
) -> Result<Option<Loaded<D::Value>>, Error> {
    let Content { bytes, revision } = content;
    let Input::Parts(mut files, main) = this.parts(Fetched::Content { bytes, revision })? else {
        return Ok(None);
    };
    let included = attach(this, &mut files, Requests::default(), &Files::default());
    let decoded = this.decode(&files);
    match included.take().is_empty() {
        true => this.finish(decoded, &files, main, None).map(Some),
        false => Ok(None),
    }
}

/// One decoding with everything that it has asked for.
struct Read<V> {
    decoded: Result<V, Error>,
    asked: Asked,
    /// The included files that exist.
    included: Files,
    /// Their revision.
    revision: Revision,
}

/// Reads included files and decodes, until the decoder asks for exactly these. The other answer ends the load.
async fn rounds<D: Decoding>(
    this: &D,
    companion: &Companion,
    files: &mut Files,
    main: &Revision,
) -> Result<Result<Read<D::Value>, Loaded<D::Value>>, Error> {
    let mut known = Requests::clone(&companion.requests());
    // Whether some are only a guess, from the load before.
    let mut is_guess = true;
    let mut round = 0;
    loop {
        let read = match known.is_empty() {
            true => Ok(Fetched::Files {
                files: Files::default(),
                revision: unit::revision(&Files::default()),
            }),
            false => fetch(this, companion, &known).await,
        };
        let (included, revision) = match read {
            Ok(Fetched::Files { files, revision }) => (files, revision),
            // The source may not include it any more.
            _ if is_guess => {
                (is_guess, round) = (false, 0);
                known = Requests::default();
                continue;
            }
            Ok(Fetched::Held { hold, again }) => return Ok(Err(Loaded::Held { hold, again })),
            Ok(_) => return Err(unreadable(this)),
            Err(error) => return Err(remember_error(companion, main, known, error)),
        };
        let handle = attach(this, files, known.clone(), &included);
        let mut decoded = this.decode(files);
        let mut asked = handle.take();
        let (is_read, is_needed) = (known.cover(&asked.requests), asked.requests.cover(&known));
        round += 1;
        if !(is_read && is_needed) {
            if round <= MAX_ROUNDS {
                match is_read {
                    // The revision must not depend on other files.
                    true => known = asked.requests,
                    false => known.extend(asked.requests),
                }
                continue;
            }
            asked.requests = known;
            decoded = Err(inconstant(this));
        }
        return Ok(Ok(Read {
            decoded,
            asked,
            included,
            revision,
        }));
    }
}

/// Lets the parts include these files.
fn attach<D: Decoding>(
    this: &D,
    files: &mut Files,
    known: Requests,
    included: &Files,
) -> Arc<Included> {
    let base = this.source().base();
    let shared = |part: &Part| (part.path().to_owned(), Arc::clone(part.shared_bytes()));
    let found: BTreeMap<_, _> = included.iter().map(shared).collect();
    let handle = Arc::new(Included::new(base.folder, known, found));
    files.attach(&handle, base.file.as_deref());
    handle
}

/// Reads the included files. They are watched first.
async fn fetch<D: Decoding>(
    this: &D,
    companion: &Companion,
    known: &Requests,
) -> Result<Fetched, Error> {
    let source = this.source();
    let unit = companion.unit_or(|| roster::unit(&source.base(), &source.name()));
    let _turn = unit.turn.lock().await;
    unit.requests.set(Arc::new(known.clone()));
    // A watch that cannot be opened is reported to its service. The files can still be read.
    let _ = watching::arm(companion, unit).await;
    unit.source.fetch(None).await
}

async fn is_unchanged(companion: &Companion, last: &Last) -> bool {
    if !last.has_same_variables() {
        return false;
    }
    match companion.unit() {
        Some(unit) => {
            let _turn = unit.turn.lock().await;
            // A load that has failed meanwhile has left others.
            unit.requests.set(Arc::clone(&last.requests));
            let _ = watching::arm(companion, unit).await;
            if last.requests.is_empty() {
                return true;
            }
            let fetched = unit.source.fetch(Some(&last.files)).await;
            matches!(fetched, Ok(Fetched::Unchanged))
        }
        None => true,
    }
}

/// Requests what the last load has concluded, and nothing else. After a load that has failed, what it has read stays watched.
async fn restore(companion: &Companion) {
    if let Some(unit) = companion.unit() {
        let _turn = unit.turn.lock().await;
        let last = companion.read(|state| state.last.clone());
        let requests = last.map(|last| last.requests);
        unit.requests.set(requests.unwrap_or_default());
        let _ = watching::arm(companion, unit).await;
    }
}

/// Remembers everything that the value includes, and forgets the rest.
async fn conclude<D: Decoding>(
    this: &D,
    companion: &Companion,
    files: &Files,
    main: Revision,
    read: Read<D::Value>,
    seen: Option<&Revision>,
) -> Result<Loaded<D::Value>, Error> {
    let Read {
        decoded,
        asked,
        included,
        revision,
    } = read;
    let last = Last::new(main, revision, &asked);
    let revision = last.whole.clone();
    // Without includes, now and before, there is nothing to remember.
    let has_state = !asked.is_empty() || companion.has_state();
    if has_state {
        let heartbeat = heartbeat(&asked.requests);
        companion.change(|state| {
            state.last = Some(last);
            state.heartbeat = heartbeat;
        });
    }
    restore(companion).await;
    if seen == Some(&revision) {
        return Ok(Loaded::Unchanged);
    }
    let mut filled = companion.read(|state| state.filled.clone());
    let emptied = match filled.fill(&included) {
        Emptied::One(name) => Some(name),
        Emptied::All { emptied } => emptied,
        Emptied::None => None,
    };
    let loaded = this.finish(decoded, files, revision, emptied);
    // A value that is not taken may lack included files.
    if has_state && matches!(loaded, Ok(Loaded::Value { .. })) {
        companion.change(|state| state.filled = filled);
    }
    loaded
}

/// How often the file systems of the files must be polled, if that is more often than usual.
fn heartbeat(requests: &Requests) -> Option<Duration> {
    if requests.is_empty() {
        return None;
    }
    let paths: Vec<_> = requests.files().map(ToOwned::to_owned).collect();
    let starts = requests.globs().map(|glob| glob.start().to_owned());
    let paths: Vec<_> = paths.into_iter().chain(starts).collect();
    let heartbeat = profile::profile_of_all(&paths).heartbeat;
    (heartbeat < WatchProfile::local().heartbeat).then_some(heartbeat)
}

/// Adds the revision of the source to an error of the included files, so that it is reported once.
fn remember_error(
    companion: &Companion,
    main: &Revision,
    requests: Requests,
    error: Error,
) -> Error {
    let Some(files) = error.revision().cloned() else {
        return error;
    };
    let whole = of_all(main, &files);
    companion.change(|state| {
        state.last = Some(Last {
            whole: whole.clone(),
            main: main.clone(),
            files,
            variables: (Vec::new(), 0),
            requests: Arc::new(requests),
        });
    });
    error.with_revision(whole)
}

fn unreadable<D: Decoding>(this: &D) -> Error {
    let text = "the files that it includes cannot be read together";
    Error::new(ErrorKind::Unavailable, text).at(Location::new(this.source().name()))
}

fn inconstant<D: Decoding>(this: &D) -> Error {
    let text = "its decoder includes other files each time that it runs";
    Error::new(ErrorKind::TooLarge, text).at(Location::new(this.source().name()))
}

/// Each round adds a request at least, and one may remove those that are needed no more.
const MAX_ROUNDS: usize = MAX_REQUESTS + 1;

/// How often a load begins again because the source changed while its included files were read.
const ATTEMPTS: usize = 8;
