//! [`BoxSource`]: any source behind one type.

mod calls;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::fetched::Fetched;
use super::include::base::Base;
use crate::error::Error;
use crate::hints::{HintSender, Subscription};
use crate::revision::Revision;
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

/// Any [`Source`](super::Source) behind one type, so that a program can choose its source at run time, or keep several in a list.
/// Made by [`Source::boxed`](super::Source::boxed).
///
/// It is a `Source`, too. Each call of an async method allocates its future. Cloning shares the source.
///
/// ```
/// use hot_reload::source::{BoxSource, Fetched, Source};
/// use hot_reload::{Error, Revision};
///
/// struct Fixed(&'static str);
/// struct Nothing;
///
/// impl Source for Fixed {
///     fn name(&self) -> String {
///         "fixed".to_owned()
///     }
///
///     async fn fetch(&self, _: Option<&Revision>) -> Result<Fetched, Error> {
///         Ok(Fetched::Content { bytes: self.0.into(), revision: Revision::new("1") })
///     }
/// }
///
/// impl Source for Nothing {
///     fn name(&self) -> String {
///         "nothing".to_owned()
///     }
///
///     async fn fetch(&self, _: Option<&Revision>) -> Result<Fetched, Error> {
///         Ok(Fetched::Absent)
///     }
/// }
///
/// fn open(url: &str) -> BoxSource {
///     match url {
///         "nothing:" => Nothing.boxed(),
///         _ => Fixed("hello").boxed(),
///     }
/// }
///
/// let sources = ["nothing:", "fixed:"].map(open);
/// assert_eq!(sources.map(|source| source.name()), ["nothing", "fixed"]);
/// ```
#[derive(Clone)]
pub struct BoxSource(Arc<dyn DynSource>);

/// [`Source`](super::Source) with futures that have one type.
trait DynSource: Send + Sync {
    fn name(&self) -> String;

    fn fetch<'a>(&'a self, seen: Option<&'a Revision>) -> BoxFuture<'a, Result<Fetched, Error>>;

    fn subscribe(&self, hints: HintSender) -> BoxFuture<'_, Result<Subscription, Error>>;

    fn profile(&self) -> WatchProfile;

    fn status(&self) -> Option<SourceStatus>;

    fn accepts_empty(&self) -> bool;

    fn base(&self) -> Base;
}

impl fmt::Debug for BoxSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BoxSource").field(&self.0.name()).finish()
    }
}
