//! [`Reference`]: the promises of a service, as rules about the order of events.
//!
//! It reads the record of everything that happened, in order, and reports each violation of a promise. It does not predict loads.
//! It does not repeat the rules of rollback holds, because the status shows them and other tests check them.

use std::collections::{BTreeMap, VecDeque};

use hot_reload::Outcome;
use hot_reload::error::ErrorKind;

use super::record::{Asked, Entry, Value};
use super::schedule::{Ask, DEFAULT, FIRST, IMPLAUSIBLE, Setup};
use crate::script::{Content, Failing, Good, Missing};

pub(super) struct Reference {
    setup: Setup,
    /// The content of the source, and whether the service must load it.
    pub(super) held: Content,
    pub(super) promised: bool,
    /// Whether a load has begun since then.
    pub(super) loaded: bool,
    /// The values that loads have found since the last publication of the source.
    found: Vec<Content>,
    /// All values that were visible, the first one first.
    published: Vec<Value>,
    pub(super) history: VecDeque<Value>,
    /// The value that the participant has prepared and neither committed nor aborted.
    ready: Option<String>,
    pub(super) refuses: bool,
    pub(super) paused: bool,
    pub(super) stopping: bool,
    pub(super) stopped: bool,
    asking: BTreeMap<usize, Asking>,
}

/// A caller that waits for a receipt.
#[derive(Debug)]
struct Asking {
    asked: Asked,
    /// Whether a load has begun since.
    loaded: bool,
}

type Explained = Result<(), String>;

impl Reference {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            setup: setup.clone(),
            held: Good(FIRST),
            promised: true,
            loaded: false,
            found: Vec::new(),
            published: Vec::new(),
            history: VecDeque::new(),
            ready: None,
            refuses: false,
            paused: false,
            stopping: false,
            stopped: false,
            asking: BTreeMap::new(),
        }
    }

    pub(super) fn visible(&self) -> Option<&Value> {
        self.published.last()
    }

    /// The value that this content is, if it is good.
    pub(super) fn value_of(&self, content: &Content) -> Option<&'static str> {
        match content {
            Good(text) if *text != IMPLAUSIBLE => Some(text),
            Missing if self.setup.default => Some(DEFAULT),
            _ => None,
        }
    }

    /// Everything that has happened since the last time, to its end.
    pub(super) fn follow(&mut self, entries: Vec<Entry>) -> Explained {
        for entry in entries {
            let explained = self.explain(&entry);
            explained.map_err(|wrong| format!("{wrong}: {entry:?}"))?;
        }
        Ok(())
    }

    fn explain(&mut self, entry: &Entry) -> Explained {
        match entry {
            Entry::Holds { content, promised } => {
                self.held = content.clone();
                self.promised = *promised;
                self.loaded = false;
            }
            // Polling replaces the watch, and a load follows the loss and the opening.
            Entry::WatchLost => self.promised = true,
            Entry::Loaded(content) => {
                demand(!self.stopped, "loaded after the stop")?;
                self.loaded = true;
                self.found.push(content.clone());
                for asking in self.asking.values_mut() {
                    asking.loaded = true;
                }
            }
            Entry::Asked(number, asked) => self.asked(*number, *asked),
            Entry::Answered(number, outcome) => return self.answered(*number, outcome),
            Entry::Paused => self.paused = true,
            Entry::Refuses(refuses) => self.refuses = *refuses,
            Entry::Voted { value, ready } => {
                demand(!self.stopped, "asked after the stop")?;
                demand(
                    self.ready.is_none(),
                    "prepared again before its commit or abort",
                )?;
                self.ready = ready.then(|| value.clone());
            }
            Entry::Aborted => demand(self.ready.take().is_some(), "nothing is to be aborted")?,
            Entry::Published(value) => self.published(value)?,
            Entry::StopAsked => self.stopping = true,
            Entry::Stopped => {
                self.stopped = true;
                // The caller left, so the rollback does not take place.
                self.ready = None;
                self.history.clear();
            }
        }
        Ok(())
    }

    fn published(&mut self, value: &Value) -> Explained {
        demand(!self.stopping, "published after the stop")?;
        let expected = self.published.len() as u64 + 1;
        demand(
            value.generation == expected,
            "a generation is left out or used twice",
        )?;
        let ready = self.ready.take();
        demand(
            ready.as_ref() == Some(&value.text),
            "the participant has not agreed to that",
        )?;
        match value.rolled_back {
            true => self.rolled_back(value)?,
            false => self.loaded_value(value)?,
        }
        if let Some(before) = self.published.last() {
            self.history.push_front(before.clone());
            self.history.truncate(self.setup.history);
        }
        self.published.push(value.clone());
        Ok(())
    }

    fn loaded_value(&mut self, value: &Value) -> Explained {
        let text = Some(&*value.text);
        demand(!self.paused, "published in a pause")?;
        demand(
            value.origin.is_none(),
            "the source knows nothing of earlier values",
        )?;
        let mut found = self.found.iter().map(|content| self.value_of(content));
        demand(
            found.any(|found| found == text),
            "the source has not held that since it was published last",
        )?;
        let before = self.published.last();
        let again = before.is_some_and(|before| !before.rolled_back && Some(&*before.text) == text);
        demand(!again, "published twice")?;
        self.found.clear();
        Ok(())
    }

    fn rolled_back(&self, value: &Value) -> Explained {
        let mut targets = self.asking.values().map(|asking| self.target(asking.asked));
        let fits =
            |target: Option<&Value>| target.is_some_and(|target| is_rollback_of(target, value));
        demand(
            targets.any(fits),
            "nobody has asked for that, or it was not kept",
        )
    }

    fn asked(&mut self, number: usize, asked: Asked) {
        match asked.ask {
            Ask::Resume => {
                self.paused = false;
                self.promised = true;
            }
            Ask::Reload | Ask::Barrier => self.promised = true,
            Ask::Rollback | Ask::RollbackTo(_) => {}
        }
        let loaded = false;
        self.asking.insert(number, Asking { asked, loaded });
    }

    fn answered(&mut self, number: usize, outcome: &Outcome) -> Explained {
        let asking = self.asking.remove(&number).ok_or("nobody has asked")?;
        let is_rollback = matches!(asking.asked.ask, Ask::Rollback | Ask::RollbackTo(_));
        let kind = outcome.error().map(|error| error.kind());
        if kind == Some(ErrorKind::Stopped) {
            return demand(self.stopping, "the service has not stopped");
        }
        if let Outcome::Published { generation } = outcome {
            let published = self.published.get(generation.get() as usize - 1);
            let published = published.is_some_and(|value| value.rolled_back == is_rollback);
            return demand(published, "that was not published so");
        }
        match is_rollback {
            true => demand(kind.is_some(), "a rollback without an effect is an error"),
            false => demand(asking.loaded, "answered without a load after the question"),
        }
    }

    /// The value that this rollback would publish now.
    fn target(&self, asked: Asked) -> Option<&Value> {
        match (asked.ask, asked.generation) {
            (Ask::Rollback | Ask::RollbackTo(_), Some(generation)) => {
                let mut history = self.history.iter();
                history.find(|value| value.generation == generation)
            }
            (Ask::Rollback | Ask::RollbackTo(_), None) => {
                let visible = self.visible()?;
                let first_seen = visible.origin.unwrap_or(visible.generation);
                let mut history = self.history.iter();
                history.find(|value| value.generation < first_seen)
            }
            _ => None,
        }
    }

    /// Whether the source may be asked rarely, because it has refused.
    pub(super) fn is_denied(&self) -> bool {
        self.held == Failing(ErrorKind::Denied)
    }
}

fn is_rollback_of(target: &Value, value: &Value) -> bool {
    target.text == value.text && value.origin == Some(target.origin.unwrap_or(target.generation))
}

pub(super) fn demand(condition: bool, wrong: &str) -> Explained {
    match condition {
        true => Ok(()),
        false => Err(wrong.to_owned()),
    }
}
