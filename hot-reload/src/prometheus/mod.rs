//! Metrics of all services of a registry, for `prometheus-client`: [`ReloadCollector`].
//!
//! ```
//! use hot_reload::Registry;
//! use hot_reload::prometheus::ReloadCollector;
//! use prometheus_client::encoding::text;
//!
//! // Create the collector before the services start, so that it counts their first loads.
//! let services = Registry::new();
//! let collector = ReloadCollector::new(&services);
//!
//! let mut metrics = prometheus_client::registry::Registry::with_prefix("myapp");
//! metrics.register_collector(Box::new(collector));
//!
//! // At each scrape:
//! let mut page = String::new();
//! text::encode(&mut page, &metrics)?;
//! # Ok::<(), std::fmt::Error>(())
//! ```
//!
//! # Metrics
//!
//! The application chooses the prefix: `myapp_config_generation`.
//!
#![doc = include_str!("../measure/metrics.md")]
//!
//! - Gauges show the state at the scrape. One without a value is absent, such as the generation before the first value.
//! - `config_reloads_total` counts [events](crate::event::EventKind::Load) since the collector was created. Content that stays
//!   rejected has one event. A series appears with its first event.
//! - A service that leaves the registry leaves the metrics. A service that is registered later under the same name starts
//!   again at zero.
//! - `revision` is the [revision of the value](crate::Builder::value_revisions), if the service computes it. Otherwise it is a keyed
//!   hash of the revision of the source. If it has neither, `config_info` is absent. At each change the old series is dropped.
//! - No label has a path, an error or content. The name of a service is one, so give services
//!   [names](crate::Builder::name): by default, a service has the name of its source.
//! - The delay from an edit to its publication is not measured: no revision of a source has the time of the edit.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod collector;
mod counts;

pub use self::collector::ReloadCollector;
