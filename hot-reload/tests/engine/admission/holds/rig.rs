//! A service with a history and a guard, which has published two values.

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::admission::ShrinkGuard;
use hot_reload::event::HoldReason;
use hot_reload::policy::Probation;
use hot_reload::{
    Builder, Control, Generation, Live, Outcome, Participant, Receipt, Snapshot, async_trait,
};
use tokio::time::sleep;

use crate::script::{Good, Script, seconds};

pub(super) const PATIENCE: Duration = Duration::from_secs(300);
/// Time for the next load after the patience is over: the interval and its jitter.
pub(super) const SOON: Duration = Duration::from_secs(40);

/// A history, and a guard by length.
pub(super) fn service(script: &Script) -> Builder<Script, String, String> {
    let guard = ShrinkGuard::by(|value: &String| value.len()).confirm_after(PATIENCE);
    let builder = script.builder().hybrid();
    builder.history(8).shrink_guard(guard)
}

/// Two values were published; the source holds the second.
pub(super) async fn started(builder: Builder<Script, String, String>, script: &Script) -> Service {
    let (live, control) = builder.start().await.unwrap();
    script.set(Good("second value"));
    assert!(control.barrier().await.is_current());
    Service { live, control }
}

pub(super) struct Service {
    pub(super) live: Live<String>,
    pub(super) control: Control<String>,
}

impl Service {
    pub(super) fn visible(&self) -> String {
        self.live.load().clone()
    }

    pub(super) fn reason(&self) -> Option<HoldReason> {
        self.control.status().hold.map(|hold| hold.reason)
    }

    pub(super) fn generation(&self, number: u64) -> Generation {
        let kept = self.control.history();
        let mut numbers = kept.iter().map(Snapshot::generation);
        numbers.find(|kept| kept.get() == number).unwrap()
    }
}

pub(super) fn is_held(receipt: &Receipt) -> bool {
    matches!(receipt.outcome, Outcome::Held)
}

/// Fails whatever begins with "sick", at once.
pub(super) fn strict() -> Probation<String> {
    Probation::new(seconds(60), |value: Snapshot<String>| async move {
        match value.starts_with("sick") {
            true => Err("too many errors"),
            false => Ok(()),
        }
    })
}

/// Takes its time, and may refuse this value.
#[derive(Clone, Default)]
pub(super) struct Agreeing {
    pub(super) refuses: Arc<Mutex<Option<&'static str>>>,
    pub(super) asked: Arc<AtomicU32>,
}

#[async_trait]
impl Participant<String> for Agreeing {
    type Prepared = ();

    async fn prepare(&self, candidate: &String) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(10)).await;
        match *self.refuses.lock().unwrap() {
            Some(refused) if refused == candidate => Err("not this one".into()),
            _ => Ok(()),
        }
    }

    async fn commit(&self, (): ()) {}
}
