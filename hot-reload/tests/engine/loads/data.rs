//! P1, P7, P8, P18: which content becomes visible.

use hot_reload::error::ErrorKind;
use hot_reload::event::DataState;
use hot_reload::source::{DecodeWith, Source};
use hot_reload::{
    Error, Loaded, Outcome, Reload, ReloadResult, ReloaderService, Revision, async_trait,
};
use tokio::time::{Instant, sleep};

use crate::bytes::Bytes;
use crate::script::{Bad, Failing, Good, Hanging, Missing, Panicking, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn p01_bad_value_is_never_visible() {
    let script = Script::new(Good("first"));
    let (live, control) = script
        .builder()
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
    // The hanging load has to miss its deadline first.
    sleep(seconds(10)).await;
    assert_eq!(*live.load(), "second");
    assert_eq!(control.status().data, DataState::Fresh);
    assert_eq!(live.get().generation().get(), 2);
}

#[tokio::test(start_paused = true)]
async fn p01_start_without_a_good_value_returns_the_reason() {
    let cases = [
        (
            Bad("typo"),
            ErrorKind::Decode,
            "script: cannot read \"typo\"",
        ),
        (Missing, ErrorKind::NotFound, "script: does not exist"),
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
        let error = script.builder().start().await.unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
        assert!(
            begun.elapsed() < seconds(1),
            "there was nothing to wait for"
        );
        assert_eq!(script.holders(), 0, "the service is gone");
    }
}

#[tokio::test(start_paused = true)]
async fn start_waits_fifteen_seconds_for_an_unreachable_source() {
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
async fn p07_panic_in_loader_validator_or_comparison_is_an_outcome() {
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

#[tokio::test(start_paused = true)]
async fn p08_hanging_load_fails_at_its_deadline_and_the_next_works() {
    let script = Script::new(Good("first"));
    let (live, control) = script.service().await;
    script.set(Hanging);
    let begun = Instant::now();
    let outcome = control.reload().await;
    assert!(
        matches!(&outcome.outcome, Outcome::Failed { error } if error.kind() == ErrorKind::Timeout)
    );
    // The load for the hint was running when `reload` was called, so this is the second one that hangs.
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

/// Three sources as one, whose revision combines theirs: joined, or made from their displayed texts.
#[derive(Clone)]
struct Three {
    parts: [Script; 3],
    as_text: bool,
}

#[async_trait]
impl Reload<Vec<String>, String> for Three {
    type Source = ();

    async fn new((): &()) -> ReloadResult<Self, Vec<String>, String> {
        unreachable!("it is made by hand")
    }

    async fn reload(&self) -> ReloadResult<Option<Vec<String>>, Vec<String>, String> {
        unreachable!("a service calls `reload_since`")
    }

    async fn reload_since(
        &self,
        seen: Option<&Revision>,
    ) -> ReloadResult<Loaded<Vec<String>>, Vec<String>, String> {
        let (mut value, mut revisions) = (Vec::new(), Vec::new());
        for part in &self.parts {
            let loaded = part.reload_since(None).await.map_err(Error::from)?;
            let Loaded::Value {
                value: text,
                revision: Some(revision),
            } = loaded
            else {
                unreachable!("the scripts are good, and have revisions");
            };
            value.push(text);
            revisions.push(revision);
        }
        let texts = revisions.iter().map(ToString::to_string);
        let revision = match self.as_text {
            true => Revision::new(texts.collect::<Vec<_>>().join("+")),
            false => Revision::join(&revisions),
        };
        let same = |seen: &Revision| match self.as_text {
            true => seen.to_string() == revision.to_string(),
            false => *seen == revision,
        };
        if seen.is_some_and(same) {
            return Ok(Loaded::Unchanged);
        }
        let revision = Some(revision);
        Ok(Loaded::Value { value, revision })
    }
}

#[tokio::test(start_paused = true)]
async fn change_in_the_third_of_three_joined_sources_is_published() {
    for as_text in [true, false] {
        let parts = [(); 3].map(|()| Script::new(Good("a text longer than what was shown of it")));
        let source = Three { parts, as_text };
        let builder = ReloaderService::builder_by_revision(source.clone());
        let (live, control) = builder.start().await.unwrap();
        for place in [2, 0, 1] {
            let receipt = control.reload().await;
            assert!(matches!(receipt.outcome, Outcome::Unchanged), "{receipt}");
            source.parts[place].set(Good("a text longer than what was shown of IT"));
            let receipt = control.reload().await;
            assert!(
                matches!(receipt.outcome, Outcome::Published { .. }),
                "{place}: {receipt}"
            );
            assert!(live.load()[place].ends_with("IT"));
        }
        control.stop().await;
    }
}
