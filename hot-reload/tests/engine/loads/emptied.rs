//! P12: content that becomes empty is confirmed like a removal and does not become a value.

use hot_reload::error::ErrorKind;
use hot_reload::event::{DataState, Stage};
use hot_reload::policy::RemovalPolicy;
use hot_reload::source::{Decode, Decoded, Source};
use hot_reload::{Control, Error, Live, Outcome, ReloaderService};
use tokio::time::sleep;

use crate::bytes::Bytes;
use crate::log::log;
use crate::script::{Bad, Good, Missing, Script, seconds, settle};

/// A format in which empty content is a value, as when all fields have defaults.
pub(crate) struct Lenient;

/// A format in which empty content is an error.
struct Strict;

impl Decode for Lenient {
    type Value = String;

    fn decode(&self, bytes: &[u8], _: &str) -> Result<String, Error> {
        let text = String::from_utf8_lossy(bytes);
        Ok(match text.trim_matches(['\u{feff}', ' ', '\n']) {
            "" => "defaults".to_owned(),
            text => text.to_owned(),
        })
    }
}

impl Decode for Strict {
    type Value = String;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<String, Error> {
        match Lenient.decode(bytes, name)?.as_str() {
            "defaults" => Err(Error::new(ErrorKind::Decode, "unexpected end")),
            text => Ok(text.to_owned()),
        }
    }
}

const BLANK: [&str; 3] = ["", " \n\n", "\u{feff}\n"];
const STAYS: &str = "bytes: is empty; the last good value stays until it has content again";

fn source<D: Decode<Value = String>>(script: &Script, decoder: D) -> Decoded<Bytes, D> {
    Bytes(script.clone()).decode(decoder)
}

async fn service<D: Decode<Value = String>>(
    script: &Script,
    decoder: D,
) -> (Live<String>, Control<String>) {
    let builder = ReloaderService::builder(source(script, decoder));
    builder.start().await.unwrap()
}

fn is_emptied(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Rejected { stage, error } => *stage == Stage::Load && error.to_string() == STAYS,
        _ => false,
    }
}

#[tokio::test(start_paused = true)]
async fn p12_emptied_content_keeps_the_last_good_value() {
    for blank in BLANK {
        let script = Script::new(Good("first"));
        let (live, control) = service(&script, Lenient).await;
        script.set(Good(blank));
        for _ in 0..3 {
            let outcome = control.reload().await.outcome;
            assert!(is_emptied(&outcome), "{blank:?}: {outcome:?}");
        }
        assert_eq!(*live.load(), "first");
        assert_eq!(control.status().data, DataState::Stale);
        script.set(Good("first"));
        assert!(matches!(control.reload().await.outcome, Outcome::Unchanged));
        assert!(control.status().last_error.is_none());
        script.set(Good(blank));
        assert!(is_emptied(&control.reload().await.outcome));
        script.set(Good("second"));
        let _ = control.reload().await;
        assert_eq!(*live.load(), "second");
        assert_eq!(live.get().generation().get(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn p12_emptied_content_is_reported_as_empty_by_every_decoder() {
    let log = log();
    let script = Script::new(Good("first"));
    let (live, control) = service(&script, Strict).await;
    script.set(Good(""));
    assert!(is_emptied(&control.reload().await.outcome));
    assert_eq!(*live.load(), "first");
    // The report of an outage repeats it after a minute.
    sleep(seconds(50)).await;
    assert_eq!(log.count(STAYS), 1, "logged once");
    assert_eq!(log.count("unexpected end"), 0);
}

#[tokio::test(start_paused = true)]
async fn p12_content_restored_within_the_debounce_window_is_unchanged() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script, Lenient).await;
    script.set(Good(""));
    let loads = script.loads();
    let asked = tokio::spawn(async move { (control.reload().await.outcome, control) });
    settle().await;
    assert!(script.loads() > loads, "a load found it empty");
    script.set(Good("first"));
    let (outcome, control) = asked.await.unwrap();
    assert!(matches!(outcome, Outcome::Unchanged), "{outcome:?}");
    assert_eq!(*live.load(), "first");
    drop(control);
}

#[tokio::test(start_paused = true)]
async fn p12_empty_content_at_the_start_is_treated_like_any_other() {
    let script = Script::new(Good(""));
    let (live, control) = service(&script, Lenient).await;
    assert_eq!(*live.load(), "defaults");
    script.set(Good("\n"));
    assert!(matches!(control.reload().await.outcome, Outcome::Unchanged));
    script.set(Good("first"));
    let _ = control.reload().await;
    script.set(Good(""));
    assert!(is_emptied(&control.reload().await.outcome));
    assert_eq!(*live.load(), "first");

    let failed = ReloaderService::builder(source(&script, Strict)).start();
    let error = failed.await.unwrap_err().to_string();
    assert!(error.contains("unexpected end"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn p12_service_started_on_an_emptied_source_loads_it() {
    let script = Script::new(Good("first"));
    let shared = source(&script, Lenient);
    let (live, _control) = ReloaderService::builder(shared.clone())
        .start()
        .await
        .unwrap();
    script.set(Good(""));
    let (other, _other) = ReloaderService::builder(shared).start().await.unwrap();
    assert_eq!((&**live.load(), &**other.load()), ("first", "defaults"));
}

#[tokio::test(start_paused = true)]
async fn p12_emptied_content_follows_the_removal_policy() {
    let log = log();
    let script = Script::new(Good("first"));
    let builder = ReloaderService::builder(source(&script, Lenient));
    let policy = RemovalPolicy::Replace("default".to_owned());
    let (live, control) = builder.on_removal(policy).start().await.unwrap();
    for back in ["first", "second"] {
        script.set(Good(""));
        assert!(matches!(control.reload().await.outcome, Outcome::Missing));
        assert_eq!(*live.load(), "default");
        script.set(Missing);
        assert!(matches!(control.reload().await.outcome, Outcome::Missing));
        script.set(Good(back));
        let outcome = control.reload().await.outcome;
        assert!(matches!(outcome, Outcome::Published { .. }), "{outcome:?}");
        assert_eq!(*live.load(), back);
    }
    assert_eq!(log.count("bytes: is empty; serving the default"), 2);
    assert_eq!(live.get().generation().get(), 5);
}

#[tokio::test(start_paused = true)]
async fn p12_emptying_and_removal_after_a_bad_edit_are_distinguished() {
    let script = Script::new(Good("first"));
    let (live, control) = service(&script, Lenient).await;
    for other in [Bad("typo"), Missing] {
        script.set(Good(""));
        assert!(is_emptied(&control.reload().await.outcome));
        script.set(other);
        assert!(!is_emptied(&control.reload().await.outcome));
        script.set(Good(" "));
        assert!(is_emptied(&control.reload().await.outcome));
    }
    assert_eq!(*live.load(), "first");
}

#[tokio::test(start_paused = true)]
async fn p12_empty_content_is_published_if_the_service_allows_it() {
    let script = Script::new(Good("first"));
    let builder = ReloaderService::builder(source(&script, Lenient));
    let (live, control) = builder.empty_is_content(true).start().await.unwrap();
    script.set(Good(""));
    let outcome = control.reload().await.outcome;
    assert!(matches!(outcome, Outcome::Published { .. }), "{outcome:?}");
    assert_eq!(*live.load(), "defaults");
}
