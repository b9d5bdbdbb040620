//! The names, types, labels and descriptions of all metrics.

/// One metric.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Metric {
    /// The full name, without the prefix of the application.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Its labels besides [`TARGET`].
    pub(crate) labels: &'static [&'static str],
    /// One sentence with its full stop.
    pub(crate) help: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Gauge,
    Counter,
    Histogram,
    Info,
}

/// The label of every metric: the name of the service.
pub(crate) const TARGET: &str = "target";

/// Defines each metric as a constant, and all of them in the order of the documentation.
macro_rules! metrics {
    ($($constant:ident: $kind:ident $name:literal [$($label:literal),*] $help:literal;)+) => {
        $(pub(crate) const $constant: &Metric = &Metric {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            help: $help,
        };)+

        /// All metrics.
        pub(crate) const ALL: &[&Metric] = &[$($constant),+];
    };
}

metrics! {
    LAST_SUCCESSFUL: Gauge "config_last_reload_successful" []
        "Whether the last load was good: 1 or 0. A value that is held is good.";
    LAST_SUCCESS: Gauge "config_last_reload_success_timestamp_seconds" []
        "When the last good load ended; an unchanged load is good.";
    LAST_ATTEMPT: Gauge "config_last_reload_attempt_timestamp_seconds" []
        "When the last load ended.";
    RELOADS: Counter "config_reloads_total" ["outcome", "trigger"]
        "Loads and rollbacks that were reported.";
    RELOAD_DURATION: Histogram "config_reload_duration_seconds" []
        "How long a load or a rollback took. Loads that found nothing new are left out.";
    GENERATION: Gauge "config_generation" []
        "The generation of the visible value.";
    INFO: Info "config_info" ["revision"]
        "The keyed revision of the visible value.";
    STALE: Gauge "config_stale" []
        "Whether the visible value is stale: 1 or 0.";
    RESTART_REQUIRED: Gauge "config_restart_required" []
        "Whether a part of the visible value takes effect only after a restart: 1 or 0.";
    HELD: Gauge "config_held" ["reason"]
        "Whether values of the source are held for this reason: 1 or 0.";
    WATCH_STATE: Gauge "config_watch_state" ["state"]
        "Whether the watch is in this state: 1 or 0.";
    WATCH_LOSSES: Counter "config_watch_losses_total" []
        "How often an open watch was lost.";
    MISSED: Counter "config_missed_events_total" []
        "Changes that a heartbeat found without a hint of the watch.";
    CERTIFICATE_EXPIRY: Gauge "config_certificate_expiry_timestamp_seconds" []
        "When the first certificate in use expires.";
    DEGRADED: Gauge "config_degraded" ["reason"]
        "Whether the source has a degradation of this kind: 1, or absent.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_table_has_each_metric_in_order() {
        let rows = ALL.iter().map(|metric| {
            let kind = format!("{:?}", metric.kind).to_lowercase();
            let labels = [&[TARGET], metric.labels].concat().join(", ");
            format!(
                "| `{}` | {kind} | {labels} | {} |",
                metric.name, metric.help
            )
        });
        let page = include_str!("metrics.md").lines();
        let documented = page.filter(|line| line.starts_with("| `"));
        assert_eq!(documented.collect::<Vec<_>>(), rows.collect::<Vec<_>>());
    }

    #[test]
    fn counters_end_in_total_and_infos_in_info() {
        for metric in ALL {
            let ends = |end| metric.name.ends_with(end);
            assert_eq!(metric.kind == Kind::Counter, ends("_total"), "{metric:?}");
            assert_eq!(metric.kind == Kind::Info, ends("_info"), "{metric:?}");
        }
    }
}
