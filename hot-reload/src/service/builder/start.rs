//! From a [`Builder`] to a running service.

use std::any::Any;
use std::panic::{Location, resume_unwind};
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, timeout_at};
use tracing::error;

use super::Builder;
use crate::compat::WatchStrategy;
use crate::error::{Error, ErrorKind};
use crate::event::{EventKind, Events, HoldReason, Outcome};
use crate::live::Live;
use crate::runtime;
use crate::service::admission::ValidateOnly;
use crate::service::control::Control;
use crate::service::driver::Engine;
use crate::service::driver::changes::Changes;
use crate::service::driver::housekeeping::free_on_thread;
use crate::service::driver::timing::{Timing, Tuning};
use crate::service::flight::Flight;
use crate::service::pipeline::Pipeline;
use crate::service::pipeline::deadline::Deadline;
use crate::service::pipeline::state::LoadState;
use crate::service::policy::settings::{ReloadSettings, Section};
use crate::service::reloader_service::default_name;
use crate::service::settings::FIRST_VALUE_DEADLINE;
use crate::service::shared::{Ending, Owner, Shared};
use crate::status::Status;

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Starts the service, and returns after its first good value.
    ///
    /// The service runs in a task of its own, until [`Control::stop`] or until the last handle on it is dropped.
    ///
    /// # Errors
    ///
    /// The reason why there is no value. It is returned at once if the content is bad, or if the source has no content, refuses
    /// access, is misconfigured or panics. It is returned after 15 s if the source could not be reached. The service is stopped
    /// then. While a file is being written, `start` waits as long as the source does.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the service is stopped.
    #[track_caller]
    pub fn start(self) -> impl Future<Output = Result<(Live<V>, Control<V>), Error>> {
        let caller = Location::caller();
        async move {
            runtime::require_for("Builder::start", caller);
            self.run_until_value().await
        }
    }

    async fn run_until_value(self) -> Result<(Live<V>, Control<V>), Error> {
        let place = (self.mode.source_name)(&self.reload);
        let (live, control, started) =
            self.launch(|control, registered| registered.map(|()| control.events()));
        let events = match started {
            Ok(events) => events,
            Err(error) => {
                control.stop().await;
                return Err(error);
            }
        };
        match first_value(&control, events, place).await {
            Ok(()) => {
                control.unlisten();
                Ok((live, control))
            }
            Err(error) => {
                control.stop().await;
                Err(error)
            }
        }
    }

    /// Starts the service, and returns at once. There is no value until [`Live::ready`] returns.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn start_in_background(self) -> (Live<V>, Control<V>) {
        runtime::require("Builder::start_in_background");
        let (live, control, ()) = self.launch(|_, registered| report(registered));
        (live, control)
    }

    /// Starts the service in the runtime of this handle. [`start`](Self::start) uses the current runtime instead.
    ///
    /// It is for programs that have a runtime, but call this outside of it. The future itself needs no runtime, so any
    /// executor can await it.
    ///
    /// ```
    /// # use hot_reload::{Reload, ReloadResult, async_trait};
    /// # #[derive(Clone)] struct Motto;
    /// # #[async_trait] impl Reload<String> for Motto {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, String> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<String>, String> { Ok(Some("hello".to_owned())) }
    /// # }
    /// use hot_reload::{Error, Live, ReloaderService};
    ///
    /// async fn motto(runtime: &tokio::runtime::Handle) -> Result<Live<String>, Error> {
    ///     let (motto, _control) = ReloaderService::builder(Motto).start_on(runtime).await?;
    ///     Ok(motto)
    /// }
    /// # let runtime = tokio::runtime::Runtime::new().unwrap();
    /// # let other = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # let motto = other.block_on(motto(runtime.handle())).unwrap();
    /// # assert_eq!(*motto.load(), "hello");
    /// ```
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and [`ErrorKind::Stopped`] if the runtime is shut down meanwhile.
    ///
    /// # Panics
    ///
    /// If the runtime has no timer: build it with `enable_time` or `enable_all`.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the service is stopped.
    pub async fn start_on(self, runtime: &Handle) -> Result<(Live<V>, Control<V>), Error>
    where
        S: 'static,
    {
        let mut starting = AbortOnDrop(runtime.spawn(self.run_until_value()));
        started((&mut starting.0).await)
    }

    /// Calls `first` before the first load, with the result of registering the service. After an error, the service stops before
    /// its first load.
    pub(crate) fn launch<R>(
        mut self,
        first: impl FnOnce(&Control<V>, Result<(), Error>) -> R,
    ) -> (Live<V>, Control<V>, R) {
        let mut profile = (self.mode.profile)(&self.reload);
        profile.debounce = self.debounce.unwrap_or(profile.debounce);
        profile.heartbeat = self.heartbeat.unwrap_or(profile.heartbeat);
        let mut timing = Timing {
            strategy: self.mode.strategy,
            interval: self.interval,
            profile,
            bound: self.max_staleness,
            limits: self.limits,
            deadline: self.load_deadline,
        };
        let has_watch = timing.strategy != WatchStrategy::Polling;
        let mut checked = Ok(());
        if let Some(settings) = &self.overrides {
            checked = settings.check(has_watch);
            timing = timing.with(settings);
        }
        if let Some(section) = self.section.clone() {
            let check = move |value: &V| section(value).check(has_watch);
            self.validators.at_once.push(Box::new(check));
        }
        if let Some(guard) = validate_only(self.overrides.as_deref(), self.section.clone()) {
            self.admission.push(Box::new(guard));
        }
        let settings = timing.settings();
        let source = (self.mode.source_name)(&self.reload);
        let mut status = Status::new(default_name::<V>(self.name, source.as_deref()), source);
        status.max_staleness = self.max_staleness;
        status.enabled = settings.enabled;
        let mut shared = Shared::new(
            status,
            None,
            self.retirement,
            self.history,
            Flight::new(self.flight),
        );
        shared.only_task_notifies = runtime::is_engines();
        let shared = Arc::new(shared);
        if let Some(inside) = (self.mode.inside)(&self.reload) {
            shared.inside.get_or_init(|| inside);
        }
        let engine = Engine {
            pipeline: Pipeline {
                shared: Arc::clone(&shared),
                sameness: self.sameness,
                validators: self.validators.boxed(),
                participants: self.participants,
                keeper: self.keeper,
                removal: self.removal,
                empty_is_content: self.empty_is_content,
                admission: self.admission,
                copy: self.copy,
                deadline: Deadline::new(timing.deadline),
                state: LoadState::default().into(),
                restoring: Default::default(),
            },
            shared: Arc::clone(&shared),
            removed_clears: false,
            probation: self.probation,
            tuning: (timing.limits.attempts.is_some() || self.section.is_some()).then(|| {
                let section = self.section;
                Box::new(Tuning { timing, section })
            }),
            changes: self.changes.map(|compare| Box::new(Changes::new(compare))),
            free_on_thread: Some(free_on_thread),
        };
        let ending = Ending(Arc::clone(&shared));
        let run = (self.mode.run)(self.reload, engine, Arc::new(settings));
        let task = async move {
            let _ending = ending;
            run.await;
        };
        let keep: Arc<dyn Any + Send + Sync> = Arc::new(Owner(Arc::clone(&shared)));
        let control = Control::new(Arc::clone(&shared), Some(Arc::clone(&keep)));
        // A registry may stop the service before its task exists: that waits for this lock. No other owner exists yet.
        let slot = shared.task.try_lock();
        for observer in self.observers {
            shared.observe(observer);
        }
        let registries = &mut self.registries.iter();
        let registered = checked.map_err(|text| Error::new(ErrorKind::Misconfigured, text));
        let registered = registered
            .and_then(|()| registries.try_for_each(|registry| registry.register(control.target())));
        if registered.is_err() {
            shared.inbox.stop();
        }
        let first = first(&control, registered);
        let live = shared.publisher.live().kept_by(keep);
        if let Ok(mut slot) = slot {
            *slot = Some(runtime::spawn(task));
        }
        (live, control, first)
    }
}

/// Ends the task when it is dropped.
struct AbortOnDrop<R>(JoinHandle<R>);

impl<R> Drop for AbortOnDrop<R> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The result of a task that started a service.
pub(crate) fn started<R>(ended: Result<Result<R, Error>, JoinError>) -> Result<R, Error> {
    ended.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(error) => {
            let text = "the runtime was shut down while the service started";
            Err(Error::new(ErrorKind::Stopped, text).with_source(error))
        }
    })
}

/// The guard that holds values which are only to be validated, if there can be such values.
fn validate_only<V: 'static>(
    overrides: Option<&ReloadSettings>,
    section: Option<Section<V>>,
) -> Option<ValidateOnly<V>> {
    let always = overrides.is_some_and(|settings| settings.validate_only);
    match section {
        None => always.then(|| ValidateOnly(Box::new(|_| true))),
        Some(section) => Some(ValidateOnly(Box::new(move |candidate| {
            section(candidate).validate_only
        }))),
    }
}

/// Logs why a service does not start, if no caller waits for the start.
pub(crate) fn report(registered: Result<(), Error>) {
    if let Err(error) = registered {
        error!(target: "hot_reload", "the service does not start: {error}");
    }
}

/// Waits until a value is visible, or an error shows that none will be.
async fn first_value<V>(
    control: &Control<V>,
    mut events: Events,
    place: Option<String>,
) -> Result<(), Error> {
    let mut deadline = Instant::now() + FIRST_VALUE_DEADLINE;
    let mut last = None;
    loop {
        let event = timeout_at(deadline, events.next()).await;
        let event = event.map(|event| event.map(|event| event.kind));
        // The caller finds the value in the status, too.
        if control.status().generation.is_some() {
            return Ok(());
        }
        let about = |error: Error| match &place {
            Some(place) => error.about(place),
            None => error,
        };
        let error = match event {
            Ok(Some(EventKind::Load { outcome, .. })) => match outcome {
                Outcome::Missing => Error::new(ErrorKind::NotFound, "does not exist"),
                Outcome::Failed { error } | Outcome::Rejected { error, .. } => error,
                Outcome::Published { .. } | Outcome::Unchanged | Outcome::Held => continue,
            },
            Ok(Some(EventKind::Stopped) | None) => Error::new(
                ErrorKind::Stopped,
                "the service was stopped while it started",
            ),
            Ok(Some(_)) => continue,
            // The source bounds this wait itself. This deadline is for sources that do not answer.
            Err(_) if waits_for_writer(control) => {
                deadline = Instant::now() + FIRST_VALUE_DEADLINE;
                continue;
            }
            Err(_) => return Err(last.unwrap_or_else(|| about(no_answer()))),
        };
        let error = about(error);
        if !error.is_retryable() {
            return Err(error);
        }
        last = Some(error);
    }
}

fn waits_for_writer<V>(control: &Control<V>) -> bool {
    let hold = control.status().hold;
    hold.is_some_and(|hold| hold.reason == HoldReason::BeingWritten)
}

fn no_answer() -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("the source gave no value within {FIRST_VALUE_DEADLINE:?}"),
    )
}
