//! [`Listener`]: a TCP or a unix listener.
//!
//! A unix socket is made in a folder that only its owner can enter, gets mode 0600 there, and is then renamed to its place. So
//! nobody else can connect in between.

#[cfg(unix)]
use std::fs::{self, DirBuilder, Permissions};
use std::io;
#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
#[cfg(unix)]
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::sync::Mutex;

use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use super::address::Address;
use crate::error::Error;
#[cfg(unix)]
use crate::locks::lock;

#[derive(Debug)]
pub(super) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        listener: UnixListener,
        /// Removed with the listener.
        _file: SocketFile,
    },
}

/// An accepted connection.
pub(super) enum Stream {
    Tcp(TokioIo<TcpStream>),
    #[cfg(unix)]
    Unix(TokioIo<UnixStream>),
}

impl Listener {
    pub(super) async fn bind(address: &Address) -> Result<Self, Error> {
        let failed = |error: io::Error| {
            let context = format!("cannot listen on {address}");
            Error::from(error).context(&context)
        };
        match address {
            Address::Tcp(_, resolved) => {
                let listener = TcpListener::bind(&**resolved).await;
                listener.map(Self::Tcp).map_err(failed)
            }
            #[cfg(unix)]
            Address::Unix(path) => bind(path).await.map_err(failed),
            #[cfg(not(unix))]
            Address::Unix(_) => Err(super::address::misconfigured(format!(
                "{address}: there are no unix sockets on this system"
            ))),
        }
    }

    /// The address with its real port.
    pub(super) fn address(&self, address: &Address) -> String {
        match self {
            Self::Tcp(listener) => match listener.local_addr() {
                Ok(local) => local.to_string(),
                Err(_) => address.to_string(),
            },
            #[cfg(unix)]
            Self::Unix { .. } => address.to_string(),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Events of a stream are small, and each is sent at once.
                let _ = stream.set_nodelay(true);
                Ok(Stream::Tcp(TokioIo::new(stream)))
            }
            #[cfg(unix)]
            Self::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                Ok(Stream::Unix(TokioIo::new(stream)))
            }
        }
    }
}

#[cfg(unix)]
async fn bind(path: &Path) -> io::Result<Listener> {
    free(path).await?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    // Short, because the path of a socket has at most 107 bytes.
    let private = folder.join(format!(".{}", std::process::id()));
    let made = private.join("s");
    let _alone = lock(&BIND);
    make_private(&private, &made)?;
    let bound = (|| {
        let listener = UnixListener::bind(&made)?;
        fs::set_permissions(&made, Permissions::from_mode(0o600))?;
        let _file = SocketFile::of(&made, path)?;
        fs::rename(&made, path)?;
        Ok(Listener::Unix { listener, _file })
    })();
    if bound.is_err() {
        let _ = fs::remove_file(&made);
    }
    let _ = fs::remove_dir(&private);
    bound
}

/// Held while the private folder exists, because all listeners of this process use the same name.
#[cfg(unix)]
static BIND: Mutex<()> = Mutex::new(());

/// Makes the private folder. A process that was killed may have left one with the same id behind.
#[cfg(unix)]
fn make_private(private: &Path, socket: &Path) -> io::Result<()> {
    let make = || DirBuilder::new().mode(0o700).create(private);
    match make() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made,
    }
    // Through a link, the socket of another folder would be removed.
    if fs::symlink_metadata(private)?.is_dir() {
        let _ = fs::remove_file(socket);
        fs::remove_dir(private)?;
    }
    make()
}

/// Checks that a socket may take this place: it is free, or a socket that nobody listens on.
#[cfg(unix)]
async fn free(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let taken = |text| Err(io::Error::new(io::ErrorKind::AddrInUse, text));
    if !metadata.file_type().is_socket() {
        return taken("a file that is no socket is there");
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => taken("another process listens on it"),
    }
}

/// The file of a socket. It is removed with the listener, unless another one has taken its place.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    device_and_inode: (u64, u64),
}

#[cfg(unix)]
impl SocketFile {
    /// The file that is `made`, and will be at `path`.
    fn of(made: &Path, path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            device_and_inode: identity(made)?,
        })
    }
}

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|there| there == self.device_and_inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}
