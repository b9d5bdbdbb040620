//! [`from_fn`] and [`bytes_from_fn`]: sources made of closures.

use std::fmt;
use std::future::Future;
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::contract::Source;
use super::fetched::Fetched;
use crate::error::{Error, ErrorKind, ReloadResult};
use crate::hints::{HintSender, Subscription};
use crate::reload::Reload;
use crate::revision::Revision;
use crate::watch::RealtimeWatch;

/// A source of values whose load is a function. Services poll it; [`watch_with`](FromFn::watch_with) adds a watch.
///
/// In the function, `?` works on every error. An [`Error`] keeps its kind. An I/O error gets
/// [the kind of its conversion](Error#impl-From<Error>-for-Error). Every other error is a failed load. The kind
/// [`ErrorKind::NotFound`], also of a missing file, means that the source has no content.
///
/// For content that may be bad, prefer [`bytes_from_fn`] with a decoder: its errors are rejections of that content.
///
/// `name` is for logs and errors, and must show no credential.
///
/// ```
/// use hot_reload::ReloaderService;
/// use hot_reload::source;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), hot_reload::Error> {
/// let uptime = source::from_fn("uptime", || async {
///     Ok(tokio::fs::read_to_string("/proc/uptime").await?)
/// });
/// let (uptime, _control) = ReloaderService::builder(uptime).start().await?;
/// assert!(!uptime.load().is_empty());
/// # Ok(())
/// # }
/// ```
pub fn from_fn<V, F, L>(name: impl Into<String>, load: F) -> FromFn<V>
where
    F: Fn() -> L + Send + Sync + 'static,
    L: Future<Output = anyhow::Result<V>> + Send + 'static,
{
    FromFn {
        function: Arc::new(Function {
            name: name.into(),
            call: Box::new(move || Box::pin(load())),
        }),
        watch: (),
    }
}

/// A source of bytes whose fetch is a function; the twin of [`from_fn`] for content that is decoded.
///
/// Its revision is a hash of the bytes. The size is not limited; the function must limit it.
///
/// A polled URL, with the client that the program uses anyway:
///
/// ```
/// # mod reqwest {
/// #     pub struct Response;
/// #     impl Response {
/// #         pub fn error_for_status(self) -> Result<Self, std::fmt::Error> { Ok(self) }
/// #         pub async fn bytes(self) -> Result<Vec<u8>, std::fmt::Error> { Ok(b"100".to_vec()) }
/// #     }
/// #     pub async fn get(_: &str) -> Result<Response, std::fmt::Error> { Ok(Response) }
/// # }
/// use std::time::Duration;
///
/// use hot_reload::ReloaderService;
/// use hot_reload::source::{self, DecodeWith, Source};
///
/// const URL: &str = "https://config.example/limit";
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), hot_reload::Error> {
/// let limit = source::bytes_from_fn(URL, || async {
///     Ok(reqwest::get(URL).await?.error_for_status()?.bytes().await?)
/// });
/// let limit = limit.decode(DecodeWith::new(|bytes| String::from_utf8_lossy(bytes).parse::<u32>()));
/// let (limit, _control) = ReloaderService::builder(limit).interval(Duration::from_secs(60)).start().await?;
/// assert_eq!(*limit.load(), 100);
/// # Ok(())
/// # }
/// ```
pub fn bytes_from_fn<B, F, L>(name: impl Into<String>, fetch: F) -> BytesFromFn
where
    B: Into<Vec<u8>>,
    F: Fn() -> L + Send + Sync + 'static,
    L: Future<Output = anyhow::Result<B>> + Send + 'static,
{
    let fetch = move || {
        let bytes = fetch();
        Box::pin(async move { Ok(bytes.await?.into()) }) as BoxFuture<'static, _>
    };
    BytesFromFn {
        function: Function {
            name: name.into(),
            call: Box::new(fetch),
        },
        watch: None,
    }
}

/// A source of values from a function. [`from_fn`] returns it. `W` is [`FnWatch`] if it has a watch. Cloning shares the functions.
pub struct FromFn<V, W = ()> {
    function: Arc<Function<V>>,
    watch: W,
}

/// A source of bytes from a function. [`bytes_from_fn`] returns it.
pub struct BytesFromFn {
    function: Function<Vec<u8>>,
    watch: Option<FnWatch>,
}

/// The watch of a [`FromFn`].
#[derive(Clone)]
pub struct FnWatch(Arc<Open>);

type Open = dyn Fn(HintSender) -> BoxFuture<'static, anyhow::Result<Subscription>> + Send + Sync;

struct Function<V> {
    name: String,
    call: Box<dyn Fn() -> BoxFuture<'static, anyhow::Result<V>> + Send + Sync>,
}

impl<V> Function<V> {
    /// `None` if the source has no content.
    async fn call(&self) -> Result<Option<V>, Error> {
        match (self.call)().await {
            Ok(value) => Ok(Some(value)),
            Err(error) => match convert(error) {
                error if error.kind() == ErrorKind::NotFound => Ok(None),
                error => Err(error.about(&self.name)),
            },
        }
    }
}

/// The error of a function. An I/O error in its chain decides the kind, unless an [`Error`] does.
fn convert(error: anyhow::Error) -> Error {
    let io = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<io::Error>());
    let kind = io.map(|error| ErrorKind::of_io(error.kind()));
    let error = Error::from_chain(error);
    match kind {
        Some(kind) if error.kind() == ErrorKind::Other => Error::new(kind, error.message()),
        _ => error,
    }
}

impl FnWatch {
    fn new<F, O>(open: F) -> Self
    where
        F: Fn(HintSender) -> O + Send + Sync + 'static,
        O: Future<Output = anyhow::Result<Subscription>> + Send + 'static,
    {
        Self(Arc::new(move |hints| Box::pin(open(hints))))
    }

    async fn open(&self, hints: HintSender, name: &str) -> Result<Subscription, Error> {
        (self.0)(hints)
            .await
            .map_err(|error| convert(error).about(name))
    }
}

// ===== values =====

impl<V> FromFn<V> {
    /// Adds a watch: a function that opens it, and returns once it is open.
    ///
    /// The contract is that of [`Source::subscribe`].
    ///
    /// ```
    /// use hot_reload::ReloaderService;
    /// use hot_reload::source::{self, Subscription};
    /// use tokio::sync::watch;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), hot_reload::Error> {
    /// let (set, limit) = watch::channel(100);
    /// let changes = limit.clone();
    /// let limit = source::from_fn("limit", move || {
    ///     let now = *limit.borrow();
    ///     async move { Ok(now) }
    /// });
    /// let limit = limit.watch_with(move |hints| {
    ///     let mut changes = changes.clone();
    ///     changes.mark_unchanged();
    ///     let follow = async move {
    ///         while changes.changed().await.is_ok() {
    ///             hints.hint();
    ///         }
    ///     };
    ///     async { Ok(Subscription::task(tokio::spawn(follow))) }
    /// });
    /// let (limit, _control) = ReloaderService::watch(limit).start().await?;
    /// let mut changes = limit.subscribe();
    /// set.send_replace(250);
    /// assert_eq!(*changes.changed().await.unwrap(), 250);
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch_with<F, O>(self, open: F) -> FromFn<V, FnWatch>
    where
        F: Fn(HintSender) -> O + Send + Sync + 'static,
        O: Future<Output = anyhow::Result<Subscription>> + Send + 'static,
    {
        FromFn {
            function: self.function,
            watch: FnWatch::new(open),
        }
    }
}

#[async_trait]
impl<V, W> Reload<V, String> for FromFn<V, W>
where
    V: Send + 'static,
    W: Clone + Send + Sync + 'static,
{
    type Source = Self;

    async fn new(source: &Self) -> ReloadResult<Self, V, String> {
        Ok(source.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<V>, V, String> {
        Ok(self.function.call().await?)
    }

    fn source_name(&self) -> Option<String> {
        Some(self.function.name.clone())
    }
}

#[async_trait]
impl<V: Send + 'static> RealtimeWatch<V, String> for FromFn<V, FnWatch> {
    async fn watch_hints(
        &self,
        hints: HintSender,
    ) -> ReloadResult<Option<Subscription>, V, String> {
        Ok(Some(self.watch.open(hints, &self.function.name).await?))
    }
}

// ===== bytes =====

impl BytesFromFn {
    /// Adds a watch: a function that opens it, and returns once it is open.
    ///
    /// The contract is that of [`Source::subscribe`]; [`FromFn::watch_with`] has an example.
    #[must_use]
    pub fn watch_with<F, O>(self, open: F) -> Self
    where
        F: Fn(HintSender) -> O + Send + Sync + 'static,
        O: Future<Output = anyhow::Result<Subscription>> + Send + 'static,
    {
        Self {
            watch: Some(FnWatch::new(open)),
            ..self
        }
    }
}

impl Source for BytesFromFn {
    fn name(&self) -> String {
        self.function.name.clone()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let Some(bytes) = self.function.call().await? else {
            return Ok(Fetched::Absent);
        };
        let revision = revision_of(&bytes);
        Ok(match seen == Some(&revision) {
            true => Fetched::Unchanged,
            false => Fetched::Content { bytes, revision },
        })
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        match &self.watch {
            Some(watch) => watch.open(hints, &self.function.name).await,
            None => Ok(Subscription::none()),
        }
    }
}

/// Two hashes of 64 bits and the length, because one hash of 64 bits may be equal for two contents.
fn revision_of(bytes: &[u8]) -> Revision {
    let hash = |first: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(first);
        hasher.write(bytes);
        hasher.finish().to_be_bytes()
    };
    let length = (bytes.len() as u32).to_be_bytes();
    Revision::new([&hash(0)[..], &hash(1), &length].concat())
}

// ===== all =====

impl<V, W: Clone> Clone for FromFn<V, W> {
    fn clone(&self) -> Self {
        Self {
            function: Arc::clone(&self.function),
            watch: self.watch.clone(),
        }
    }
}

impl<V, W> fmt::Debug for FromFn<V, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FromFn").field(&self.function.name).finish()
    }
}

impl fmt::Debug for BytesFromFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BytesFromFn")
            .field(&self.function.name)
            .finish()
    }
}

impl fmt::Debug for FnWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnWatch").finish_non_exhaustive()
    }
}
