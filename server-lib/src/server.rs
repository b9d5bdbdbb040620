//! [`Server`]: the loops that connect the service of a file with the listener and the connections.

use std::future::pending;
use std::net::SocketAddr;
use std::pin::pin;

use hot_reload::event::EventKind;
use hot_reload::{FileReloader, Outcome, ReloaderReceiver, ReloaderService};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::info;

use crate::config::ServerConfig;
use crate::context::ServerContext;
use crate::error::ServerError;
use crate::front::Front;

/// The service that follows the server's file.
type Service = ReloaderService<FileReloader<ServerConfig>, ServerConfig, String>;

/// A server that follows its file.
///
/// Each entrypoint is one loop over four things: the service, changes of its value, the listener, and the shutdown.
/// Requests do not pass through it. They read the newest value through [`Live`](hot_reload::Live).
///
/// ```no_run
/// use hot_reload::{ReloaderConfig, ReloaderService};
/// use server_lib::{Server, ServerContext, Shutdown};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let (service, rx) = ReloaderService::new(&"config.toml".to_owned(), ReloaderConfig::hybrid(10)).await?;
/// let server = Server::new(rx, ServerContext::new(Shutdown::new()));
/// server.entrypoint_with_realtime(service).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    rx: ReloaderReceiver<ServerConfig, String>,
    context: ServerContext,
    listening: watch::Sender<Option<SocketAddr>>,
}

impl Server {
    /// A server that will follow what `rx` receives.
    pub fn new(rx: ReloaderReceiver<ServerConfig, String>, context: ServerContext) -> Self {
        Self {
            rx,
            context,
            listening: watch::Sender::new(None),
        }
    }

    /// Where the server listens: `None` before it does and after it has ended.
    pub fn listening(&self) -> watch::Receiver<Option<SocketAddr>> {
        self.listening.subscribe()
    }

    /// Serves, and polls the file. Returns when the context says stop and the open requests have ended.
    ///
    /// # Errors
    ///
    /// If the first load finds no valid configuration, if its listen address cannot be used, or if a part of the server
    /// fails.
    pub async fn entrypoint(&self, service: Service) -> Result<(), ServerError> {
        let mut rx = self.rx.clone();
        let service = safe(service);
        let mut front = self.front(&service);
        let mut refused = pin!(refused(&service));
        // Without a watch too, loads wait for the writers of route files.
        service.reloader().follow_dependencies();
        // In a task of its own: polling loads where it runs, and a file system that hangs must not hold up the end.
        let mut reloading = JoinSet::new();
        reloading.spawn(async move { service.start().await });
        info!("starting, the file is polled");
        loop {
            tokio::select! {
                // The service runs in here: it loads, checks and publishes. It only returns if it was set up wrongly.
                Some(ended) = reloading.join_next() => return Err(match ended {
                    Ok(ended) => reload_ended(ended),
                    Err(failed) => ServerError::ReloadEnded(failed.to_string()),
                }),
                // The first load decides whether there is a server. Later refusals are only logged.
                why = &mut refused => return Err(why),
                // A new value was published. Requests see it already; the front still has to move.
                news = rx.changed() => match news {
                    Ok(()) => front.follow().await?,
                    Err(error) => return Err(reload_ended(Err(error))),
                },
                // The listener accepts in a task of its own. This wakes for a second try at an address that was in use.
                woken = front.accepting() => {
                    woken?;
                    front.move_again().await;
                }
                () = self.context.shutdown.stopped() => break,
            }
        }
        info!("stopping, open requests are finished");
        front.drain().await;
        Ok(())
    }

    /// Serves, and watches the file by the service's strategy. Otherwise as [`entrypoint`](Self::entrypoint).
    ///
    /// # Errors
    ///
    /// As [`entrypoint`](Self::entrypoint).
    pub async fn entrypoint_with_realtime(&self, service: Service) -> Result<(), ServerError> {
        let mut rx = self.rx.clone();
        let service = safe(service);
        let mut front = self.front(&service);
        let mut refused = pin!(refused(&service));
        let mut reloading = pin!(service.start_with_realtime());
        info!("starting, the file is watched");
        loop {
            tokio::select! {
                ended = &mut reloading => return Err(reload_ended(ended)),
                why = &mut refused => return Err(why),
                news = rx.changed() => match news {
                    Ok(()) => front.follow().await?,
                    Err(error) => return Err(reload_ended(Err(error))),
                },
                woken = front.accepting() => {
                    woken?;
                    front.move_again().await;
                }
                () = self.context.shutdown.stopped() => break,
            }
        }
        info!("stopping, open requests are finished");
        front.drain().await;
        Ok(())
    }

    fn front(&self, service: &Service) -> Front {
        Front::new(
            self.context.clone(),
            &service.control(),
            service.live(),
            self.listening.clone(),
        )
    }
}

/// Completes if the first load of this service finds no valid configuration; otherwise never.
fn refused(service: &Service) -> impl Future<Output = ServerError> + use<> {
    let control = service.control();
    // Subscribes now, before the service runs.
    let mut events = control.events();
    async move {
        while let Some(event) = events.next().await {
            let EventKind::Load { outcome, .. } = event.kind else {
                continue;
            };
            match outcome {
                Outcome::Rejected { error, .. } | Outcome::Failed { error } => {
                    return ServerError::Configuration(error.to_string());
                }
                Outcome::Missing => {
                    let source = control.status().source.unwrap_or_default();
                    return ServerError::Configuration(format!(
                        "{source}: cannot be read: there is no such file; create it, or correct the path"
                    ));
                }
                _ => break,
            }
        }
        pending().await
    }
}

/// Adds a validator that refuses a configuration that must not replace the current one.
fn safe(service: Service) -> Service {
    let live = service.live();
    service.with_validator(move |next| match live.try_get() {
        Some(now) => next.may_follow(&now),
        None => Ok(()),
    })
}

fn reload_ended(result: hot_reload::ReloadResult<(), ServerConfig, String>) -> ServerError {
    ServerError::ReloadEnded(match result {
        Ok(()) => "it was stopped".to_owned(),
        Err(error) => error.to_string(),
    })
}
