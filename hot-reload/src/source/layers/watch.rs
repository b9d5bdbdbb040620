//! Joins the watches of all layers into one.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

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
    let mut timed = Vec::new();
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
            life: of.source.profile().idle.map(Life::new),
        });
        let channel: Arc<dyn Channel> = Arc::clone(&one) as _;
        let subscription = of.source.subscribe(HintSender::over(channel)).await?;
        if subscription.is_none() {
            without.push(layer.name.clone());
            continue;
        }
        one.arm();
        subscriptions.push(subscription);
        if one.life.is_some() {
            timed.push(one);
        }
    }
    if !timed.is_empty() {
        let guard = tokio::spawn(end_silence(timed));
        subscriptions.push(Subscription::task(guard));
    }
    let all = match (subscriptions.is_empty(), without.is_empty()) {
        (true, _) => Subscription::none(),
        (false, true) => Subscription::new(subscriptions),
        (false, false) => Subscription::new(subscriptions).in_part(),
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
    /// `None`: it has no idle timeout.
    life: Option<Life>,
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
        self.lost(&error);
    }

    fn beat(&self) {
        if let Some(life) = &self.life {
            *lock(&life.last) = Instant::now();
        }
    }
}

/// The idle timeout of one layer. A sign of life of another layer does not prolong it, so the service cannot measure it.
struct Life {
    idle: Duration,
    /// The last sign of life.
    last: Mutex<Instant>,
}

impl Life {
    fn new(idle: Duration) -> Self {
        Self {
            idle: idle.clamp(SHORTEST_IDLE, LONGEST_IDLE),
            last: Mutex::new(Instant::now()),
        }
    }

    /// When the timeout is over, unless a sign of life comes before.
    fn ends(&self) -> Instant {
        *lock(&self.last) + self.idle
    }
}

/// Ends the joined watch once one of these layers has given no sign of life for its idle timeout.
async fn end_silence(layers: Vec<Arc<One>>) {
    let lives = || {
        layers
            .iter()
            .filter_map(|one| one.life.as_ref().zip(Some(one)))
    };
    while let Some((life, one)) = lives().min_by_key(|(life, _)| life.ends()) {
        let ends = life.ends();
        if ends <= Instant::now() {
            let text = format!("no sign of life for {:?}", life.idle);
            return one.lost(&Error::new(ErrorKind::Unavailable, text));
        }
        sleep_until(ends).await;
    }
}

/// As documented at [`WatchProfile::idle`].
const SHORTEST_IDLE: Duration = Duration::from_secs(1);
/// Ten years: a longer timeout would overflow the clock.
const LONGEST_IDLE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

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

/// The profile of all layers together: the longest debounce and grace, the shortest pauses, the strictest limit. Each layer has
/// its own idle timeout, see [`open`].
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
        idle: None,
    });
    WatchProfile {
        idle: None,
        ..joined.unwrap_or(WatchProfile::local())
    }
}
