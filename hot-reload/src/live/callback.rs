//! [`Callback`]: a function that is called for each change.
//!
//! One task for each, which waits for changes, gives each call a thread on which it may block, and waits for its end. So
//! calls come one after the other, and nobody waits for them but this task.

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
use crate::snapshot::Snapshot;

impl<V: Send + Sync + 'static> Live<V> {
    /// As [`on_change`](Self::on_change), but called for the value of now first, or else for the first that there is: for what
    /// has to be in step with the value from the beginning.
    ///
    /// Reading the value and registering for changes, one after the other, either misses a change in between or tells of
    /// the older value last. This does neither.
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
        Callback::new(Changes::from_start(self.unkept()), call)
    }

    /// Calls a function for each change from now on, until the [`Callback`] is dropped or the service has stopped.
    ///
    /// Calls come one after the other, in the order of generations, on threads on which they may block. A slow function
    /// delays neither the service, nor readers, nor another callback; it misses values and is then called with the
    /// newest one. A panic is logged, and the next change is told all the same. The last value before the end of the
    /// service is still told.
    ///
    /// A callback does not keep the service running, unless the function itself holds a handle.
    ///
    /// ```
    /// # async fn example(live: hot_reload::Live<String>) {
    /// let callback = live.on_change(|motto| println!("{}: {}", motto.generation(), **motto));
    /// // As long as the program goes on. To end it, drop it.
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
        Callback::new(Changes::new(self.unkept()), call)
    }
}

/// A function that is called for each change: from [`Live::on_change`].
///
/// Dropping it ends the calls: none begins any more, and one that is running comes to its end.
///
/// A call that never returns keeps one of the runtime's threads for blocking work, and with it the runtime, which waits
/// for these threads when it is dropped.
#[must_use = "dropping a callback ends its calls: keep it, or `detach` it"]
pub struct Callback {
    task: JoinHandle<()>,
    /// Nothing once it is detached.
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

    /// Lets the calls go on until the service has stopped.
    pub fn detach(mut self) {
        self.ending = None;
    }

    /// Waits until the calls have ended by themselves: until the service has stopped and its last value was told.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, so is the callback, and its calls end.
    pub async fn finished(mut self) {
        // An error means that the runtime has ended it.
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

/// What the task of a callback has.
struct Calls<F> {
    /// Shared with the thread of a call, so that a panic does not take it away. Never waited for: calls do not overlap.
    call: Arc<Mutex<F>>,
    ending: AbortHandle,
    /// Where in the program the function was handed over: what tells one callback from another in the log.
    registered: &'static Location<'static>,
}

impl<F> Calls<F> {
    /// Ends with the changes, and before them when the callback is dropped.
    async fn follow<V>(self, mut changes: Abortable<Changes<V>>)
    where
        V: Send + Sync + 'static,
        F: FnMut(&Snapshot<V>) + Send + 'static,
    {
        while let Some(snapshot) = changes.next().await {
            let generation = snapshot.generation().get();
            // That no thread could be had is a panic as well, outside of the call.
            let call = AssertUnwindSafe(self.call(snapshot)).catch_unwind();
            let panic = match call
                .await
                .map(|ended| ended.map_err(JoinError::try_into_panic))
            {
                Ok(Ok(())) => continue,
                Ok(Err(Ok(panic))) | Err(panic) => panic,
                // The runtime is ending.
                Ok(Err(Err(_))) => return,
            };
            let (text, registered) = (panic_text(panic.as_ref()), self.registered);
            error!(target: "hot_reload", %registered, generation, "a callback panicked: {text}");
        }
    }

    /// One call, on a thread on which it may block.
    async fn call<V>(&self, snapshot: Snapshot<V>) -> Result<(), JoinError>
    where
        V: Send + Sync + 'static,
        F: FnMut(&Snapshot<V>) + Send + 'static,
    {
        let (call, ending) = (Arc::clone(&self.call), self.ending.clone());
        let call = move || {
            let mut call = lock(&call);
            // The callback may have been dropped while this waited for a thread.
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
    fn a_call_that_has_not_begun_does_not_begin_after_its_callback_was_dropped() {
        let runtime = runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .build()
            .expect("a runtime");
        let (publisher, (told, calls)) = (Publisher::new(), mpsc::channel());
        runtime.block_on(async {
            // The one thread on which calls may block is busy, so the call has to queue.
            let (go, gate) = mpsc::channel::<()>();
            let busy = spawn_blocking(move || gate.recv());
            let callback = publisher.live().on_change(move |value: &Snapshot<_>| {
                let _ = told.send(**value);
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
        assert!(calls.recv().is_err(), "not called, and let go of");
    }

    #[tokio::test(start_paused = true)]
    async fn a_callback_on_a_fixed_value_ends_with_the_last_handle() {
        let live = Live::fixed("a value");
        let callback = live.on_change(|_| ());
        assert!(!callback.task.is_finished());
        drop(live);
        let finished = timeout(Duration::from_secs(1), callback.finished()).await;
        assert!(finished.is_ok());
    }
}
