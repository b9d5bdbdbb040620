//! The metrics of a registry as Prometheus reads them.

use hot_reload::Registry;
use hot_reload::diff::RevisionKey;
use hot_reload::error::ErrorKind;
use hot_reload::event::Requester;
use hot_reload::prometheus::ReloadCollector;
use prometheus_client::encoding::{prometheus_text, text};

use super::{degraded, start};
use crate::script::{Bad, Failing, Good, Script, seconds, settle};

const KEY: RevisionKey = RevisionKey::new([7; 16]);

/// The metrics of an application that has this registry of services.
struct Scrape(prometheus_client::registry::Registry);

impl Scrape {
    fn of(services: &Registry) -> Self {
        let mut metrics = prometheus_client::registry::Registry::with_prefix("myapp");
        let collector = ReloadCollector::new(services).revision_key(KEY);
        metrics.register_collector(Box::new(collector));
        Self(metrics)
    }

    fn page(&self) -> String {
        let mut page = String::new();
        prometheus_text::encode(&mut page, &self.0).unwrap();
        page
    }

    /// The values of the series that begin with this text, with the rest of their labels.
    fn series(&self, start: &str) -> Vec<String> {
        let page = self.page();
        let lines = page.lines().filter_map(|line| line.strip_prefix(start));
        lines.map(str::to_owned).collect()
    }

    /// The value of this series of the service `app`.
    fn value(&self, name: &str) -> Option<f64> {
        let series = self.series(&format!("myapp_config_{name}{{target=\"app\"}} "));
        assert!(series.len() < 2, "{name}: {series:?}");
        series.first().map(|value| value.parse().unwrap())
    }

    /// The labels, besides the service, of the series of this metric that are not zero.
    fn present(&self, name: &str) -> Vec<String> {
        let series = self.series(&format!("myapp_config_{name}{{target=\"app\","));
        let present = series.iter().filter(|series| !series.ends_with(" 0.0"));
        present.cloned().collect()
    }
}

#[tokio::test(start_paused = true)]
async fn gauges_follow_the_status_of_a_service() {
    let registry = Registry::new();
    let scrape = Scrape::of(&registry);
    let script = Script::new(Good("first"));
    assert_eq!(scrape.page(), "", "no metric without a service");
    let (_live, control) = start(&registry, "app", &script).await;
    settle().await;
    assert_eq!(scrape.value("last_reload_successful"), Some(1.0));
    assert_eq!(scrape.value("generation"), Some(1.0));
    assert_eq!(scrape.value("stale"), Some(0.0));
    let good = scrape.value("last_reload_success_timestamp_seconds");
    assert!(good.unwrap() > 1e9);
    assert_eq!(scrape.present("watch_state"), ["state=\"settling\"} 1.0"]);

    script.set(Bad("typo"));
    assert!(!control.reload().await.is_current());
    assert_eq!(scrape.value("last_reload_successful"), Some(0.0));
    assert_eq!(scrape.value("generation"), Some(1.0));
    assert_eq!(scrape.value("stale"), Some(1.0));
    let attempt = scrape.value("last_reload_attempt_timestamp_seconds");
    assert!(attempt >= good);
    assert_eq!(scrape.value("last_reload_success_timestamp_seconds"), good);

    control.pause();
    assert_eq!(scrape.present("held"), ["reason=\"paused\"} 1.0"]);
    script.set(Good("second"));
    assert!(control.resume().await.is_current());
    assert_eq!(scrape.value("last_reload_successful"), Some(1.0));
    assert_eq!(scrape.value("generation"), Some(2.0));
    assert_eq!(scrape.present("held"), [""; 0]);

    script.lose_watch();
    settle().await;
    assert_eq!(scrape.value("watch_losses_total"), Some(1.0));
    assert_eq!(scrape.value("missed_events_total"), Some(0.0));
    script.with(|state| state.status = degraded().state().status.clone());
    drop(control.reload().await);
    assert_eq!(scrape.present("degraded"), ["reason=\"replica\"} 1.0"]);
}

#[tokio::test(start_paused = true)]
async fn loads_are_counted_by_outcome_and_trigger() {
    let registry = Registry::new();
    let scrape = Scrape::of(&registry);
    let script = Script::new(Good("first")).with(|state| {
        state.load_takes = seconds(2);
        state.muted = true;
    });
    let (_live, control) = start(&registry, "app", &script).await;
    script.set(Bad("typo"));
    for _ in 0..2 {
        drop(registry.reload_all(Requester::Signal).await);
    }
    script.set(Failing(ErrorKind::Unavailable));
    drop(control.reload_for(Requester::Http).await);
    let reloads = scrape.present("reloads_total");
    for counted in [
        "outcome=\"published\",trigger=\"startup\"} 1",
        "outcome=\"rejected\",trigger=\"signal\"} 2",
        "outcome=\"failed\",trigger=\"http\"} 1",
    ] {
        assert!(
            reloads.iter().any(|series| series == counted),
            "{reloads:?}"
        );
    }
    let before = scrape.value("reload_duration_seconds_count").unwrap();
    script.set(Good("first"));
    assert!(control.reload().await.is_current());
    let unchanged = scrape.value("reload_duration_seconds_count").unwrap();
    assert_eq!(unchanged, before, "an unchanged load has no duration");
    assert!(before >= 4.0);
    let buckets = scrape.series("myapp_config_reload_duration_seconds_bucket{target=\"app\",le=");
    assert!(buckets.contains(&"\"1\"} 0".to_owned()), "{buckets:?}");
    assert!(
        buckets.contains(&format!("\"5\"}} {before}")),
        "{buckets:?}"
    );
    assert!(
        buckets.contains(&format!("\"+Inf\"}} {before}")),
        "{buckets:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn service_that_leaves_the_registry_leaves_the_metrics() {
    let registry = Registry::new();
    let scrape = Scrape::of(&registry);
    let script = Script::new(Good("first"));
    let (_live, control) = start(&registry, "app", &script).await;
    let (_other, _kept) = start(&registry, "other", &script).await;
    control.stop().await;
    assert!(!scrape.page().contains("\"app\""));
    let (_live, _control) = start(&registry, "app", &script).await;
    let started = "outcome=\"published\",trigger=\"startup\"} 1";
    assert_eq!(scrape.present("reloads_total")[0], started, "a new count");
    registry.unregister("app").unwrap();
    assert!(!scrape.page().contains("\"app\"") && scrape.page().contains("\"other\""));
}

#[tokio::test(start_paused = true)]
async fn each_change_replaces_the_series_of_the_revision() {
    let registry = Registry::new();
    let scrape = Scrape::of(&registry);
    let script = Script::new(Good("first"));
    let (_live, control) = start(&registry, "app", &script).await;
    let first = scrape.present("info");
    script.set(Good("second"));
    drop(control.reload().await);
    let second = scrape.present("info");
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first, second);
    script.set(Bad("typo"));
    drop(control.reload().await);
    assert_eq!(scrape.present("info"), second, "the visible value counts");

    let builder = script.builder().value_revisions(RevisionKey::random());
    script.set(Good("third"));
    let builder = builder.name("with revisions").register(&registry);
    let (_live, control) = builder.start().await.unwrap();
    let revision = control.status().value_revision.unwrap();
    let labels = format!("target=\"with revisions\",revision=\"{revision}\"");
    assert!(scrape.page().contains(&labels));
}

#[tokio::test(start_paused = true)]
async fn p18_secret_is_in_no_metric() {
    let secret = "password = hunter2";
    let registry = Registry::new();
    let scrape = Scrape::of(&registry);
    let plant = SourceStatusOf(secret).status();
    let script = Script::new(Good(secret)).with(|state| state.status = Some(plant));
    let (_live, control) = start(&registry, "app", &script).await;
    script.set(Bad("secret_token = hunter2"));
    drop(control.reload().await);
    let mut page = scrape.page();
    text::encode(&mut page, &scrape.0).unwrap();
    assert!(page.contains("outcome=\"rejected\""));
    // The revision of this source is its content: as text, and as logs show it.
    let shown = hot_reload::Revision::new(secret).to_string();
    for plain in ["hunter2", "password", "secret_token", &shown] {
        assert!(!page.contains(plain), "{plain} is in {page}");
    }
}

/// A status of a source that has a secret where none belongs.
struct SourceStatusOf(&'static str);

impl SourceStatusOf {
    fn status(&self) -> hot_reload::status::SourceStatus {
        let degradation = hot_reload::status::Degradation::new(self.0, self.0, self.0);
        hot_reload::status::SourceStatus::default()
            .with_degradation(degradation)
            .with_counter(self.0, 1)
    }
}

/// Services in many states, one with a name that needs escapes.
async fn busy(registry: &Registry) -> Vec<Box<dyn Send>> {
    let mut kept: Vec<Box<dyn Send>> = Vec::new();
    for name in ["app", "tls", "a \"b\" \\ c"] {
        let script = degraded();
        let (live, control) = start(registry, name, &script).await;
        script.set(Bad("typo"));
        drop(control.reload().await);
        control.pause();
        kept.push(Box::new((live, control)));
    }
    kept
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn promtool_accepts_the_metrics() {
    use std::io::Write;
    use std::process::{Command, Stdio};

    let test = "metrics::prometheus::promtool_accepts_the_metrics";
    if !super::namespace::has("promtool", test) {
        return;
    }
    let registry = Registry::new();
    let scrape = Scrape::of(&registry);
    let _kept = busy(&registry).await;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let page = scrape.page();
    let mut stdin = promtool.stdin.take().unwrap();
    stdin.write_all(page.as_bytes()).unwrap();
    drop(stdin);
    let output = promtool.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.is_empty(), "{text}\n{page}");
}

#[tokio::test(start_paused = true)]
async fn openmetrics_page_has_each_family_once_and_each_series_once() {
    let registry = Registry::new();
    let scrape = Scrape::of(&registry);
    let _kept = busy(&registry).await;
    let mut page = String::new();
    text::encode(&mut page, &scrape.0).unwrap();
    assert!(page.ends_with("# EOF\n"));
    let mut names: Vec<_> = page
        .lines()
        .map(|line| line.rsplit_once(' ').unwrap().0)
        .collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "{page}");
    assert!(page.contains("# TYPE myapp_config_reloads counter\nmyapp_config_reloads_total{"));
}
