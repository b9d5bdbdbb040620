//! [`Listener`]: one listen address, and the task that accepts its connections.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::connection::Door;

/// How long to wait after a failure to accept, which mostly is a lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// An address that is listened on.
pub(crate) struct Listener {
    /// As it stands in the configuration: the port may be 0.
    pub(crate) wanted: SocketAddr,
    /// As it is.
    pub(crate) local: SocketAddr,
    task: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

impl Listener {
    /// Listens, and lets everybody in.
    pub(crate) async fn bind(wanted: SocketAddr, door: Door) -> io::Result<Self> {
        let listener = TcpListener::bind(wanted).await?;
        let local = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept_until(listener, door, stopped));
        Ok(Self {
            wanted,
            local,
            task,
            stop,
        })
    }

    /// Stops to listen. When this returns, the address is free; the connections that came over it live on.
    pub(crate) async fn close(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }

    /// Waits for the end of the task, which only comes when something is wrong, and says what. Cancel safe.
    pub(crate) async fn failed(&mut self) -> String {
        match (&mut self.task).await {
            Ok(()) => "the listener was closed".to_owned(),
            Err(error) => error.to_string(),
        }
    }
}

async fn accept_until(listener: TcpListener, door: Door, mut stopped: oneshot::Receiver<()>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => door.serve(stream),
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            _ = &mut stopped => break,
        }
    }
    // Who has connected already is in the queue of the listener, and would be cut off with it.
    while let Some(Ok((stream, _))) = at_once(listener.accept()).await {
        door.serve(stream);
    }
}

/// The output of a future that is ready at once.
async fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = std::future::ready(()) => None,
    }
}
