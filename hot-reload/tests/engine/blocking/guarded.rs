//! Calls on a thread that the engine waits for: they are refused, and nothing hangs.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use hot_reload::error::ErrorKind;
use hot_reload::{
    Error, Live, Loaded, Participant, Reload, ReloadResult, ReloaderService, Revision, async_trait,
    blocking,
};
use tokio::task::spawn_blocking;

use super::{PATIENCE, in_time, service};
use crate::script::{Good, Script};
use crate::tray::Tray;

/// Calls everything that blocks, once there is a control. Sends the kinds of the errors.
#[derive(Clone)]
struct Caller {
    control: Arc<Mutex<Option<blocking::Control<u64>>>>,
    answers: Sender<Vec<Option<ErrorKind>>>,
}

impl Caller {
    fn new() -> (Self, Answers) {
        let (answers, received) = channel();
        let control = Arc::default();
        (Self { control, answers }, Answers(received))
    }

    fn call(&self) {
        let control = self.control.lock().unwrap().take();
        if let Some(control) = control {
            self.answers.send(answers(&control)).unwrap();
        }
    }

    /// Lets the next load call, and stops the service after it.
    fn reload(self, tray: &Tray<u64>, control: blocking::Control<u64>) {
        *self.control.lock().unwrap() = Some(control.clone());
        tray.put(2);
        let receipt = in_time("the reload", {
            let control = control.clone();
            move || control.reload()
        });
        assert!(receipt.is_current(), "{receipt}");
        in_time("the stop", move || control.stop());
    }
}

fn answers(control: &blocking::Control<u64>) -> Vec<Option<ErrorKind>> {
    fn kind<R>(result: Result<R, Error>) -> Option<ErrorKind> {
        result.err().map(|error| error.kind())
    }
    let receipts = [
        control.reload(),
        control.republish(),
        control.barrier(),
        control.rollback(),
        control.resume(),
    ];
    let receipts = receipts.map(|receipt| receipt.error().map(Error::kind));
    let mut changes = blocking::iter(Live::fixed(1).subscribe());
    assert!(changes.next().is_none());
    let others = [
        kind(blocking::wait(async {})),
        kind(blocking::wait_timeout(async {}, PATIENCE)),
        kind(blocking::wait_for(&Live::fixed(1), |_| true, PATIENCE)),
        kind(changes.next_timeout(PATIENCE)),
        kind(Script::new(Good("text")).builder().start_blocking()),
    ];
    receipts.into_iter().chain(others).collect()
}

struct Answers(Receiver<Vec<Option<ErrorKind>>>);

impl Answers {
    #[track_caller]
    fn are_refusals(&self) {
        let answers = self.0.recv_timeout(PATIENCE).expect("nothing was called");
        assert_eq!(answers, vec![Some(ErrorKind::WouldDeadlock); answers.len()]);
    }
}

#[test]
fn calls_in_an_observer_are_refused() {
    let tray = Tray::with(1);
    let (caller, answers) = Caller::new();
    let (_live, control) = service(&tray);
    control.on_event({
        let caller = caller.clone();
        move |_| caller.call()
    });
    caller.reload(&tray, control);
    answers.are_refusals();
}

#[test]
fn calls_in_a_validator_are_refused() {
    let tray = Tray::with(1);
    let (caller, answers) = Caller::new();
    let builder = tray.builder().validate({
        let caller = caller.clone();
        move |_| {
            caller.call();
            Ok::<_, String>(())
        }
    });
    let (_live, control) = in_time("the start", || builder.start_blocking()).unwrap();
    caller.reload(&tray, control);
    answers.are_refusals();
}

struct Committing(Caller);

#[async_trait]
impl Participant<u64> for Committing {
    type Prepared = ();

    async fn prepare(&self, _: &u64) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(())
    }

    async fn commit(&self, (): ()) {
        self.0.call();
    }
}

#[test]
fn calls_in_a_participant_are_refused() {
    let tray = Tray::with(1);
    let (caller, answers) = Caller::new();
    let participant = Committing(caller.clone());
    let builder = tray.builder().participant("one", participant);
    let (_live, control) = in_time("the start", || builder.start_blocking()).unwrap();
    caller.reload(&tray, control);
    answers.are_refusals();
}

#[test]
fn calls_in_a_retire_hook_are_refused() {
    let tray = Tray::with(1);
    let (caller, answers) = Caller::new();
    let builder = tray.builder().on_retire({
        let caller = caller.clone();
        move |_, _| caller.call()
    });
    let (_live, control) = in_time("the start", || builder.start_blocking()).unwrap();
    caller.reload(&tray, control);
    answers.are_refusals();
}

/// Loads on a thread for blocking work, as a loader of a program without async code does.
#[derive(Clone)]
struct Working(Tray<u64>, Caller);

#[async_trait]
impl Reload<u64, String> for Working {
    type Source = Self;

    async fn new(source: &Self) -> ReloadResult<Self, u64, String> {
        Ok(source.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<u64>, u64, String> {
        self.0.reload().await
    }

    async fn reload_since(
        &self,
        seen: Option<&Revision>,
    ) -> ReloadResult<Loaded<u64>, u64, String> {
        let caller = self.1.clone();
        spawn_blocking(move || caller.call()).await.unwrap();
        self.0.reload_since(seen).await
    }
}

#[test]
fn calls_in_blocking_work_of_a_loader_are_refused() {
    let tray = Tray::with(1);
    let (caller, answers) = Caller::new();
    let source = Working(tray.clone(), caller.clone());
    let builder = ReloaderService::builder_by_revision(source);
    let (live, control) = in_time("the start", || builder.start_blocking()).unwrap();
    caller.reload(&tray, control);
    answers.are_refusals();
    assert_eq!(*live.load(), 2);
}

#[test]
fn calls_in_a_callback_are_served() {
    let tray = Tray::with(1);
    let (live, control) = service(&tray);
    let (sender, answers) = channel();
    let callback = live.for_each({
        let (tray, control) = (tray, control.clone());
        move |value| {
            if **value == 1 {
                tray.put(2);
                let other = Tray::with(7).builder().start_blocking();
                let (other, _control) = other.unwrap();
                let receipt = control.reload();
                sender.send((receipt.is_current(), *other.load())).unwrap();
            }
        }
    });
    assert_eq!(answers.recv_timeout(PATIENCE), Ok((true, 7)));
    assert_eq!(*live.load(), 2);
    in_time("the stop", move || {
        control.stop();
        blocking::wait(callback.finished()).unwrap();
    });
}
