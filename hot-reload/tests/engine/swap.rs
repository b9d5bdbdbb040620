//! The two phases of a swap: all participants prepare, then all commit or all abort.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::FutureExt;
use hot_reload::{
    Builder, ErrorKind, Outcome, Participant, Receipt, ReloaderService, RemovalPolicy, Stage,
    async_trait,
};
use tokio::time::{Instant, sleep, timeout};

use crate::script::{Good, Missing, Script, seconds, settle};

/// What goes wrong, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    Refuse,
    HangPreparing,
    PanicPreparing,
    HangEnding,
    PanicEnding,
}

use Fault::{HangEnding, HangPreparing, Nothing, PanicEnding, PanicPreparing, Refuse};

/// Counts what participants do, each under its name.
#[derive(Clone, Default)]
struct Ledger(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    fault: BTreeMap<String, Fault>,
    /// How long preparing takes.
    takes: Duration,
    told: Vec<String>,
    /// What is open and whose: opened for a candidate, or in use.
    open: BTreeMap<String, Vec<String>>,
    in_use: BTreeMap<String, Opened>,
}

impl Ledger {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap()
    }

    /// What each participant has open.
    fn open(&self) -> BTreeMap<String, Vec<String>> {
        let open = self.book().open.clone();
        open.into_iter()
            .filter(|(_, open)| !open.is_empty())
            .collect()
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.book().told)
    }

    fn fail(&self, name: &str, fault: Fault) {
        self.book().fault.insert(name.to_owned(), fault);
    }

    fn participant(&self, name: &str) -> Member {
        Member {
            name: name.to_owned(),
            ledger: self.clone(),
        }
    }
}

/// A resource that was opened for a value. It is closed by being dropped.
struct Opened {
    name: String,
    value: String,
    ledger: Ledger,
}

impl Drop for Opened {
    fn drop(&mut self) {
        let mut book = self.ledger.book();
        let open = book.open.get_mut(&self.name).unwrap();
        let at = open.iter().position(|open| *open == self.value).unwrap();
        open.remove(at);
    }
}

struct Member {
    name: String,
    ledger: Ledger,
}

impl Member {
    fn fault(&self) -> Fault {
        let book = self.ledger.book();
        book.fault.get(&self.name).copied().unwrap_or(Nothing)
    }

    fn tell(&self, what: &str) {
        let text = format!("{} {what}", self.name);
        self.ledger.book().told.push(text);
    }

    async fn end(&self) {
        match self.fault() {
            HangEnding => pending().await,
            PanicEnding => panic!("no end"),
            _ => {}
        }
    }
}

#[async_trait]
impl Participant<String> for Member {
    type Prepared = Opened;

    async fn prepare(&self, candidate: &String) -> Result<Opened, Box<dyn StdError + Send + Sync>> {
        let opened = Opened {
            name: self.name.clone(),
            value: candidate.clone(),
            ledger: self.ledger.clone(),
        };
        let takes = {
            let mut book = self.ledger.book();
            let open = book.open.entry(self.name.clone()).or_default();
            open.push(candidate.clone());
            book.takes
        };
        sleep(takes).await;
        match self.fault() {
            Refuse => Err("not today".into()),
            HangPreparing => pending().await,
            PanicPreparing => panic!("cannot"),
            _ => Ok(opened),
        }
    }

    async fn commit(&self, opened: Opened) {
        self.end().await;
        self.tell("committed");
        let before = self.ledger.book().in_use.insert(self.name.clone(), opened);
        drop(before);
    }

    async fn abort(&self, opened: Opened) {
        self.end().await;
        self.tell("aborted");
        drop(opened);
    }
}

/// A service with so many participants: `a`, `b` …
fn service(script: &Script, ledger: &Ledger, members: usize) -> Builder<Script, String, String> {
    let names = ["a", "b", "c", "d", "e"];
    let builder = ReloaderService::builder(script.clone()).hybrid();
    names[..members].iter().fold(builder, |builder, name| {
        builder.participant(*name, ledger.participant(name))
    })
}

fn open(names: &[&str], value: &str) -> BTreeMap<String, Vec<String>> {
    let open = names
        .iter()
        .map(|name| (name.to_string(), vec![value.to_owned()]));
    open.collect()
}

fn refusals(receipt: &Receipt) -> Vec<(String, String)> {
    let refused = receipt.votes.iter().filter_map(|vote| {
        let refusal = vote.refusal.as_ref()?;
        Some((vote.participant.clone(), refusal.to_string()))
    });
    refused.collect()
}

#[tokio::test(start_paused = true)]
async fn all_are_ready_before_a_value_is_visible_and_commit_before_anybody_is_told() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 3).start().await.unwrap();
    assert_eq!(ledger.told(), ["a committed", "b committed", "c committed"]);
    let mut changes = live.subscribe();
    ledger.book().takes = seconds(1);
    script.set(Good("second"));
    let begun = Instant::now();
    let told = changes.changed().await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 1, "at the same time");
    assert_eq!(*told, "second");
    assert_eq!(ledger.told(), ["a committed", "b committed", "c committed"]);
    assert_eq!(ledger.open(), open(&["a", "b", "c"], "second"));
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_receipt_says_who_refused_and_why_and_how_long_each_stage_took() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 3).start().await.unwrap();
    ledger.told();
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
    assert_eq!(ledger.told(), ["b aborted"]);
    assert_eq!(*live.load(), "first");
    assert_eq!(ledger.open(), open(&["a", "b", "c"], "first"));
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p01_a_fault_at_any_step_of_any_participant_leaves_everything_as_it_was_or_swaps_it() {
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
                ledger.told();
                ledger.fail(names[at], fault);
                script.state().muted = true;
                script.set(Good("second"));
                let begun = Instant::now();
                let receipt = control.reload().await;
                let case = format!("{fault:?} of {} in {members}", names[at]);
                let told = ledger.told();
                if matches!(fault, HangEnding | PanicEnding) {
                    // It cannot refuse any more. The value is visible, the others have committed, and it is told.
                    assert!(receipt.is_current(), "{case}: {receipt}");
                    assert_eq!(*live.load(), "second", "{case}");
                    assert_eq!(told.len(), members - 1, "{case}");
                    let failed = receipt.votes.iter().filter(|vote| vote.failure.is_some());
                    let failed: Vec<_> = failed.map(|vote| vote.participant.as_str()).collect();
                    assert_eq!(failed, [names[at]], "{case}");
                } else {
                    assert!(!receipt.is_current(), "{case}: {receipt}");
                    assert_eq!(*live.load(), "first", "{case}");
                    assert_eq!(ledger.open(), open(names, "first"), "{case}");
                    assert_eq!(told.len(), members - 1, "{case}");
                    assert!(told.iter().all(|told| told.ends_with("aborted")), "{case}");
                    assert_eq!(refusals(&receipt)[0].0, names[at], "{case}");
                }
                let late = matches!(fault, HangPreparing | HangEnding);
                assert_eq!(
                    begun.elapsed(),
                    seconds(if late { 10 } else { 0 }),
                    "{case}"
                );
                // What comes after works.
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
async fn p11_what_a_participant_refused_is_not_prepared_again_until_somebody_asks() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 2).start().await.unwrap();
    ledger.told();
    ledger.fail("b", Refuse);
    script.set(Good("second"));
    sleep(seconds(200)).await;
    assert_eq!(ledger.told(), ["a aborted"], "once");
    ledger.fail("b", Nothing);
    assert!(control.reload().await.is_current());
    assert_eq!(*live.load(), "second");
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p14_a_stop_while_participants_prepare_releases_what_they_have_opened() {
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
async fn a_value_that_the_source_has_overtaken_gives_way_to_the_newer_one() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 1).start().await.unwrap();
    let mut changes = live.subscribe();
    ledger.told();
    ledger.book().takes = seconds(1);
    script.state().muted = true;
    script.set(Good("second"));
    let reload = control.reload();
    let overtake = async {
        sleep(Duration::from_millis(500)).await;
        script.set(Good("third"));
    };
    let (receipt, ()) = tokio::join!(reload, overtake);
    assert!(receipt.is_current(), "{receipt}");
    assert_eq!(ledger.told(), ["a aborted", "a committed"]);
    let told = changes.changed().await.unwrap();
    assert_eq!((told.as_str(), told.generation().get()), ("third", 2));
    assert_eq!(ledger.open(), open(&["a"], "third"));
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_value_that_goes_back_or_away_while_it_is_prepared_is_not_published() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 1).start().await.unwrap();
    ledger.told();
    ledger.book().takes = seconds(1);
    script.state().muted = true;
    for (content, word) in [(Good("first"), "unchanged"), (Missing, "missing")] {
        script.set(Good("second"));
        let change = async {
            sleep(Duration::from_millis(500)).await;
            script.set(content);
        };
        let (receipt, ()) = tokio::join!(control.reload(), change);
        assert_eq!(receipt.as_str(), word);
        assert_eq!(ledger.told(), ["a aborted"]);
        assert_eq!(ledger.open(), open(&["a"], "first"));
        assert_eq!(
            (live.load().as_str(), live.get().generation().get()),
            ("first", 1)
        );
    }
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn participants_abort_where_what_follows_the_value_refuses_it() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 2).start().await.unwrap();
    ledger.told();
    let length = live.atomic(|value| {
        assert!(value != "second", "no second");
        value.len()
    });
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
    assert_eq!(ledger.told(), ["a aborted", "b aborted"]);
    assert_eq!(ledger.open(), open(&["a", "b"], "first"));
    assert_eq!((live.load().as_str(), length.get()), ("first", 5));
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p12_participants_have_to_be_ready_for_the_default_of_a_removal_too() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let policy = RemovalPolicy::Default("default".to_owned());
    let builder = service(&script, &ledger, 2).on_removal(policy);
    let (live, control) = builder.start().await.unwrap();
    ledger.told();
    ledger.fail("b", Refuse);
    script.set(Missing);
    sleep(seconds(5)).await;
    assert_eq!(ledger.told()[0], "a aborted");
    assert_eq!(
        (live.load().as_str(), ledger.open()),
        ("first", open(&["a", "b"], "first"))
    );
    ledger.fail("b", Nothing);
    assert_eq!(control.reload().await.as_str(), "missing");
    assert_eq!(
        (live.load().as_str(), ledger.open()),
        ("default", open(&["a", "b"], "default"))
    );
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_never_rests_is_published_all_the_same() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 1).start().await.unwrap();
    ledger.told();
    ledger.book().takes = seconds(1);
    script.state().muted = true;
    script.set(Good("second"));
    let values = ["third", "fourth", "fifth", "sixth", "seventh"];
    let restless = async {
        for value in values {
            sleep(Duration::from_millis(700)).await;
            script.set(Good(value));
        }
    };
    let (receipt, ()) = tokio::join!(control.reload(), restless);
    assert!(receipt.is_current(), "{receipt}");
    assert_eq!(ledger.told().len(), 4, "three gave way");
    assert_ne!(*live.load(), "first");
    assert!(control.reload().await.is_current());
    assert_eq!(*live.load(), "seventh");
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn async_validators_are_all_asked_at_the_same_time_and_each_problem_is_told() {
    let script = Script::new(Good("first"));
    let (live, control) = ReloaderService::builder(script.clone())
        .hybrid()
        .validate_async(|value: &String| {
            async move {
                sleep(seconds(2)).await;
                match value.as_str() {
                    "bad" | "worse" => Err("no such host"),
                    _ => Ok(()),
                }
            }
            .boxed()
        })
        .validate_async(|value: &String| {
            async move {
                match value.as_str() {
                    "worse" => Err("no such user"),
                    "hangs" => pending().await,
                    "panics" => panic!("oh"),
                    _ => Ok(()),
                }
            }
            .boxed()
        })
        .start()
        .await
        .unwrap();
    script.state().muted = true;
    let cases = [
        ("bad", 2, "no such host"),
        ("worse", 2, "no such host; no such user"),
        ("hangs", 10, "a validator did not answer within 10s"),
        ("panics", 2, "panicked at stage validate: oh"),
    ];
    for (value, takes, message) in cases {
        script.set(Good(value));
        let receipt = control.reload().await;
        assert_eq!(receipt.error().unwrap().to_string(), message);
        assert!(matches!(
            receipt.outcome,
            Outcome::Rejected {
                stage: Stage::Validate,
                ..
            }
        ));
        assert_eq!(receipt.elapsed, seconds(takes), "{value}");
        assert_eq!(*live.load(), "first");
    }
    script.set(Good("second"));
    assert!(control.reload().await.is_current());
    settle().await;
    control.stop().await;
}
