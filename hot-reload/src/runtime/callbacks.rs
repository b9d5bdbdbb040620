//! [`Callbacks`]: where the tasks of a service's callbacks run, and how a stop waits for them.

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
#[cfg(feature = "blocking")]
use {
    super::engine,
    std::sync::{Arc, OnceLock},
    tokio::sync::watch,
};

/// The callbacks of one service. It knows those that run on the engine's thread.
#[derive(Default)]
pub(crate) struct Callbacks {
    /// Each task has a receiver. `None` until the first one.
    #[cfg(feature = "blocking")]
    running: OnceLock<Arc<watch::Sender<()>>>,
}

impl Callbacks {
    /// The same callbacks, for a derived value of the service.
    pub(crate) fn share(&self) -> Self {
        Self {
            #[cfg(feature = "blocking")]
            running: Arc::clone(self.running()).into(),
        }
    }

    /// Spawns the task of a callback into the present runtime. Outside of a runtime, it runs on the engine's thread.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, without the feature `blocking` or if the thread cannot be started.
    #[track_caller]
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        #[cfg(feature = "blocking")]
        {
            let lease = match Handle::try_current() {
                Ok(_) => engine::lease_of_this_runtime(),
                Err(_) => match engine::lease() {
                    Ok(lease) => Some(lease),
                    Err(error) => panic!("no thread for a callback: {error}"),
                },
            };
            if let Some(lease) = lease {
                return lease.spawn_counted(task, self.running().subscribe());
            }
        }
        Handle::current().spawn(task)
    }

    /// Waits until no task is left on the engine's thread.
    #[cfg(feature = "blocking")]
    pub(crate) async fn ended(&self) {
        if let Some(running) = self.running.get() {
            running.closed().await;
        }
    }

    #[cfg(feature = "blocking")]
    fn running(&self) -> &Arc<watch::Sender<()>> {
        self.running.get_or_init(Arc::default)
    }
}
