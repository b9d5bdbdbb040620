//! The event loop of the server: one `select!` over new values, the first load, the listener and the shutdown.

use std::future::pending;
use std::pin::pin;

use hot_reload::event::EventKind;
use hot_reload::{Control, Outcome};
use tokio::time::timeout;
use tracing::info;

use crate::config::ServerConfig;
use crate::context::ServerContext;
use crate::error::ServerError;
use crate::front::Front;
use crate::service::Service;

/// Serves until the context says stop, then finishes open requests. Stops the service in any case.
pub(crate) async fn run(
    mut service: impl Service,
    control: &Control<ServerConfig>,
    mut front: Front,
    context: &ServerContext,
) -> Result<(), ServerError> {
    let ended = serve(&mut service, control, &mut front, context).await;
    // The service logs nothing after this. A file system that hangs must not delay the end.
    let stopped = timeout(context.drain, service.stop());
    let _ = match ended {
        Ok(()) => {
            info!("stopping, finishing open requests");
            tokio::join!(front.drain(), stopped).1
        }
        Err(_) => {
            front.close();
            stopped.await
        }
    };
    ended
}

/// Serves until the context says stop.
async fn serve(
    service: &mut impl Service,
    control: &Control<ServerConfig>,
    front: &mut Front,
    context: &ServerContext,
) -> Result<(), ServerError> {
    let mut refused = pin!(refused(control));
    loop {
        tokio::select! {
            // A new value was published. Requests see it already; the front still has to apply it.
            changed = service.changed() => {
                changed?;
                front.apply().await?;
            }
            // The first load decides whether there is a server. Later refusals are only logged.
            why = &mut refused => return Err(why),
            // The listener accepts in a task of its own. The front retries an address that was in use.
            due = front.bind_retry_due() => {
                due?;
                front.retry_bind().await;
            }
            () = context.shutdown.stopped() => return Ok(()),
        }
    }
}

/// Completes if the first load of this service finds no valid configuration; otherwise never.
///
/// A load that waits for a writer of the file decides nothing. A visible value decides, whatever the outcome: it may be a
/// restored
/// value, the default of a removal, or a value of an earlier run of the service.
fn refused(control: &Control<ServerConfig>) -> impl Future<Output = ServerError> + use<> {
    // Subscribes now. A load that has ended before is in the status.
    let mut events = control.events();
    let control = control.clone();
    async move {
        let ended = control.status().last_attempt;
        let mut outcome = ended.map(|attempt| attempt.outcome.clone());
        loop {
            let status = control.status();
            if status.generation.is_some() {
                return pending().await;
            }
            match outcome {
                Some(Outcome::Rejected { error, .. } | Outcome::Failed { error }) => {
                    return ServerError::Configuration(error.to_string());
                }
                Some(Outcome::Missing) => {
                    let source = status.source.unwrap_or_default();
                    return ServerError::Configuration(format!(
                        "{source}: cannot be read: there is no such file; create it, or correct the path"
                    ));
                }
                // It waits for a writer.
                _ => {}
            }
            outcome = match events.next().await.map(|event| event.kind) {
                Some(EventKind::Load { outcome, .. }) => Some(outcome),
                Some(_) => None,
                None => return pending().await,
            };
        }
    }
}
