//! Plans: what a load would do, without an effect. And their application, which publishes the planned content or nothing.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join;
use hot_reload::admission::ShrinkGuard;
use hot_reload::error::ErrorKind;
use hot_reload::event::{Requester, Stage};
use hot_reload::policy::RemovalPolicy;
use hot_reload::{Control, Live, Outcome, Participant, Plan, async_trait};
use tokio::time::{Instant, sleep};

use crate::log::{Log, log};
use crate::script::{
    Bad, Content, Failing, Good, Hanging, Missing, Panicking, Script, Written, seconds, settle,
};

/// What happens before the content changes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    Rejected,
    Held,
    Paused,
    RolledBack,
    Removed,
}

const BEFORE: [Before; 6] = [
    Before::Nothing,
    Before::Rejected,
    Before::Held,
    Before::Paused,
    Before::RolledBack,
    Before::Removed,
];

/// The content before, the present content of a rejection, a removal and so on, and new content.
const CONTENTS: [Content; 9] = [
    Good("0123456789"),
    Good("one more value"),
    Good("0"),
    Bad("typo"),
    Good("sick"),
    Missing,
    Failing(ErrorKind::Unavailable),
    Written(Duration::from_secs(7)),
    Panicking,
];

type Events = Arc<Mutex<Vec<String>>>;
type Rig = (Script, Live<String>, Control<String>, Events);

/// A service in this state, after its content has changed without a hint.
async fn service(before: Before, content: &Content, revisions: bool) -> Rig {
    let script = Script::new(Good("first value")).with(|state| {
        state.revisions = revisions;
        state.muted = true;
    });
    let events = Events::default();
    let seen = Arc::clone(&events);
    let guard = ShrinkGuard::by(|value: &String| value.len()).confirm_after(seconds(3600));
    let (live, control) = script
        .builder()
        .hybrid()
        .history(3)
        .shrink_guard(guard)
        .validate(|value: &String| match &**value {
            "sick" => Err("is sick"),
            _ => Ok(()),
        })
        .on_removal(RemovalPolicy::Replace("the default".to_owned()))
        .on_event(move |event| seen.lock().unwrap().push(event.to_string()))
        .start()
        .await
        .unwrap();
    let load = async |content: Content| {
        script.set(content);
        drop(control.reload().await);
    };
    load(Good("0123456789")).await;
    match before {
        Before::Nothing => {}
        Before::Rejected => load(Bad("typo")).await,
        Before::Held => load(Good("0")).await,
        Before::Paused => control.pause(),
        Before::RolledBack => drop(control.rollback().await),
        Before::Removed => load(Missing).await,
    }
    script.set(content.clone());
    (script, live, control, events)
}

/// Everything that an operator can see, but the times.
fn seen(rig: &Rig, log: &Log) -> String {
    let (_, live, control, events) = rig;
    let status = control.status();
    let explained = control.explain();
    let attempts = explained.attempts();
    let attempts = attempts.map(|attempt| {
        let causes: Vec<_> = attempt.causes().collect();
        format!("{causes:?} {:?} {}", attempt.outcome, attempt.times)
    });
    let attempts: Vec<_> = attempts.collect();
    let hold = status
        .hold
        .as_ref()
        .map(|hold| (hold.reason, &hold.message));
    format!(
        "{}\n{status}\n{:?}\n{hold:?}\n{attempts:#?}\n{:#?}\n{}\n{:?}",
        live.load().as_str(),
        status.counters,
        events.lock().unwrap(),
        log.text(),
        status.source_status,
    )
}

#[tokio::test(start_paused = true)]
async fn p02_load_after_a_plan_finds_everything_as_without_the_plan() {
    for revisions in [true, false] {
        for before in BEFORE {
            for content in &CONTENTS {
                let mut runs = Vec::new();
                for plans in [0, 2] {
                    let log = log();
                    let rig = service(before, content, revisions).await;
                    let (.., control, _) = &rig;
                    let first = seen(&rig, &log);
                    for _ in 0..plans {
                        let plan = control.plan().await;
                        assert_eq!(plan.generation, control.status().generation);
                        assert_eq!(seen(&rig, &log), first, "{before:?} {plan}");
                    }
                    drop(control.barrier().await);
                    let barrier = seen(&rig, &log);
                    drop(control.reload().await);
                    let reload = seen(&rig, &log);
                    runs.push((first, log.text(), barrier, reload));
                    control.stop().await;
                }
                assert_eq!(runs[0], runs[1], "{before:?} {content:?} {revisions}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn plan_has_the_outcome_of_the_reload_that_follows() {
    for revisions in [true, false] {
        for before in BEFORE {
            for content in &CONTENTS {
                let (_script, _live, control, _) = service(before, content, revisions).await;
                let plan = control.plan().await;
                let receipt = control.reload().await;
                let state = format!("{before:?} {content:?} {revisions}: {plan} / {receipt}");
                let text = |outcome: &Outcome| format!("{outcome:?}");
                assert_eq!(text(&plan.outcome), text(&receipt.outcome), "{state}");
                let hold = |hold: Option<hot_reload::status::Hold>| {
                    hold.map(|hold| (hold.reason, hold.message))
                };
                assert_eq!(hold(plan.hold), hold(receipt.hold), "{state}");
                control.stop().await;
            }
        }
    }
}

async fn started() -> (Script, Live<String>, Control<String>) {
    let script = Script::new(Good("one")).with(|state| state.muted = true);
    let (live, control) = script.service().await;
    (script, live, control)
}

fn kind(outcome: &Outcome) -> Option<ErrorKind> {
    outcome.error().map(hot_reload::Error::kind)
}

fn token(plan: Plan) -> String {
    plan.token.unwrap()
}

#[tokio::test(start_paused = true)]
async fn applied_plan_publishes_its_content() {
    let (script, live, control) = started().await;
    script.set(Good("two"));
    let plan = control.plan().await;
    assert_eq!(plan.outcome.as_str(), "published");
    let text = plan.to_string();
    assert!(
        text.starts_with("would be published as generation 2\n"),
        "{text}"
    );
    assert_eq!(*live.load(), "one");
    let receipt = control
        .target()
        .apply_for(Requester::Http, &token(plan))
        .await;
    assert_eq!((*live.load()).as_str(), "two", "{receipt}");
    assert_eq!(receipt.trigger.as_str(), "http");
    let status = control.status();
    assert_eq!(status.counters.loads, 2);
    let attempt = status.last_attempt.unwrap();
    assert_eq!(attempt.causes().count(), 1, "{attempt:?}");
    // It is the state of the source for the loads that follow.
    assert_eq!(control.barrier().await.outcome.as_str(), "unchanged");
}

#[tokio::test(start_paused = true)]
async fn apply_is_refused_without_an_effect_if_the_source_has_changed() {
    for newer in [
        Good("three"),
        Bad("typo"),
        Missing,
        Failing(ErrorKind::Unavailable),
        Written(seconds(7)),
    ] {
        let (script, live, control) = started().await;
        script.set(Good("two"));
        let plan = control.plan().await;
        script.set(newer.clone());
        let before = control.status().to_string();
        let receipt = control.apply(&token(plan)).await;
        let expected = match newer {
            Failing(kind) => kind,
            _ => ErrorKind::Conflict,
        };
        assert_eq!(kind(&receipt.outcome), Some(expected), "{receipt}");
        let status = control.status();
        assert_eq!(status.counters.loads, 1, "{newer:?}");
        assert_eq!((status.to_string(), &**live.load()), (before, "one"));
        if newer == Good("three") {
            let text = receipt.error().unwrap().to_string();
            assert_eq!(text, "the source has changed since the plan; plan again");
            // The next load finds it as always.
            drop(control.barrier().await);
            assert_eq!(*live.load(), "three");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn apply_is_refused_if_another_generation_is_visible() {
    let (script, live, control) = started().await;
    script.set(Good("two"));
    let plan = control.plan().await;
    drop(control.reload().await);
    let loads = script.loads();
    let receipt = control.apply(&token(plan)).await;
    assert_eq!(kind(&receipt.outcome), Some(ErrorKind::Conflict));
    let text = receipt.error().unwrap().to_string();
    assert_eq!(
        text,
        "generation 2 is visible, and the plan was made for 1; plan again"
    );
    assert_eq!((script.loads(), &**live.load()), (loads, "two"));
}

#[tokio::test(start_paused = true)]
async fn apply_of_a_foreign_token_is_refused_at_once() {
    let (script, _live, control) = started().await;
    let other = Script::new(Good("one"));
    let (_other, others) = other.builder().name("other").start().await.unwrap();
    let foreign = token(others.plan().await);
    let loads = script.loads();
    for token in ["", "1", "1-0", "hunter2", &foreign] {
        let receipt = control.apply(token).await;
        assert_eq!(kind(&receipt.outcome), Some(ErrorKind::Conflict), "{token}");
    }
    assert_eq!(script.loads(), loads);
}

#[tokio::test(start_paused = true)]
async fn plan_of_content_without_a_revision_has_no_token() {
    let (script, _live, control) = started().await;
    script.state().revisions = false;
    script.set(Good("two"));
    let plan = control.plan().await;
    assert_eq!(plan.outcome.as_str(), "published");
    assert_eq!((plan.token, plan.revision), (None, None));
}

#[tokio::test(start_paused = true)]
async fn applied_plan_of_a_removal_removes_without_a_second_load() {
    let script = Script::new(Good("one")).with(|state| state.muted = true);
    let builder = script.builder().hybrid();
    let policy = RemovalPolicy::Replace("the default".to_owned());
    let (live, control) = builder.on_removal(policy).start().await.unwrap();
    script.set(Missing);
    let plan = control.plan().await;
    assert_eq!(plan.outcome.as_str(), "missing");
    assert_eq!(*live.load(), "one");
    let receipt = control.apply(&token(plan)).await;
    assert_eq!(receipt.outcome.as_str(), "missing");
    assert_eq!(*live.load(), "the default");
}

#[tokio::test(start_paused = true)]
async fn applied_rejection_is_rejected_and_reported_once() {
    let log = log();
    let (script, _live, control) = started().await;
    script.set(Bad("typo"));
    let plan = control.plan().await;
    assert_eq!(log.count("rejected"), 0);
    let receipt = control.apply(&token(plan)).await;
    let Outcome::Rejected { stage, .. } = receipt.outcome else {
        panic!("{receipt}")
    };
    assert_eq!((stage, log.count("rejected,")), (Stage::Decode, 1));
    assert_eq!(control.status().counters.rejected, 1);
}

#[tokio::test(start_paused = true)]
async fn p09_plan_waits_for_a_running_load_and_the_next_load_for_it() {
    let (script, live, control) = started().await;
    script.state().load_takes = seconds(3);
    script.set(Good("two"));
    let begun = Instant::now();
    let load = control.reload();
    let plan = async {
        settle().await;
        let plan = control.plan();
        let next = async {
            settle().await;
            control.reload().await
        };
        let (plan, receipt) = join(plan, next).await;
        (plan, receipt, begun.elapsed().as_secs())
    };
    let (_, (plan, receipt, took)) = join(load, plan).await;
    assert_eq!(plan.outcome.as_str(), "unchanged");
    assert_eq!(receipt.outcome.as_str(), "unchanged");
    assert_eq!((took, script.state().most_running), (9, 1));
    assert_eq!(*live.load(), "two");
}

#[tokio::test(start_paused = true)]
async fn plans_of_callers_who_have_left_do_not_load() {
    let (script, _live, control) = started().await;
    script.set(Hanging);
    let reload = tokio::spawn({
        let target = control.target();
        async move { target.reload().await }
    });
    settle().await;
    let loads = script.loads();
    for _ in 0..10 {
        let left = tokio::time::timeout(Duration::from_millis(1), control.plan()).await;
        assert!(left.is_err(), "the reload hangs");
    }
    script.set(Good("second"));
    assert!(reload.await.unwrap().error().is_some(), "its deadline");
    let plan = control.plan().await;
    assert!(plan.error().is_none(), "{plan}");
    assert_eq!(script.loads(), loads + 1, "the plan only");
}

#[tokio::test(start_paused = true)]
async fn plan_of_a_stopped_service_fails_at_once() {
    let (script, live, control) = started().await;
    script.state().load_takes = seconds(3);
    let target = control.target();
    let running = async {
        settle().await;
        control.stop().await;
    };
    let (plan, ()) = join(control.plan(), running).await;
    assert_eq!(kind(&plan.outcome), Some(ErrorKind::Stopped));
    let plan = control.plan().await;
    assert_eq!(kind(&plan.outcome), Some(ErrorKind::Stopped));
    drop((live, control));
    let plan = target.plan().await;
    assert_eq!(kind(&plan.outcome), Some(ErrorKind::Stopped));
    let receipt = target.apply("1-0").await;
    assert_eq!(kind(&receipt.outcome), Some(ErrorKind::Stopped));
}

#[tokio::test(start_paused = true)]
async fn plan_of_a_source_that_hangs_fails_at_the_deadline() {
    let script = Script::new(Good("one"));
    let builder = script.builder().interval(seconds(3600));
    let (_live, control) = builder.start().await.unwrap();
    script.set(Hanging);
    let begun = Instant::now();
    let plan = control.plan().await;
    assert_eq!(kind(&plan.outcome), Some(ErrorKind::Timeout), "{plan}");
    assert_eq!((begun.elapsed(), plan.token), (seconds(10), None));
    assert_eq!(control.status().counters.loads, 1);
    script.set(Good("one"));
    assert_eq!(control.plan().await.outcome.as_str(), "unchanged");
}

/// Counts, and takes a second.
#[derive(Clone, Default)]
struct Slow(Arc<Mutex<Vec<&'static str>>>);

#[async_trait]
impl Participant<String> for Slow {
    type Prepared = ();

    async fn prepare(&self, _: &String) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.lock().unwrap().push("prepare");
        sleep(seconds(1)).await;
        Ok(())
    }

    async fn commit(&self, (): ()) {
        self.0.lock().unwrap().push("commit");
    }

    async fn abort(&self, (): ()) {
        self.0.lock().unwrap().push("abort");
    }
}

#[tokio::test(start_paused = true)]
async fn plan_asks_no_participant_and_an_overtaken_apply_publishes_nothing() {
    let script = Script::new(Good("one")).with(|state| state.muted = true);
    let slow = Slow::default();
    let builder = script.builder().hybrid();
    let builder = builder.participant("slow", slow.clone());
    let (live, control) = builder.start().await.unwrap();
    slow.0.lock().unwrap().clear();
    script.set(Good("two"));
    let plan = control.plan().await;
    assert!(slow.0.lock().unwrap().is_empty());
    let change = async {
        sleep(Duration::from_millis(500)).await;
        script.set(Good("three"));
    };
    let token = token(plan);
    let (receipt, ()) = join(control.apply(&token), change).await;
    assert_eq!(kind(&receipt.outcome), Some(ErrorKind::Conflict));
    assert_eq!(*live.load(), "one");
    assert_eq!(slow.0.lock().unwrap()[..2], ["prepare", "abort"]);
    // The newer content needs no hint.
    sleep(seconds(2)).await;
    assert_eq!(*live.load(), "three");
}

#[cfg(feature = "diff")]
#[tokio::test(start_paused = true)]
async fn plan_lists_the_paths_that_would_change() {
    let script = Script::new(Good("one")).with(|state| state.muted = true);
    let builder = script.builder().hybrid().changed_paths();
    let (_live, control) = builder.start().await.unwrap();
    assert_eq!(control.plan().await.changed, None, "nothing would change");
    script.set(Good("two"));
    let plan = control.plan().await;
    assert_eq!(plan.changed.as_ref().unwrap().paths, ["."]);
    let text = plan.to_string();
    assert!(text.contains("\n  changes: .\n  token: 1-"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn group_refuses_a_plan_and_its_members_load_nothing() {
    let script = Script::new(Good("one"));
    let mut group = hot_reload::Coordinator::new();
    group.member("member", script.builder());
    let (_live, control) = group.into_builder().start().await.unwrap();
    let loads = script.loads();
    let plan = control.plan().await;
    assert_eq!(kind(&plan.outcome), Some(ErrorKind::Misconfigured));
    assert_eq!((plan.token, script.loads()), (None, loads));
}
