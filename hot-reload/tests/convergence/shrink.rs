//! Shrinks a failing schedule: removes the steps that the failure does not need.

use std::time::{Duration, Instant};

use crate::schedule::Round;
use crate::world::now;

/// The smallest schedule that was found to fail, and how often it did.
pub(crate) struct Shrunk {
    pub(crate) rounds: Vec<Round>,
    /// Of so many tries.
    pub(crate) failed: usize,
    pub(crate) what: String,
}

/// `fails` runs a schedule in a world of its own and returns the error. `None` if it was never wrong again.
pub(crate) async fn shrink(
    rounds: &[Round],
    fails: impl AsyncFn(Vec<Round>) -> Option<String>,
) -> Option<Shrunk> {
    let deadline = now() + BUDGET;
    // The earlier steps mostly do not matter.
    let mut best = None;
    for count in [1, 2, 4] {
        let last = rounds
            .get(rounds.len().saturating_sub(count)..)
            .unwrap_or(rounds);
        best = try_often(last, &fails, deadline).await;
        if best.is_some() || count >= rounds.len() {
            break;
        }
    }
    let mut best = best?;
    'smaller: while now() < deadline {
        for candidate in smaller(&best.rounds) {
            if let Some(smaller) = try_often(&candidate, &fails, deadline).await {
                best = smaller;
                continue 'smaller;
            }
        }
        break;
    }
    Some(best)
}

async fn try_often(
    rounds: &[Round],
    fails: &impl AsyncFn(Vec<Round>) -> Option<String>,
    deadline: Instant,
) -> Option<Shrunk> {
    let mut shrunk = None;
    let mut failed = 0;
    for _ in 0..TRIES {
        if now() > deadline {
            break;
        }
        if let Some(what) = fails(rounds.to_vec()).await {
            failed += 1;
            shrunk = Some(what);
            if failed == ENOUGH {
                break;
            }
        }
    }
    let rounds = rounds.to_vec();
    shrunk.map(|what| Shrunk {
        rounds,
        failed,
        what,
    })
}

/// One step less, or one without its pauses.
fn smaller(rounds: &[Round]) -> Vec<Vec<Round>> {
    let mut all = Vec::new();
    for (at, round) in rounds.iter().enumerate() {
        for step in 0..round.0.len() {
            let mut fewer = rounds.to_vec();
            fewer[at] = round.without(step);
            fewer.retain(|round| !round.0.is_empty());
            if !fewer.is_empty() {
                all.push(fewer);
            }
        }
    }
    for (at, round) in rounds.iter().enumerate() {
        for step in 0..round.0.len() {
            let hurried = round.hurried(step);
            if hurried != *round {
                let mut quicker = rounds.to_vec();
                quicker[at] = hurried;
                all.push(quicker);
            }
        }
    }
    all
}

/// A failure that depends on timing is rare.
const TRIES: usize = 20;
const ENOUGH: usize = 2;

const BUDGET: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;
    use crate::kind::{Kind, Menu};

    #[tokio::test]
    async fn failure_of_one_step_is_shrunk_to_that_step() {
        let (mut dice, menu) = (Dice::new(3), Menu::all());
        let mut rounds: Vec<_> = (0..6).map(|_| Round::any(&mut dice, &menu)).collect();
        let culprit: Round = "remove:64:9:9 exchange:500:20:30 in-place:64:1:1"
            .parse()
            .unwrap();
        rounds.push(culprit);
        let fails = async |rounds: Vec<Round>| {
            let mut steps = rounds.iter().flat_map(|round| &round.0);
            let culprit = steps.any(|step| step.kind == Kind::Exchange);
            culprit.then(|| "it exchanges".to_owned())
        };
        let shrunk = shrink(&rounds, fails).await.unwrap();
        let lines: Vec<_> = shrunk.rounds.iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["exchange:500:0:0"]);
    }
}
