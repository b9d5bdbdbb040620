//! [`Builder`]: configures a service of the full surface.

mod options;
pub(crate) mod start;
mod strategy;

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::admission::Admission;
use super::driver::Engine;
use super::driver::timing::Limits;
use super::feed::SourceFeed;
use super::flight::ENTRIES;
use super::pipeline::candidate::Sameness;
use super::pipeline::prepare::Participants;
use super::pipeline::validate::Validators;
use super::policy::changes::Compare;
use super::policy::keeper::Keeper;
use super::policy::probation::Probation;
use super::policy::removal::Removal;
use super::policy::retire::Retirement;
use super::policy::settings::{ReloadSettings, Section};
use super::record::observer::Observer;
use super::registry::Registry;
use super::settings::{LOAD_DEADLINE, PREPARE_DEADLINE, Settings};
use crate::compat::WatchStrategy;
use crate::reload::Reload;
use crate::watch::WatchProfile;

/// The configuration of a service: from [`ReloaderService::builder`](crate::ReloaderService::builder).
///
/// # Default
///
/// - strategy: polling; [`realtime`](Self::realtime) and [`hybrid`](Self::hybrid) exist for sources with a watch
/// - [`interval`](Self::interval): 30 s; with a watch, the interval of the source's [`WatchProfile`]
/// - [`heartbeat`](Self::heartbeat), [`debounce`](Self::debounce): those of the source's [`WatchProfile`]
/// - [`load_deadline`](Self::load_deadline), [`prepare_deadline`](Self::prepare_deadline): 10 s
/// - [`rate`](Self::rate): that of the source's [`WatchProfile`]; [`jitter`](Self::jitter): zero
/// - [`max_attempts`](Self::max_attempts): none; [`enabled`](Self::enabled): `true`
/// - [`settings`](Self::settings), [`settings_from`](Self::settings_from): none
/// - [`max_staleness`](Self::max_staleness): none; a load that fails makes the value stale at once
/// - `changed_paths` (feature `diff`): values are not compared
/// - `value_revisions` (feature `diff`): values have none
/// - [`on_removal`](Self::on_removal): the last good value stays
/// - [`history`](Self::history): nothing is kept
/// - [`flight_recorder`](Self::flight_recorder): 32 entries
/// - [`retire_after`](Self::retire_after): zero; a replaced value is freed once nobody reads it
/// - [`name`](Self::name): the name of the source; if it has none, the name of the value's type
#[must_use = "a service begins with `start`"]
pub struct Builder<T, V, S> {
    pub(crate) reload: T,
    pub(crate) name: Option<String>,
    pub(crate) mode: Mode<T, V>,
    pub(crate) interval: Option<Duration>,
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) debounce: Option<Duration>,
    pub(crate) limits: Limits,
    /// Settings that override the options.
    pub(crate) overrides: Option<Box<ReloadSettings>>,
    /// The settings that a value has.
    pub(crate) section: Option<Section<V>>,
    pub(crate) load_deadline: Duration,
    pub(crate) max_staleness: Option<Duration>,
    pub(crate) sameness: Sameness<V>,
    pub(crate) validators: Validators<V>,
    pub(crate) changes: Option<Arc<dyn Compare<V>>>,
    pub(crate) participants: Participants<V>,
    pub(crate) keeper: Option<Arc<dyn Keeper<V>>>,
    pub(crate) removal: Removal<V>,
    pub(crate) empty_is_content: bool,
    pub(crate) retirement: Retirement<V>,
    pub(crate) admission: Vec<Box<dyn Admission<V>>>,
    pub(crate) history: usize,
    pub(crate) copy: Option<fn(&V) -> V>,
    pub(crate) probation: Option<Probation<V>>,
    /// How many entries the flight recorder keeps.
    pub(crate) flight: usize,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
    pub(crate) registries: Vec<Registry>,
    pub(crate) _error: PhantomData<fn() -> S>,
}

/// The strategy, and the functions that run a source of its kind.
pub(crate) struct Mode<T, V> {
    pub(crate) source_name: fn(&T) -> Option<String>,
    /// The members, if the source is made of other services.
    pub(crate) inside: fn(&T) -> Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) strategy: WatchStrategy,
    pub(crate) profile: fn(&T) -> WatchProfile,
    pub(crate) run: fn(T, Engine<V>, Arc<Settings>) -> BoxFuture<'static, ()>,
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
            strategy: WatchStrategy::Polling,
            profile: |_| WatchProfile::unknown(),
            run: |reload, engine, settings| {
                Box::pin(async move {
                    let feed = SourceFeed::<T, V, S>::polled(&reload);
                    engine.run(settings, &feed).await;
                })
            },
        };
        Self::with(reload, sameness, mode)
    }
}

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Creates a builder with the default options.
    pub(crate) fn with(reload: T, sameness: Sameness<V>, mode: Mode<T, V>) -> Self {
        Self {
            reload,
            name: None,
            mode,
            interval: None,
            heartbeat: None,
            debounce: None,
            limits: Limits::default(),
            overrides: None,
            section: None,
            load_deadline: LOAD_DEADLINE,
            max_staleness: None,
            sameness,
            validators: Validators::none(PREPARE_DEADLINE),
            changes: None,
            participants: Participants::none(PREPARE_DEADLINE),
            keeper: None,
            removal: Removal::Keep,
            empty_is_content: false,
            retirement: Retirement::at_once(),
            admission: Vec::new(),
            history: 0,
            copy: None,
            probation: None,
            flight: ENTRIES,
            observers: Vec::new(),
            registries: Vec::new(),
            _error: PhantomData,
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
