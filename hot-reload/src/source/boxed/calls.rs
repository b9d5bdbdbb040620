//! The calls that [`BoxSource`] passes on.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{BoxSource, DynSource};
use crate::error::Error;
use crate::hints::{HintSender, Subscription};
use crate::revision::Revision;
use crate::source::{Base, Fetched, Source};
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

impl BoxSource {
    /// Makes a source of one type from any.
    pub fn new(source: impl Source) -> Self {
        Self(Arc::new(source))
    }
}

impl<S: Source> DynSource for S {
    fn name(&self) -> String {
        Source::name(self)
    }

    fn fetch<'a>(&'a self, seen: Option<&'a Revision>) -> BoxFuture<'a, Result<Fetched, Error>> {
        Box::pin(Source::fetch(self, seen))
    }

    fn subscribe(&self, hints: HintSender) -> BoxFuture<'_, Result<Subscription, Error>> {
        Box::pin(Source::subscribe(self, hints))
    }

    fn profile(&self) -> WatchProfile {
        Source::profile(self)
    }

    fn status(&self) -> Option<SourceStatus> {
        Source::status(self)
    }

    fn accepts_empty(&self) -> bool {
        Source::accepts_empty(self)
    }

    fn base(&self) -> Base {
        Source::base(self)
    }
}

impl Source for BoxSource {
    fn name(&self) -> String {
        self.0.name()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        self.0.fetch(seen).await
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        self.0.subscribe(hints).await
    }

    fn profile(&self) -> WatchProfile {
        self.0.profile()
    }

    fn status(&self) -> Option<SourceStatus> {
        self.0.status()
    }

    fn accepts_empty(&self) -> bool {
        self.0.accepts_empty()
    }

    fn base(&self) -> Base {
        self.0.base()
    }

    /// The source itself.
    fn boxed(self) -> BoxSource {
        self
    }
}
