//! [`Builder::start_blocking`].

use super::control::Control;
use super::wait::wait;
use crate::error::Error;
use crate::live::Live;
use crate::runtime::engine;
use crate::service::Builder;
use crate::service::builder::start::started;

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: 'static,
{
    /// Starts the service on the [engine's thread](crate::blocking#threads), and returns after its first good value. Needs no
    /// runtime.
    ///
    /// The service runs until [`blocking::Control::stop`](Control::stop) or until the last handle on it is dropped. All
    /// blocking services of a process share one thread.
    ///
    /// In a program with a runtime, use [`start`](Self::start). If this is called there, it blocks the thread of the caller, and
    /// works all the same.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start). [`ErrorKind::Unavailable`](crate::error::ErrorKind::Unavailable) if the thread cannot be
    /// started, and [`ErrorKind::WouldDeadlock`](crate::error::ErrorKind::WouldDeadlock) on a thread of the engine.
    pub fn start_blocking(self) -> Result<(Live<V>, Control<V>), Error> {
        engine::may_wait()?;
        let lease = engine::lease()?;
        let started = started(wait(lease.spawn(self.start()))?);
        match started {
            Ok((live, control)) => Ok((live, Control::new(control))),
            Err(error) => {
                engine::join();
                Err(error)
            }
        }
    }
}
