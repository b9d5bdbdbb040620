//! [`ReloaderService`]: a source joined with the engine, for the compatible surface.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::control::Control;
use super::driver::Engine;
use super::feed::SourceFeed;
use super::flight::{ENTRIES, Flight};
use super::pipeline::Pipeline;
use super::pipeline::candidate::Sameness;
use super::pipeline::deadline::Deadline;
use super::pipeline::prepare::Participants;
use super::pipeline::state::LoadState;
use super::pipeline::validate::Validators;
use super::policy::removal::Removal;
use super::policy::retire::Retirement;
use super::settings::{COMPAT_LOAD_DEADLINE, PREPARE_DEADLINE, Settings};
use super::shared::{Ending, Mirror, Shared};
use crate::compat::{ReloaderConfig, ReloaderReceiver, ReloaderSender, WatchStrategy};
use crate::error::ReloadResult;
use crate::live::Live;
use crate::reload::Reload;
use crate::status::Status;
use crate::watch::RealtimeWatch;

/// A source, as a [`Reload`], together with the engine that loads it.
///
/// There are two ways to use it. The [`builder`](Self::builder) makes a service with a task of its own; [`Live`] reads it. The
/// compatible surface ([`new`](Self::new), [`start`](Self::start)) makes a service that runs inside the future of `start`; a
/// [`ReloaderReceiver`] reads it. The value of the compatible surface need be neither `Send` nor `'static`.
///
/// Dropping a `ReloaderService` ends it: [`changed`](ReloaderReceiver::changed) of its receivers returns an error.
///
/// The compatible surface:
///
/// ```
/// use hot_reload::{Reload, ReloadResult, ReloaderConfig, ReloaderService, async_trait};
/// # #[derive(Clone)]
/// # struct Motto;
/// # #[async_trait]
/// # impl Reload<String> for Motto {
/// #     type Source = ();
/// #     async fn new(_: &()) -> ReloadResult<Self, String> { Ok(Self) }
/// #     async fn reload(&self) -> ReloadResult<Option<String>, String> { Ok(Some("keep".to_owned())) }
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> ReloadResult<(), String> {
/// let config = ReloaderConfig::polling(10);
/// let (service, mut receiver) = ReloaderService::<Motto, String>::new(&(), config).await?;
/// tokio::spawn(async move { service.start().await });
/// receiver.changed().await?;
/// assert_eq!(receiver.get().as_deref(), Some("keep"));
/// # Ok(())
/// # }
/// ```
pub struct ReloaderService<T, V, S = &'static str> {
    reload: T,
    engine: Engine<V>,
    config: ReloaderConfig,
    _ending: Ending<V>,
    _error: PhantomData<fn() -> S>,
}

impl<T, V, S> ReloaderService<T, V, S>
where
    T: Reload<V, S> + Clone,
    V: Eq + Clone,
    S: Into<Cow<'static, str>> + Display,
{
    /// Makes a service and its first receiver. Nothing is loaded before `start`. The first load is a change.
    ///
    /// # Errors
    ///
    /// The error of [`Reload::new`].
    pub async fn new(
        source: &T::Source,
        config: ReloaderConfig,
    ) -> ReloadResult<(Self, ReloaderReceiver<V, S>), V, S> {
        let reload = T::new(source).await?;
        let sender = Arc::new(ReloaderSender::new(tokio::sync::watch::Sender::new(None)));
        let receiver = ReloaderReceiver::new(sender.subscribe());
        let mirror = Mirror {
            sender,
            copy: V::clone,
        };
        let source = reload.source_name();
        let status = Status::new(default_name::<V>(None, source.as_deref()), source);
        let shared = Arc::new(Shared::new(
            status,
            Some(mirror),
            Retirement::at_once(),
            0,
            Flight::new(ENTRIES),
        ));
        let engine = Engine {
            pipeline: Pipeline {
                shared: Arc::clone(&shared),
                sameness: match config.force_reload {
                    false => Sameness::Equal(V::eq),
                    true => Sameness::Never,
                },
                validators: None,
                participants: Participants::none(PREPARE_DEADLINE),
                keeper: None,
                removal: Removal::Keep,
                empty_is_content: false,
                admission: Vec::new(),
                copy: None,
                deadline: Deadline::new(COMPAT_LOAD_DEADLINE),
                state: LoadState::default().into(),
                restoring: Default::default(),
            },
            shared: Arc::clone(&shared),
            removed_clears: true,
            probation: None,
            changes: None,
            tuning: None,
            // A value of this surface may be bound to its thread.
            free_on_thread: None,
        };
        let service = Self {
            reload,
            engine,
            config,
            _ending: Ending(shared),
            _error: PhantomData,
        };
        Ok((service, receiver))
    }

    /// As [`new`](Self::new), with the default configuration: polling every 10 seconds.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub async fn with_defaults(
        source: &T::Source,
    ) -> ReloadResult<(Self, ReloaderReceiver<V, S>), V, S> {
        Self::new(source, ReloaderConfig::default()).await
    }

    /// As [`new`](Self::new), polling with this interval in seconds.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub async fn with_delay(
        source: &T::Source,
        watch_delay_sec: u32,
    ) -> ReloadResult<(Self, ReloaderReceiver<V, S>), V, S> {
        Self::new(source, ReloaderConfig::polling(watch_delay_sec)).await
    }

    /// Runs the service by polling. Returns only after [`Control::stop`].
    ///
    /// No failure of the source ends it. You may drop the future at any time and call `start` again. If two run at once, the
    /// second waits for the end of the first.
    ///
    /// # Errors
    ///
    /// At once, if the configuration uses a watch. Start such a service by [`start_with_realtime`](Self::start_with_realtime).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropping the future halts the service, and a later future continues it. In a loop around `select!`, make
    /// the future once, before the loop.
    pub async fn start(&self) -> ReloadResult<(), V, S> {
        if self.config.strategy != WatchStrategy::Polling {
            return Err(anyhow::anyhow!(
                "`start` only polls; a service with a watch is started by `start_with_realtime`"
            )
            .into());
        }
        let feed = SourceFeed::polled(&self.reload);
        self.engine.run(Arc::new(self.polling()), &feed).await;
        Ok(())
    }

    /// Sets the deadline of one load. Default: 30 s.
    #[must_use]
    pub fn with_load_deadline(mut self, load_deadline: Duration) -> Self {
        self.engine.pipeline.deadline = Deadline::new(load_deadline);
        self
    }

    /// Adds a validator, as [`Builder::validate`](crate::Builder::validate) does: a value is rejected if it returns an error.
    #[must_use]
    pub fn with_validator<E: Display>(
        mut self,
        validator: impl Fn(&V) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let validator = move |value: &V| validator(value).map_err(|error| error.to_string());
        let validators = &mut self.engine.pipeline.validators;
        let validators =
            validators.get_or_insert_with(|| Box::new(Validators::none(PREPARE_DEADLINE)));
        validators.at_once.push(Box::new(validator));
        self
    }

    /// Whether content that becomes empty or blank is treated like any other, so that it is loaded and published, as in
    /// release 0.3.6. Default: `false`.
    #[must_use]
    pub fn with_empty_is_content(mut self, is_content: bool) -> Self {
        self.engine.pipeline.empty_is_content = is_content;
        self
    }

    /// The reloader that loads the value.
    pub fn reloader(&self) -> &T {
        &self.reload
    }

    /// Returns another receiver. The current value, if there is one, counts as a change for it.
    pub fn receiver(&self) -> ReloaderReceiver<V, S> {
        let mirror = self.engine.shared.mirror();
        ReloaderReceiver::new(match mirror {
            Some(mirror) => mirror.sender.subscribe(),
            // The service has ended; the channel of this receiver has, too.
            None => {
                let last = self.live().try_get().map(|last| last.value().clone());
                tokio::sync::watch::channel(last).1
            }
        })
    }

    /// A read handle of the full surface on the same service.
    ///
    /// It does not keep the service running; the `ReloaderService` does. There is no value before the first load: await
    /// [`Live::ready`].
    pub fn live(&self) -> Live<V> {
        self.engine.shared.publisher.live()
    }

    /// The commands of the full surface on the same service. It does not keep the service running.
    pub fn control(&self) -> Control<V> {
        Control::new(Arc::clone(&self.engine.shared), None)
    }

    fn polling(&self) -> Settings {
        Settings::polling(self.interval())
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(self.config.watch_delay_sec.into())
    }
}

impl<T, V, S> ReloaderService<T, V, S>
where
    T: RealtimeWatch<V, S> + Clone,
    V: Eq + Clone,
    S: Into<Cow<'static, str>> + Display,
{
    /// Runs the service by its strategy, with a watch if the strategy uses one. Otherwise as [`start`](Self::start).
    ///
    /// # Errors
    ///
    /// None at present. While a watch cannot be opened, the service polls and opens it again.
    pub async fn start_with_realtime(&self) -> ReloadResult<(), V, S> {
        let profile = self.reload.profile();
        let settings = Settings::of(self.config.strategy, self.interval(), profile);
        let feed = SourceFeed::watched(&self.reload);
        self.engine.run(Arc::new(settings), &feed).await;
        Ok(())
    }
}

impl<T, V, S> fmt::Debug for ReloaderService<T, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReloaderService")
            .field("config", &self.config)
            .field("shared", &self.engine.shared)
            .finish_non_exhaustive()
    }
}

/// The name of a service: the one that was set, or that of its source, or that of the value's type.
pub(crate) fn default_name<V>(set: Option<String>, source: Option<&str>) -> String {
    set.or_else(|| source.map(str::to_owned))
        .unwrap_or_else(short_name::<V>)
}

/// The name of a type without its modules.
fn short_name<V>() -> String {
    let name = std::any::type_name::<V>();
    let head = name.split('<').next().unwrap_or(name);
    head.rsplit("::").next().unwrap_or(name).to_owned()
}
