//! The two phases of a swap: all participants prepare, then all commit or all abort.

use std::error::Error;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use hot_reload::error::ErrorKind;
use hot_reload::event::Stage;
use hot_reload::policy::RemovalPolicy;
use hot_reload::{Outcome, Participant, WatchEvent, async_trait};
use tokio::time::{Instant, sleep, timeout};

use crate::ledger::{
    HangEnding, HangPreparing, Ledger, Nothing, PanicEnding, PanicPreparing, Refuse, open,
    refusals, service,
};
use crate::log::log;
use crate::script::{Good, Missing, Script, seconds};

#[tokio::test(start_paused = true)]
async fn all_participants_commit_before_subscribers_are_notified() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 3).start().await.unwrap();
    assert_eq!(
        ledger.entries(),
        ["a committed", "b committed", "c committed"]
    );
    let mut changes = live.subscribe();
    ledger.book().takes = seconds(1);
    script.set(Good("second"));
    let begun = Instant::now();
    let changed = changes.changed().await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 1, "at the same time");
    assert_eq!(*changed, "second");
    assert_eq!(
        ledger.entries(),
        ["a committed", "b committed", "c committed"]
    );
    assert_eq!(ledger.open(), open(&["a", "b", "c"], "second"));
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn subscribers_are_notified_after_the_last_commit() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 2).start().await.unwrap();
    let part = live.map(String::as_str);
    let (mut changes, mut parts) = (live.subscribe(), part.subscribe());
    ledger.entries();
    // One after the other, so the second has committed after two seconds.
    ledger.book().commit_takes = seconds(1);
    script.set(Good("second"));
    let begun = Instant::now();
    let of_the_value = async {
        let changed = changes.changed().await.unwrap();
        assert_eq!((begun.elapsed().as_secs(), changed.as_str()), (2, "second"));
        assert_eq!(ledger.entries(), ["a committed", "b committed"]);
    };
    let of_a_part = async {
        let changed = parts.changed().await.unwrap();
        assert_eq!((begun.elapsed().as_secs(), &*changed), (2, "second"));
    };
    let meanwhile = async {
        sleep(seconds(1) / 2).await;
        assert_eq!((live.load().as_str(), &*part.load()), ("second", "second"));
        // Other events in between do not matter.
        script.send(WatchEvent::Hint);
    };
    tokio::join!(of_the_value, of_a_part, meanwhile);
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn receipt_has_votes_and_stage_times() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 3).start().await.unwrap();
    ledger.entries();
    ledger.fail("a", Refuse);
    ledger.fail("c", PanicPreparing);
    ledger.book().takes = seconds(2);
    script.state().load_takes = seconds(1);
    script.state().muted = true;
    script.set(Good("second"));
    let receipt = control.reload().await;
    let Outcome::Rejected { stage, error } = &receipt.outcome else {
        panic!("{receipt}");
    };
    assert_eq!((*stage, error.kind()), (Stage::Prepare, ErrorKind::Invalid));
    assert_eq!(
        error.to_string(),
        "a: not today; c: panicked at stage prepare: cannot"
    );
    assert_eq!(
        refusals(&receipt),
        [
            ("a".to_owned(), "not today".to_owned()),
            (
                "c".to_owned(),
                "panicked at stage prepare: cannot".to_owned()
            )
        ]
    );
    assert!(receipt.votes.iter().all(|vote| vote.elapsed == seconds(2)));
    let stages: Vec<_> = receipt
        .stages
        .iter()
        .map(|(stage, time)| (*stage, time.as_secs()))
        .collect();
    assert_eq!(
        stages,
        [(Stage::Load, 1), (Stage::Validate, 0), (Stage::Prepare, 2)]
    );
    assert_eq!(receipt.elapsed, seconds(3));
    assert_eq!(ledger.entries(), ["b aborted"]);
    assert_eq!(*live.load(), "first");
    assert_eq!(ledger.open(), open(&["a", "b", "c"], "first"));
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p01_fault_of_a_participant_swaps_all_or_nothing() {
    for members in 1..=5 {
        for at in 0..members {
            for fault in [
                Refuse,
                HangPreparing,
                PanicPreparing,
                HangEnding,
                PanicEnding,
            ] {
                let (script, ledger) = (Script::new(Good("first")), Ledger::default());
                let (live, control) = service(&script, &ledger, members).start().await.unwrap();
                let names = &["a", "b", "c", "d", "e"][..members];
                ledger.entries();
                ledger.fail(names[at], fault);
                script.state().muted = true;
                script.set(Good("second"));
                let begun = Instant::now();
                let receipt = control.reload().await;
                let case = format!("{fault:?} of {} in {members}", names[at]);
                let entries = ledger.entries();
                if matches!(fault, HangEnding | PanicEnding) {
                    // It cannot refuse any more. The value is visible, the others have committed, and subscribers are
                    // notified.
                    assert!(receipt.is_current(), "{case}: {receipt}");
                    assert_eq!(*live.load(), "second", "{case}");
                    assert_eq!(entries.len(), members - 1, "{case}");
                    let failed = receipt.votes.iter().filter(|vote| vote.failure.is_some());
                    let failed: Vec<_> = failed.map(|vote| vote.participant.as_str()).collect();
                    assert_eq!(failed, [names[at]], "{case}");
                } else {
                    assert!(!receipt.is_current(), "{case}: {receipt}");
                    assert_eq!(*live.load(), "first", "{case}");
                    assert_eq!(ledger.open(), open(names, "first"), "{case}");
                    assert_eq!(entries.len(), members - 1, "{case}");
                    assert!(
                        entries.iter().all(|entry| entry.ends_with("aborted")),
                        "{case}"
                    );
                    assert_eq!(refusals(&receipt)[0].0, names[at], "{case}");
                }
                let late = matches!(fault, HangPreparing | HangEnding);
                assert_eq!(
                    begun.elapsed(),
                    seconds(if late { 10 } else { 0 }),
                    "{case}"
                );
                // The next value is published.
                ledger.fail(names[at], Nothing);
                script.set(Good("third"));
                assert!(control.reload().await.is_current(), "{case}");
                assert_eq!(ledger.open(), open(names, "third"), "{case}");
                control.stop().await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn failed_commit_names_the_participant_in_the_log() {
    let log = log();
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (_live, control) = service(&script, &ledger, 3).start().await.unwrap();
    let lines = |who: &str| log.count(&format!("participant {who} failed to commit"));
    // One that could not abort has not stayed behind.
    for (fault, ready, text) in [
        (PanicEnding, true, "second"),
        (HangEnding, true, "third"),
        (PanicEnding, false, "fourth"),
    ] {
        let before = (lines("a"), lines("b"), lines("c"));
        ledger.fail("b", fault);
        ledger.fail("c", if ready { Nothing } else { Refuse });
        script.set(Good(text));
        let receipt = control.reload().await;
        assert_eq!(receipt.is_current(), ready, "{receipt}");
        assert!(receipt.votes[1].failure.is_some(), "{receipt}");
        let after = (before.0, before.1 + usize::from(ready), before.2);
        assert_eq!((lines("a"), lines("b"), lines("c")), after, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn p11_value_refused_by_a_participant_is_not_prepared_again() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 2).start().await.unwrap();
    ledger.entries();
    ledger.fail("b", Refuse);
    script.set(Good("second"));
    sleep(seconds(200)).await;
    assert_eq!(ledger.entries(), ["a aborted"], "once");
    ledger.fail("b", Nothing);
    assert!(control.reload().await.is_current());
    assert_eq!(*live.load(), "second");
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p14_stop_during_prepare_releases_prepared_resources() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (_live, control) = service(&script, &ledger, 2).start().await.unwrap();
    ledger.book().takes = seconds(5);
    script.set(Good("second"));
    sleep(seconds(1)).await;
    assert_eq!(ledger.book().open["a"], ["first", "second"]);
    timeout(seconds(1), control.stop()).await.unwrap();
    assert_eq!(ledger.open(), open(&["a", "b"], "first"));
}

#[tokio::test(start_paused = true)]
async fn participants_abort_when_projection_function_panics() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 2).start().await.unwrap();
    ledger.entries();
    let part = live.map(|value| {
        assert!(value != "second", "no second");
        value
    });
    let mut parts = part.subscribe();
    script.state().muted = true;
    script.set(Good("second"));
    let receipt = control.reload().await;
    assert!(
        matches!(
            receipt.outcome,
            Outcome::Rejected {
                stage: Stage::Commit,
                ..
            }
        ),
        "{receipt}"
    );
    assert_eq!(ledger.entries(), ["a aborted", "b aborted"]);
    assert_eq!(ledger.open(), open(&["a", "b"], "first"));
    assert_eq!(*live.load(), "first");
    assert!(parts.changed().now_or_never().is_none());
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p12_participants_prepare_for_a_removal_default() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let policy = RemovalPolicy::Replace("default".to_owned());
    let builder = service(&script, &ledger, 2).on_removal(policy);
    let (live, control) = builder.start().await.unwrap();
    ledger.entries();
    ledger.fail("b", Refuse);
    script.set(Missing);
    sleep(seconds(5)).await;
    assert_eq!(ledger.entries()[0], "a aborted");
    assert_eq!(
        (live.load().as_str(), ledger.open()),
        ("first", open(&["a", "b"], "first"))
    );
    ledger.fail("b", Nothing);
    assert_eq!(control.reload().await.outcome.as_str(), "missing");
    assert_eq!(
        (live.load().as_str(), ledger.open()),
        ("default", open(&["a", "b"], "default"))
    );
    control.stop().await;
}

/// Refuses the empty text, and notes from which value to which it prepares.
#[derive(Clone, Default)]
pub(crate) struct FromTo(Arc<Mutex<Vec<String>>>);

impl FromTo {
    pub(crate) fn entries(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[async_trait]
impl Participant<String> for FromTo {
    type Prepared = ();

    async fn prepare(&self, _: &String) -> Result<(), Box<dyn Error + Send + Sync>> {
        Err("the service calls `prepare_from`".into())
    }

    async fn prepare_from(
        &self,
        visible: Option<&String>,
        candidate: &String,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let entry = format!("{visible:?} -> {candidate}");
        self.0.lock().unwrap().push(entry);
        match &**candidate {
            "refused" => Err("it is refused".into()),
            _ => Ok(()),
        }
    }

    async fn commit(&self, (): ()) {}
}

#[tokio::test(start_paused = true)]
async fn participant_sees_the_value_that_is_to_be_replaced() {
    let (script, from_to) = (Script::new(Good("first")), FromTo::default());
    let builder = script.builder().history(1);
    let builder = builder.participant("from-to", from_to.clone());
    let (_live, control) = builder.start().await.unwrap();
    for text in ["second", "refused", "third"] {
        script.set(Good(text));
        let _ = control.reload().await;
    }
    let _ = control.rollback().await;
    assert_eq!(
        from_to.entries(),
        [
            "None -> first",
            "Some(\"first\") -> second",
            "Some(\"second\") -> refused",
            "Some(\"second\") -> third",
            "Some(\"third\") -> second",
        ]
    );
}
