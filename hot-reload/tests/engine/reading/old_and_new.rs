//! P7, P13, P17: callbacks with the old and the new value, and callbacks on parts and members.

use std::fmt::Display;
use std::sync::{Arc, Mutex};

use hot_reload::error::ErrorKind;
use hot_reload::live::Callback;
use hot_reload::testing::Publisher;
use hot_reload::{Live, Snapshot};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::group::rig::{Notes, Rig, builder, members};
use crate::script::{Bad, Failing, Good, Script, settle};

/// A function that reports the old and the new value.
fn reporter<T: Display>() -> (
    impl FnMut(Option<&T>, &T) + Send + 'static,
    UnboundedReceiver<String>,
) {
    let (sender, calls) = unbounded_channel();
    let report = move |old: Option<&T>, new: &T| {
        let old = old.map_or_else(|| "nothing".to_owned(), T::to_string);
        let _ = sender.send(format!("{old} -> {new}"));
    };
    (report, calls)
}

/// Calls the reporter with the values in snapshots.
macro_rules! report_changes {
    ($handle:expr) => {{
        let (mut report, calls) = reporter();
        let callback: Callback = $handle.on_change_from(move |old, new| {
            report(old.map(|old| &**old), &**new);
        });
        (callback, calls)
    }};
}

#[tokio::test]
async fn each_call_begins_with_the_value_of_the_call_before() {
    let publisher = Publisher::new("first");
    let (_callback, mut calls) = report_changes!(publisher.live());
    publisher.publish("second");
    assert_eq!(calls.recv().await.unwrap(), "first -> second");
    publisher.publish("third");
    assert_eq!(calls.recv().await.unwrap(), "second -> third");
    publisher.stop();
    assert!(calls.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn first_value_has_no_old_one() {
    let script = Script::new(Failing(ErrorKind::Unavailable));
    let (live, _control) = script.builder().hybrid().start_in_background();
    let (_callback, mut calls) = report_changes!(live);
    settle().await;
    script.set(Good("first"));
    assert_eq!(calls.recv().await.unwrap(), "nothing -> first");
    script.set(Good("second"));
    assert_eq!(calls.recv().await.unwrap(), "first -> second");
}

#[tokio::test]
async fn p13_slow_function_gets_missed_changes_as_one() {
    let publisher = Publisher::new(1);
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let (mut report, mut calls) = reporter();
    let _callback = publisher.live().on_change_from(move |old, new| {
        report(old.map(|old| &**old), new);
        // An error means that it was let go for good.
        let _ = gate.recv();
    });
    publisher.publish(2);
    assert_eq!(calls.recv().await.unwrap(), "1 -> 2");
    for value in 3..=5 {
        publisher.publish(value);
    }
    drop(go);
    assert_eq!(calls.recv().await.unwrap(), "2 -> 5");
}

#[tokio::test]
async fn p07_change_follows_the_value_of_a_call_that_panicked() {
    let publisher = Publisher::new(1);
    let (mut report, mut calls) = reporter();
    let _callback = publisher.live().on_change_from(move |old, new| {
        report(old.map(|old| &**old), new);
        assert_ne!(**new, 2, "the callback has a bug");
    });
    publisher.publish(2);
    assert_eq!(calls.recv().await.unwrap(), "1 -> 2");
    publisher.publish(3);
    assert_eq!(calls.recv().await.unwrap(), "2 -> 3");
}

#[tokio::test]
async fn callbacks_on_a_part_are_called_for_its_changes_only() {
    let publisher = Publisher::new(("a", 1));
    let part = publisher.live().map(|(_, part)| part);
    let (sender, mut numbers) = unbounded_channel();
    let (each, from_now) = (sender.clone(), sender);
    let _each = part.for_each(move |part| _ = each.send(("each", **part)));
    assert_eq!(numbers.recv().await.unwrap(), ("each", 1));
    let _from_now = part.on_change(move |part| _ = from_now.send(("from now", **part)));
    let (_callback, mut calls) = report_changes!(part);
    publisher.publish(("b", 1));
    publisher.publish(("b", 2));
    let mut both = [numbers.recv().await.unwrap(), numbers.recv().await.unwrap()];
    both.sort_unstable();
    assert_eq!(both, [("each", 2), ("from now", 2)]);
    assert_eq!(calls.recv().await.unwrap(), "1 -> 2");
    publisher.stop();
    assert!(numbers.recv().await.is_none() && calls.recv().await.is_none());
}

/// A part that says when it is compared.
struct Compared(u8, UnboundedSender<()>);

impl PartialEq for Compared {
    fn eq(&self, other: &Self) -> bool {
        let _ = self.1.send(());
        self.0 == other.0
    }
}

#[tokio::test]
async fn p17_callback_on_a_constant_part_keeps_no_old_value() {
    let (sender, mut compared) = unbounded_channel();
    let first = Arc::new(());
    let freed = Arc::downgrade(&first);
    let publisher = Publisher::new((first, Compared(1, sender.clone())));
    let part = publisher.live().map(|(_, part)| part);
    let _callback = part.on_change_from(|_, _| panic!("the part has not changed"));
    for _ in 0..2 {
        publisher.publish((Arc::default(), Compared(1, sender.clone())));
        // When the second comparison begins, the first call has ended.
        compared.recv().await.unwrap();
    }
    publisher.publish((Arc::default(), Compared(1, sender)));
    assert!(freed.upgrade().is_none());
}

#[tokio::test]
async fn callbacks_on_a_part_of_a_fixed_value_end_with_its_last_handle() {
    let live = Live::fixed(("a", 1));
    let part = live.map(|(_, part)| part);
    let callbacks = [
        part.on_change(|_| ()),
        part.for_each(|_| ()),
        part.on_change_from(|_, _| ()),
    ];
    drop((live, part));
    for callback in callbacks {
        callback.finished().await;
    }
}

#[tokio::test(start_paused = true)]
async fn callbacks_on_a_member_are_not_called_if_a_rollback_restores_its_value() {
    let notes = Notes::default();
    let (group, scripts, keys) = members(&[Good("first"), Good("first")], &notes);
    let builder = builder(group, &keys, &notes).history(1);
    let rig = Rig::start(builder, scripts, keys, notes).await;
    let member = rig.live.member(rig.keys[1]);
    let (sender, mut texts) = unbounded_channel();
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let blocking = |name: &'static str| {
        let (sender, gate) = (sender.clone(), Arc::clone(&gate));
        move |text: &Snapshot<String>| {
            let _ = sender.send(format!("{name}: {}", **text));
            // An error means that it was let go for good.
            let _ = gate.lock().unwrap().recv();
        }
    };
    let from = blocking("from");
    let callbacks = [
        member.for_each(blocking("each")),
        member.on_change(blocking("change")),
        member.on_change_from(move |_, new| from(new)),
    ];
    assert_eq!(texts.recv().await.unwrap(), "each: first");
    rig.set_all_silently("second");
    assert!(rig.control.reload().await.is_current());
    let mut both = [texts.recv().await.unwrap(), texts.recv().await.unwrap()];
    both.sort_unstable();
    assert_eq!(both, ["change: second", "from: second"]);
    // All calls are running. The value comes back before the next ones.
    rig.set_all_silently("third");
    assert!(rig.control.reload().await.is_current());
    assert_eq!(rig.texts(), ["third", "third"]);
    assert!(rig.control.rollback().await.is_current());
    assert_eq!(rig.texts(), ["second", "second"]);
    rig.control.stop().await;
    drop(go);
    for callback in callbacks {
        callback.finished().await;
    }
    drop(sender);
    assert_eq!(texts.recv().await.unwrap(), "each: second");
    assert!(texts.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn callbacks_on_a_member_are_called_for_its_changes_only() {
    let rig = Rig::of(2, "first").await;
    let member = rig.live.member(rig.keys[1]);
    let (sender, mut texts) = unbounded_channel();
    let each = sender.clone();
    let _each = member.for_each(move |text| _ = each.send(text.to_string()));
    assert_eq!(texts.recv().await.unwrap(), "first");
    let _on_change = member.on_change(move |text| _ = sender.send(text.to_string()));
    let (_callback, mut calls) = report_changes!(member);
    rig.set_all("second");
    assert_eq!(texts.recv().await.unwrap(), "second");
    assert_eq!(texts.recv().await.unwrap(), "second");
    assert_eq!(calls.recv().await.unwrap(), "first -> second");
    rig.scripts[1].set(Bad("invalid"));
    assert!(!rig.control.reload().await.is_current());
    rig.control.stop().await;
    assert!(calls.recv().await.is_none() && texts.recv().await.is_none());
}
