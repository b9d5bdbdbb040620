//! [`Reference`]: what a service is, said a second time and in another way: a list of what may follow what.
//!
//! It is told everything that happened, in order, and says what of it cannot be. What a look will do is not predicted. A
//! rollback is known to hold a value back as long as nothing can have ended that, and thought possible after it; so it is
//! a set of cases.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hot_reload::{ErrorKind, Outcome, Stage};

use super::record::{Asked, Entry, Value};
use super::schedule::{Ask, DEFAULT, FIRST, IMPLAUSIBLE, Setup};
use crate::script::{Content, Failing, Good, Missing};

pub(super) struct Reference {
    setup: Setup,
    /// What the source holds, and whether somebody has promised to look at it.
    pub(super) held: Content,
    pub(super) promised: bool,
    /// Whether a load has begun since then.
    pub(super) loaded: bool,
    /// What loads have found since the source was published last.
    found: Vec<Content>,
    /// Whether a load has begun since anything was published.
    pub(super) loaded_since: bool,
    /// All values that were visible, the first one first.
    published: Vec<Value>,
    pub(super) history: VecDeque<Value>,
    /// What the participant has agreed to, and was not told about yet.
    ready: Option<String>,
    pub(super) refuses: bool,
    pub(super) paused: bool,
    pub(super) stopping: bool,
    pub(super) stopped: bool,
    /// Which generation is held back after a rollback: each case that may be.
    withdrawn: BTreeSet<Option<u64>>,
    /// What the source was seen to hold at the last rollback: that may be held back, too.
    seen: Option<Content>,
    asking: BTreeMap<usize, Asking>,
}

/// What may be answered to somebody who waits.
#[derive(Debug)]
struct Asking {
    asked: Asked,
    loaded: bool,
    /// Whether a load found what was visible.
    same: bool,
    refused: bool,
    /// Whether something was held back meanwhile.
    held: bool,
    /// Whether there was nothing to go back to meanwhile.
    nothing: bool,
    /// Whether `resume` was called meanwhile.
    resumed: bool,
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
            loaded_since: false,
            published: Vec::new(),
            history: VecDeque::new(),
            ready: None,
            refuses: false,
            paused: false,
            stopping: false,
            stopped: false,
            withdrawn: BTreeSet::from([None]),
            seen: None,
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
        // Who is answered by which generation. What is not answered by one may have been, where the service has stopped.
        let answered = entries.iter().filter_map(|entry| match entry {
            Entry::Answered(number, Outcome::Published { generation }) => {
                Some((*number, generation.get()))
            }
            _ => None,
        });
        let answered: Vec<_> = answered.collect();
        for entry in entries {
            let explained = self.explain(&entry, &answered);
            explained.map_err(|wrong| format!("{wrong}: {entry:?}"))?;
            let holds = self.paused || self.withdrawn.iter().any(Option::is_some);
            let nothing: Vec<_> = self
                .asking
                .iter()
                .filter(|(_, asking)| self.target(asking.asked).is_none())
                .map(|(number, _)| *number)
                .collect();
            for (number, asking) in &mut self.asking {
                asking.held |= holds;
                asking.nothing |= nothing.contains(number);
            }
        }
        Ok(())
    }

    fn explain(&mut self, entry: &Entry, answered: &[(usize, u64)]) -> Explained {
        match entry {
            Entry::Holds { content, promised } => {
                self.held = content.clone();
                self.promised = *promised;
                self.loaded = false;
            }
            // Polling stands in, and a look follows the loss and the opening.
            Entry::Cut => self.promised = true,
            Entry::Loaded(content) => {
                demand(!self.stopped, "loaded after the stop")?;
                self.loaded = true;
                self.loaded_since = true;
                self.found.push(content.clone());
                let visible = self.visible().map(|visible| &*visible.text);
                let same = visible.is_some() && self.value_of(content) == visible;
                if same {
                    // Then the source has changed, and what was held back no longer is. If it is seen to the end.
                    self.withdrawn.insert(None);
                }
                for asking in self.asking.values_mut() {
                    asking.loaded = true;
                    asking.same |= same;
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
                    "asked again before it was told how it ended",
                )?;
                self.ready = ready.then(|| value.clone());
                for asking in self.asking.values_mut() {
                    asking.refused |= !ready;
                }
            }
            Entry::Aborted => demand(self.ready.take().is_some(), "nothing is to be aborted")?,
            Entry::Published(value) => {
                let place = |(number, generation): &(usize, u64)| {
                    (*generation == value.generation).then_some(*number)
                };
                let number = answered.iter().find_map(place);
                self.published(value, number)?;
            }
            Entry::StopAsked => self.stopping = true,
            Entry::Stopped => {
                self.stopped = true;
                // It was given up, and nothing is brought back any more.
                self.ready = None;
                self.history.clear();
            }
        }
        Ok(())
    }

    fn published(&mut self, value: &Value, asked: Option<usize>) -> Explained {
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
            true => self.rolled_back(value, asked)?,
            false => self.loaded_value(value)?,
        }
        if let Some(before) = self.published.last() {
            self.history.push_front(before.clone());
            self.history.truncate(self.setup.history);
        }
        self.published.push(value.clone());
        self.loaded_since = false;
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
        let admitted = self.withdrawn.iter().any(|held| match held {
            Some(generation) => self.text_of(*generation) != text,
            None => true,
        });
        demand(admitted, "it is held back since the rollback")?;
        self.withdrawn = BTreeSet::from([None]);
        self.found.clear();
        Ok(())
    }

    fn rolled_back(&mut self, value: &Value, asked: Option<usize>) -> Explained {
        // Whoever was answered by it; where the stop came between, the first who may have been.
        let mut fitting = self.asking.iter().filter(|(number, asking)| {
            let target = self.target(asking.asked);
            asked.is_none_or(|asked| asked == **number)
                && target.is_some_and(|target| is_brought_back(target, value))
        });
        let Some((_, asking)) = fitting.next() else {
            return Err("nobody has asked for that, or it was not kept".to_owned());
        };
        let target = self.target(asking.asked).map(|target| target.generation);
        let visible = self.visible().map(|visible| visible.generation);
        let first = |generation: Option<u64>| {
            let value = self.published.get(generation? as usize - 1)?;
            Some(value.origin.unwrap_or(value.generation))
        };
        let cases = self.withdrawn.iter().map(|held| match held.or(visible) {
            // Who has resumed since has ended that, too.
            _ if asking.resumed => None,
            held if first(held) == first(target) => None,
            held => held,
        });
        self.withdrawn = cases.collect();
        let seen = self.found.last().cloned();
        self.seen = seen.filter(|_| self.setup.revisions);
        Ok(())
    }

    fn asked(&mut self, number: usize, asked: Asked) {
        match asked.ask {
            Ask::Resume => {
                self.paused = false;
                self.withdrawn = BTreeSet::from([None]);
                self.promised = true;
                for asking in self.asking.values_mut() {
                    asking.resumed = true;
                }
            }
            Ask::Reload | Ask::Barrier => self.promised = true,
            Ask::Rollback | Ask::RollbackTo(_) => {}
        }
        let asking = Asking {
            asked,
            loaded: false,
            same: false,
            refused: false,
            held: false,
            nothing: false,
            resumed: false,
        };
        self.asking.insert(number, asking);
    }

    fn answered(&mut self, number: usize, outcome: &Outcome) -> Explained {
        let asking = self.asking.remove(&number).ok_or("nobody has asked")?;
        let is_rollback = matches!(asking.asked.ask, Ask::Rollback | Ask::RollbackTo(_));
        let of = |kind| outcome.error().is_some_and(|error| error.kind() == kind);
        if of(ErrorKind::Stopped) {
            return demand(self.stopping, "the service has not stopped");
        }
        if let Outcome::Published { generation } = outcome {
            let published = self.published.get(generation.get() as usize - 1);
            let published = published.is_some_and(|value| value.rolled_back == is_rollback);
            return demand(published, "that was not published so");
        }
        let refused = matches!(
            outcome,
            Outcome::Rejected {
                stage: Stage::Prepare,
                ..
            }
        );
        if is_rollback {
            let fails = refused && asking.refused || of(ErrorKind::NotFound) && asking.nothing;
            return demand(fails, "there is no reason why it was not brought back");
        }
        demand(asking.loaded, "answered without a load after the question")?;
        let held = !matches!(outcome, Outcome::Held) || asking.held;
        demand(held, "nothing is held back")?;
        let same = !matches!(outcome, Outcome::Unchanged) || asking.same;
        demand(same, "the source does not hold what is visible")?;
        let personal = asking.asked.ask != Ask::Barrier;
        demand(
            !refused || !personal || asking.refused,
            "nobody has refused",
        )
    }

    /// What this would bring back now.
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

    fn text_of(&self, generation: u64) -> Option<&str> {
        let value = self.published.get(generation as usize - 1)?;
        Some(&value.text)
    }

    /// Whether this value of the source may be held back by a rollback.
    pub(super) fn withholds(&self, text: &str) -> bool {
        let mut held = self.withdrawn.iter().flatten();
        held.any(|held| {
            let value = &self.published[*held as usize - 1];
            // An earlier value is said to be held back where nobody has looked at the source between `resume` and the
            // rollback. That an empty source still is, is no news then.
            value.text == text || value.rolled_back && self.held == Missing
        })
    }

    /// Whether the source may be held back in the state that it is in, be it good or not.
    pub(super) fn withholds_state(&self) -> bool {
        self.seen.as_ref() == Some(&self.held) && self.withdrawn.iter().any(Option::is_some)
    }

    /// It was seen whether a rollback holds something back. Whether that can be.
    pub(super) fn learn(&mut self, holds: bool) -> bool {
        self.withdrawn.retain(|held| held.is_some() == holds);
        !self.withdrawn.is_empty()
    }

    /// The source was found to hold what is visible.
    pub(super) fn found_visible(&mut self) {
        self.withdrawn = BTreeSet::from([None]);
    }

    /// Whether the source may be asked rarely, because it has refused.
    pub(super) fn is_denied(&self) -> bool {
        self.held == Failing(ErrorKind::Denied)
    }
}

fn is_brought_back(target: &Value, value: &Value) -> bool {
    target.text == value.text && value.origin == Some(target.origin.unwrap_or(target.generation))
}

pub(super) fn demand(condition: bool, wrong: &str) -> Explained {
    match condition {
        true => Ok(()),
        false => Err(wrong.to_owned()),
    }
}
