//! Metrics of the services of a registry.

#[cfg(feature = "metrics")]
mod facade;
#[cfg(all(feature = "prometheus", target_os = "linux"))]
#[path = "../../file/namespace.rs"]
mod namespace;
#[cfg(feature = "prometheus")]
mod prometheus;

use hot_reload::status::{Degradation, SourceStatus};
use hot_reload::{Control, Live, Registry};

use crate::script::{Good, Script};

/// Starts a service with this name, in a registry.
async fn start(
    registry: &Registry,
    name: &str,
    script: &Script,
) -> (Live<String>, Control<String>) {
    let builder = script.builder().hybrid().name(name).register(registry);
    builder.start().await.unwrap()
}

/// A source with a value and two degradations of one kind.
fn degraded() -> Script {
    let mut status = SourceStatus::default();
    for message in ["one is down", "another is down"] {
        status = status.with_degradation(Degradation::new("replica", message, "start it"));
    }
    Script::new(Good("first")).with(|state| state.status = Some(status))
}
