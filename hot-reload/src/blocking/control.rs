//! [`Control`]: the commands of a service, as calls that block.

use std::{fmt, process};

use super::iter::{Iter, iter};
use super::wait::wait;
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Events, Observer, Outcome, Requester, Trigger};
use crate::plan::Plan;
use crate::receipt::Receipt;
use crate::runtime::engine::{self, Place};
use crate::service::{self, Explanation, Target};
use crate::snapshot::{Generation, Snapshot};
use crate::status::Status;

/// The commands of a service as calls that block: from [`Builder::start_blocking`](crate::Builder::start_blocking). Cloning is
/// cheap.
///
/// Its async twin is [`Control`](crate::Control), where each command has more documentation.
///
/// On a [thread of the engine](crate::blocking#threads), a command that waits is not carried out, and returns
/// [`ErrorKind::WouldDeadlock`]. In a [forked child](crate::blocking#fork) it returns [`ErrorKind::Stopped`].
pub struct Control<V> {
    control: service::Control<V>,
    /// The process whose thread runs the service.
    process: u32,
}

impl<V> Control<V> {
    pub(super) fn new(control: service::Control<V>) -> Self {
        Self {
            control,
            process: process::id(),
        }
    }

    /// Loads the source now, and returns the outcome and its course: [`Control::reload`](crate::Control::reload).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    pub fn reload(&self) -> Receipt {
        self.reload_for(Requester::Manual)
    }

    /// Loads the source now for this requester, which events and logs name as the trigger.
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    pub fn reload_for(&self, requester: Requester) -> Receipt {
        self.answer(requester.into(), self.control.reload_for(requester))
    }

    /// Loads the source now, and publishes the value even if nothing has changed:
    /// [`Control::republish`](crate::Control::republish).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    pub fn republish(&self) -> Receipt {
        self.answer(Trigger::Manual, self.control.republish())
    }

    /// Waits until every change made before this call is visible, or returns why it is not:
    /// [`Control::barrier`](crate::Control::barrier).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    pub fn barrier(&self) -> Receipt {
        self.answer(Trigger::Resync, self.control.barrier())
    }

    /// Says what a load would do now, without doing it: [`Control::plan`](crate::Control::plan).
    ///
    /// # Errors
    ///
    /// The plan has the error: [`Plan::error`].
    pub fn plan(&self) -> Plan {
        self.wait(self.control.plan()).unwrap_or_else(Plan::failed)
    }

    /// Publishes the content of a plan, or nothing: [`Control::apply`](crate::Control::apply).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    pub fn apply(&self, token: &str) -> Receipt {
        self.answer(Trigger::Manual, self.control.apply(token))
    }

    /// Ends the probation of this generation: [`Control::confirm`](crate::Control::confirm).
    ///
    /// # Errors
    ///
    /// As [`Control::confirm`](crate::Control::confirm).
    pub fn confirm(&self, generation: Generation) -> Result<(), Error> {
        self.wait(self.control.confirm(generation))?
    }

    /// The replaced values that are kept, the newest first: [`Control::history`](crate::Control::history).
    pub fn history(&self) -> Vec<Snapshot<V>> {
        self.control.history()
    }

    /// Publishes the previous value again: [`Control::rollback`](crate::Control::rollback).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    pub fn rollback(&self) -> Receipt {
        self.answer(Trigger::Rollback, self.control.rollback())
    }

    /// Publishes an earlier value again, as a new generation: [`Control::rollback_to`](crate::Control::rollback_to).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    pub fn rollback_to(&self, generation: Generation) -> Receipt {
        self.answer(Trigger::Rollback, self.control.rollback_to(generation))
    }

    /// Stops publishing values of the source until [`resume`](Self::resume): [`Control::pause`](crate::Control::pause). It
    /// takes effect before this call returns, and never waits.
    pub fn pause(&self) {
        self.control.pause();
    }

    /// Ends all holds at once, loads the source, and returns the outcome: [`Control::resume`](crate::Control::resume).
    ///
    /// # Errors
    ///
    /// The receipt has the error: [`Receipt::error`].
    pub fn resume(&self) -> Receipt {
        self.answer(Trigger::Manual, self.control.resume())
    }

    /// Enables a disabled service: [`Control::enable`](crate::Control::enable). It takes effect soon after this call, and never
    /// waits.
    pub fn enable(&self) {
        self.control.enable();
    }

    /// Disables the service, so that it loads the source only on request: [`Control::disable`](crate::Control::disable). It takes
    /// effect soon after this call, and never waits.
    pub fn disable(&self) {
        self.control.disable();
    }

    /// The state of the service.
    pub fn status(&self) -> Status {
        self.control.status()
    }

    /// The state of the service and its recent history: [`Control::explain`](crate::Control::explain).
    pub fn explain(&self) -> Explanation {
        self.control.explain()
    }

    /// The events of the service from now on, as an iterator that blocks.
    pub fn events(&self) -> Iter<Events> {
        iter(self.control.events())
    }

    /// Adds an observer, which is called for each event from now on, on the [engine's thread](crate::blocking#threads).
    pub fn observe(&self, observer: impl Observer) {
        self.control.observe(observer);
    }

    /// Calls a function for each event from now on, as [`observe`](Self::observe) does with an observer.
    pub fn on_event(&self, call: impl Fn(&Event) + Send + Sync + 'static) {
        self.control.on_event(call);
    }

    /// Stops the service, and waits until it is gone, with its callbacks. The last value stays readable. A second call has no
    /// effect.
    ///
    /// After that nothing is published, and no observer or callback is called. Their functions are dropped, and no task, thread,
    /// descriptor or connection of the service is left. If it was the last service, the engine's thread is gone, too. A load that
    /// hangs in the system delays the stop for 10 s at most, and keeps its thread until it returns.
    ///
    /// A callback is an `on_change`, `on_change_from` or `for_each` on the value, on a part or on a derived value. This call waits
    /// for a running call, however long it takes, and for the call with the last value. So do not hold a lock that a callback
    /// takes. Exceptions:
    ///
    /// - A callback that calls `stop` itself does not wait for callbacks, nor for the engine's thread.
    /// - A callback that was registered in a runtime of yours runs there. To wait for it, await
    ///   [`Callback::finished`](crate::live::Callback::finished).
    ///
    /// On another [thread of the engine](crate::blocking#threads), for example in an observer, this call requests the stop and
    /// returns at once. Nothing is published from then on, and the service ends soon after. In a
    /// [forked child](crate::blocking#fork), it does nothing.
    pub fn stop(&self) {
        match self.wait(self.control.stop()) {
            Ok(()) => {
                // A callback would wait for itself, or for another one that waits for it.
                if engine::place() == Place::Elsewhere {
                    // The only error is that of a fork.
                    let _ = self.wait(self.control.callbacks_ended());
                }
                engine::join();
            }
            Err(error) if error.kind() == ErrorKind::WouldDeadlock => self.control.begin_stop(),
            // The process was forked.
            Err(_) => {}
        }
    }

    fn answer(&self, trigger: Trigger, command: impl Future<Output = Receipt>) -> Receipt {
        self.wait(command)
            .unwrap_or_else(|error| Receipt::untaken(trigger, Outcome::Failed { error }))
    }

    fn wait<R>(&self, command: impl Future<Output = R>) -> Result<R, Error> {
        if self.process != process::id() {
            return Err(Error::new(
                ErrorKind::Stopped,
                "this process is a fork, and the service runs in its parent; start a service of its own here",
            ));
        }
        wait(command)
    }
}

impl<V: Send + Sync + 'static> Control<V> {
    /// Returns the same commands without the type of the value, for a [`Registry`](crate::Registry). Its commands are async;
    /// [`wait`](crate::blocking::wait()) waits for them. A target does not keep the service running.
    pub fn target(&self) -> Target {
        self.control.target()
    }
}

impl<V> Clone for Control<V> {
    fn clone(&self) -> Self {
        Self {
            control: self.control.clone(),
            process: self.process,
        }
    }
}

impl<V> fmt::Debug for Control<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.control.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ReloadResult;
    use crate::reload::Reload;
    use crate::service::ReloaderService;

    #[derive(Clone)]
    struct Motto;

    #[crate::async_trait]
    impl Reload<String> for Motto {
        type Source = ();

        async fn new((): &()) -> ReloadResult<Self, String> {
            Ok(Self)
        }

        async fn reload(&self) -> ReloadResult<Option<String>, String> {
            Ok(Some("hello".to_owned()))
        }
    }

    /// A fork needs `unsafe`, so the test marks the control as another process's.
    #[test]
    fn commands_in_a_forked_process_answer_at_once() {
        let started = ReloaderService::builder(Motto).start_blocking();
        let (live, control) = started.unwrap();
        let inherited = Control {
            process: control.process + 1,
            ..control.clone()
        };
        for receipt in [
            inherited.reload(),
            inherited.republish(),
            inherited.rollback(),
            inherited.resume(),
        ] {
            let error = receipt.error().unwrap();
            assert_eq!(error.kind(), ErrorKind::Stopped);
            assert!(error.message().contains("fork"), "{error}");
        }
        inherited.stop();
        assert!(!control.status().stopped, "the service of the parent");
        assert_eq!(*live.load(), "hello");
        control.stop();
    }
}
