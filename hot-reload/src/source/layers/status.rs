//! The status of [`Layers`](crate::source::Layers): that of all sources together, and what concerns the layers.

use super::layer::{Kind, Layer};
use crate::error::Error;
use crate::source::Source as _;
use crate::status::{Degradation, SourceStatus};

/// What the last load and the last opening of the watch have found.
#[derive(Default)]
pub(super) struct Notes {
    /// An error for each of the first unknown keys in the content that was decoded last. It may not be visible.
    pub(super) unknown: Vec<Error>,
    pub(super) unknown_count: usize,
    /// The layers without a watch.
    pub(super) unwatched: Vec<String>,
}

/// The most unknown keys in the status.
const SHOWN: usize = 3;

/// The status of all layers together. Counters with one name are added up.
pub(super) fn status(layers: &[Layer], notes: &Notes) -> SourceStatus {
    let mut all = SourceStatus::default();
    for layer in layers {
        let Kind::Source(of) = &layer.kind else {
            continue;
        };
        let Some(one) = of.source.status() else {
            continue;
        };
        for degradation in one.degraded {
            if !all.degraded.contains(&degradation) {
                all.degraded.push(degradation);
            }
        }
        for (name, value) in one.counters {
            match all.counters.iter_mut().find(|(other, _)| *other == name) {
                Some((_, sum)) => *sum = sum.saturating_add(value),
                None => all.counters.push((name, value)),
            }
        }
        if let Some(expiry) = one.certificate_expiry {
            all = all.with_certificate_expiry(expiry);
        }
        all.heartbeat = match (all.heartbeat, one.heartbeat) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    if let Some(unknown) = unknown_keys(notes) {
        all.degraded.push(unknown);
    }
    if !notes.unwatched.is_empty() {
        let names = notes.unwatched.join(", ");
        let text = format!("these layers have no watch, so they are polled: {names}");
        all.degraded
            .push(Degradation::new("layer_without_watch", text, "").inherent());
    }
    all
}

fn unknown_keys(notes: &Notes) -> Option<Degradation> {
    let shown: Vec<_> = notes
        .unknown
        .iter()
        .take(SHOWN)
        .map(ToString::to_string)
        .collect();
    let more = match notes.unknown_count.checked_sub(shown.len())? {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    (!shown.is_empty()).then(|| {
        let text = format!(
            "the content that was decoded last has unknown keys, which are ignored: {}{more}",
            shown.join("; ")
        );
        Degradation::new("unknown_keys", text, "correct or remove them")
    })
}
