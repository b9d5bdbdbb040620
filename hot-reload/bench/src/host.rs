//! [`Host`]: a runtime on threads of its own, so that the measuring thread is not one of its tasks.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The kinds of runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    TwoWorkers,
    CurrentThread,
}

impl Flavour {
    pub(crate) const ALL: [Self; 2] = [Self::TwoWorkers, Self::CurrentThread];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TwoWorkers => "two workers",
            Self::CurrentThread => "current thread",
        }
    }
}

/// A runtime that ends when this is dropped.
pub(crate) struct Host {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    pub(crate) fn start(flavour: Flavour) -> anyhow::Result<Self> {
        let mut builder = match flavour {
            Flavour::TwoWorkers => Builder::new_multi_thread(),
            Flavour::CurrentThread => Builder::new_current_thread(),
        };
        // A runtime with one thread ignores this.
        builder.worker_threads(2);
        builder.thread_keep_alive(KEEP_ALIVE);
        let runtime = builder.enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("host".to_owned())
            .spawn(move || {
                let _ = runtime.block_on(stopped);
            })?;
        Ok(Self {
            handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Runs this as a task, and waits for its end.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        task: impl Future<Output = anyhow::Result<T>> + Send + 'static,
    ) -> anyhow::Result<T> {
        let (done, result) = mpsc::channel();
        self.spawn(async move {
            let _ = done.send(task.await);
        });
        result.recv().context("the task has panicked")?
    }

    /// Runs this as a task.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(task);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Idle threads for blocking work end after this time, so that they do not disturb later measurements.
const KEEP_ALIVE: Duration = Duration::from_secs(1);
