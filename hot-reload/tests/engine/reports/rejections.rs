//! Reports of rejected content: once for each content, and as summaries when there is much of it, P11.

use std::time::Duration;

use futures_util::FutureExt;
use hot_reload::error::ErrorKind;
use hot_reload::event::{EventKind, Events, Requester};
use hot_reload::{Builder, Control, Coordinator, Live, Outcome};
use tokio::task::unconstrained;
use tokio::time::sleep;

use crate::log::log;
use crate::script::{Bad, Failing, Good, Script, seconds, settle};

/// A service that refuses everything but "first", always with the same error text.
async fn picky(script: &Script, builder: Builder<Script, String, String>) -> Service {
    let validate = |text: &String| match &**text {
        "first" => Ok(()),
        _ => Err("a value is wrong"),
    };
    let started = builder.validate(validate).start().await.unwrap();
    let events = started.1.events();
    // The watch is opened, and the first period is over.
    sleep(seconds(70)).await;
    assert_eq!(script.state().decoded_bad, 0);
    (started.0, started.1, events)
}

type Service = (Live<String>, Control<String>, Events);

/// The number of rejection events since the last call.
fn rejections(events: &mut Events) -> usize {
    let mut rejections = 0;
    // Avoids the runtime's cooperative budget, which would pause the test after many events.
    while let Some(Some(event)) = unconstrained(events.next()).now_or_never() {
        rejections += usize::from(matches!(
            event.kind,
            EventKind::Load {
                outcome: Outcome::Rejected { .. },
                ..
            }
        ));
    }
    rejections
}

#[tokio::test(start_paused = true)]
async fn p11_other_bad_content_with_the_same_error_is_reported_again() {
    for revisions in [true, false] {
        let log = log();
        let script = Script::new(Good("first")).with(|state| state.revisions = revisions);
        let builder = script.builder().hybrid();
        let (live, control, mut events) = picky(&script, builder).await;
        for (count, text) in ["second", "third", "fourth"].into_iter().enumerate() {
            script.set(Good(text));
            // Longer than retries and heartbeats, and shorter than the five minutes of a validator's refusal.
            sleep(seconds(200)).await;
            assert_eq!(
                log.count("ERROR"),
                count + 1,
                "{text}, revisions: {revisions}"
            );
            assert_eq!(rejections(&mut events), 1, "{text}, revisions: {revisions}");
        }
        assert_eq!(
            log.count("rejected, the last good value stays: a value is wrong"),
            3
        );
        assert_eq!(*live.load(), "first");
        control.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn p11_group_reports_other_bad_content_of_a_member() {
    let [one, two] =
        ["one", "two"].map(|_| Script::new(Good("first")).with(|state| state.revisions = true));
    let mut group = Coordinator::new();
    for (name, script) in [("one", &one), ("two", &two)] {
        let validate = |text: &String| match &**text {
            "first" => Ok(()),
            _ => Err("a value is wrong"),
        };
        let _ = group.member(name, script.builder().hybrid().validate(validate));
    }
    let (_live, control) = group.into_builder().name("all").start().await.unwrap();
    let mut events = control.events();
    sleep(seconds(70)).await;
    let edits = [
        (&one, "second"),
        (&one, "third"),
        (&two, "second"),
        (&one, "fourth"),
        (&two, "third"),
    ];
    for (count, (script, text)) in edits.into_iter().enumerate() {
        script.set(Good(text));
        sleep(seconds(200)).await;
        assert_eq!(rejections(&mut events), 1, "{count}");
    }
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p11_manual_reload_of_rejected_content_is_logged_each_time() {
    let log = log();
    let script = Script::new(Good("first"));
    let (_live, control, mut events) = picky(&script, script.builder().hybrid()).await;
    script.set(Good("second"));
    settle().await;
    for trigger in [Requester::Manual, Requester::Signal, Requester::Http] {
        assert!(!control.reload_for(trigger).await.is_current());
    }
    assert_eq!((log.count("ERROR"), rejections(&mut events)), (4, 4));
    assert!(!control.barrier().await.is_current());
    assert_eq!((log.count("ERROR"), rejections(&mut events)), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn many_bad_edits_are_logged_as_a_few_lines_and_summaries() {
    const EDITS: usize = 2_000;
    let log = log();
    let script = Script::new(Good("first"));
    let (live, control, mut events) = picky(&script, script.builder().hybrid()).await;
    let mut announced = 0;
    for edit in 0..EDITS {
        let text: &'static str = match edit + 1 {
            EDITS => "the newest",
            edit if edit % 3 == 0 => "first",
            edit => ["one", "other"][edit % 2],
        };
        script.set(match text {
            "first" => Good("first"),
            text => Bad(text),
        });
        sleep(Duration::from_millis(2)).await;
        announced += rejections(&mut events);
    }
    assert_eq!(log.count("ERROR"), 5, "in four seconds");
    sleep(seconds(10)).await;
    assert_eq!(log.count("ERROR"), 6);
    let bad = EDITS - EDITS / 3;
    assert_eq!(announced, bad, "every one is an event");
    let summary = format!(
        "{} further bad edits rejected in the last 10 s, the last good value stays; the newest: \
         cannot read \"the newest\"",
        bad - 5
    );
    assert_eq!(log.count(&summary), 1);
    // No further line follows.
    sleep(seconds(200)).await;
    assert_eq!(log.count("ERROR"), 6);
    assert_eq!(*live.load(), "first");

    // The last summary is logged when the service ends.
    for edit in ["a", "b", "c", "d", "e", "f", "g"] {
        script.set(Bad(edit));
        sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(log.count("ERROR"), 11);
    control.stop().await;
    assert_eq!(log.count("2 further bad edits rejected in the last 1 s"), 1);
    assert_eq!(log.count("the newest: cannot read \"g\""), 1);
}

#[tokio::test(start_paused = true)]
async fn many_failures_are_logged_as_a_few_lines_and_a_count() {
    let log = log();
    let script = Script::new(Good("first"));
    let (live, _control) = script.builder().hybrid().start().await.unwrap();
    for _ in 0..500 {
        script.set(Failing(ErrorKind::Unavailable));
        sleep(Duration::from_millis(2)).await;
        script.set(Good("first"));
        sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(log.count("the source could not be loaded"), 5);
    sleep(seconds(10)).await;
    let summary = "495 further loads failed in the last 10 s, the source has recovered; \
                   the newest: the source is away";
    assert_eq!((log.count(summary), log.count("further")), (1, 1));
    assert_eq!(*live.load(), "first");
}

#[tokio::test(start_paused = true)]
async fn p11_content_that_stays_rejected_is_announced_once() {
    let script = Script::new(Good("first"));
    let (_live, control) = script
        .builder()
        .interval(seconds(10))
        .start()
        .await
        .unwrap();
    let mut events = control.events();
    script.set(Bad("typo"));
    sleep(seconds(3600)).await;
    let mut rejections = 0;
    while let Some(Some(event)) = events.next().now_or_never() {
        rejections += u32::from(matches!(
            event.kind,
            EventKind::Load {
                outcome: Outcome::Rejected { .. },
                ..
            }
        ));
    }
    assert_eq!(rejections, 1);
}
