//! What becomes visible, and what does not: P1, P7, P8, P10, P11, P12, P18.

use hot_reload::source::{Decode, DecodeWith, Fetched, HintSender, Source, Subscription};
use hot_reload::{
    DataState, Error, ErrorKind, Outcome, ReloaderService, RemovalPolicy, Revision, Stage,
    WatchProfile,
};
use tokio::time::{Instant, sleep};

use crate::script::{Bad, Failing, Good, Hanging, Missing, Panicking, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn p01_a_value_that_is_no_good_is_never_visible() {
    let script = Script::new(Good("first"));
    let (live, control) = ReloaderService::builder(script.clone())
        .hybrid()
        .validate(|value: &String| match value.contains("forbidden") {
            true => Err("it is forbidden"),
            false => Ok(()),
        })
        .start()
        .await
        .unwrap();
    let bad = [
        Bad("typo"),
        Good("forbidden"),
        Failing(ErrorKind::Unavailable),
        Failing(ErrorKind::Denied),
        Panicking,
        Missing,
        Hanging,
    ];
    for content in bad {
        script.set(content.clone());
        sleep(seconds(30)).await;
        assert_eq!(*live.load(), "first", "after {content:?}");
        assert_eq!(control.status().data, DataState::Stale, "after {content:?}");
    }
    script.set(Good("second"));
    settle().await;
    // The look that hangs has to run into its deadline first.
    sleep(seconds(10)).await;
    assert_eq!(*live.load(), "second");
    assert_eq!(control.status().data, DataState::Fresh);
    assert_eq!(live.get().generation().get(), 2);
}

#[tokio::test(start_paused = true)]
async fn p01_a_start_without_a_good_value_says_why_there_is_none() {
    let cases = [
        (
            Bad("typo"),
            ErrorKind::Decode,
            "script: cannot read \"typo\"",
        ),
        (Missing, ErrorKind::NotFound, "script: nothing is there"),
        (
            Failing(ErrorKind::Denied),
            ErrorKind::Denied,
            "script: the source is away",
        ),
        (
            Panicking,
            ErrorKind::Panicked,
            "script: panicked at stage load: the loader has a bug",
        ),
    ];
    for (content, kind, text) in cases {
        let begun = Instant::now();
        let script = Script::new(content);
        let error = ReloaderService::builder(script.clone())
            .start()
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
        assert!(
            begun.elapsed() < seconds(1),
            "there was nothing to wait for"
        );
        assert_eq!(script.holders(), 0, "the service is gone");
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_waits_for_a_source_that_is_away_and_gives_up_after_fifteen_seconds() {
    let script = Script::new(Failing(ErrorKind::Unavailable));
    let begun = Instant::now();
    let error = ReloaderService::builder(script).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(begun.elapsed().as_secs(), 15);

    let script = Script::new(Failing(ErrorKind::Unavailable));
    let later = script.clone();
    tokio::spawn(async move {
        sleep(seconds(3)).await;
        later.set(Good("late"));
    });
    let (live, _control) = ReloaderService::builder(script).start().await.unwrap();
    assert_eq!(*live.load(), "late");
}

#[tokio::test(start_paused = true)]
async fn p07_a_panic_in_the_loader_the_validator_or_the_comparison_is_an_outcome() {
    #[derive(Clone)]
    struct Touchy(String);
    impl PartialEq for Touchy {
        fn eq(&self, other: &Self) -> bool {
            assert!(other.0 != "incomparable", "the comparison has a bug");
            self.0 == other.0
        }
    }
    let script = Script::new(Good("first"));
    let decoder = DecodeWith::new(|bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())?;
        assert!(text != "undecodable", "the decoder has a bug");
        Ok::<_, String>(Touchy(text))
    });
    let source = Bytes(script.clone()).decode(decoder);
    let (live, control) = ReloaderService::builder(source)
        .validate(|value: &Touchy| {
            assert!(value.0 != "unthinkable", "the validator has a bug");
            Ok::<_, String>(())
        })
        .start()
        .await
        .unwrap();
    let cases = [
        (
            Good("undecodable"),
            "panicked at stage load: the decoder has a bug",
        ),
        (
            Good("unthinkable"),
            "panicked at stage validate: the validator has a bug",
        ),
        (
            Good("incomparable"),
            "panicked at stage decode: the comparison has a bug",
        ),
        (Panicking, "panicked at stage load: the loader has a bug"),
    ];
    for (content, text) in cases {
        script.set(content);
        let outcome = control.reload().await;
        let error = outcome.error().expect("an error");
        assert_eq!(error.kind(), ErrorKind::Panicked);
        assert_eq!(error.to_string(), text);
        assert_eq!(live.load().0, "first");
    }
    script.set(Good("second"));
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Published { .. }
    ));
    assert_eq!(live.load().0, "second");
}

/// A script as a source of bytes.
struct Bytes(Script);

impl Source for Bytes {
    fn name(&self) -> String {
        "bytes".to_owned()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        use hot_reload::{Loaded, Reload};
        match self.0.reload_since(seen).await.map_err(Error::from)? {
            Loaded::Value { value, revision } => Ok(Fetched::Content {
                bytes: value.into_bytes(),
                revision: revision.expect("the script has revisions"),
            }),
            Loaded::Missing => Ok(Fetched::Absent),
            _ => Ok(Fetched::Unchanged),
        }
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        Ok(Subscription::new(hints))
    }

    fn profile(&self) -> WatchProfile {
        WatchProfile::local()
    }
}

#[tokio::test(start_paused = true)]
async fn p08_a_load_that_hangs_fails_at_its_deadline_and_the_next_one_works() {
    let script = Script::new(Good("first"));
    let (live, control) = ReloaderService::builder(script.clone())
        .hybrid()
        .start()
        .await
        .unwrap();
    script.set(Hanging);
    let begun = Instant::now();
    let outcome = control.reload().await;
    assert!(
        matches!(&outcome.outcome, Outcome::Failed { error } if error.kind() == ErrorKind::Timeout)
    );
    // The hint's look was under way when `reload` was called, so this is the second that hangs.
    assert!(
        begun.elapsed() <= seconds(20) + seconds(1),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(*live.load(), "first");
    script.set(Good("second"));
    sleep(seconds(11)).await;
    assert_eq!(*live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn p10_unchanged_content_is_a_success_and_is_not_published() {
    for revisions in [true, false] {
        let script = Script::new(Good("first")).with(|state| state.revisions = revisions);
        let (live, control) = ReloaderService::builder(script.clone())
            .start()
            .await
            .unwrap();
        let mut changes = live.subscribe();
        let checked = control.status().last_checked;
        for _ in 0..5 {
            assert!(matches!(control.reload().await.outcome, Outcome::Unchanged));
        }
        let status = control.status();
        assert_eq!(status.counters.unchanged, 5);
        assert!(
            status.last_checked > checked,
            "an unchanged look is a check"
        );
        assert_eq!(live.get().generation().get(), 1);
        tokio::select! {
            change = changes.changed() => panic!("told of {change:?}"),
            () = settle() => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p10_going_back_to_the_good_content_clears_the_error() {
    for revisions in [true, false] {
        for bad in [
            Bad("typo"),
            Failing(ErrorKind::Unavailable),
            Good("forbidden"),
        ] {
            let script = Script::new(Good("first")).with(|state| state.revisions = revisions);
            let (live, control) = ReloaderService::builder(script.clone())
                .hybrid()
                .validate(|value: &String| match value.as_str() {
                    "forbidden" => Err("it is forbidden"),
                    _ => Ok(()),
                })
                .start()
                .await
                .unwrap();
            script.set(bad);
            settle().await;
            assert!(control.status().last_error.is_some());
            script.set(Good("first"));
            settle().await;
            let status = control.status();
            assert!(status.last_error.is_none(), "{:?}", status.last_error);
            assert_eq!(status.data, DataState::Fresh);
            assert_eq!(
                live.get().generation().get(),
                1,
                "nothing new was published"
            );
            // Past the heartbeats, to which the source answers "unchanged".
            sleep(seconds(200)).await;
            assert!(control.status().last_error.is_none());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p11_rejected_content_is_decoded_once_until_it_changes_or_somebody_asks() {
    let script = Script::new(Good("first"));
    let (live, control) = ReloaderService::builder(script.clone())
        .interval(seconds(10))
        .start()
        .await
        .unwrap();
    script.set(Bad("typo"));
    sleep(seconds(3600)).await;
    assert_eq!(script.state().decoded_bad, 1);
    let status = control.status();
    assert!(matches!(
        status.last_attempt.unwrap().outcome,
        Outcome::Rejected {
            stage: Stage::Decode,
            ..
        }
    ));
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Rejected { .. }
    ));
    assert_eq!(script.state().decoded_bad, 2, "a person asked");
    script.set(Bad("another typo"));
    sleep(seconds(60)).await;
    assert_eq!(script.state().decoded_bad, 3);
    script.set(Good("second"));
    sleep(seconds(11)).await;
    assert_eq!(*live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn p12_a_removal_keeps_the_last_good_value() {
    let script = Script::new(Good("first"));
    let (live, control) = ReloaderService::builder(script.clone())
        .hybrid()
        .start()
        .await
        .unwrap();
    script.set(Missing);
    assert!(matches!(control.reload().await.outcome, Outcome::Missing));
    assert_eq!(*live.load(), "first");
    assert_eq!(control.status().counters.missing, 1);
    script.set(Good("first"));
    settle().await;
    assert_eq!(control.status().data, DataState::Fresh);
    assert_eq!(live.get().generation().get(), 1);
}

#[tokio::test(start_paused = true)]
async fn p12_a_removal_may_publish_a_default() {
    let script = Script::new(Good("first"));
    let (live, _control) = ReloaderService::builder(script.clone())
        .hybrid()
        .on_removal(RemovalPolicy::Default("default".to_owned()))
        .start()
        .await
        .unwrap();
    script.set(Missing);
    sleep(seconds(1) / 2).await;
    assert_eq!(*live.load(), "first", "not before it is confirmed");
    sleep(seconds(1)).await;
    assert_eq!(*live.load(), "default");
    sleep(seconds(600)).await;
    assert_eq!(live.get().generation().get(), 2, "once");
    script.set(Good("first"));
    settle().await;
    assert_eq!(
        (live.load().as_str(), live.get().generation().get()),
        ("first", 3)
    );
    script.set(Missing);
    sleep(seconds(3)).await;
    assert_eq!(*live.load(), "default", "at every removal");
}

#[tokio::test(start_paused = true)]
async fn p12_a_removal_may_clear_a_value_that_is_an_option() {
    let script = Script::new(Good("first"));
    let text = DecodeWith::new(|bytes: &[u8]| String::from_utf8(bytes.to_vec()));
    let source = Bytes(script.clone()).decode(text.optional());
    let (live, control) = ReloaderService::builder(source)
        .on_removal(RemovalPolicy::clear())
        .start()
        .await
        .unwrap();
    assert_eq!(live.load().as_deref(), Some("first"));
    script.set(Missing);
    assert!(matches!(control.reload().await.outcome, Outcome::Missing));
    assert_eq!(*live.load(), None);
    script.set(Good("first"));
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Published { .. }
    ));
    assert_eq!(live.load().as_deref(), Some("first"));
}

#[tokio::test(start_paused = true)]
async fn p12_what_is_replaced_within_the_quiet_window_was_never_removed() {
    let script = Script::new(Good("first"));
    let (live, control) = ReloaderService::builder(script.clone())
        .hybrid()
        .on_removal(RemovalPolicy::Default("default".to_owned()))
        .start()
        .await
        .unwrap();
    script.set(Missing);
    sleep(seconds(1) * 9 / 10).await;
    script.set(Good("second"));
    sleep(seconds(10)).await;
    assert_eq!(
        (live.load().as_str(), live.get().generation().get()),
        ("second", 2)
    );
    assert_eq!(control.status().counters.missing, 0);
}

#[tokio::test(start_paused = true)]
async fn p18_neither_status_nor_events_nor_debug_show_the_content() {
    let script = Script::new(Good("hunter2"));
    let source = Bytes(script.clone());
    assert!(!format!("{:?}", source.fetch(None).await).contains("hunter2"));
    let text = DecodeWith::new(|bytes: &[u8]| match bytes {
        b"hunter2" => Ok(Secret(bytes.to_vec())),
        _ => Err("line 1: not a password"),
    });
    let source = source.decode(text);
    assert_eq!(format!("{source:?}"), "Decoded(\"bytes\")");
    let (live, control) = ReloaderService::builder(source).start().await.unwrap();
    let mut events = control.events();
    script.set(Good("hunter3"));
    let outcome = control.reload().await;
    let error = outcome.error().expect("a rejection");
    assert_eq!(error.to_string(), "bytes: line 1: not a password");
    let shown = format!(
        "{error:?} {:?} {control:?} {:?} {:?}",
        control.status(),
        events.next().await,
        live.get().revision()
    );
    assert!(!shown.contains("hunter"), "{shown}");
}

/// A value that does not show itself.
#[derive(PartialEq)]
struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}
