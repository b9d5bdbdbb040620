//! Metrics of all services of a registry, through the facade `metrics`: [`record`].
//!
//! ```
//! use hot_reload::Registry;
//! use hot_reload::diff::RevisionKey;
//!
//! // Install the recorder of the application first, then this, then start the services.
//! let services = Registry::new();
//! hot_reload::metrics::record(&services, RevisionKey::random());
//! ```
//!
//! # Metrics
//!
//! The names have no prefix. Most recorders can add one.
//!
#![doc = include_str!("../measure/metrics.md")]
//!
//! - Each event of a service updates its metrics. Between two events they stay, so times of loads that are not reported are
//!   missing. [`prometheus`](https://docs.rs/hot_reload) computes them at each scrape instead.
//! - `config_reloads_total` counts [events](crate::event::EventKind::Load). Content that stays rejected has one event.
//! - The facade cannot remove a series. A revision, a state or a reason that is no longer present becomes 0, also when the service
//!   stops. The other gauges of a stopped service keep their last value.
//! - `revision` is the [revision of the value](crate::Builder::value_revisions), if the service computes it. Otherwise it is a keyed
//!   hash of the revision of the source. If it has neither, `config_info` is absent.
//! - No label has a path, an error or content. The name of a service is one, so give services
//!   [names](crate::Builder::name): by default, a service has the name of its source.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod facade;
mod series;

use self::series::Series;
use crate::diff::RevisionKey;
use crate::service::Registry;

/// Records the metrics of all services of a [`Registry`] with the recorder of the application. The
/// [module](crate::metrics) lists them.
///
/// Call it once for each registry, after the recorder is installed and before the services start. `key` hides the revisions of
/// sources: with one key in all processes of a fleet, equal revisions of a source are equal in `config_info`.
pub fn record(registry: &Registry, key: RevisionKey) {
    facade::describe();
    let series = Series::new(registry, key);
    for target in registry.targets() {
        series.update(&target);
    }
    registry.on_event(move |event| series.record(event));
}
