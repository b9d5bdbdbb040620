//! [`Options`]: the options of [`Admin`](super::Admin).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;

use super::guard::Hosts;
use super::revisions::Revisions;

/// A condition of the application for `/-/ready`.
pub(super) type Condition = Arc<dyn Fn() -> bool + Send + Sync>;

#[derive(Clone)]
pub(super) struct Options {
    pub(super) hosts: Hosts,
    pub(super) token_file: Option<PathBuf>,
    pub(super) https: bool,
    /// The number of requests at once, and the time until the next one.
    pub(super) rate: (u32, Duration),
    pub(super) streams: usize,
    pub(super) conditions: Vec<Condition>,
    pub(super) revisions: Revisions,
    /// The routes of the application.
    pub(super) routes: Router,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hosts: Hosts::default(),
            token_file: None,
            https: false,
            // A person or a script needs fewer, and a storm costs one load a second.
            rate: (10, Duration::from_secs(1)),
            // Each costs a connection and a few hundred bytes.
            streams: 16,
            conditions: Vec::new(),
            revisions: Revisions::default(),
            routes: Router::new(),
        }
    }
}
