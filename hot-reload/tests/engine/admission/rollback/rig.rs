//! A service with a history, its visible value, and a slow participant.

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::event::HoldReason;
use hot_reload::{Builder, Control, Generation, Live, Outcome, Participant, Receipt, async_trait};
use tokio::time::sleep;

use crate::script::{Good, Script};

pub(super) fn service(script: &Script) -> Builder<Script, String, String> {
    let builder = script.builder().hybrid();
    builder.history(8)
}

/// A service that has published these, one after the other.
pub(super) async fn published(
    builder: Builder<Script, String, String>,
    script: &Script,
    values: &[&'static str],
) -> (Live<String>, Control<String>) {
    script.set(Good(values[0]));
    let (live, control) = builder.start().await.unwrap();
    for value in &values[1..] {
        script.set(Good(value));
        assert!(control.barrier().await.is_current());
    }
    assert_eq!(live.get().generation().get(), values.len() as u64);
    (live, control)
}

/// The value, its number, and the number that it had before.
pub(super) fn visible(live: &Live<String>) -> (String, u64, Option<u64>) {
    let snapshot = live.get();
    let origin = snapshot.origin().map(Generation::get);
    (
        snapshot.value().clone(),
        snapshot.generation().get(),
        origin,
    )
}

pub(super) fn kept(control: &Control<String>) -> Vec<u64> {
    let kept = control.history();
    kept.iter().map(|value| value.generation().get()).collect()
}

pub(super) fn generation(control: &Control<String>, number: u64) -> Generation {
    let kept = control.history();
    let mut numbers = kept.iter().map(|value| value.generation());
    numbers.find(|kept| kept.get() == number).unwrap()
}

pub(super) fn is_held(receipt: &Receipt) -> bool {
    matches!(receipt.outcome, Outcome::Held)
}

pub(super) fn reason(control: &Control<String>) -> Option<HoldReason> {
    control.status().hold.map(|hold| hold.reason)
}

/// Takes its time.
#[derive(Clone, Default)]
pub(super) struct Slow {
    pub(super) refuses: Arc<Mutex<Option<&'static str>>>,
    pub(super) committed: Arc<AtomicU32>,
}

#[async_trait]
impl Participant<String> for Slow {
    type Prepared = ();

    async fn prepare(&self, candidate: &String) -> Result<(), Box<dyn Error + Send + Sync>> {
        sleep(Duration::from_millis(10)).await;
        match *self.refuses.lock().unwrap() {
            Some(refused) if refused == candidate => Err("not this one".into()),
            _ => Ok(()),
        }
    }

    async fn commit(&self, (): ()) {
        sleep(Duration::from_millis(10)).await;
        self.committed.fetch_add(1, Ordering::Relaxed);
    }
}
