//! [`Tape`]: a recording of the inputs and answers of the machine, which can be replayed.
//!
//! The machine is pure: from the same state, the same inputs lead to the same answers. The tape holds a checkpoint: the state
//! before its first step. Evicted steps are applied to the checkpoint, so the tape can be replayed at any time.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::super::machine::{Actions, Input, Machine};
use super::super::settings::Settings;
use crate::backoff::Jitter;
use crate::event::WatchState;

/// The newest steps of one run.
#[derive(Debug, Clone)]
pub(super) struct Tape {
    checkpoint: Checkpoint,
    steps: VecDeque<Step>,
    capacity: usize,
    /// The number of steps since the last new entry of the timeline.
    repeated: usize,
    /// The period that the source asked for last.
    wanted: Option<Duration>,
}

/// The machine as it was before the first of the steps.
#[derive(Debug, Clone)]
enum Checkpoint {
    /// The state at the start. It is not stored, so that idle services need less memory.
    Start(Arc<Settings>, Jitter),
    Later(Box<Machine>),
}

/// An input of the machine, with the recorded answer.
#[derive(Debug, Clone)]
enum Step {
    Handled {
        /// In nanoseconds since the run began, as a `Duration` is twice as large.
        at: u64,
        input: Input,
        actions: Actions,
        /// The state of the watch after it.
        watch: WatchState,
    },
    /// The longest pause that the source wants. Rare, and boxed to keep the other variant small.
    Wanted(Option<Box<Duration>>),
}

/// Every service has up to 64 of them.
const _: () = assert!(size_of::<Step>() <= 24);

/// The number of steps that an idle service keeps: most services, most of the time.
const IDLE_STEPS: usize = 8;

/// A recording that the machine does not reproduce: the error of [`Explanation::replay`](crate::status::Explanation::replay).
///
/// It is a bug of this crate. `Display` writes it on one line, without content of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Divergence {
    /// The number of decisions that were reproduced before.
    pub followed: usize,
    /// The time of the input since the start of the run.
    pub since_start: Duration,
    /// The input.
    pub input: String,
    /// The recorded answer.
    pub recorded: String,
    /// The answer of the replay.
    pub replayed: String,
}

impl Tape {
    pub(super) fn new(settings: Arc<Settings>, jitter: Jitter, capacity: usize) -> Self {
        Self {
            checkpoint: Checkpoint::Start(settings, jitter),
            steps: VecDeque::new(),
            capacity,
            repeated: 0,
            wanted: None,
        }
    }

    pub(super) fn handled(
        &mut self,
        now: Duration,
        input: Input,
        actions: Actions,
        watch: WatchState,
    ) {
        self.push(Step::Handled {
            // Five hundred years are enough.
            at: u64::try_from(now.as_nanos()).unwrap_or(u64::MAX),
            input,
            actions,
            watch,
        });
    }

    /// Called after every load, mostly with the same period.
    pub(super) fn wanted(&mut self, wanted: Option<Duration>) {
        if self.wanted != wanted {
            self.wanted = wanted;
            self.push(Step::Wanted(wanted.map(Box::new)));
        }
    }

    /// The timeline has a new entry: keeps the steps that led to it.
    pub(super) fn keep_longer(&mut self) {
        self.repeated = 0;
    }

    /// Replays all inputs. Returns the number of reproduced decisions.
    pub(super) fn replay(&self) -> Result<usize, Divergence> {
        let mut machine = self.checkpoint.machine();
        let mut followed = 0;
        for step in &self.steps {
            let replayed = step.run(&mut machine);
            if let Step::Handled {
                at,
                input,
                actions,
                watch,
            } = step
            {
                let recorded = (*actions, *watch);
                if Some(recorded) != replayed {
                    return Err(Divergence {
                        followed,
                        since_start: Duration::from_nanos(*at),
                        input: format!("{input:?}"),
                        recorded: describe(Some(recorded)),
                        replayed: describe(replayed),
                    });
                }
                followed += 1;
            }
        }
        Ok(followed)
    }

    fn push(&mut self, step: Step) {
        let is_idle = self.repeated >= self.capacity;
        let room = match is_idle {
            // All steps are repetitions.
            true => self.capacity.min(IDLE_STEPS),
            false => self.capacity,
        };
        let too_many = (self.steps.len() + 1).saturating_sub(room);
        for oldest in self.steps.drain(..too_many) {
            self.checkpoint.apply(&oldest);
        }
        if is_idle {
            self.steps.shrink_to(room);
        }
        self.steps.push_back(step);
        self.repeated += 1;
    }
}

impl Checkpoint {
    fn machine(&self) -> Machine {
        match self {
            Self::Start(settings, jitter) => Machine::new(Arc::clone(settings), jitter.clone()),
            Self::Later(machine) => Machine::clone(machine),
        }
    }

    /// Applies an evicted step.
    fn apply(&mut self, step: &Step) {
        if let Self::Start(..) = self {
            *self = Self::Later(Box::new(self.machine()));
        }
        if let Self::Later(machine) = self {
            step.run(machine);
        }
    }
}

impl Step {
    /// Feeds the step to a machine. Returns the answer, if the step has one.
    fn run(&self, machine: &mut Machine) -> Option<(Actions, WatchState)> {
        match self {
            Self::Handled { at, input, .. } => {
                let actions = machine.handle(Duration::from_nanos(*at), *input);
                Some((actions, machine.watch()))
            }
            Self::Wanted(wanted) => {
                machine.want(wanted.as_deref().copied());
                None
            }
        }
    }
}

fn describe(answer: Option<(Actions, WatchState)>) -> String {
    match answer {
        Some((actions, watch)) => format!("{actions:?}, watch {watch}"),
        None => "nothing".to_owned(),
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            followed,
            since_start,
            input,
            recorded,
            replayed,
        } = self;
        write!(
            f,
            "after {followed} decisions that follow, {input} at {since_start:?} was answered by {recorded}, and is answered \
             by {replayed}"
        )
    }
}

impl std::error::Error for Divergence {}

/// Access for the tests of the flight recorder.
#[cfg(test)]
mod tests {
    use super::*;

    impl Tape {
        pub(in super::super) fn len(&self) -> usize {
            self.steps.len()
        }

        /// Forges the first answer: the machine has missed a change, or has not.
        pub(in super::super) fn forge_answer(&mut self) {
            let answer = self.steps.iter_mut().find_map(|step| match step {
                Step::Handled { actions, .. } => Some(actions),
                Step::Wanted(_) => None,
            });
            let actions = answer.expect("something was answered");
            actions.missed = !actions.missed;
        }
    }
}
