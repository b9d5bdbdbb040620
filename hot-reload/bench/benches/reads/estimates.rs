//! [`Estimates`]: criterion's results of a run.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use serde_json::Value;

/// The name of one benchmark.
pub(crate) struct Key([String; 3]);

impl Key {
    pub(crate) fn new(group: &str, contender: &str, scenario: &str) -> Self {
        Self([group, contender, scenario].map(str::to_owned))
    }
}

/// The folder with criterion's files of this run only.
pub(crate) struct Estimates(pub(crate) PathBuf);

impl Estimates {
    /// The median time of a read, in nanoseconds. `None` if it was not measured in this run.
    pub(crate) fn median(&self, key: &Key) -> anyhow::Result<Option<f64>> {
        let folder = key
            .0
            .iter()
            .fold(self.0.clone(), |path, part| path.join(part));
        let Ok(text) = fs::read_to_string(folder.join("new/estimates.json")) else {
            return Ok(None);
        };
        let estimates: Value = serde_json::from_str(&text)?;
        let median = estimates["median"]["point_estimate"].as_f64();
        Ok(Some(median.context("criterion gives a median")?))
    }
}
