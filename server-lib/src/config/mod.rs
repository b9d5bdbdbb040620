//! [`ServerConfig`]: all settings of the server, loaded and checked as one value.
//!
//! - `file`: the file as it is written, `sections`: a large one, route by route;
//! - `changes`: the difference between two values;
//! - `check`: builds the configuration from its file, with checks across keys;
//! - `limits`, `methods`, `route`, `routes`, `tls`: parts of the value;
//! - `number`: whole numbers within bounds;
//! - `others`: the files that it names;
//! - `read`: one bounded read, and the reason of its failure;
//! - `serialized`: the value for its revision;
//! - `loads`: the bound on concurrent loads.

mod changes;
mod check;
mod file;
mod limits;
mod loads;
mod methods;
mod number;
mod others;
mod read;
mod route;
mod routes;
mod sections;
mod serialized;
mod tls;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use hot_reload::error::ErrorKind;
use hot_reload::error::Location;
use hot_reload::{AsyncFileLoad, Error, async_trait};

pub use self::limits::Limits;
use self::loads::Loads;
pub use self::methods::Methods;
pub use self::route::Route;
use self::routes::Routes;
pub use self::tls::Tls;
pub(crate) use self::tls::Validity;

/// The server's configuration: the content of its file and of the files that it names.
///
/// A load reads everything. So a request that uses one value is answered wholly from one generation, and a certificate that
/// does not fit its key never becomes a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerConfig {
    /// A number of the operator's choice. Every response carries it in the header `x-config-id`.
    pub id: u64,
    /// The server's name, for the logs.
    pub name: String,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The responses, by path.
    routes: Routes,
    /// Sizes, counts and timeouts for clients.
    pub limits: Limits,
    /// The log filter, such as `info` or `server_lib=debug`.
    pub log: String,
    /// Certificate and key, if the server speaks HTTPS.
    pub tls: Option<Tls>,
    /// Whether an edit may remove `[tls]` from a running server.
    pub plaintext: bool,
    dependent_paths: Vec<PathBuf>,
}

impl ServerConfig {
    /// Loads the file and all the files that it names.
    ///
    /// # Errors
    ///
    /// One line that says where the fault is and what to do: the place in the file, or the key of the file that could
    /// not be used.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let bytes = read::file(path).map_err(|why| {
            let kind = if why.missing {
                ErrorKind::NotFound
            } else {
                ErrorKind::Unavailable
            };
            let place = Location::new(path.display().to_string());
            Error::new(kind, format!("cannot be read: {why}")).at(place)
        })?;
        let name = path.display().to_string();
        let (file, count, routes) = sections::decode(&bytes, &name)?;
        check::build(file, (count, routes), path)
    }

    /// Problems that do not prevent serving: of the certificate, of its key and of its chain. One line each.
    pub fn warnings(&self) -> Vec<String> {
        let tls = self.tls.iter();
        tls.flat_map(|tls| {
            let expiry = crate::expiry::warning_now(tls.validity());
            expiry.into_iter().chain(tls.warnings().iter().cloned())
        })
        .collect()
    }

    /// An error says why this configuration must not replace the one before.
    pub(crate) fn may_follow(&self, before: &Self) -> Result<(), String> {
        if before.tls.is_some() && self.tls.is_none() && !self.plaintext {
            return Err(format!(
                "tls: the table is missing, and {} would change to plain text; restore it, or allow that with plaintext = true at the top",
                self.listen
            ));
        }
        Ok(())
    }

    /// The answer to this path, if there is one.
    pub fn route(&self, path: &str) -> Option<&Route> {
        self.routes.get(path)
    }
}

/// For `FileReloader`'s polling.
impl TryFrom<&PathBuf> for ServerConfig {
    type Error = Error;

    fn try_from(path: &PathBuf) -> Result<Self, Error> {
        Self::load(path)
    }
}

/// For `FileReloader`'s watch. The same code, off the runtime's threads.
#[async_trait]
impl AsyncFileLoad for ServerConfig {
    type Error = Error;

    async fn async_load_from<T>(path: T) -> Result<Self, Error>
    where
        T: AsRef<Path> + Send,
    {
        let path = path.as_ref().to_owned();
        // A load that was given up goes on where a file system hangs, and keeps its thread.
        let load = LOADS.begin().map_err(|why| {
            let place = Location::new(path.display().to_string());
            Error::new(ErrorKind::Unavailable, why).at(place)
        })?;
        let loaded = tokio::task::spawn_blocking(move || {
            let _load = load;
            Self::load(&path)
        });
        let loaded = loaded.await;
        loaded.unwrap_or_else(|failed| Err(Error::new(ErrorKind::Panicked, failed.to_string())))
    }

    fn dependent_paths(&self) -> Vec<PathBuf> {
        self.dependent_paths.clone()
    }

    fn paths_of_error(error: &Error) -> Vec<PathBuf> {
        error.files().to_vec()
    }
}

/// Of all services of this process.
static LOADS: Loads = Loads::new();

/// The status of a route that names none.
const DEFAULT_STATUS: StatusCode = StatusCode::OK;
