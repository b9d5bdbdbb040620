//! Joins the watches of all layers into one.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use super::layer::{Kind, Layer};
use crate::error::{Error, ErrorKind, Location};
use crate::hints::{Channel, Content, HintSender, Subscription};
use crate::locks::lock;
use crate::source::Source as _;
use crate::watch::WatchProfile;

/// Opens the watches of all layers, in order. Returns those layers that have none.
///
/// # Errors
///
/// That of the first layer whose watch cannot be opened. The others are then closed.
pub(super) async fn open(
    layers: &[Layer],
    hints: HintSender,
) -> Result<(Subscription, Vec<String>), Error> {
    let mut subscriptions = Vec::new();
    let mut without = Vec::new();
    let pulses = Arc::new(Pulses::default());
    for layer in layers {
        let Kind::Source(of) = &layer.kind else {
            if matches!(layer.kind, Kind::Variables(_)) {
                without.push(layer.name.clone());
            }
            continue;
        };
        let one = Arc::new(One {
            name: of.source.name(),
            hints: hints.clone(),
            senders: AtomicU32::new(0),
            is_armed: AtomicBool::new(false),
            pulse: of.source.profile().idle.map(|_| pulses.add()),
            pulses: Arc::clone(&pulses),
        });
        let channel: Arc<dyn Channel> = Arc::clone(&one) as _;
        let subscription = of.source.subscribe(HintSender::over(channel)).await?;
        if subscription.is_none() {
            without.push(layer.name.clone());
            continue;
        }
        one.arm();
        subscriptions.push(subscription);
    }
    let all = match subscriptions.is_empty() {
        true => Subscription::none(),
        false => Subscription::new(subscriptions),
    };
    Ok((all, without))
}

/// The watch of one layer.
struct One {
    name: String,
    hints: HintSender,
    senders: AtomicU32,
    /// Whether the watch is open, so that its end counts.
    is_armed: AtomicBool,
    /// The place of its sign of life.
    pulse: Option<usize>,
    pulses: Arc<Pulses>,
}

impl One {
    fn arm(&self) {
        self.is_armed.store(true, Ordering::SeqCst);
        // It may have ended before.
        if self.senders.load(Ordering::SeqCst) == 0 {
            self.close();
        }
    }

    fn close(&self) {
        let error = Error::new(ErrorKind::Unavailable, "the watch was closed");
        self.hints.lost(&error.at(Location::new(&self.name)));
    }

    fn beat(&self) {
        if self.pulse.is_some_and(|pulse| self.pulses.beat(pulse)) {
            self.hints.alive();
        }
    }
}

impl Channel for One {
    fn hint(&self) {
        self.beat();
        self.hints.hint();
    }

    /// The content of one layer is a hint for the whole.
    fn content(&self, content: Box<Content>) {
        drop(content);
        self.hint();
    }

    fn alive(&self) {
        self.beat();
    }

    /// The loss of one watch is the loss of all, so that the service opens all of them again.
    fn lost(&self, error: &Error) {
        let error = match error.location() {
            Some(_) => error.clone(),
            None => error.clone().at(Location::new(&self.name)),
        };
        self.hints.lost(&error);
    }

    fn is_closed(&self) -> bool {
        self.hints.is_closed()
    }

    fn joined(&self) {
        self.senders.fetch_add(1, Ordering::SeqCst);
    }

    fn left(&self) {
        let was = self.senders.fetch_sub(1, Ordering::SeqCst);
        if was == 1 && self.is_armed.load(Ordering::SeqCst) {
            self.close();
        }
    }
}

/// The signs of life of all layers with an idle timeout. The whole is alive once each of them has given one.
#[derive(Default)]
struct Pulses(Mutex<Vec<bool>>);

impl Pulses {
    fn add(&self) -> usize {
        let mut beats = lock(&self.0);
        beats.push(false);
        beats.len() - 1
    }

    fn beat(&self, pulse: usize) -> bool {
        let mut beats = lock(&self.0);
        beats[pulse] = true;
        let is_alive = beats.iter().all(|beat| *beat);
        if is_alive {
            beats.fill(false);
        }
        is_alive
    }
}

/// The profile of all layers together: the longest debounce and grace, the shortest pauses, the strictest limit.
pub(super) fn profile(layers: &[Layer]) -> WatchProfile {
    let profiles = layers.iter().filter_map(|layer| match &layer.kind {
        Kind::Source(of) => Some(of.source.profile()),
        Kind::Fixed(_) | Kind::Variables(_) => None,
    });
    let joined = profiles.reduce(|one, other| WatchProfile {
        debounce: one.debounce.max(other.debounce),
        interval: one.interval.min(other.interval),
        heartbeat: one.heartbeat.min(other.heartbeat),
        grace: one.grace.max(other.grace),
        rate: match (one.rate, other.rate) {
            (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
            (one, other) => one.or(other),
        },
        idle: one.idle.max(other.idle),
    });
    joined.unwrap_or(WatchProfile::local())
}
