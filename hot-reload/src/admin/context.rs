//! [`Context`]: the state that all endpoints share.

use std::sync::Arc;

use axum::Router;
use tokio::sync::{Semaphore, watch};

use super::guard::Guard;
use super::options::{Condition, Options};
use super::revisions::Revisions;
use super::ring::Ring;
use crate::service::Registry;

pub(super) struct Context {
    pub(super) registry: Registry,
    pub(super) ring: Arc<Ring>,
    pub(super) guard: Guard,
    pub(super) revisions: Revisions,
    pub(super) conditions: Vec<Condition>,
    /// The routes of the application.
    pub(super) routes: Router,
    /// One permit for each stream that may still be opened.
    pub(super) streams: Arc<Semaphore>,
    /// Becomes `true` when the server stops.
    pub(super) closing: watch::Sender<bool>,
}

impl Context {
    pub(super) fn new(
        registry: Registry,
        ring: Arc<Ring>,
        options: &Options,
        guard: Guard,
    ) -> Self {
        Self {
            registry,
            ring,
            guard,
            revisions: options.revisions,
            conditions: options.conditions.clone(),
            routes: options.routes.clone(),
            streams: Arc::new(Semaphore::new(options.streams)),
            closing: watch::Sender::new(false),
        }
    }
}
