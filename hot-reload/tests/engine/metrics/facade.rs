//! The metrics of a registry through the facade.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use hot_reload::Registry;
use hot_reload::diff::RevisionKey;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit, set_default_local_recorder,
};

use super::{degraded, start};
use crate::script::{Bad, Good, Script, settle};

/// A recorder that keeps the value of each series.
#[derive(Default)]
struct Kept {
    described: Mutex<Vec<String>>,
    series: Arc<Mutex<BTreeMap<String, f64>>>,
}

/// One series of it.
struct Series(Arc<Mutex<BTreeMap<String, f64>>>, String);

impl Series {
    fn change(&self, change: impl Fn(f64) -> f64) {
        let mut series = self.0.lock().unwrap();
        let value = series.entry(self.1.clone()).or_default();
        *value = change(*value);
    }
}

impl CounterFn for Series {
    fn increment(&self, more: u64) {
        self.change(|value| value + more as f64);
    }
    fn absolute(&self, total: u64) {
        self.change(|_| total as f64);
    }
}

impl GaugeFn for Series {
    fn increment(&self, more: f64) {
        self.change(|value| value + more);
    }
    fn decrement(&self, less: f64) {
        self.change(|value| value - less);
    }
    fn set(&self, new: f64) {
        self.change(|_| new);
    }
}

impl HistogramFn for Series {
    fn record(&self, _: f64) {
        self.change(|count| count + 1.0);
    }
}

impl Kept {
    fn series(&self, key: &Key) -> Arc<Series> {
        let labels = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()));
        let labels: Vec<_> = labels.collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        Arc::new(Series(Arc::clone(&self.series), name))
    }

    fn value(&self, series: &str) -> Option<f64> {
        self.series.lock().unwrap().get(series).copied()
    }

    /// The series of this metric that are not zero.
    fn present(&self, name: &str) -> Vec<String> {
        let series = self.series.lock().unwrap();
        let present = series
            .iter()
            .filter(|(key, value)| key.starts_with(name) && **value != 0.0);
        present.map(|(key, _)| key.clone()).collect()
    }

    fn describe(&self, name: &KeyName) {
        self.described
            .lock()
            .unwrap()
            .push(name.as_str().to_owned());
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&name);
    }
    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&name);
    }
    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&name);
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}

#[tokio::test(start_paused = true)]
async fn facade_records_each_event_and_what_is_no_longer_present_is_zero() {
    let kept = Kept::default();
    let _recorder = set_default_local_recorder(&kept);
    let (registry, script) = (Registry::new(), Script::new(Good("first")));
    let (_earlier, _kept) = start(&registry, "earlier", &script).await;
    hot_reload::metrics::record(&registry, RevisionKey::random());
    assert_eq!(kept.value("config_generation{target=earlier}"), Some(1.0));

    let (_live, control) = start(&registry, "app", &degraded()).await;
    settle().await;
    assert_eq!(kept.value("config_generation{target=app}"), Some(1.0));
    let degradations = kept.value("config_degraded{target=app,reason=replica}");
    assert_eq!(degradations, Some(1.0));
    let settling = "config_watch_state{target=app,state=settling}";
    let present = kept.present("config_watch_state{target=app");
    assert_eq!(present, [settling]);
    control.pause();
    let paused = "config_held{target=app,reason=paused}";
    assert_eq!(kept.present("config_held"), [paused]);
    drop(control.resume().await);
    assert_eq!(kept.present("config_held"), [""; 0]);

    let infos = kept.present("config_info{target=earlier");
    script.set(Good("second"));
    drop(registry.get("earlier").unwrap().reload().await);
    let later = kept.present("config_info{target=earlier");
    assert_eq!((infos.len(), later.len()), (1, 1));
    assert_ne!(infos, later);
    script.set(Bad("secret = hunter2"));
    drop(registry.get("earlier").unwrap().reload().await);
    let rejected = "config_reloads_total{target=earlier,outcome=rejected,trigger=manual}";
    assert_eq!(kept.value(rejected), Some(1.0));
    let durations = kept.value("config_reload_duration_seconds{target=earlier}");
    assert_eq!(durations, Some(2.0));
    assert_eq!(
        kept.value("config_last_reload_successful{target=earlier}"),
        Some(0.0)
    );

    control.stop().await;
    for name in ["config_watch_state", "config_info", "config_degraded"] {
        assert_eq!(kept.present(&format!("{name}{{target=app")), [""; 0]);
    }
    let described = kept.described.lock().unwrap().clone();
    let mut names: Vec<_> = kept.series.lock().unwrap().keys().cloned().collect();
    names.retain(|series| {
        let name = series.split('{').next().unwrap();
        !described.iter().any(|described| described == name)
    });
    assert_eq!(names, [""; 0], "a metric without a description");
    let series = kept.series.lock().unwrap();
    assert!(
        !series.keys().any(|key| key.contains("hunter2")),
        "{series:?}"
    );
}
