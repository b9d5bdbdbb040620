//! [`Service`]: the trait of the service that loads the configuration, on either surface of `hot_reload`.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hot_reload::{
    Builder, Changes, Control, FileReloader, Live, Registry, Reload, ReloadResult,
    ReloaderReceiver, ReloaderService,
};
use tokio::task::JoinSet;

use crate::config::ServerConfig;
use crate::error::ServerError;

/// The builder of the service that loads the server's file: from [`ServerConfig::builder`].
pub type ConfigBuilder = Builder<FileReloader<ServerConfig>, ServerConfig, String>;

/// The name of the configuration's service.
const NAME: &str = "config";

/// As on the compatible surface: a load may read many files over a slow network.
const LOAD_DEADLINE: Duration = Duration::from_secs(30);

/// The service that loads the configuration.
pub(crate) trait Service: Send {
    /// Waits for the next value. The first value counts. Cancel safe.
    ///
    /// # Errors
    ///
    /// [`ServerError::ReloadEnded`] once the service has ended.
    fn changed(&mut self) -> impl Future<Output = Result<(), ServerError>> + Send;

    /// Stops the service.
    fn stop(self) -> impl Future<Output = ()> + Send;
}

/// A service of the compatible surface, which runs in a task of the server.
///
/// The task is its own, so that a load from a file system that hangs does not delay the event loop.
pub(crate) struct CompatService {
    rx: ReloaderReceiver<ServerConfig, String>,
    reloading: JoinSet<ReloadResult<(), ServerConfig, String>>,
}

impl CompatService {
    pub(crate) fn new(
        rx: ReloaderReceiver<ServerConfig, String>,
        reloading: JoinSet<ReloadResult<(), ServerConfig, String>>,
    ) -> Self {
        Self { rx, reloading }
    }
}

impl Service for CompatService {
    async fn changed(&mut self) -> Result<(), ServerError> {
        tokio::select! {
            // The service only returns if it was set up wrongly, or stopped.
            Some(ended) = self.reloading.join_next() => Err(match ended {
                Ok(ended) => reload_ended(ended),
                Err(failed) => ServerError::ReloadEnded(failed.to_string()),
            }),
            changed = self.rx.changed() => changed.map_err(|error| reload_ended(Err(error))),
        }
    }

    async fn stop(mut self) {
        self.reloading.shutdown().await;
    }
}

fn reload_ended(result: ReloadResult<(), ServerConfig, String>) -> ServerError {
    ServerError::ReloadEnded(match result {
        Ok(()) => STOPPED.to_owned(),
        Err(error) => error.to_string(),
    })
}

/// Why a service has ended that was stopped through its control.
const STOPPED: &str = "it was stopped";

/// A service of the full surface, which runs in a task of its own.
pub(crate) struct BuilderService {
    control: Control<ServerConfig>,
    /// The validator reads the visible value through it. Its only owner is here, so that it does not keep the service running.
    visible: Arc<OnceLock<Live<ServerConfig>>>,
    live: Live<ServerConfig>,
    changes: Changes<ServerConfig>,
    has_value: bool,
}

impl ServerConfig {
    /// Configures the service that loads the file at this path, for [`Server::run`](crate::Server::run).
    ///
    /// Its name is `config`, and a load has 30 s. Like every builder, it polls unless a strategy is chosen.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use server_lib::{ServerConfig, ServerError};
    /// # async fn example() -> Result<(), ServerError> {
    /// let config = ServerConfig::builder("config.toml").await?;
    /// let config = config.hybrid().interval(Duration::from_secs(10));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// None at present.
    pub async fn builder(path: impl Into<String>) -> Result<ConfigBuilder, ServerError> {
        let reloader = FileReloader::new(&path.into())
            .await
            .map_err(|error| ServerError::Configuration(error.to_string()))?;
        // Without a watch too, loads wait for the writers of route files.
        reloader.follow_dependencies();
        Ok(ReloaderService::builder(reloader)
            .name(NAME)
            .load_deadline(LOAD_DEADLINE))
    }
}

impl BuilderService {
    /// Starts the service, and registers it.
    ///
    /// # Errors
    ///
    /// [`ServerError::Registry`] if the registry has a service of this name.
    pub(crate) fn start(config: ConfigBuilder, registry: &Registry) -> Result<Self, ServerError> {
        if let Some(other) = registry.get(NAME) {
            let source = other.source().unwrap_or("a source without a name");
            return Err(ServerError::Registry(format!(
                "the registry has a service named `{NAME}` on {source}; give each server a registry of its own"
            )));
        }
        let visible = Arc::new(OnceLock::<Live<ServerConfig>>::new());
        let before = Arc::downgrade(&visible);
        let validator = move |next: &ServerConfig| {
            let visible = before.upgrade();
            let now = visible.and_then(|visible| visible.get()?.try_get());
            now.map_or(Ok(()), |now| next.may_follow(&now))
        };
        let (live, control) = config
            .name(NAME)
            .validate(validator)
            .register(registry)
            .start_in_background();
        visible.get_or_init(|| live.clone());
        Ok(Self {
            control,
            visible,
            changes: live.subscribe(),
            live,
            has_value: false,
        })
    }

    pub(crate) fn control(&self) -> &Control<ServerConfig> {
        &self.control
    }

    pub(crate) fn live(&self) -> &Live<ServerConfig> {
        &self.live
    }
}

impl Service for BuilderService {
    async fn changed(&mut self) -> Result<(), ServerError> {
        let changed = match self.has_value {
            true => self.changes.changed().await,
            // The first value may have been published before the subscription.
            false => self.changes.wait_for(|_| true).await,
        };
        self.has_value = true;
        changed
            .map(drop)
            .ok_or_else(|| ServerError::ReloadEnded(STOPPED.to_owned()))
    }

    async fn stop(self) {
        self.control.stop().await;
        drop(self.visible);
    }
}
