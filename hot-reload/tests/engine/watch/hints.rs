//! Watches that send hints only.

use std::sync::{Arc, Mutex, MutexGuard};

use hot_reload::error::ErrorKind;
use hot_reload::event::WatchState;
use hot_reload::source::WatchProfile;
use hot_reload::source::{HintSender, Subscription};
use hot_reload::{
    Control, Error, Live, Loaded, RealtimeWatch, RealtimeWatchHandle, Reload, ReloadResult,
    ReloaderService, Revision, async_trait,
};
use tokio::time::sleep;

use crate::script::{seconds, settle};

/// A source that hints, and has no other watch.
#[derive(Clone, Default)]
struct Hinting(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    value: u64,
    loads: u64,
    opens: u64,
    /// The error of opening a watch.
    refusal: Option<Error>,
    hints: Option<HintSender>,
    /// The open subscriptions.
    held: u64,
}

impl Hinting {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn hints(&self) -> HintSender {
        self.state().hints.clone().unwrap()
    }
}

/// The sender that the source keeps for the subscriber.
struct Held(Hinting);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.state().held -= 1;
    }
}

#[async_trait]
impl Reload<u64, String> for Hinting {
    type Source = Self;

    async fn new(source: &Self) -> ReloadResult<Self, u64, String> {
        Ok(source.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<u64>, u64, String> {
        Ok(Some(self.state().value))
    }

    async fn reload_since(&self, _: Option<&Revision>) -> ReloadResult<Loaded<u64>, u64, String> {
        let mut state = self.state();
        state.loads += 1;
        Ok(Loaded::Value {
            value: state.value,
            revision: None,
        })
    }
}

#[async_trait]
impl RealtimeWatch<u64, String> for Hinting {
    async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<u64>, u64, String> {
        panic!("a service asks for the smaller watch")
    }

    async fn watch_hints(
        &self,
        hints: HintSender,
    ) -> ReloadResult<Option<Subscription>, u64, String> {
        let mut state = self.state();
        state.opens += 1;
        if let Some(refusal) = state.refusal.clone() {
            return Err(refusal.into());
        }
        state.hints = Some(hints);
        state.held += 1;
        Ok(Some(Subscription::new(Held(self.clone()))))
    }

    fn profile(&self) -> WatchProfile {
        WatchProfile::local()
    }
}

/// A service that has started on such a source.
async fn in_realtime() -> (Hinting, Live<u64>, Control<u64>) {
    let source = Hinting::default();
    let service = ReloaderService::builder(source.clone()).realtime();
    let (live, control) = service.start().await.unwrap();
    (source, live, control)
}

#[tokio::test(start_paused = true)]
async fn flood_of_hints_is_one_load() {
    let (source, live, control) = in_realtime().await;
    settle().await;
    let loads = source.state().loads;
    source.state().value = 7;
    let hints = source.hints();
    (0..100_000).for_each(|_| hints.hint());
    settle().await;
    assert_eq!(*live.load(), 7);
    assert_eq!(source.state().loads, loads + 1);
    assert_eq!(control.status().counters.watch_losses, 0);
}

#[tokio::test(start_paused = true)]
async fn endless_hints_leave_time_for_other_tasks_and_the_stop() {
    let (source, live, control) = in_realtime().await;
    source.state().value = 7;
    let hints = source.hints();
    // Another hint is pending at every point of the loop.
    let flood = tokio::spawn(async move {
        while !hints.is_closed() {
            hints.hint();
            tokio::task::yield_now().await;
        }
    });
    while *live.load() != 7 {
        tokio::task::yield_now().await;
    }
    control.stop().await;
    flood.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn p20_lost_watch_reports_its_full_error_and_is_reopened() {
    let (source, live, control) = in_realtime().await;
    settle().await;
    let refusal = Error::new(ErrorKind::Denied, "the token has expired");
    source.state().refusal = Some(refusal.clone());
    let hints = source.hints();
    // A hint before the loss is still seen.
    source.state().value = 7;
    hints.hint();
    hints.lost(&refusal);
    settle().await;
    let status = control.status();
    assert_eq!(*live.load(), 7);
    assert_eq!(status.watch, WatchState::Parked, "waiting does not heal it");
    let why = status.watch_error.unwrap();
    assert_eq!(
        (why.kind(), why.message()),
        (ErrorKind::Denied, "the token has expired")
    );
    assert_eq!(source.state().held, 0, "what has ended is given back");

    source.state().refusal = None;
    sleep(seconds(3700)).await;
    assert!(control.status().watch.is_open());
    assert_eq!(source.state().held, 1);
    assert_eq!(control.status().counters.watch_losses, 1);
}

#[tokio::test(start_paused = true)]
async fn p20_watch_whose_source_was_dropped_is_reopened() {
    let (source, _live, control) = in_realtime().await;
    settle().await;
    source.state().hints = None;
    settle().await;
    assert_eq!(control.status().counters.watch_losses, 1);
    sleep(seconds(3)).await;
    let state = source.state();
    assert_eq!((state.opens, state.held), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn p14_subscription_is_dropped_when_stop_returns() {
    let source = Hinting::default();
    let (_live, control) = ReloaderService::builder(source.clone())
        .hybrid()
        .start()
        .await
        .unwrap();
    settle().await;
    assert_eq!(source.state().held, 1);
    control.stop().await;
    assert_eq!(source.state().held, 0);
    assert!(source.hints().is_closed());
}
