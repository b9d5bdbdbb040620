//! The task of a service: one loop around one `select!`, with the only clock of the engine.
//!
//! Each turn of the loop feeds one input to the machine and obeys its answer. A load runs beside the loop, one at a time.

pub(crate) mod changes;
pub(crate) mod clock;
mod configure;
mod engine;
mod flight;
pub(crate) mod freshness;
pub(crate) mod housekeeping;
mod leak_monitor;
mod load;
mod planning;
mod probation;
mod restart_pending;
mod saving;
mod task;
pub(crate) mod timing;
mod tuner;
mod watch;

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Fuse;

use self::clock::{Clock, jitter};
pub(crate) use self::engine::Engine;
use self::saving::saved;
use self::task::Task;
use self::watch::{next_event, open};
use super::feed::Feed;
use super::machine::{Input, Machine};
use super::policy::probation::run::probation_ended;
use super::settings::Settings;
use super::shared::request::{Command, RollbackTo};
use crate::panics::discard;

impl<V> Engine<V> {
    /// Runs the service until it is stopped. Dropping the future halts it; it may be run again.
    pub(crate) async fn run<F: Feed<V>>(&self, settings: Arc<Settings>, feed: &F) {
        // A second run begins when the first is gone, so there is one load at a time.
        let _running = self.shared.turn().await;
        if self.shared.inbox.is_stopping() {
            return self.shared.end();
        }
        let clock = Clock::start_on_grid();
        let mut task = Task::new(self, clock, Machine::new(settings, jitter()));
        // Boxed: a service mostly waits, and the large futures of a load and of an opening exist only while they run.
        let mut load = Fuse::terminated();
        let mut opening = Fuse::terminated();
        let mut input = Input::Started;
        loop {
            let mut next = Some(task.handle(feed, input));
            while let Some(actions) = next {
                if actions.close {
                    discard(mem::replace(&mut opening, Fuse::terminated()));
                }
                if actions.open {
                    opening = Box::pin(open(feed, task.wants_life())).fuse();
                }
                if let Some(next) = actions.load {
                    load = Box::pin(task.begin(feed, next)).fuse();
                }
                next = task.configure(feed);
            }
            task.attend();
            let tick = task.next_tick();
            // In this order: requests, finished work, changes, time. The machine checks the time at every input, so a flood of
            // changes cannot delay due work.
            input = tokio::select! {
                biased;
                command = self.shared.inbox.next() => match command {
                    Command::Stop => break,
                    Command::Load(trigger) => Input::Requested(trigger),
                    Command::Rollback(to, answer) => task.roll_back(RollbackTo::Request(to), Some(answer)),
                    Command::Plan(request) => task.plan(request),
                    Command::Confirm(generation, answer) => task.confirm(generation, answer),
                    Command::Enable(enabled) => task.enable(enabled),
                    Command::Sweep => task.sweep(),
                    #[cfg(all(feature = "systemd", target_os = "linux"))]
                    Command::Ping(caller) => {
                        // An error means that the caller has left.
                        let _ = caller.send(());
                        Input::Tick
                    }
                    Command::Deliver => {
                        self.shared.observers.deliver();
                        Input::Tick
                    }
                },
                ended = &mut load => {
                    let (input, lets_subscribers_run) = {
                        let concluded = task.conclude(feed, ended);
                        let lets_subscribers_run = concluded.lets_subscribers_run();
                        (task.announce(concluded), lets_subscribers_run)
                    };
                    if lets_subscribers_run {
                        tokio::task::yield_now().await;
                    }
                    task.sweep();
                    input
                }
                proof = probation_ended(&mut task.probation) => task.probation_ended(proof),
                () = task.housekeeping.thread_ended() => Input::Tick,
                () = saved(&mut task.saver) => Input::Tick,
                opened = &mut opening => task.opened(opened),
                event = next_event(&mut task.watch) => task.heard(event),
                () = tick_at(clock, tick) => Input::Tick,
            };
        }
        // The watch and what runs are released before anybody is notified that the service has ended.
        discard(load);
        discard(opening);
        task.finish(feed).await;
    }
}

async fn tick_at(clock: Clock, moment: Option<Duration>) {
    match moment {
        Some(moment) => clock.until(moment).await,
        None => std::future::pending().await,
    }
}
