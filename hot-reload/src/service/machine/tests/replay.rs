//! The machine decides by its inputs alone: a recorded schedule, replayed, gives the recorded answers.

use super::*;
use crate::service::machine::{Load, Regime};

/// One step of a driver.
#[derive(Debug, Clone, Copy)]
enum Step {
    Handled(Duration, Input),
    Wanted(Option<Duration>),
}

impl Step {
    /// Feeds the step to a machine. Returns the answer, and the state of the watch after it.
    fn run(self, machine: &mut Machine) -> (Option<Actions>, WatchState) {
        let actions = match self {
            Self::Handled(at, input) => Some(machine.handle(at, input)),
            Self::Wanted(wanted) => {
                machine.want(wanted);
                None
            }
        };
        (actions, machine.watch())
    }
}

fn machine(seed: u64) -> Machine {
    let settings = Settings::hybrid(INTERVAL, WatchProfile::unknown());
    Machine::new(settings, Jitter::from_seed(seed))
}

/// Feeds random steps to a machine, as its driver would. `each` gets the machine before each step.
fn run(
    seed: u64,
    steps: usize,
    mut each: impl FnMut(&Machine, Step, &(Option<Actions>, WatchState)),
) {
    let mut machine = machine(seed);
    let mut dice = Jitter::from_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut below = |bound: u64| dice.up_to(seconds(bound)).as_secs();
    let (mut now, mut input) = (Duration::ZERO, Input::Started);
    let (mut load, mut opening, mut open): (Option<Load>, bool, bool) = (None, false, false);
    for _ in 0..steps {
        let step = match below(9) {
            0 => Step::Wanted((below(2) == 0).then(|| seconds(below(20)))),
            _ => Step::Handled(now, input),
        };
        let before = machine.clone();
        let answer = step.run(&mut machine);
        each(&before, step, &answer);
        let Some(actions) = answer.0 else { continue };
        load = actions.load.or(load);
        opening |= actions.open;
        input = match below(10) {
            _ if opening && below(2) == 0 => {
                (opening, open) = (false, true);
                [Input::Opened, Input::OpenedInPart][below(2) as usize % 2]
            }
            0 if open || opening => {
                (opening, open) = (false, false);
                Input::Lost(Regime::Passing)
            }
            1 if open => Input::Hint,
            2 if open => [Input::Content, Input::Alive][below(2) as usize % 2],
            3 => Input::Requested(Trigger::Manual),
            4.. if load.take().is_some() => {
                let verdicts = [Verdict::Published, Verdict::Unchanged, Verdict::Rejected];
                Input::Loaded(verdicts[below(3) as usize % 3])
            }
            _ => Input::Tick,
        };
        now = match (input, machine.next_tick()) {
            (Input::Tick, Some(tick)) => tick.max(now),
            _ => now + Duration::from_millis(below(500)),
        };
    }
}

#[test]
fn p09_replayed_inputs_give_the_recorded_decisions() {
    for seed in 1..200 {
        let mut replay = machine(seed);
        // From the start, and from a copy that is made now and then.
        let mut copy = machine(seed);
        let mut loads = 0;
        run(seed, 300, |before, step, answer| {
            if loads % 7 == 0 {
                copy = before.clone();
            }
            assert_eq!(step.run(&mut replay), *answer, "seed {seed}: {step:?}");
            assert_eq!(
                step.run(&mut copy),
                *answer,
                "seed {seed}: {step:?}, in a copy"
            );
            loads += usize::from(answer.0.is_some_and(|actions| actions.load.is_some()));
        });
        assert!(loads > 10, "seed {seed}: {loads} loads");
    }
}
