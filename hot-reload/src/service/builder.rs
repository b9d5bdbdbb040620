//! [`Builder`]: a service of the full surface, put together.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::doubt::Doubts;
use super::driver::Engine;
use super::feed::{Polled, Watched};
use super::flight::ENTRIES;
use super::keep::Keeper;
use super::pipeline::Sameness;
use super::prepare::Participants;
use super::probation::Probation;
use super::removal::{Removal, RemovalPolicy};
use super::retire::Retirement;
use super::settings::{LOAD_DEADLINE, LONGEST, PREPARE_DEADLINE, Settings};
use super::validate::Validators;
use super::{ReloaderService, short_name};
use crate::participant::Participant;
use crate::reload::Reload;
use crate::watch::{RealtimeWatch, WatchProfile};

/// A service to be: from [`ReloaderService::builder`].
///
/// # Default
///
/// - strategy: polling; [`realtime`](Self::realtime) and [`hybrid`](Self::hybrid) exist where the source can be watched
/// - [`interval`](Self::interval): 30 s; under `realtime` and `hybrid`, what the source's [`WatchProfile`] says
/// - [`heartbeat`](Self::heartbeat), [`quiet`](Self::quiet): what the source's [`WatchProfile`] says
/// - [`load_deadline`](Self::load_deadline), [`prepare_deadline`](Self::prepare_deadline): 10 s
/// - [`max_staleness`](Self::max_staleness): none, a look that fails makes the value stale at once
/// - [`on_removal`](Self::on_removal): the last good value stays
/// - [`history`](Self::history): nothing is kept
/// - [`flight_recorder`](Self::flight_recorder): 32 entries
/// - [`retire_after`](Self::retire_after): at once, when nobody reads it any more
/// - [`named`](Self::named): the name of the value's type
#[must_use = "a service begins with `start`"]
pub struct Builder<T, V, S> {
    pub(super) reload: T,
    pub(super) name: String,
    pub(super) mode: Mode<T, V>,
    pub(super) interval: Option<Duration>,
    pub(super) heartbeat: Option<Duration>,
    pub(super) quiet: Option<Duration>,
    pub(super) load_deadline: Duration,
    pub(super) max_staleness: Option<Duration>,
    pub(super) sameness: Sameness<V>,
    pub(super) validators: Validators<V>,
    pub(super) participants: Participants<V>,
    pub(super) keeper: Option<Arc<dyn Keeper<V>>>,
    pub(super) removal: Removal<V>,
    pub(super) empty_is_content: bool,
    pub(super) retirement: Retirement<V>,
    pub(super) doubts: Vec<Box<dyn Doubts<V>>>,
    pub(super) history: usize,
    pub(super) copy: Option<fn(&V) -> V>,
    pub(super) probation: Option<Probation<V>>,
    /// How many entries the flight recorder keeps.
    pub(super) flight: usize,
    pub(super) _error: PhantomData<fn() -> S>,
}

/// The strategy, and how a source of its capability is run.
pub(super) struct Mode<T, V> {
    pub(super) source_name: fn(&T) -> Option<String>,
    /// What the source is made of, if it is made of other services.
    pub(super) inside: fn(&T) -> Option<Arc<dyn Any + Send + Sync>>,
    pub(super) settings: fn(Duration, WatchProfile) -> Settings,
    pub(super) profile: fn(&T) -> WatchProfile,
    pub(super) run: fn(T, Engine<V>, Arc<Settings>) -> BoxFuture<'static, ()>,
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
        let mode = Mode {
            source_name: T::source_name,
            inside: |_| None,
            settings: |interval, _| Settings::polling(interval),
            profile: |_| WatchProfile::unknown(),
            run: |reload, engine, settings| {
                Box::pin(async move {
                    let feed = Polled::<T, S>(&reload, PhantomData);
                    engine.run(settings, &feed).await;
                })
            },
        };
        Self::with(reload, sameness, mode)
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

    /// A watch with a heartbeat, and polling while there is no watch or it is not trusted.
    ///
    /// While the watch is trusted, no pause between two loads is longer than the [`heartbeat`](Self::heartbeat). Otherwise
    /// none is longer than the [`interval`](Self::interval) or the heartbeat, whichever is shorter. Both bounds hold after
    /// every outcome of a load.
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
                ..self.mode
            },
            ..self
        }
    }
}

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// With nothing asked for yet.
    pub(super) fn with(reload: T, sameness: Sameness<V>, mode: Mode<T, V>) -> Self {
        Self {
            reload,
            name: short_name::<V>(),
            mode,
            interval: None,
            heartbeat: None,
            quiet: None,
            load_deadline: LOAD_DEADLINE,
            max_staleness: None,
            sameness,
            validators: Validators::none(PREPARE_DEADLINE),
            participants: Participants::none(PREPARE_DEADLINE),
            keeper: None,
            removal: Removal::Keep,
            empty_is_content: false,
            retirement: Retirement::at_once(),
            doubts: Vec::new(),
            history: 0,
            copy: None,
            probation: None,
            flight: ENTRIES,
            _error: PhantomData,
        }
    }

    /// The longest pause between two loads while no watch is trusted, at least 1 s. Each pause is shortened by up to a tenth
    /// at random, so that many services do not poll together.
    ///
    /// # Default
    ///
    /// 30 s; under a watch, what the source's [`WatchProfile`] says, which is 10 s for a local file.
    pub fn interval(self, interval: Duration) -> Self {
        Self {
            interval: Some(interval),
            ..self
        }
    }

    /// The longest pause between two loads of a [`hybrid`](Self::hybrid) service, at least 1 s. Each pause is shortened by up
    /// to a tenth at random. A source that cannot watch everything
    /// [asks for a shorter one](crate::SourceStatus::heartbeat) meanwhile.
    ///
    /// # Default
    ///
    /// What the source's [`WatchProfile`] says: 60 s for a local file.
    pub fn heartbeat(self, heartbeat: Duration) -> Self {
        Self {
            heartbeat: Some(heartbeat),
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
    /// [`Failed`](crate::Outcome::Failed).
    pub fn load_deadline(self, load_deadline: Duration) -> Self {
        Self {
            load_deadline,
            ..self
        }
    }

    /// Refuses values for which this says why not. Several validators are all asked.
    ///
    /// A refused value is never visible; the outcome is [`Rejected`](crate::Outcome::Rejected) at stage
    /// [`Validate`](crate::Stage::Validate).
    pub fn validate<E: Display>(
        mut self,
        validator: impl Fn(&V) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let validator = move |value: &V| validator(value).map_err(|error| error.to_string());
        self.validators.at_once.push(Box::new(validator));
        self
    }

    /// As [`validate`](Self::validate), for what takes time to find out: whether a host can be reached, whether a query works.
    ///
    /// Asked when the other validators agree, all at the same time, and each for no longer than the
    /// [`prepare_deadline`](Self::prepare_deadline). One that does not answer in time refuses the value.
    ///
    /// ```
    /// # use hot_reload::{Reload, ReloadResult, ReloaderService, async_trait};
    /// # #[derive(Clone)] struct Hosts;
    /// # #[async_trait] impl Reload<String> for Hosts {
    /// #     type Source = ();
    /// #     async fn new(_: &()) -> ReloadResult<Self, String> { Ok(Self) }
    /// #     async fn reload(&self) -> ReloadResult<Option<String>, String> { Ok(Some("localhost".to_owned())) }
    /// # }
    /// use futures_util::FutureExt;
    ///
    /// let builder = ReloaderService::builder(Hosts).validate_async(|host: &String| {
    ///     async move {
    ///         tokio::net::lookup_host((host.as_str(), 80)).await?;
    ///         Ok::<_, std::io::Error>(())
    ///     }
    ///     .boxed()
    /// });
    /// # drop(builder);
    /// ```
    pub fn validate_async<E: Display + 'static>(
        mut self,
        validator: impl for<'v> Fn(&'v V) -> BoxFuture<'v, Result<(), E>> + Send + Sync + 'static,
    ) -> Self {
        self.validators.in_time.push(Box::new(move |value| {
            let answer = validator(value);
            Box::pin(async move { answer.await.map_err(|error| error.to_string()) })
        }));
        self
    }

    /// A component that has to be ready for a value before it becomes visible. Several are asked at the same time.
    ///
    /// The name stands in the [`Receipt`](crate::Receipt) and in errors.
    pub fn participant(
        mut self,
        name: impl Into<String>,
        participant: impl Participant<V> + 'static,
    ) -> Self {
        self.participants.add(name.into(), participant);
        self
    }

    /// The longest that an async validator, or one call of a participant, may take: 10 s, unless this says otherwise.
    pub fn prepare_deadline(mut self, prepare_deadline: Duration) -> Self {
        self.validators.deadline = prepare_deadline.min(LONGEST);
        self.participants.deadline = prepare_deadline.min(LONGEST);
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
