//! [`ReloadCollector`]: encodes the metrics of all services at each scrape.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;

use super::counts::{Counts, Loads};
use crate::diff::RevisionKey;
use crate::measure::{ALL, INFO, Kind, Metric, RELOAD_DURATION, RELOADS, Sample, TARGET, samples};
use crate::service::Registry;

/// A collector of the metrics of all services of a [`Registry`]. The [module](crate::prometheus) lists them.
///
/// The application registers it in its own registry of metrics, whose prefix the metrics get. Create one collector for each
/// registry of services, before the services start.
pub struct ReloadCollector {
    registry: Registry,
    counts: Arc<Counts>,
    key: RevisionKey,
}

/// The metrics of one service.
struct Target {
    name: String,
    samples: Vec<Sample>,
    loads: Loads,
}

impl ReloadCollector {
    /// Creates a collector, which counts loads from now on.
    pub fn new(registry: &Registry) -> Self {
        let counts = Arc::new(Counts::new(registry));
        let recorder = Arc::clone(&counts);
        registry.on_event(move |event| recorder.record(event));
        Self {
            registry: registry.clone(),
            counts,
            key: RevisionKey::random(),
        }
    }

    /// Sets the key under which revisions of sources are hashed. Default: [`RevisionKey::random`].
    ///
    /// With one key in all processes of a fleet, equal revisions of a source are equal in `config_info`. Services that compute
    /// [revisions of values](crate::Builder::value_revisions) use the key given there instead.
    #[must_use]
    pub fn revision_key(self, key: RevisionKey) -> Self {
        Self { key, ..self }
    }

    /// The metrics of all services at this moment.
    fn targets(&self) -> Vec<Target> {
        self.counts.prune();
        let targets = self.registry.targets().into_iter();
        targets
            .map(|target| Target {
                name: target.name().to_owned(),
                samples: samples(&target, self.key),
                loads: self.counts.of(target.name()).unwrap_or_default(),
            })
            .collect()
    }
}

impl Collector for ReloadCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let targets = self.targets();
        for metric in ALL {
            let targets = targets.iter().filter(|target| target.has(metric));
            let mut targets = targets.peekable();
            if targets.peek().is_none() {
                continue;
            }
            let name = base_name(metric);
            let mut family =
                encoder.encode_descriptor(name, metric.help, None, kind(metric.kind))?;
            for target in targets {
                target.encode(metric, &mut family)?;
            }
        }
        Ok(())
    }
}

impl Target {
    fn has(&self, metric: &Metric) -> bool {
        match metric {
            metric if metric == RELOADS => !self.loads.reloads.is_empty(),
            metric if metric == RELOAD_DURATION => self.loads.durations.count > 0,
            metric => self.samples.iter().any(|sample| sample.metric == metric),
        }
    }

    /// Writes all series of a metric.
    fn encode(&self, metric: &Metric, family: &mut MetricEncoder<'_>) -> fmt::Result {
        for sample in self.samples.iter().filter(|sample| sample.metric == metric) {
            let labels = self.labels(metric, sample.label.as_deref());
            if metric == INFO {
                family.encode_info(&labels)?;
                continue;
            }
            let mut series = family.encode_family(&labels)?;
            match metric.kind {
                Kind::Counter => series.encode_counter(&sample.value, NO_EXEMPLAR)?,
                Kind::Gauge | Kind::Histogram | Kind::Info => series.encode_gauge(&sample.value)?,
            }
        }
        if metric == RELOADS {
            for ((outcome, trigger), count) in &self.loads.reloads {
                let labels = self.labels(metric, [*outcome, *trigger]);
                let mut series = family.encode_family(&labels)?;
                series.encode_counter(count, NO_EXEMPLAR)?;
            }
        }
        if metric == RELOAD_DURATION {
            let durations = &self.loads.durations;
            let labels = self.labels(metric, None);
            let mut series = family.encode_family(&labels)?;
            series.encode_histogram(
                durations.sum,
                durations.count,
                &durations.buckets(),
                NO_EXEMPLARS,
            )?;
        }
        Ok(())
    }

    /// The labels of a series: the target, then those of the metric with these values.
    fn labels<'a>(
        &'a self,
        metric: &Metric,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Vec<(&'static str, &'a str)> {
        let more = metric.labels.iter().copied().zip(values);
        [(TARGET, &*self.name)].into_iter().chain(more).collect()
    }
}

/// The name without the suffix that the encoder adds.
fn base_name(metric: &Metric) -> &'static str {
    let suffix = match metric.kind {
        Kind::Counter => "_total",
        Kind::Info => "_info",
        Kind::Gauge | Kind::Histogram => "",
    };
    metric.name.strip_suffix(suffix).unwrap_or(metric.name)
}

const fn kind(kind: Kind) -> MetricType {
    match kind {
        Kind::Gauge => MetricType::Gauge,
        Kind::Counter => MetricType::Counter,
        Kind::Histogram => MetricType::Histogram,
        Kind::Info => MetricType::Info,
    }
}

const NO_EXEMPLAR: Option<&Exemplar<NoLabelSet, f64>> = None;
const NO_EXEMPLARS: Option<&HashMap<usize, Exemplar<NoLabelSet, f64>>> = None;

impl fmt::Debug for ReloadCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReloadCollector")
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}
