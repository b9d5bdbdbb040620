//! [`Builder`]: a service of the full surface, put together.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use super::board::{Board, Owner};
use super::control::{Control, Events};
use super::driver::Engine;
use super::feed::{Polled, Watched};
use super::pipeline::{Memory, Pipeline, Sameness, Validator};
use super::removal::{Removal, RemovalPolicy};
use super::settings::{FIRST_VALUE_DEADLINE, INTERVAL, INTERVAL_FLOOR, LOAD_DEADLINE, Settings};
use super::{ReloaderService, short_name};
use crate::error::{Error, ErrorKind, Location};
use crate::event::{Event, Outcome};
use crate::live::Live;
use crate::reload::Reload;
use crate::status::Status;
use crate::watch::{RealtimeWatch, WatchProfile};

/// A service to be: from [`ReloaderService::builder`].
///
/// # Default
///
/// - strategy: polling; [`realtime`](Self::realtime) and [`hybrid`](Self::hybrid) exist where the source can be watched
/// - [`interval`](Self::interval): 30 s, ±10 %
/// - [`heartbeat`](Self::heartbeat), [`quiet`](Self::quiet): what the source's [`WatchProfile`] says
/// - [`load_deadline`](Self::load_deadline): 10 s
/// - [`on_removal`](Self::on_removal): the last good value stays
/// - [`named`](Self::named): the name of the value's type
#[must_use = "a service begins with `start`"]
pub struct Builder<T, V, S> {
    reload: T,
    name: String,
    mode: Mode<T, V>,
    interval: Duration,
    heartbeat: Option<Duration>,
    quiet: Option<Duration>,
    load_deadline: Duration,
    sameness: Sameness<V>,
    validators: Vec<Validator<V>>,
    removal: Removal<V>,
    _error: PhantomData<fn() -> S>,
}

/// The strategy, and how a source of its capability is run.
struct Mode<T, V> {
    settings: fn(Duration, WatchProfile) -> Settings,
    profile: fn(&T) -> WatchProfile,
    run: fn(T, Engine<V>, Settings) -> BoxFuture<'static, ()>,
}

impl<T, V, S> ReloaderService<T, V, S>
where
    T: Reload<V, S> + Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: Into<Cow<'static, str>> + Display + 'static,
{
    /// A service of the full surface. A loaded value that equals the visible one is no change.
    pub fn builder(reload: T) -> Builder<T, V, S>
    where
        V: PartialEq,
    {
        Builder::new(reload, Sameness::Equal(V::eq))
    }

    /// As [`builder`](Self::builder), for a value that cannot be compared: it is a change if the source's revision is
    /// another one. A source without revisions publishes whatever it loads.
    pub fn builder_by_revision(reload: T) -> Builder<T, V, S> {
        Builder::new(reload, Sameness::Revision)
    }
}

impl<T, V, S> Builder<T, V, S>
where
    T: Reload<V, S> + Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: Into<Cow<'static, str>> + Display + 'static,
{
    fn new(reload: T, sameness: Sameness<V>) -> Self {
        Self {
            reload,
            name: short_name::<V>(),
            mode: Mode {
                settings: |interval, _| Settings::polling(interval),
                profile: |_| WatchProfile::unknown(),
                run: |reload, engine, settings| {
                    Box::pin(async move {
                        let feed = Polled::<T, S>(&reload, PhantomData);
                        engine.run(settings, &feed).await;
                    })
                },
            },
            interval: INTERVAL,
            heartbeat: None,
            quiet: None,
            load_deadline: LOAD_DEADLINE,
            sameness,
            validators: Vec::new(),
            removal: Removal::Keep,
            _error: PhantomData,
        }
    }

    /// A watch, and polling only while it is not to be had. A change that the watch misses in silence stays unseen
    /// until the next one; [`hybrid`](Self::hybrid) has a heartbeat against that.
    ///
    /// Only for a source that can be watched:
    ///
    /// ```compile_fail,E0599
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(Clone)] struct OnlyPolled;
    /// # #[async_trait] impl Reload<u8> for OnlyPolled {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, u8> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<u8>, u8> { Ok(Some(1)) }
    /// # }
    /// let builder = ReloaderService::builder(OnlyPolled);
    /// builder.realtime();
    /// ```
    pub fn realtime(self) -> Self
    where
        T: RealtimeWatch<V, S>,
    {
        self.watched(Settings::realtime)
    }

    /// A watch with a heartbeat, and polling while the watch is not to be had or has missed a change.
    ///
    /// Only for a source that can be watched:
    ///
    /// ```compile_fail,E0599
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(Clone)] struct OnlyPolled;
    /// # #[async_trait] impl Reload<u8> for OnlyPolled {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, u8> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<u8>, u8> { Ok(Some(1)) }
    /// # }
    /// let builder = ReloaderService::builder(OnlyPolled);
    /// builder.hybrid();
    /// ```
    pub fn hybrid(self) -> Self
    where
        T: RealtimeWatch<V, S>,
    {
        self.watched(Settings::hybrid)
    }

    fn watched(self, settings: fn(Duration, WatchProfile) -> Settings) -> Self
    where
        T: RealtimeWatch<V, S>,
    {
        Self {
            mode: Mode {
                settings,
                profile: T::profile,
                run: |reload, engine, settings| {
                    Box::pin(async move {
                        let feed = Watched::<T, S>(&reload, PhantomData);
                        engine.run(settings, &feed).await;
                    })
                },
            },
            ..self
        }
    }

    /// How often the source is polled, at least every second. Under a watch: while that is not trusted.
    pub fn interval(self, interval: Duration) -> Self {
        Self {
            interval: interval.max(INTERVAL_FLOOR),
            ..self
        }
    }

    /// How often a [`hybrid`](Self::hybrid) service looks although its watch is trusted and says nothing.
    pub fn heartbeat(self, heartbeat: Duration) -> Self {
        Self {
            heartbeat: Some(heartbeat.max(INTERVAL_FLOOR)),
            ..self
        }
    }

    /// How long hints must be silent before a look. A stream of hints postpones it to four times that, and no longer.
    pub fn quiet(self, quiet: Duration) -> Self {
        Self {
            quiet: Some(quiet),
            ..self
        }
    }

    /// The longest that one load may take. After it, the load is dropped and the outcome is
    /// [`Failed`](Outcome::Failed).
    pub fn load_deadline(self, load_deadline: Duration) -> Self {
        Self {
            load_deadline,
            ..self
        }
    }

    /// Refuses values for which this says why not. Several validators are all asked.
    ///
    /// A refused value is never visible; the outcome is [`Rejected`](Outcome::Rejected) at stage
    /// [`Validate`](crate::Stage::Validate).
    pub fn validate<E: Display>(
        mut self,
        validator: impl Fn(&V) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let validator = move |value: &V| validator(value).map_err(|error| error.to_string());
        self.validators.push(Box::new(validator));
        self
    }

    /// What follows when the source holds nothing any more.
    pub fn on_removal(self, policy: RemovalPolicy<V>) -> Self
    where
        V: Clone,
    {
        Self {
            removal: policy.into(),
            ..self
        }
    }

    /// What logs and the status call the value.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    /// Starts the service, and returns after its first good value.
    ///
    /// The service runs in a task of its own, until [`Control::stop`] or until the last handle on it is dropped.
    ///
    /// # Errors
    ///
    /// Why there is no value: at once if the content is no good or the source holds nothing, and after 15 s if the
    /// source could not be reached. The service is stopped then.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the service is stopped.
    pub async fn start(self) -> Result<(Live<V>, Control<V>), Error> {
        let place = self.reload.source_name();
        let (live, control, events) = self.launch();
        match first_value(events, place).await {
            Ok(()) => Ok((live, control)),
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
    pub fn start_in_background(self) -> (Live<V>, Control<V>) {
        let (live, control, _) = self.launch();
        (live, control)
    }

    fn launch(self) -> (Live<V>, Control<V>, Events) {
        let mut settings = (self.mode.settings)(self.interval, (self.mode.profile)(&self.reload));
        settings.quiet = self.quiet.unwrap_or(settings.quiet);
        settings.heartbeat = match self.heartbeat {
            Some(heartbeat) if settings.heartbeat.is_some() => Some(heartbeat),
            _ => settings.heartbeat,
        };
        let status = Status::new(self.name, self.reload.source_name());
        let board = Arc::new(Board::new(status, None));
        let engine = Engine {
            pipeline: Pipeline {
                board: Arc::clone(&board),
                sameness: self.sameness,
                validators: self.validators,
                removal: self.removal,
                deadline: self.load_deadline,
                memory: Memory::default().into(),
            },
            board: Arc::clone(&board),
            removed_clears: false,
        };
        let ending = Ending(Arc::clone(&board));
        let run = (self.mode.run)(self.reload, engine, settings);
        let task = async move {
            let _ending = ending;
            run.await;
        };
        let keep: Arc<dyn Any + Send + Sync> = Arc::new(Owner(Arc::clone(&board)));
        let control = Control::new(Arc::clone(&board), Some(Arc::clone(&keep)));
        let events = control.events();
        let live = board.publisher.live().kept_by(keep);
        // Nobody else knows the board yet, so the lock is free.
        if let Ok(mut slot) = board.task.try_lock() {
            *slot = Some(tokio::spawn(task));
        }
        (live, control, events)
    }
}

impl<T, V, S> fmt::Debug for Builder<T, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.name)
            .field("interval", &self.interval)
            .field("load_deadline", &self.load_deadline)
            .field("removal", &self.removal)
            .finish_non_exhaustive()
    }
}

/// Tells everybody that the service has ended, also when its runtime ends and drops the task.
struct Ending<V>(Arc<Board<V>>);

impl<V> Drop for Ending<V> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Waits until a look has published, or there is no point in waiting.
async fn first_value(mut events: Events, place: Option<String>) -> Result<(), Error> {
    let deadline = Instant::now() + FIRST_VALUE_DEADLINE;
    let mut last = None;
    loop {
        let event = timeout_at(deadline, events.next()).await;
        let error = match event {
            Ok(Some(Event::Reload { outcome, .. })) => match outcome {
                Outcome::Missing => Error::new(ErrorKind::NotFound, "nothing is there"),
                Outcome::Failed { error } | Outcome::Rejected { error, .. } => error,
                _ => return Ok(()),
            },
            Ok(Some(Event::Stopped) | None) => Error::new(
                ErrorKind::Stopped,
                "the service was stopped while it started",
            ),
            Ok(Some(_)) => continue,
            Err(_) => return Err(last.unwrap_or_else(no_answer)),
        };
        let error = match &place {
            Some(place) if error.location().is_none() => error.at(Location::new(place)),
            _ => error,
        };
        if !error.is_retryable() {
            return Err(error);
        }
        last = Some(error);
    }
}

fn no_answer() -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("the source gave no value within {FIRST_VALUE_DEADLINE:?}"),
    )
}
