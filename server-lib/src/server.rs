//! [`Server`]: its three entrypoints.

use std::net::SocketAddr;

use hot_reload::{Control, FileReloader, Live, ReloadResult, ReloaderReceiver, ReloaderService};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{debug, info};

use crate::config::ServerConfig;
use crate::context::ServerContext;
use crate::error::ServerError;
use crate::event_loop;
use crate::front::Front;
use crate::service::{BuilderService, CompatService, ConfigBuilder};

/// The service of the compatible surface that loads the server's file.
type Service = ReloaderService<FileReloader<ServerConfig>, ServerConfig, String>;

/// An HTTP server whose configuration is reloaded while it serves.
///
/// It has three entrypoints:
///
/// - [`run`](Self::run), on the full surface of `hot_reload`, takes all options of its builder;
/// - [`entrypoint`](Self::entrypoint), on the compatible surface, polls the file;
/// - [`entrypoint_with_realtime`](Self::entrypoint_with_realtime), on the compatible surface, follows the service's strategy.
///
/// All three run one event loop over new values, the first load, the listener and the shutdown. Requests do not pass through
/// it: each reads the newest value through [`Live`].
#[derive(Debug)]
pub struct Server {
    rx: ReloaderReceiver<ServerConfig, String>,
    context: ServerContext,
    listening: watch::Sender<Option<SocketAddr>>,
}

impl Server {
    /// A server on the compatible surface: it applies the values that `rx` receives.
    pub fn new(rx: ReloaderReceiver<ServerConfig, String>, context: ServerContext) -> Self {
        Self {
            rx,
            context,
            listening: watch::Sender::new(None),
        }
    }

    /// The address on which the server listens: `None` before it does and after it has ended.
    pub fn listening(&self) -> watch::Receiver<Option<SocketAddr>> {
        self.listening.subscribe()
    }

    /// Serves with the service that this builder configures. Returns when the context says stop and the open requests have
    /// ended.
    ///
    /// The service has the name `config` in the context's registry. It stops before this returns.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hot_reload::event::Requester;
    /// use server_lib::{Server, ServerConfig, ServerContext, Shutdown};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("config.toml").display().to_string();
    /// # std::fs::write(&path, "id = 1\nname = 'a'\nlisten = '127.0.0.1:0'\n")?;
    /// let config = ServerConfig::builder(&path).await?;
    /// let config = config.hybrid().interval(Duration::from_secs(10)).history(5);
    /// let shutdown = Shutdown::new();
    /// let context = ServerContext::new(shutdown.clone());
    ///
    /// // What an admin endpoint or a signal does: it reloads all services of the server.
    /// let registry = context.registry().clone();
    /// tokio::spawn(async move {
    ///     for (target, receipt) in registry.reload_all(Requester::Signal).await {
    ///         println!("{}: {receipt}", target.name());
    ///     }
    /// #   shutdown.stop();
    /// });
    /// Server::run(config, context).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`entrypoint`](Self::entrypoint), and if the registry has a service named `config`.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the server and its service stop, and open requests are cut off.
    pub async fn run(config: ConfigBuilder, context: ServerContext) -> Result<(), ServerError> {
        let service = BuilderService::start(config, context.registry())?;
        let (control, live) = (service.control().clone(), service.live().clone());
        info!("starting");
        let front = Front::new(context.clone(), &control, live, watch::Sender::new(None));
        event_loop::run(service, &control, front, &context).await
    }

    /// Serves, and polls the file. Returns when the context says stop and the open requests have ended.
    ///
    /// The service has the name `ServerConfig` in the context's registry, after the type of its value.
    ///
    /// ```
    /// use hot_reload::{ReloaderConfig, ReloaderService};
    /// use server_lib::{Server, ServerContext, Shutdown};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("config.toml").display().to_string();
    /// # std::fs::write(&path, "id = 1\nname = 'a'\nlisten = '127.0.0.1:0'\n")?;
    /// let (service, rx) = ReloaderService::new(&path, ReloaderConfig::polling(10)).await?;
    /// let shutdown = Shutdown::new();
    /// let server = Server::new(rx, ServerContext::new(shutdown.clone()));
    /// # shutdown.stop();
    /// server.entrypoint(service).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the first load finds no valid configuration, if its listen address cannot be used, or if a part of the server
    /// fails.
    pub async fn entrypoint(&self, service: Service) -> Result<(), ServerError> {
        // Without a watch too, loads wait for the writers of route files.
        service.reloader().follow_dependencies();
        let service = refusing_plaintext(service);
        let (control, live) = (service.control(), service.live());
        let mut reloading = JoinSet::new();
        reloading.spawn(async move { service.start().await });
        info!("starting, the file is polled");
        self.serve(reloading, &control, live).await
    }

    /// Serves, and watches the file by the service's strategy. Otherwise as [`entrypoint`](Self::entrypoint).
    ///
    /// ```
    /// use hot_reload::{ReloaderConfig, ReloaderService};
    /// use server_lib::{Server, ServerContext, Shutdown};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("config.toml").display().to_string();
    /// # std::fs::write(&path, "id = 1\nname = 'a'\nlisten = '127.0.0.1:0'\n")?;
    /// let (service, rx) = ReloaderService::new(&path, ReloaderConfig::hybrid(10)).await?;
    /// let shutdown = Shutdown::new();
    /// let server = Server::new(rx, ServerContext::new(shutdown.clone()));
    /// # shutdown.stop();
    /// server.entrypoint_with_realtime(service).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`entrypoint`](Self::entrypoint).
    pub async fn entrypoint_with_realtime(&self, service: Service) -> Result<(), ServerError> {
        let service = refusing_plaintext(service);
        let (control, live) = (service.control(), service.live());
        let mut reloading = JoinSet::new();
        reloading.spawn(async move { service.start_with_realtime().await });
        info!("starting, the file is watched");
        self.serve(reloading, &control, live).await
    }

    /// Serves with a service of the compatible surface, which runs in the task `reloading`.
    async fn serve(
        &self,
        reloading: JoinSet<ReloadResult<(), ServerConfig, String>>,
        control: &Control<ServerConfig>,
        live: Live<ServerConfig>,
    ) -> Result<(), ServerError> {
        // Two servers may share a context, and then the registry has the first one's service.
        if let Err(error) = self.context.registry().register(control.target()) {
            debug!("{error}");
        }
        let (context, listening) = (self.context.clone(), self.listening.clone());
        let service = CompatService::new(self.rx.clone(), reloading);
        let front = Front::new(context, control, live, listening);
        event_loop::run(service, control, front, &self.context).await
    }
}

/// Adds the validator of changes: [`ServerConfig::may_follow`].
fn refusing_plaintext(service: Service) -> Service {
    let live = service.live();
    service.with_validator(move |next| match live.try_get() {
        Some(now) => next.may_follow(&now),
        None => Ok(()),
    })
}
