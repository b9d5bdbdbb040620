//! [`Record`]: a decision, as a line of the log has it.

use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;

use crate::error::ErrorKind;
use crate::event::{ChangedPaths, Stage, Trigger};
use crate::generation::Generation;
use crate::revision::Revision;

/// A decision. It holds no object of the user.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    #[serde(serialize_with = "crate::serialize::time")]
    pub(super) time: SystemTime,
    pub(super) id: u64,
    #[serde(serialize_with = "crate::serialize::text")]
    pub(super) target: Arc<str>,
    pub(super) kind: &'static str,
    pub(super) trigger: Option<Trigger>,
    pub(super) outcome: Option<&'static str>,
    pub(super) stage: Option<Stage>,
    pub(super) generation: Option<Generation>,
    pub(super) revision: Option<Revision>,
    pub(super) old_generation: Option<Generation>,
    pub(super) old_revision: Option<Revision>,
    pub(super) rejected_revision: Option<Revision>,
    pub(super) changed: Option<ChangedPaths>,
    pub(super) error: Option<String>,
    pub(super) error_kind: Option<ErrorKind>,
    /// `None` until it is written.
    pub(super) source: Option<SourceFile>,
    /// The name of the source.
    #[serde(skip)]
    pub(super) source_name: Option<Arc<str>>,
}

/// The source of a value at the time of writing.
#[derive(Debug, Serialize)]
pub(super) struct SourceFile {
    #[serde(serialize_with = "crate::serialize::text")]
    pub(super) name: Arc<str>,
    pub(super) owner: Option<u32>,
    #[serde(serialize_with = "crate::serialize::optional_time")]
    pub(super) modified: Option<SystemTime>,
    pub(super) writable_by: Option<&'static str>,
}

/// The number of lines that are not in the log.
#[derive(Debug, Serialize)]
pub(super) struct Lost {
    #[serde(serialize_with = "crate::serialize::time")]
    pub(super) time: SystemTime,
    pub(super) kind: &'static str,
    pub(super) lines: u64,
}
