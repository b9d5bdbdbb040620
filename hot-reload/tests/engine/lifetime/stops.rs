//! P14: a stop from within user code that runs during a publication.

use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use futures_util::{FutureExt, StreamExt};
use hot_reload::error::ErrorKind;
use hot_reload::{Control, Outcome, Participant, async_trait};
use tokio::time::sleep;

use crate::script::seconds;
use crate::tray::Tray;

/// Stops its service when it is called.
struct Stopping(Mutex<Option<Control<u64>>>);

impl Stopping {
    fn call(&self) {
        let control = self.0.lock().unwrap().take();
        if let Some(control) = control {
            assert!(control.stop().now_or_never().is_none());
        }
    }
}

impl Wake for Stopping {
    fn wake(self: Arc<Self>) {
        self.call();
    }
}

#[tokio::test(start_paused = true)]
async fn p14_stop_inside_projection_function_prevents_publication() {
    static STOPPING: Stopping = Stopping(Mutex::new(None));
    let tray = Tray::with(1);
    let (live, control) = tray.service().await;
    let part = live.map(|value| {
        STOPPING.call();
        value
    });
    let mut parts = part.subscribe();
    let mut changes = live.subscribe();
    *STOPPING.0.lock().unwrap() = Some(control.clone());
    let outcome = tray.offer(&control, 2).await;
    assert!(matches!(outcome, Outcome::Failed { error } if error.kind() == ErrorKind::Stopped));
    control.stop().await;
    assert_eq!(*live.load(), 1);
    assert!(changes.changed().await.is_none());
    assert!(parts.changed().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn p14_stop_within_a_waker_ends_the_service_after_the_value() {
    let tray = Tray::with(1);
    let (live, control) = tray.service().await;
    let waker = Waker::from(Arc::new(Stopping(Mutex::new(Some(control.clone())))));
    let mut changes = live.subscribe();
    let waiting = changes.poll_next_unpin(&mut Context::from_waker(&waker));
    assert!(waiting.is_pending());
    tray.put(2);
    let _ = control.reload().await;
    control.stop().await;
    assert_eq!(*changes.next().await.unwrap(), 2);
    assert!(changes.next().await.is_none());
}

/// One that takes its time to commit.
struct Slow;

#[async_trait]
impl Participant<u64> for Slow {
    type Prepared = ();

    async fn prepare(&self, _: &u64) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(())
    }

    async fn commit(&self, (): ()) {
        sleep(seconds(5)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn p14_status_after_a_stop_amid_a_commit_has_the_visible_value() {
    let tray = Tray::with(1);
    let builder = tray.builder().participant("slow", Slow);
    let (live, control) = builder.start().await.unwrap();
    tray.put(2);
    let reload = tokio::spawn({
        let control = control.clone();
        async move { control.reload().await }
    });
    sleep(seconds(1)).await;
    assert_eq!(*live.load(), 2);
    control.stop().await;
    let (now, status) = (live.get(), control.status());
    assert_eq!((*now, status.generation), (2, Some(now.generation())));
    assert_eq!(status.counters.published, 2);
    assert!(!reload.await.unwrap().is_current());
}

#[tokio::test(start_paused = true)]
async fn p14_stop_ends_a_pause() {
    let (_live, control) = Tray::with(1).service().await;
    control.pause();
    assert!(control.status().hold.is_some());
    control.stop().await;
    assert_eq!(control.status().hold, None);
}
