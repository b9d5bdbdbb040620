//! [`Callback`]: a function that is called for each change.
//!
//! Each callback has a task. The task waits for a change, runs the call on a blocking thread, and waits for its end. So calls
//! never overlap, and only this task waits for them.

pub(crate) mod methods;
mod part;

use std::fmt;
use std::panic::{AssertUnwindSafe, Location};
use std::pin::pin;
use std::sync::{Arc, Mutex};

use futures_util::stream::{AbortHandle, abortable, iter};
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tracing::error;

use self::methods::Followed;
use crate::locks::lock;
use crate::panics::panic_text;
use crate::runtime::callbacks::Callbacks;
use crate::runtime::unguarded;

/// A registered function: from [`Live::on_change`](crate::Live::on_change).
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
    pub(crate) fn for_each<H, C>(handle: &H, mut call: C) -> Self
    where
        H: Followed,
        C: FnMut(&H::Item) + Send + 'static,
    {
        let (visible, publications) = handle.publications();
        let publications = iter(visible).chain(publications);
        match H::IS_SAME {
            None => Self::new::<H, C>(handle.callbacks(), publications, call),
            Some(_) => {
                Self::pairs::<H, _>(handle.callbacks(), None, publications, move |_, new| {
                    call(new);
                })
            }
        }
    }

    #[track_caller]
    pub(crate) fn on_change<H, C>(handle: &H, mut call: C) -> Self
    where
        H: Followed,
        C: FnMut(&H::Item) + Send + 'static,
    {
        let (visible, publications) = handle.publications();
        match H::IS_SAME {
            None => Self::new::<H, C>(handle.callbacks(), publications, call),
            Some(_) => {
                Self::pairs::<H, _>(handle.callbacks(), visible, publications, move |_, new| {
                    call(new);
                })
            }
        }
    }

    #[track_caller]
    pub(crate) fn on_change_from<H, C>(handle: &H, call: C) -> Self
    where
        H: Followed,
        C: FnMut(Option<&H::Item>, &H::Item) + Send + 'static,
    {
        let (visible, publications) = handle.publications();
        Self::pairs::<H, C>(handle.callbacks(), visible, publications, call)
    }

    /// Calls the function for each publication that is a change from the one before.
    #[track_caller]
    fn pairs<H, C>(
        callbacks: &Callbacks,
        mut known: Option<H::Item>,
        publications: impl Stream<Item = H::Item> + Send + 'static,
        mut call: C,
    ) -> Self
    where
        H: Followed,
        C: FnMut(Option<&H::Item>, &H::Item) + Send + 'static,
    {
        let call = move |new: &H::Item| {
            // Replaced before the call, which may panic, and also if nothing has changed: the older one would stay in memory.
            let old = known.replace(new.clone());
            let same = H::IS_SAME.zip(old.as_ref());
            if !same.is_some_and(|(is_same, old)| is_same(old, new)) {
                call(old.as_ref(), new);
            }
        };
        Self::new::<H, _>(callbacks, publications, call)
    }

    #[track_caller]
    fn new<H, C>(
        callbacks: &Callbacks,
        changes: impl Stream<Item = H::Item> + Send + 'static,
        call: C,
    ) -> Self
    where
        H: Followed,
        C: FnMut(&H::Item) + Send + 'static,
    {
        let (changes, ending) = abortable(changes);
        let calls = Calls {
            call: Arc::new(Mutex::new(call)),
            ending: ending.clone(),
            registered: Location::caller(),
        };
        Self {
            task: callbacks.spawn(calls.follow::<H>(changes)),
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
struct Calls<C> {
    /// Shared with the thread of a call, so that it survives a panic. The lock is never contended: calls do not overlap.
    call: Arc<Mutex<C>>,
    ending: AbortHandle,
    /// Where the program registered the function. Identifies the callback in the log.
    registered: &'static Location<'static>,
}

impl<C> Calls<C> {
    /// Runs until the service has stopped or the callback is dropped.
    async fn follow<H>(self, changes: impl Stream<Item = H::Item>)
    where
        H: Followed,
        C: FnMut(&H::Item) + Send + 'static,
    {
        let mut changes = pin!(changes);
        while let Some(item) = changes.next().await {
            let generation = H::generation(&item).get();
            // If no thread can be started, `spawn_blocking` panics, outside of the call.
            let call = AssertUnwindSafe(self.call::<H>(item)).catch_unwind();
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
    async fn call<H>(&self, item: H::Item) -> Result<(), JoinError>
    where
        H: Followed,
        C: FnMut(&H::Item) + Send + 'static,
    {
        let (call, ending) = (Arc::clone(&self.call), self.ending.clone());
        let call = move || {
            let mut call = lock(&call);
            // The callback may have been dropped while this call waited for a thread.
            if !ending.is_aborted() {
                unguarded(|| call(&item));
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
    use crate::live::{Live, Publisher};
    use crate::snapshot::Snapshot;

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
