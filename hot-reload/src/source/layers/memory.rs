//! [`Memory`]: the content of all layers, read at one moment.

use std::hash::RandomState;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;

use super::contents::{Content, Contents};
use super::layer::{Kind, Layer, Source};
use crate::error::{Error, ErrorKind, Location};
use crate::revision::Revision;
use crate::source::Source as _;
use crate::source::blank::is_blank;
use crate::source::decode::quoting::Quoting;
use crate::source::fetched::Fetched;
use crate::source::files::{Files, FilesLimits, Part};
use crate::status::Hold;

/// The content of all layers, and the secrets that hide it in revisions.
#[derive(Clone, Default)]
pub(super) struct Memory {
    slots: Vec<Slot>,
    keys: [RandomState; 2],
}

/// The content of one layer.
#[derive(Clone, Default)]
struct Slot {
    state: State,
    revision: Option<Revision>,
    /// Whether each part is blank and may have been emptied by mistake.
    parts: Vec<(String, bool)>,
}

#[derive(Clone, Default)]
enum State {
    #[default]
    Unread,
    Absent,
    /// The content, or why it is bad.
    Read(Result<Content, Error>),
}

/// The result of reading all layers.
pub(super) enum Read {
    Held {
        hold: Hold,
        again: Duration,
    },
    /// Every layer with a source is absent, and one is required.
    Missing,
    Whole(Revision),
}

/// How often all layers are read again, because one of them has changed meanwhile.
const ROUNDS: usize = 8;

/// How long a layer that has vanished counts as being replaced.
const GAP_GRACE: Duration = Duration::from_millis(100);

impl Memory {
    /// Reads all layers until none has changed since it was read.
    ///
    /// If every layer is still in the state that was read before, one pass is enough.
    pub(super) async fn read(&mut self, layers: &[Layer], quoting: Quoting) -> Result<Read, Error> {
        if self.slots.len() != layers.len() {
            self.slots.clear();
            self.slots.resize_with(layers.len(), Slot::default);
        }
        let present: Vec<_> = self.slots.iter().map(Slot::is_present).collect();
        let mut has_waited = false;
        let mut rounds = 0;
        loop {
            match self.pass(layers, quoting).await? {
                Pass::Held { hold, again } => return Ok(Read::Held { hold, again }),
                Pass::Same => {}
                Pass::Changed => {
                    rounds += 1;
                    if rounds >= ROUNDS {
                        return Err(outrun(&whole_name(layers)));
                    }
                    continue;
                }
            }
            // Many programs remove a file for a moment while they replace it.
            let has_vanished =
                |(slot, was): (&Slot, &bool)| *was && matches!(slot.state, State::Absent);
            if has_waited || !self.slots.iter().zip(&present).any(has_vanished) {
                break;
            }
            has_waited = true;
            tokio::time::sleep(GAP_GRACE).await;
        }
        self.conclude(layers)
    }

    /// Reads every layer once, all sources concurrently.
    async fn pass(&mut self, layers: &[Layer], quoting: Quoting) -> Result<Pass, Error> {
        let fetches = layers.iter().zip(&self.slots).map(|(layer, slot)| async {
            match &layer.kind {
                Kind::Source(of) => Some(of.source.fetch(slot.revision.as_ref()).await),
                Kind::Fixed(_) | Kind::Variables(_) => None,
            }
        });
        let fetched = join_all(fetches).await;
        let mut pass = Pass::Same;
        let mut failure = None;
        for ((layer, slot), fetched) in layers.iter().zip(&mut self.slots).zip(fetched) {
            let change = match (&layer.kind, fetched) {
                (Kind::Source(of), Some(fetched)) => slot.take(of, fetched, quoting),
                (Kind::Variables(variables), _) => {
                    let (revision, tree) = variables.load(&self.keys);
                    Ok(slot.renew(revision, || tree.map(Content::of_tree)))
                }
                (Kind::Fixed(content), _) => {
                    Ok(slot.renew(Revision::new("fixed"), || content.clone()))
                }
                (Kind::Source(_), None) => Ok(Pass::Same),
            };
            match change {
                Ok(Pass::Same) => {}
                Ok(change) => {
                    if !matches!(pass, Pass::Held { .. }) {
                        pass = change;
                    }
                }
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(pass), Err)
    }

    fn conclude(&self, layers: &[Layer]) -> Result<Read, Error> {
        let sources =
            layers
                .iter()
                .zip(&self.slots)
                .filter_map(|(layer, slot)| match &layer.kind {
                    Kind::Source(of) => Some((of, slot)),
                    Kind::Fixed(_) | Kind::Variables(_) => None,
                });
        let (mut lacking, mut is_any) = (None, false);
        for (of, slot) in sources {
            match slot.state {
                State::Absent if of.is_required => {
                    lacking.get_or_insert_with(|| of.source.name());
                }
                State::Absent => {}
                State::Unread | State::Read(_) => is_any = true,
            }
        }
        match lacking {
            Some(_) if !is_any => Ok(Read::Missing),
            Some(name) => {
                let text = "it is missing, and this layer is required";
                Err(Error::new(ErrorKind::Unavailable, text).at(Location::new(name)))
            }
            None => Ok(Read::Whole(self.revision())),
        }
    }

    /// The revision of all layers together.
    fn revision(&self) -> Revision {
        Revision::join(
            self.slots
                .iter()
                .map(|slot| match (&slot.state, &slot.revision) {
                    (State::Absent, _) | (_, None) => Revision::join([Revision::new("absent")]),
                    (_, Some(revision)) => {
                        Revision::join([Revision::new("read"), revision.clone()])
                    }
                }),
        )
    }

    /// The content of all layers, as they were read.
    pub(super) fn contents(&self) -> Contents {
        let layers = self.slots.iter().map(|slot| match &slot.state {
            State::Read(content) => Some(content.clone()),
            State::Unread | State::Absent => None,
        });
        let parts = self.slots.iter().flat_map(|slot| slot.parts.clone());
        Contents {
            layers: layers.collect(),
            parts: parts.collect(),
        }
    }
}

/// What one pass over the layers has found.
enum Pass {
    Same,
    Changed,
    Held { hold: Hold, again: Duration },
}

impl Slot {
    fn is_present(&self) -> bool {
        matches!(self.state, State::Read(_))
    }

    /// Takes the answer of a source.
    ///
    /// # Errors
    ///
    /// The source cannot be read now.
    fn take(
        &mut self,
        of: &Source,
        fetched: Result<Fetched, Error>,
        quoting: Quoting,
    ) -> Result<Pass, Error> {
        let files = match fetched {
            Ok(Fetched::Unchanged) => return Ok(Pass::Same),
            Ok(Fetched::Held { hold, again }) => return Ok(Pass::Held { hold, again }),
            Ok(Fetched::Absent) => {
                let was = matches!(self.state, State::Absent);
                *self = Self {
                    state: State::Absent,
                    ..Self::default()
                };
                return Ok(if was { Pass::Same } else { Pass::Changed });
            }
            Ok(Fetched::Files { files, revision }) => (files, revision),
            Ok(Fetched::Content { bytes, revision }) => {
                let unlimited = FilesLimits::default()
                    .part_bytes(u64::MAX)
                    .total_bytes(u64::MAX);
                let mut part = Part::new(of.source.name(), bytes);
                let path = of.source.base().file;
                part.context_mut().path = path.map(PathBuf::into_boxed_path);
                (unlimited.collect([part])?, revision)
            }
            // The state is known, and its content cannot be used.
            Err(error) => match error.revision().cloned() {
                Some(revision) => {
                    let change = self.renew(revision, || Err(error));
                    self.parts.clear();
                    return Ok(change);
                }
                None => return Err(error),
            },
        };
        let (files, revision) = files;
        let change = self.renew(revision, || {
            of.reading.content(&files, &of.source.name(), quoting)
        });
        let accepts_empty = of.source.accepts_empty();
        self.parts = parts(&files, accepts_empty);
        Ok(change)
    }

    /// Takes new content, unless the revision is the same.
    fn renew(
        &mut self,
        revision: Revision,
        content: impl FnOnce() -> Result<Content, Error>,
    ) -> Pass {
        if self.is_present() && self.revision.as_ref() == Some(&revision) {
            return Pass::Same;
        }
        self.state = State::Read(content());
        self.revision = Some(revision);
        Pass::Changed
    }
}

/// The names of the parts, and whether each is blank. Blank content that the source accepts is like any other.
fn parts(files: &Files, accepts_empty: bool) -> Vec<(String, bool)> {
    let parts = files.iter();
    let state = |part: &Part| {
        let is_blank = !accepts_empty && is_blank(part.bytes());
        (part.name().to_owned(), is_blank)
    };
    parts.map(state).collect()
}

/// The names of all layers.
pub(super) fn whole_name(layers: &[Layer]) -> String {
    let names: Vec<_> = layers.iter().map(|layer| &*layer.name).collect();
    names.join(" + ")
}

fn outrun(name: &str) -> Error {
    let text = "its layers change faster than they can be read together";
    Error::new(ErrorKind::Unavailable, text).at(Location::new(name))
}
