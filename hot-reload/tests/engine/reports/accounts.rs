//! Random schedules of changes, failures, lost watches and requests: the flight recorder accounts for every load.

use std::time::Duration;

use hot_reload::WatchEvent;
use hot_reload::error::ErrorKind;
use hot_reload::status::{Attempt, Explanation, SourceStatus};
use tokio::time::{sleep, timeout};

use crate::script::{Bad, Failing, Good, Hanging, Missing, Panicking, Script, seconds};

/// Small numbers from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// Something happens to a source.
    fn happen(&mut self, script: &Script) {
        let texts = ["a", "b", "c"];
        let text = texts[self.below(3) as usize];
        let kinds = [
            ErrorKind::Unavailable,
            ErrorKind::Denied,
            ErrorKind::Timeout,
        ];
        let kind = kinds[self.below(3) as usize];
        match self.below(16) {
            0..=3 => script.set(Good(text)),
            4 => script.set(Bad(text)),
            5 => script.set(Missing),
            6 => script.set(Failing(kind)),
            7 => script.set(Panicking),
            8 => script.set(Hanging),
            9 => script.lose_watch(),
            10 => script.set_opening(Some(Failing(kind))),
            11 => script.set_opening(None),
            12 => {
                let muted = self.below(2) == 0;
                script.state().muted = muted;
            }
            13 => script.send(WatchEvent::Changed(text.to_owned())),
            14 => script.send(WatchEvent::Error("trouble".to_owned())),
            _ => {
                let heartbeat = (self.below(3) > 0).then(|| seconds(self.below(30)));
                let mut status = SourceStatus::default();
                status.heartbeat = heartbeat;
                script.state().status = Some(status);
            }
        }
    }

    /// How long until something else happens; often at once, and now and then some minutes.
    fn pause(&mut self) -> Duration {
        match self.below(4) {
            0 => Duration::ZERO,
            1 => Duration::from_millis(self.below(2000)),
            2 => seconds(self.below(120)),
            _ => seconds(self.below(600)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn flight_recorder_accounts_for_every_load() {
    let seeds: Vec<u64> = match std::env::var("HOT_RELOAD_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (0..15).collect(),
    };
    for seed in seeds {
        let mut dice = Dice(seed);
        let script = Script::new(Good("first"));
        let builder = script.builder().interval(seconds(10));
        let builder = match dice.below(3) {
            0 => builder,
            1 => builder.realtime(),
            _ => builder.hybrid(),
        };
        let (_live, control) = builder.start_in_background();
        for _ in 0..100 {
            dice.happen(&script);
            if dice.below(6) == 0 {
                let asked = async {
                    match dice.below(2) {
                        0 => control.reload().await,
                        _ => control.barrier().await,
                    }
                };
                let _ = timeout(seconds(1), asked).await;
            }
            sleep(dice.pause()).await;
            let explanation = control.explain();
            account(&explanation, seed);
        }
        control.stop().await;
    }
}

/// While no entry has left the ring, every load is in one entry. The entries are in order.
fn account(explanation: &Explanation, seed: u64) {
    let text = explanation.to_string();
    let loads: u64 = explanation
        .attempts()
        .map(|attempt| u64::from(attempt.times))
        .sum();
    let counted = explanation.status().counters.loads;
    match text.contains("dropped") {
        false => assert_eq!(loads, counted, "seed {seed}: {text}"),
        true => assert!(loads <= counted, "seed {seed}: {text}"),
    }
    let ends: Vec<_> = explanation
        .attempts()
        .map(|attempt| attempt.since_start)
        .collect();
    assert!(ends.is_sorted(), "seed {seed}: {text}");
    let sane =
        |attempt: &Attempt| attempt.causes().next() == Some(attempt.trigger) || attempt.times > 1;
    assert!(explanation.attempts().all(sane), "seed {seed}: {text}");
    assert!(text.lines().count() <= 1 + 1 + 32, "seed {seed}: {text}");
}
