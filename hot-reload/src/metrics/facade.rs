//! The calls of the facade.

use std::borrow::Cow;
use std::time::Duration;

use metrics::{Key, Label, Level, Metadata, Unit, with_recorder};

use crate::measure::{ALL, Kind, Metric, RELOAD_DURATION, RELOADS, TARGET};

const METADATA: Metadata<'_> = Metadata::new("hot_reload", Level::INFO, Some(module_path!()));

/// Describes all metrics.
pub(super) fn describe() {
    with_recorder(|recorder| {
        for metric in ALL {
            let (name, help) = (metric.name.into(), metric.help.into());
            let unit = metric.name.contains("_seconds").then_some(Unit::Seconds);
            match metric.kind {
                Kind::Gauge | Kind::Info => recorder.describe_gauge(name, unit, help),
                Kind::Counter => recorder.describe_counter(name, unit, help),
                Kind::Histogram => recorder.describe_histogram(name, unit, help),
            }
        }
    });
}

/// Sets one series of a metric: a gauge, or a counter that the service counts.
pub(super) fn set(metric: &Metric, target: &str, label: Option<Cow<'static, str>>, value: f64) {
    let key = key(metric, target, label);
    with_recorder(|recorder| match metric.kind {
        Kind::Counter => recorder
            .register_counter(&key, &METADATA)
            .absolute(value as u64),
        Kind::Gauge | Kind::Info | Kind::Histogram => {
            recorder.register_gauge(&key, &METADATA).set(value);
        }
    });
}

/// Counts a load.
pub(super) fn count_reload(target: &str, outcome: &'static str, trigger: &'static str) {
    let key = key(RELOADS, target, [outcome.into(), trigger.into()]);
    with_recorder(|recorder| recorder.register_counter(&key, &METADATA).increment(1));
}

/// Records how long a load took.
pub(super) fn record_duration(target: &str, elapsed: Duration) {
    let key = key(RELOAD_DURATION, target, None);
    with_recorder(|recorder| recorder.register_histogram(&key, &METADATA).record(elapsed));
}

/// The name and the labels of a series: the target, then those of the metric with these values.
fn key(metric: &Metric, target: &str, values: impl IntoIterator<Item = Cow<'static, str>>) -> Key {
    let more = metric.labels.iter().zip(values);
    let more = more.map(|(label, value)| Label::new(*label, value));
    let target = Label::new(TARGET, target.to_owned());
    let labels: Vec<_> = [target].into_iter().chain(more).collect();
    Key::from_parts(metric.name, labels)
}
