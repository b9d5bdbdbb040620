//! [`Admin`]: the options of the admin endpoints.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::sync::Semaphore;

use super::context::Context;
use super::endpoints;
use super::guard::{Guard, HostRule, Token};
use super::listen::{self, AdminServer};
use super::options::Options;
use super::ring::Ring;
use crate::diff::RevisionKey;
use crate::error::Error;
use crate::service::Registry;

/// The admin endpoints of a registry. The [module](super) lists them.
///
/// ```
/// use std::time::Duration;
///
/// use hot_reload::Registry;
/// use hot_reload::admin::Admin;
///
/// let registry = Registry::new();
/// let admin = Admin::new(&registry)
///     .allow_host("admin.internal")
///     .rate_limit(5, Duration::from_secs(2));
/// let router: axum::Router = axum::Router::new().merge(admin.router());
/// # drop(router);
/// ```
#[derive(Clone)]
#[must_use = "it serves nothing until `router` or `listen` is called"]
pub struct Admin {
    registry: Registry,
    ring: Arc<Ring>,
    options: Options,
}

impl Admin {
    /// Makes the endpoints of a registry. From now on, its events are recorded: the last 256.
    pub fn new(registry: &Registry) -> Self {
        Self {
            registry: registry.clone(),
            ring: Ring::of(registry),
            options: Options::default(),
        }
    }

    /// Also accepts requests to this host, under any port. The default is loopback addresses and `localhost`.
    ///
    /// Name the hosts under which the application is reached: `admin.internal`, `10.0.0.5`, `[fd00::5]`.
    pub fn allow_host(mut self, host: impl AsRef<str>) -> Self {
        self.options.hosts.allow(host.as_ref());
        self
    }

    /// Demands the token in this file: `Authorization: Bearer TOKEN`. White space around the token is ignored.
    ///
    /// The file is watched, so a token can be replaced without a restart. While the file is bad or missing, the last good token
    /// stays. A token has 16 to 1,024 visible ASCII characters.
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.token_file = Some(path.into());
        self
    }

    /// The application serves the router over TLS, so `Origin` must begin with `https`. The default is `http`.
    pub fn https(mut self) -> Self {
        self.options.https = true;
        self
    }

    /// Limits the rate of requests that reload or change something: `burst` at once, and one more after each `period`. The
    /// default is 10 and one second. Zero counts as one.
    pub fn rate_limit(mut self, burst: u32, period: Duration) -> Self {
        self.options.rate = (burst.max(1), period);
        self
    }

    /// The largest number of streams of events at once; further ones are answered with 503. The default is 16. More
    /// than [`Semaphore::MAX_PERMITS`] counts as that number.
    pub fn max_streams(mut self, streams: usize) -> Self {
        self.options.streams = streams.min(Semaphore::MAX_PERMITS);
        self
    }

    /// Adds a condition of `/-/ready`, such as that the application does not drain. It is called for each request and must
    /// return soon.
    pub fn ready_when(mut self, is_ready: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.options.conditions.push(Arc::new(is_ready));
        self
    }

    /// The key under which hashes of content are shown, so that a fleet can be compared. The default is
    /// [`RevisionKey::random`].
    pub fn revision_key(mut self, key: RevisionKey) -> Self {
        self.options.revisions.set_key(key);
        self
    }

    /// Adds routes of the application behind the same checks of access as the other endpoints.
    ///
    /// ```
    /// # use hot_reload::Registry;
    /// use axum::{Router, routing::get};
    /// use hot_reload::admin::Admin;
    ///
    /// let metrics = Router::new().route("/metrics", get(|| async { "# EOF\n" }));
    /// let admin = Admin::new(&Registry::new()).routes(metrics);
    /// # drop(admin);
    /// ```
    ///
    /// # Panics
    ///
    /// [`router`](Self::router) and [`listen`](Self::listen) panic if a route is the path of an endpoint.
    pub fn routes(mut self, routes: Router) -> Self {
        self.options.routes = self.options.routes.merge(routes);
        self
    }

    /// The router with all endpoints, for [`merge`](Router::merge) or [`nest`](Router::nest).
    ///
    /// The checks of access are in it. The application decides where it listens: a router without a token must be
    /// reachable from this machine only.
    ///
    /// A stream of events ends when the last service of the registry has stopped. So stop the services before you wait for a
    /// graceful shutdown of the application's server.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, with a token file.
    #[track_caller]
    pub fn router(&self) -> Router {
        let file = self.options.token_file.as_deref();
        let token = file.map(Token::start_in_background);
        endpoints::router(&self.context(&self.options, HostRule::Listed, token))
    }

    /// Serves the endpoints alone: on a TCP address such as `127.0.0.1:9000`, or on a unix socket such as
    /// `unix:/run/app/admin.sock`. Port 0 is any free port.
    ///
    /// The socket has mode 0600 before it can be reached. A socket that nobody listens on any more is replaced.
    ///
    /// An address that is not loopback needs a token. The server then accepts any IP address in `Host`.
    ///
    /// The host in the address text is an allowed host, as with [`allow_host`](Self::allow_host).
    ///
    /// A connection is closed if the head of a request does not arrive within 10 s, or if the client takes nothing of an answer
    /// for 30 s. There are at most 64 connections; further ones wait.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`](crate::error::ErrorKind::Misconfigured), before anything is bound, if the address cannot be
    /// parsed or is not loopback and there is no token. The error of the token file. The error of the system if the address
    /// cannot be bound, or if another process answers on the socket.
    pub async fn listen(&self, address: impl AsRef<str>) -> Result<AdminServer, Error> {
        let address = listen::Address::resolve(address.as_ref()).await?;
        let rule = match address.is_local() {
            true => HostRule::Listed,
            false => HostRule::AnyAddress,
        };
        let token = match &self.options.token_file {
            Some(file) => Some(Token::start(file).await?),
            None if address.is_local() => None,
            None => return Err(address.needs_token()),
        };
        let mut options = self.options.clone();
        if let listen::Address::Tcp(text, _) = &address {
            options.hosts.allow(text);
        }
        listen::serve(address, self.context(&options, rule, token)).await
    }

    fn context(&self, options: &Options, rule: HostRule, token: Option<Token>) -> Arc<Context> {
        let guard = Guard::new(options, rule, token);
        let (registry, ring) = (self.registry.clone(), Arc::clone(&self.ring));
        Arc::new(Context::new(registry, ring, options, guard))
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin")
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}
