//! Targets, registries and observers: services of a process without their value types.

use std::sync::{Arc, Mutex};

use futures_util::{FutureExt, StreamExt};
use hot_reload::error::ErrorKind;
use hot_reload::event::{EventKind, Observer, Requester, Trigger};
use hot_reload::{Error, Event, Live, Outcome, Registry, Target};

use crate::log::log;
use crate::script::{Bad, Good, Script, settle};

/// The events that an observer was notified of, as `target kind`.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Observer for Notes {
    fn on_event(&self, event: &Event) {
        let line = format!("{} {}", event.target, event.kind);
        self.0.lock().unwrap().push(line);
    }
}

fn stopped(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed { error } if error.kind() == ErrorKind::Stopped)
}

#[tokio::test(start_paused = true)]
async fn p06_target_keeps_no_service_running_and_answers_stopped() {
    let script = Script::new(Good("first"));
    let (live, control) = script.builder().name("motto").start().await.unwrap();
    let target = control.target();
    let mut events = target.events();
    drop((live, control));
    target.stopped().await;
    assert!(matches!(
        events.next().await.unwrap().kind,
        EventKind::Stopped
    ));
    assert!(events.next().await.is_none());
    settle().await;
    assert!(stopped(&target.reload().await.outcome));
    assert!(stopped(&target.resume().await.outcome));
    assert!(stopped(&target.rollback().await.outcome));
    target.pause();
    target.stop().await;
    target.stopped().await;
    let status = target.status();
    assert_eq!((&*status.name, status.stopped), ("motto", true));
    assert!(target.history().is_empty() && target.events().next().await.is_none());
    assert!(target.explain().to_string().contains("motto"));
    assert_eq!(script.holders(), 0, "the source was dropped");
}

#[tokio::test(start_paused = true)]
async fn target_gives_the_commands_of_its_control() {
    let script = Script::new(Good("first")).with(|state| state.muted = true);
    let builder = script.builder().history(3);
    let (live, control) = builder.start().await.unwrap();
    let target = control.target();
    for (requester, trigger, text) in [
        (Requester::Manual, Trigger::Manual, "second"),
        (Requester::Signal, Trigger::Signal, "third"),
        (Requester::Http, Trigger::Http, "fourth"),
    ] {
        script.set(Good(text));
        let receipt = target.reload_for(requester).await;
        assert_eq!((receipt.trigger, live.get().trigger()), (trigger, trigger));
        assert_eq!(*live.load(), text);
    }
    let generations = target.history().into_iter().map(|number| number.get());
    assert_eq!(generations.collect::<Vec<_>>(), [3, 2, 1]);
    assert!(target.rollback_to(target.history()[2]).await.is_current());
    assert_eq!(*live.load(), "first");
    assert_eq!(target.status().generation.unwrap().get(), 5);
    assert!(target.resume().await.is_current());
    assert_eq!(*live.load(), "fourth");
    target.pause();
    script.set(Good("fifth"));
    assert!(matches!(target.reload().await.outcome, Outcome::Held));
    target.stop().await;
    assert!(live.subscribe().changed().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn event_has_the_time_of_day_at_which_it_occurred() {
    let (_live, control) = Script::new(Good("first")).service().await;
    let target = control.target();
    let ended = || target.status().last_attempt.unwrap().at;
    let mut events = target.events();
    let before = ended();
    target.pause();
    assert!(target.reload().await.is_current());
    let paused = events.next().await.unwrap();
    assert!((before..=ended()).contains(&paused.at), "{paused:?}");
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn registry_refuses_a_second_service_of_one_name() {
    let log = log();
    let registry = Registry::new();
    let (script, other) = (Script::new(Good("first")), Script::new(Good("other")));
    let builder = |script: &Script| script.builder().name("motto").register(&registry);
    let (_live, control) = builder(&script).start().await.unwrap();
    let error: Error = builder(&other).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    let text = error.to_string();
    assert!(
        text.contains("`motto`") && text.matches("one on").count() == 2,
        "{text}"
    );
    let (background, _control) = builder(&other).start_in_background();
    assert!(background.ready().await.is_err());
    assert_eq!(log.count("the service does not start"), 1);
    assert_eq!(other.loads(), 0);
    assert_eq!(registry.targets().len(), 1);
    control.stop().await;
    let (live, _control) = builder(&other).start().await.unwrap();
    assert_eq!(*live.load(), "other", "the name is free again");
}

#[tokio::test(start_paused = true)]
async fn registry_forwards_events_until_the_stop_or_removal() {
    let (registry, notes) = (Registry::new(), Notes::default());
    registry.observe(notes.clone());
    let mut stream = registry.events();
    let scripts = ["one", "two"].map(|_| Script::new(Good("first")));
    let mut controls = Vec::new();
    for (script, name) in scripts.iter().zip(["one", "two"]) {
        let builder = script.builder().name(name).register(&registry);
        controls.push(builder.start().await.unwrap());
    }
    assert_eq!(notes.take(), ["one load", "two load"]);
    let receipts = registry.reload_all(Requester::Http).await;
    let receipts: Vec<_> = receipts
        .iter()
        .map(|(target, receipt)| (target.name(), receipt.trigger, receipt.is_current()))
        .collect();
    assert_eq!(
        receipts,
        [("one", Trigger::Http, true), ("two", Trigger::Http, true)]
    );
    let mut both = notes.take();
    both.sort();
    assert_eq!(both, ["one load", "two load"]);

    let two = registry.unregister("two").unwrap();
    assert!(registry.get("two").is_none() && registry.unregister("two").is_none());
    scripts[1].set(Bad("typo"));
    assert!(!two.reload().await.is_current());
    assert!(notes.take().is_empty());
    registry.register(two).unwrap();
    scripts[1].set(Good("second"));
    assert!(controls[1].1.reload().await.is_current());
    assert_eq!(notes.take(), ["two load"]);

    registry.stop_all().await;
    assert!(registry.targets().is_empty());
    let mut last = notes.take();
    last.sort();
    assert_eq!(last, ["one stopped", "two stopped"]);
    registry.register(controls[0].1.target()).unwrap();
    assert!(registry.targets().is_empty(), "it has stopped already");

    let mut generations = Vec::new();
    while let Some(Some(event)) = stream.next().now_or_never() {
        generations.push((event.target.to_string(), event.generation.unwrap().get()));
    }
    assert_eq!(generations.len(), 7, "{generations:?}");
    assert_eq!(generations[4], ("two".to_owned(), 2));
    drop(registry);
    assert!(StreamExt::next(&mut stream).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn p07_panicking_observer_is_logged_and_others_are_notified() {
    let log = log();
    let notes = Notes::default();
    let script = Script::new(Good("first"));
    let builder = script.builder().name("motto");
    let builder = builder.on_event(|_| panic!("an observer with a bug"));
    let (live, control) = builder.observe(notes.clone()).start().await.unwrap();
    control.on_event(|event| assert!(event.generation.is_none(), "another one"));
    script.set(Good("second"));
    assert!(control.barrier().await.is_current());
    assert_eq!(*live.load(), "second");
    control.stop().await;
    assert_eq!(notes.take().last().unwrap(), "motto stopped");
    assert!(
        log.text()
            .contains("an observer panicked: an observer with a bug")
    );
    assert!(log.text().contains("an observer panicked: another one"));
}

#[tokio::test(start_paused = true)]
async fn observer_may_use_the_service_and_the_registry() {
    let registry = Registry::new();
    let script = Script::new(Good("first"));
    let builder = script.builder().name("motto").register(&registry);
    let (seen, book) = (Notes::default(), registry.clone());
    registry.on_event({
        let seen = seen.clone();
        move |event| {
            let target: Target = book.targets().into_iter().next().unwrap();
            let status = target.status();
            assert_eq!(
                status.generation, event.generation,
                "the status is written first"
            );
            let _ = (target.events(), target.explain(), book.events());
            target.pause();
            book.observe(seen.clone());
        }
    });
    let (_live, control) = builder.start().await.unwrap();
    assert_eq!(control.status().hold.unwrap().reason.as_str(), "paused");
    drop(control.resume().await);
    assert!(!seen.take().is_empty());
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn events_of_a_service_without_a_name_end_with_it() {
    let script = Script::new(Good("first"));
    let (_live, control) = script.builder().name("").start().await.unwrap();
    let (target, mut events) = (control.target(), control.events());
    control.stop().await;
    let last = events.next().await.unwrap();
    assert!(matches!(last.kind, EventKind::Stopped));
    assert!(events.next().await.is_none());
    target.stopped().await;
}

#[test]
fn events_are_send_and_sync() {
    fn both<T: Send + Sync + Unpin>(_: T) {}
    both(Registry::new().events());
}

/// Pauses and resumes the service at its first load.
#[tokio::test(start_paused = true)]
async fn event_that_an_observer_causes_follows_the_present_one() {
    let script = Script::new(Good("first"));
    let (_live, control) = script.builder().name("motto").start().await.unwrap();
    let (first, second) = (Notes::default(), Notes::default());
    let commands = control.target();
    let (seen, calls) = (first.clone(), Mutex::new(0));
    control.on_event(move |event| {
        seen.on_event(event);
        let mut calls = calls.lock().unwrap();
        *calls += 1;
        if *calls == 1 {
            drop(calls);
            commands.pause();
        }
    });
    control.observe(second.clone());
    drop(control.reload().await);
    control.stop().await;
    for notes in [first, second] {
        assert_eq!(
            notes.take(),
            ["motto load", "motto paused", "motto stopped"]
        );
    }
}

/// Keeps the service in memory as long as the service keeps it.
struct Holds(
    #[expect(dead_code, reason = "only held")] Live<String>,
    #[expect(dead_code, reason = "only held")] Arc<()>,
);

impl Observer for Holds {
    fn on_event(&self, _: &Event) {}
}

#[tokio::test(start_paused = true)]
async fn p17_observer_that_is_added_after_the_end_is_dropped_at_once() {
    let script = Script::new(Good("first"));
    let (live, control) = script.builder().start().await.unwrap();
    let (target, held) = (control.target(), Arc::new(()));
    let observer = || Holds(live.clone(), Arc::clone(&held));
    control.observe(observer());
    control.stop().await;
    assert_eq!(Arc::strong_count(&held), 1, "the end drops observers");
    control.observe(observer());
    target.observe(observer());
    assert_eq!(Arc::strong_count(&held), 1);
    // A panic in its drop stays within the service.
    control.observe(PanicsWhenDropped);
    drop((live, control));
    target.observe(PanicsWhenDropped);
}

struct PanicsWhenDropped;

impl Observer for PanicsWhenDropped {
    fn on_event(&self, _: &Event) {}
}

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("an observer with a bad end");
    }
}

#[tokio::test(start_paused = true)]
async fn p07_observer_that_panics_in_drop_does_not_hide_the_end() {
    let script = Script::new(Good("first"));
    let builder = script.builder().observe(PanicsWhenDropped);
    let (live, control) = builder.start().await.unwrap();
    let mut changes = live.subscribe();
    control.stop().await;
    assert!(changes.changed().await.is_none());
}
