//! [`Callback`]: a function that is called for each change.
//!
//! Each callback has a task. The task waits for a change, runs the call on a blocking thread, and waits for its end. So calls
//! never overlap, and only this task waits for them.

use std::fmt;
use std::panic::{AssertUnwindSafe, Location};
use std::sync::{Arc, Mutex};

use futures_util::stream::{AbortHandle, Abortable, abortable};
use futures_util::{FutureExt, StreamExt};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tracing::error;

use super::{Changes, Live};
use crate::locks::lock;
use crate::panics::panic_text;
use crate::runtime;
use crate::snapshot::Snapshot;

impl<V: Send + Sync + 'static> Live<V> {
    /// Calls a function for the visible value and then for each change, as [`on_change`](Self::on_change) does.
    ///
    /// Use it to keep something in step with the value from the beginning. Reading the value first and calling `on_change`
    /// second may miss a change in between, or call the function with the older value last.
    ///
    /// ```
    /// # fn set_log_level(_: &str) {}
    /// # async fn example(level: hot_reload::Live<String>) {
    /// level.for_each(|level| set_log_level(level)).detach();
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn for_each<F>(&self, call: F) -> Callback
    where
        F: FnMut(&Snapshot<V>) + Send + 'static,
    {
        runtime::require("Live::for_each");
        Callback::new(Changes::from_start(self.unkept()), call)
    }

    /// Calls a function for each change from now on, until the [`Callback`] is dropped or the service has stopped.
    ///
    /// Calls never overlap, follow the order of generations, and run on threads on which they may block. A slow function delays
    /// neither the service, nor readers, nor other callbacks: it misses values and is then called with the newest one. A panic
    /// is logged, and the next change calls the function again. The last value before the end of the service is not missed.
    ///
    /// A callback does not keep the service running, unless the function itself holds a handle.
    ///
    /// ```
    /// # async fn example(live: hot_reload::Live<String>) {
    /// let callback = live.on_change(|motto| println!("{}: {}", motto.generation(), **motto));
    /// // Runs until the service stops. To end it earlier, keep the callback and drop it.
    /// callback.detach();
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn on_change<F>(&self, call: F) -> Callback
    where
        F: FnMut(&Snapshot<V>) + Send + 'static,
    {
        runtime::require("Live::on_change");
        Callback::new(Changes::new(self.unkept()), call)
    }
}

/// A registered function: from [`Live::on_change`].
///
/// Dropping it ends the calls: no call begins after that, and a running call finishes.
///
/// A call that never returns occupies one of the runtime's blocking threads. The runtime waits for these threads when it is
/// dropped.
///
/// ```
/// # async fn example(live: hot_reload::Live<String>, control: hot_reload::Control<String>) {
/// let printed = live.for_each(|motto| println!("{}", **motto));
/// control.stop().await;
/// // Also for the last value.
/// printed.finished().await;
/// # }
/// ```
#[must_use = "dropping a callback ends its calls: keep it, or `detach` it"]
pub struct Callback {
    task: JoinHandle<()>,
    /// `None` once detached.
    ending: Option<AbortHandle>,
}

impl Callback {
    #[track_caller]
    fn new<V, F>(changes: Changes<V>, call: F) -> Self
    where
        V: Send + Sync + 'static,
        F: FnMut(&Snapshot<V>) + Send + 'static,
    {
        let (changes, ending) = abortable(changes);
        let calls = Calls {
            call: Arc::new(Mutex::new(call)),
            ending: ending.clone(),
            registered: Location::caller(),
        };
        Self {
            task: tokio::spawn(calls.follow(changes)),
            ending: Some(ending),
        }
    }

    /// Keeps the calls going until the service has stopped.
    pub fn detach(mut self) {
        self.ending = None;
    }

    /// Waits until the service has stopped and the call for its last value has finished.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the callback, which ends the calls.
    pub async fn finished(mut self) {
        // An error means that the runtime was shut down.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        if let Some(ending) = &self.ending {
            ending.abort();
        }
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").finish_non_exhaustive()
    }
}

/// The state of a callback's task.
struct Calls<F> {
    /// Shared with the thread of a call, so that it survives a panic. The lock is never contended: calls do not overlap.
    call: Arc<Mutex<F>>,
    ending: AbortHandle,
    /// Where the program registered the function. Identifies the callback in the log.
    registered: &'static Location<'static>,
}

impl<F> Calls<F> {
    /// Runs until the service has stopped or the callback is dropped.
    async fn follow<V>(self, mut changes: Abortable<Changes<V>>)
    where
        V: Send + Sync + 'static,
        F: FnMut(&Snapshot<V>) + Send + 'static,
    {
        while let Some(snapshot) = changes.next().await {
            let generation = snapshot.generation().get();
            // If no thread can be started, `spawn_blocking` panics, outside of the call.
            let call = AssertUnwindSafe(self.call(snapshot)).catch_unwind();
            let panic = match call
                .await
                .map(|ended| ended.map_err(JoinError::try_into_panic))
            {
                Ok(Ok(())) => continue,
                Ok(Err(Ok(panic))) | Err(panic) => panic,
                // The runtime is shutting down.
                Ok(Err(Err(_))) => return,
            };
            let (text, registered) = (panic_text(panic.as_ref()), self.registered);
            error!(target: "hot_reload", %registered, generation, "a callback panicked: {text}");
        }
    }

    /// Runs one call on a blocking thread.
    async fn call<V>(&self, snapshot: Snapshot<V>) -> Result<(), JoinError>
    where
        V: Send + Sync + 'static,
        F: FnMut(&Snapshot<V>) + Send + 'static,
    {
        let (call, ending) = (Arc::clone(&self.call), self.ending.clone());
        let call = move || {
            let mut call = lock(&call);
            // The callback may have been dropped while this call waited for a thread.
            if !ending.is_aborted() {
                call(&snapshot);
            }
        };
        spawn_blocking(call).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::runtime;
    use tokio::time::timeout;

    use super::*;
    use crate::live::Publisher;

    #[test]
    fn dropped_callback_cancels_its_queued_call() {
        let runtime = runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .build()
            .expect("a runtime");
        let (publisher, (called, calls)) = (Publisher::new(), mpsc::channel());
        runtime.block_on(async {
            // The only blocking thread is busy, so the call is queued.
            let (go, gate) = mpsc::channel::<()>();
            let busy = spawn_blocking(move || gate.recv());
            let callback = publisher.live().on_change(move |value: &Snapshot<_>| {
                let _ = called.send(**value);
            });
            publisher.publish_fixed("a value");
            tokio::task::yield_now().await;
            drop(callback);
            drop(go);
            let _ = busy.await;
            // Behind it in the queue.
            let _ = spawn_blocking(|| ()).await;
        });
        drop(runtime);
        assert!(
            calls.recv().is_err(),
            "the function was not called, and was dropped"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn callback_on_fixed_value_ends_with_last_handle() {
        let live = Live::fixed("a value");
        let callback = live.on_change(|_| ());
        assert!(!callback.task.is_finished());
        drop(live);
        let finished = timeout(Duration::from_secs(1), callback.finished()).await;
        assert!(finished.is_ok());
    }
}
