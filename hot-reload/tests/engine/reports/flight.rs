//! The flight recorder: the text of explanations, and their content.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::{Requester, Stage, Trigger};
use hot_reload::policy::RemovalPolicy;
use hot_reload::status::Explanation;
use hot_reload::{
    Control, Error, Outcome, Participant, Reload, ReloadResult, ReloaderConfig, ReloaderError,
    ReloaderService, async_trait,
};
use tokio::time::{sleep, timeout};

use crate::script::{Bad, Good, Hanging, Missing, Script, seconds, settle};

/// So rare that no periodic load begins while a test runs.
const NEVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

#[tokio::test(start_paused = true)]
async fn rejection_recovery_and_lost_watch_have_this_text() {
    let script = Script::new(Good("first")).with(|state| {
        state.load_takes = Duration::from_millis(250);
    });
    let (_live, control) = script
        .builder()
        .name("config")
        .hybrid()
        .interval(NEVER)
        .heartbeat(NEVER)
        .validate(|text: &String| match text.len() > 8 {
            true => Err("longer than 8 letters"),
            false => Ok(()),
        })
        .start()
        .await
        .unwrap();
    sleep(seconds(600)).await;
    script.set(Bad("typo"));
    sleep(seconds(60)).await;
    assert!(!control.reload().await.is_current());
    sleep(seconds(60)).await;
    script.set(Good("second"));
    sleep(seconds(600)).await;
    // The watch is opened again after a random part of half a second.
    script.state().load_takes = Duration::ZERO;
    script.lose_watch();
    sleep(seconds(630)).await;
    script.set(Good("far too long"));
    sleep(seconds(42)).await;

    let expected = "\
config (script): generation 2, data stale, watch trusted, last verified 11 min ago; rejected at stage validate: longer than 8 letters
  33 min ago  watch settling
  33 min ago  published as generation 1 (startup, resync; revision 6669727374; load 250 ms)
  32 min ago  watch trusted
  23 min ago  rejected at stage decode (manual, watch; revision 7479706f; load 250 ms), 2 times until 22 min ago: cannot read \"typo\"
  21 min ago  published as generation 2 (watch; revision 7365636f6e64; load 250 ms)
  11 min ago  watch down, was trusted: the watch was closed
  11 min ago  unchanged (resync; revision 7365636f6e64)
  11 min ago  watch settling
  11 min ago  unchanged (resync; revision 7365636f6e64)
  10 min ago  watch trusted
  42 s ago  rejected at stage validate (watch; revision 66617220746f6f206c6f6e67): longer than 8 letters";
    let explanation = control.explain();
    assert_eq!(squeezed(&explanation), expected);

    script.lose_watch();
    control.stop().await;
    let text = control.explain().to_string();
    let first = text.lines().next().unwrap();
    assert!(
        first.contains(": stopped, generation 2, data stale, watch off"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn rollback_hold_and_pause_have_this_text() {
    let script = Script::new(Good("first"));
    let (_live, control) = script
        .builder()
        .name("config")
        .history(4)
        .interval(NEVER)
        .start()
        .await
        .unwrap();
    sleep(seconds(60)).await;
    script.set(Good("second"));
    assert!(control.reload().await.is_current());
    sleep(seconds(60)).await;
    assert!(control.rollback().await.is_current());
    sleep(seconds(60)).await;
    let _ = control.reload().await;
    let _ = control.reload().await;
    control.pause();
    script.set(Good("third"));
    let _ = control.reload().await;
    sleep(seconds(60)).await;
    let expected = "\
config (script): generation 3, data fresh, watch off, last verified 60 s ago; held
  paused: nothing from the source is published until `resume`, which also ends: rolled back: generation 2 is held until the source changes, or until `resume`
  4 min ago  published as generation 1 (startup; revision 6669727374)
  3 min ago  published as generation 2 (manual; revision 7365636f6e64)
  2 min ago  published as generation 3 (rollback; revision 6669727374): the value of generation 1
  60 s ago  held (manual; revision 7365636f6e64), 2 times until 60 s ago: rolled back: generation 2 is held until the source changes, or until `resume`
  60 s ago  paused
  60 s ago  held (manual; revision 7468697264): paused: nothing from the source is published until `resume`, which also ends: rolled back: generation 2 is held until the source changes, or until `resume`";
    assert_eq!(squeezed(&control.explain()), expected);
    assert!(control.resume().await.is_current());
    let explanation = control.explain();
    let text = squeezed(&explanation);
    let end = "
  now  resumed
  now  published as generation 4 (manual; revision 7468697264)";
    assert!(text.ends_with(end), "{text}");
    assert!(
        text.starts_with(
            "config (script): generation 4, data fresh, watch off, last verified now\n"
        )
    );
}

/// Without the spaces that align the ages.
fn squeezed(explanation: &Explanation) -> String {
    let text = explanation.to_string();
    let lines = text.lines().map(|line| match line.strip_prefix("  ") {
        Some(line) => format!("  {}", line.trim_start()),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(start_paused = true)]
async fn attempt_has_its_causes_and_stages() {
    struct Pool;
    #[async_trait]
    impl Participant<String> for Pool {
        type Prepared = ();
        async fn prepare(
            &self,
            _: &String,
        ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            sleep(seconds(2)).await;
            Err("no connection".into())
        }
        async fn commit(&self, (): ()) {}
    }
    let script = Script::new(Good("first")).with(|state| state.load_takes = seconds(1));
    let (_live, control) = script
        .builder()
        .participant("pool", Pool)
        .interval(NEVER)
        .start_in_background();
    settle().await;
    let (manual, signal) = tokio::join!(control.reload(), control.reload_for(Requester::Signal));
    assert!(!manual.is_current() && !signal.is_current());
    let explanation = control.explain();
    let attempts: Vec<_> = explanation.attempts().collect();
    let [attempt] = &*attempts else {
        panic!("{attempts:?}");
    };
    let causes: Vec<_> = attempt.causes().collect();
    assert_eq!((attempt.trigger, attempt.times), (Trigger::Manual, 2));
    assert_eq!(causes, [Trigger::Startup, Trigger::Manual, Trigger::Signal]);
    assert_eq!(
        (attempt.elapsed, attempt.since_start),
        (seconds(3), seconds(6))
    );
    assert_eq!(
        attempt.stages,
        [
            (Stage::Load, seconds(1)),
            (Stage::Validate, seconds(0)),
            (Stage::Prepare, seconds(2))
        ]
    );
    assert_eq!(attempt.votes.len(), 1);
    assert_eq!(attempt.generation, None);
    assert!(
        explanation.to_string().contains(
            "rejected at stage prepare (startup, manual, signal; revision 6669727374; load 1000 ms, prepare 2 s), \
             2 times until now: pool: no connection"
        ),
        "{explanation}"
    );
}

#[tokio::test(start_paused = true)]
async fn fallback_value_is_reported_as_a_fallback() {
    let script = Script::new(Good("first"));
    let (_live, control) = script
        .builder()
        .on_removal(RemovalPolicy::Replace("default".to_owned()))
        .start()
        .await
        .unwrap();
    script.set(Missing);
    let _ = control.reload().await;
    let text = control.explain().to_string();
    assert!(text.contains("no content; a second load"), "{text}");
    assert!(
        text.contains("missing (manual, retry); generation 2 replaces the content"),
        "{text}"
    );
    assert!(text.contains("data restored"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn missed_change_is_in_the_report() {
    let script = Script::new(Good("first"));
    let (_live, control) = script.service().await;
    sleep(seconds(120)).await;
    script.state().muted = true;
    script.set(Good("second"));
    sleep(seconds(120)).await;
    let text = control.explain().to_string();
    let missed = text.find("missed: the watch did not report this change");
    let untrusted = text.find("  watch untrusted");
    assert!(missed.is_some() && missed < untrusted, "{text}");
}

#[tokio::test(start_paused = true)]
async fn p17_recorder_keeps_a_bounded_number_of_the_newest_entries() {
    let script = Script::new(Good("first"));
    let (_live, control) = script.service().await;
    for round in 0..1000 {
        script.set(if round % 2 == 0 {
            Bad("typo")
        } else {
            Good("first")
        });
        let _ = control.reload().await;
    }
    let explanation = control.explain();
    assert_eq!(explanation.to_string().lines().count(), 1 + 1 + 32);
    let newest = explanation.attempts().next_back().unwrap();
    assert!(matches!(newest.outcome, Outcome::Unchanged), "{newest:?}");

    // A day on which nothing happens takes no more than three entries.
    sleep(seconds(24 * 3600)).await;
    let explanation = control.explain();
    let newest = explanation.attempts().next_back().unwrap();
    assert!(newest.times > 1000, "{explanation}");
    // The status has the same record.
    let last = control.status().last_attempt.unwrap();
    assert_eq!((last.times, last.first), (newest.times, newest.first));
    assert_eq!(
        explanation.to_string().matches("rejected").count(),
        15,
        "{explanation}"
    );
}

#[tokio::test(start_paused = true)]
async fn builder_sets_the_number_of_entries() {
    for entries in [0, 3] {
        let script = Script::new(Good("first"));
        let (_live, control) = script
            .builder()
            .flight_recorder(entries)
            .start()
            .await
            .unwrap();
        for text in ["a", "b", "c", "d"] {
            script.set(Good(text));
            assert!(control.reload().await.is_current());
        }
        sleep(seconds(5)).await;
        let explanation = control.explain();
        assert_eq!(explanation.attempts().count(), entries);
        let last = control.status().last_attempt.unwrap();
        assert_eq!((last.trigger, last.times), (Trigger::Manual, 1));
        assert!(last.outcome.is_current(), "{last:?}");
        let text = explanation.to_string();
        assert!(
            text.contains("generation 5") && text.contains("last verified 5 s ago"),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn compatible_surface_explains_several_runs() {
    let script = Script::new(Good("first"));
    let config = ReloaderConfig::hybrid(10);
    let made = ReloaderService::<Script, String, String>::new(&script, config).await;
    let (service, _receiver) = made.unwrap();
    let control = service.control();
    assert_eq!(
        control.explain().to_string(),
        "script: no generation, data none, watch off, never verified"
    );
    for _ in 0..3 {
        let run = timeout(seconds(100), service.start_with_realtime()).await;
        assert!(run.is_err());
    }
    let text = control.explain().to_string();
    assert_eq!(text.matches("watch trusted").count(), 3, "{text}");
    assert_eq!(text.matches("watch off").count(), 1 + 3, "{text}");
}

/// A user error that calls `explain` when it is dropped.
#[derive(Debug)]
struct Nosy(Asked);

type Asked = Arc<Mutex<Option<Control<String>>>>;

impl std::fmt::Display for Nosy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nosy")
    }
}

impl std::error::Error for Nosy {}

impl Drop for Nosy {
    fn drop(&mut self) {
        let control = self.0.lock().unwrap().clone();
        if let Some(control) = control {
            assert!(!control.explain().to_string().is_empty());
        }
    }
}

/// Fails each time for another reason.
#[derive(Clone)]
struct Failures(Asked, Arc<Mutex<u32>>);

#[async_trait]
impl Reload<String, String> for Failures {
    type Source = ();

    async fn new((): &()) -> ReloadResult<Self, String, String> {
        Ok(Self(Arc::default(), Arc::default()))
    }

    async fn reload(&self) -> ReloadResult<Option<String>, String, String> {
        let mut count = self.1.lock().unwrap();
        *count += 1;
        let error = Error::new(ErrorKind::Unavailable, format!("failure {}", *count / 3));
        let error = error.with_source(Nosy(Arc::clone(&self.0)));
        Err(ReloaderError::Other(anyhow::Error::new(error)))
    }
}

#[tokio::test(start_paused = true)]
async fn user_error_is_not_dropped_under_a_lock() {
    // With a recorder it is that which lets go of an error last, and otherwise the status.
    for entries in [0, 4] {
        let asked = Asked::default();
        let failures = Failures(Arc::clone(&asked), Arc::default());
        let (_live, control) = ReloaderService::builder(failures)
            .flight_recorder(entries)
            .start_in_background();
        *asked.lock().unwrap() = Some(control.clone());
        sleep(seconds(3600)).await;
        assert!(control.status().counters.failed > 100);
        *asked.lock().unwrap() = None;
    }
}

#[tokio::test(start_paused = true)]
async fn explain_works_at_any_moment_of_a_load() {
    let script = Script::new(Hanging);
    let (_live, control) = script.builder().hybrid().start_in_background();
    settle().await;
    let text = control.explain().to_string();
    assert!(
        text.starts_with("script: no generation, data none, watch settling"),
        "{text}"
    );
}
