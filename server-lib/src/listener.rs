//! [`Listener`]: a listening socket, and the task that runs its accept loop.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::connection::ConnectionHandler;

/// How long the accept loop waits after an error. Mostly, the process has no descriptor left.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// The number of connections that the system holds until they are accepted.
const BACKLOG: u32 = 1024;

/// A listening socket, and its accept loop.
pub(crate) struct Listener {
    pub(crate) local: SocketAddr,
    task: JoinHandle<()>,
    stop: oneshot::Sender<()>,
    /// A second handle on the socket, to share its port with the next listener.
    #[cfg(unix)]
    socket: std::os::fd::OwnedFd,
}

impl Listener {
    /// Listens and accepts connections. `old` may listen on an address that overlaps with this one.
    pub(crate) fn bind(
        address: SocketAddr,
        old: Option<&Self>,
        handler: ConnectionHandler,
    ) -> io::Result<Self> {
        let listener = match listen(address, false) {
            Err(error) => match old {
                Some(old) if error.kind() == io::ErrorKind::AddrInUse => {
                    old.listen_on_shared_port(address)?
                }
                _ => return Err(error),
            },
            Ok(listener) => listener,
        };
        let (stop, stopped) = oneshot::channel();
        Ok(Self {
            local: listener.local_addr()?,
            #[cfg(unix)]
            socket: std::os::fd::AsFd::as_fd(&listener).try_clone_to_owned()?,
            task: tokio::spawn(accept_loop(listener, handler, stopped)),
            stop,
        })
    }

    /// Listens on an address that overlaps with that of this listener. While both share the port, the system refuses only
    /// addresses that another program uses. So the old listener stays open until the new one is bound.
    #[cfg(unix)]
    fn listen_on_shared_port(&self, address: SocketAddr) -> io::Result<TcpListener> {
        use rustix::net::sockopt::set_socket_reuseport;
        set_socket_reuseport(&self.socket, true)?;
        let listener = listen(address, true);
        // From here on, another socket can share the port only if it asks for that too.
        set_socket_reuseport(&self.socket, false)?;
        let listener = listener?;
        set_socket_reuseport(&listener, false)?;
        Ok(listener)
    }

    #[cfg(not(unix))]
    fn listen_on_shared_port(&self, _: SocketAddr) -> io::Result<TcpListener> {
        Err(io::ErrorKind::AddrInUse.into())
    }

    /// Stops listening. When this returns, the address is free. Its open connections continue.
    pub(crate) async fn close(self) {
        #[cfg(unix)]
        drop(self.socket);
        let _ = self.stop.send(());
        let _ = self.task.await;
    }

    /// Waits until the accept loop fails, and returns the reason. Cancel safe.
    pub(crate) async fn failed(&mut self) -> String {
        match (&mut self.task).await {
            Ok(()) => "the listener was closed".to_owned(),
            Err(error) => error.to_string(),
        }
    }
}

/// Opens a listening socket. `share_port` allows another socket that asks for it on the same port.
fn listen(address: SocketAddr, share_port: bool) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // On other systems this option would let the server take an address from another program.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    #[cfg(unix)]
    socket.set_reuseport(share_port)?;
    #[cfg(not(unix))]
    let _ = share_port;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections until `stopped`, then drains the backlog.
async fn accept_loop(
    listener: TcpListener,
    handler: ConnectionHandler,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut failing = false;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    if mem::take(&mut failing) {
                        info!("accepting connections again");
                    }
                    handler.serve(stream).await;
                }
                Err(error) => {
                    if !mem::replace(&mut failing, true) {
                        warn!("cannot accept connections for now: {error}; raise the limit of open files if it is too low");
                    }
                    tokio::time::sleep(ACCEPT_RETRY).await;
                }
            },
            _ = &mut stopped => break,
        }
    }
    // Closing the listener would reset the connections in its backlog. This accepts them without the runtime, which notices
    // a connection only at its next poll, and lets a task accept only a few in a row.
    let Ok(listener) = listener.into_std() else {
        return;
    };
    drop_new_connections(&listener);
    let draining = async {
        for _ in 0..MAX_DRAINED {
            let Ok((stream, _)) = listener.accept() else {
                return;
            };
            if stream.set_nonblocking(true).is_ok()
                && let Ok(stream) = TcpStream::from_std(stream)
            {
                handler.serve(stream).await;
            }
        }
    };
    let _ = timeout(DRAIN_TIMEOUT, draining).await;
}

/// Drops the first packet of each further connection. The client sends it again within about a second and finds the next
/// listener of the address. Otherwise, closing the listener resets a connection that arrives after the backlog is drained.
#[cfg(target_os = "linux")]
fn drop_new_connections(listener: &std::net::TcpListener) {
    use socket2::{SockFilter, SockRef};

    // Classic BPF over the TCP header: byte 13 holds the flags, and 2 is SYN.
    let no_syn = [
        SockFilter::new(0x30, 0, 0, 13),
        SockFilter::new(0x45, 0, 1, 2),
        SockFilter::new(0x06, 0, 0, 0),
        SockFilter::new(0x06, 0, 0, u32::MAX),
    ];
    // A system that refuses the filter resets such a connection, as other systems do.
    if let Err(error) = SockRef::from(listener).attach_filter(&no_syn) {
        tracing::debug!(%error, "the listener closes without a filter for further connections");
    }
}

#[cfg(not(target_os = "linux"))]
fn drop_new_connections(_: &std::net::TcpListener) {}

/// More connections than the backlog holds. Later ones do not keep the listener open.
const MAX_DRAINED: usize = 8192;

/// How long a closing listener drains its backlog, if each connection waits for an eviction. This delays the end of the
/// server, or the move to another address.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::time::Duration;

    use hot_reload::Live;
    use tokio::sync::{mpsc, watch};
    use tokio::time::Instant;

    use super::*;
    use crate::config::ServerConfig;
    use crate::connection::Phase;
    use crate::state::Shared;

    /// A server with one route, its listener, and what keeps both alive.
    fn server(limits: &str) -> (Shared, Listener, impl Sized) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let text = format!(
            "id = 1\nname = 'a'\n[[routes]]\npath = '/'\nbody = 'ok'\n[limits]\n{limits}\n"
        );
        std::fs::write(&path, text).unwrap();
        let live = Live::fixed(ServerConfig::load(&path).unwrap());
        let (alive, connections) = mpsc::channel(1);
        let phase = watch::Sender::new(Phase::Serving);
        let shared = Shared::new(live);
        let handler = ConnectionHandler::new(shared.clone(), phase.subscribe(), alive);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(any, None, handler).unwrap();
        (shared, listener, (phase, connections))
    }

    /// Of `count` connections in the backlog of a listener that closes, the number without a response.
    async fn lost(count: usize) -> usize {
        let (_shared, listener, _alive) = server("");
        let local = listener.local;
        // The listener has polled, and found no connection.
        tokio::time::sleep(Duration::from_millis(10)).await;
        let connect = |_| std::net::TcpStream::connect(local).unwrap();
        let clients: Vec<_> = (0..count).map(connect).collect();
        listener.close().await;
        let asked = tokio::task::spawn_blocking(move || {
            let unanswered = |client: &mut std::net::TcpStream| {
                let mut answer = [0; 64];
                client
                    .set_read_timeout(Some(Duration::from_secs(10)))
                    .unwrap();
                let asked = client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n");
                asked.is_err() || !matches!(client.read(&mut answer), Ok(read) if read > 0)
            };
            clients
                .into_iter()
                .map(|mut client| unanswered(&mut client))
                .filter(|unanswered| *unanswered)
                .count()
        });
        asked.await.unwrap()
    }

    #[tokio::test]
    async fn connections_in_the_backlog_are_served_on_a_move() {
        for count in [1, 10, 100] {
            assert_eq!(lost(count).await, 0, "of {count}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn connections_in_the_backlog_are_served_on_a_move_by_any_thread() {
        for _ in 0..20 {
            assert_eq!(lost(20).await, 0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn backlog_without_room_does_not_delay_the_close() {
        let (shared, listener, _alive) = server("max_connections = 1");
        let mut permits = Vec::new();
        while let Some(permit) = shared.connection_limit.try_acquire(1) {
            permit.mark_busy();
            permits.push(permit);
        }
        let connect = |_| std::net::TcpStream::connect(listener.local).unwrap();
        let _clients: Vec<_> = (0..100).map(connect).collect();
        let begun = Instant::now();
        listener.close().await;
        assert!(
            begun.elapsed() < 2 * DRAIN_TIMEOUT,
            "it took {:?}",
            begun.elapsed()
        );
    }
}
