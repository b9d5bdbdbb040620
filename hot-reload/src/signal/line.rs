//! The log line of a reload of all services.

use std::fmt::Write;

use crate::receipt::Receipt;
use crate::service::Target;

/// One line with the outcome of each service, bad ones first.
pub(super) fn line(receipts: &[(Target, Receipt)]) -> String {
    if receipts.is_empty() {
        return "SIGHUP: no service is registered, so nothing was reloaded".to_owned();
    }
    let mut sorted: Vec<_> = receipts.iter().collect();
    sorted.sort_by_key(|(_, receipt)| receipt.is_current());
    let mut text = String::from("SIGHUP: ");
    for (place, (target, receipt)) in sorted.iter().take(SHOWN).enumerate() {
        let separator = if place > 0 { "; " } else { "" };
        let outcome = receipt.outcome.without_error();
        // Writing to a string does not fail.
        let _ = write!(text, "{separator}{}: {outcome}", target.name());
        if let Some(error) = receipt.error() {
            let _ = write!(text, ": {error}");
        }
    }
    if let Some(more @ 1..) = sorted.len().checked_sub(SHOWN) {
        let _ = write!(text, "; and {more} more");
    }
    text
}

/// The largest number of services in the line. The events show all.
const SHOWN: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Requester;
    use crate::source::from_fn;
    use crate::{Registry, ReloaderService};

    #[tokio::test(start_paused = true)]
    async fn line_has_the_outcome_of_each_service_and_bad_ones_first() {
        let registry = Registry::new();
        assert!(line(&registry.reload_all(Requester::Signal).await).contains("no service"));
        let mut kept = Vec::new();
        for name in ["app", "tls"] {
            let loads = std::sync::atomic::AtomicU32::new(0);
            let source = from_fn("disk", move || {
                let before = loads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                async move {
                    anyhow::ensure!(name == "app" || before == 0, "it is away");
                    Ok(before)
                }
            });
            let builder = ReloaderService::builder(source).name(name);
            kept.push(builder.register(&registry).start().await.unwrap());
        }
        let receipts = registry.reload_all(Requester::Signal).await;
        assert_eq!(
            line(&receipts),
            "SIGHUP: tls: failed: disk: it is away; app: published as generation 2"
        );
        let many: Vec<_> = receipts.iter().cycle().take(60).cloned().collect();
        assert!(line(&many).ends_with("; and 10 more"));
    }
}
