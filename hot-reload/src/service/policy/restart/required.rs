//! [`RestartRequired`] as the [`RestartCheck`] of a service.

use std::sync::OnceLock;

use serde::Serialize;

use super::{NeedsRestart, RestartCheck};
use crate::diff::{InEffect, RestartPolicy, RestartRequired};
use crate::error::Error;

/// The largest number of parts that the log and the status list.
const MOST: usize = 20;

pub(crate) struct Required {
    pub(crate) required: RestartRequired,
    pub(crate) started_with: OnceLock<(InEffect, RestartPolicy)>,
}

impl<V: Serialize> RestartCheck<V> for Required {
    fn admit(&self, candidate: &V) -> Result<(), Error> {
        match self.started_with.get() {
            Some((in_effect, RestartPolicy::Reject)) => {
                let verdict = self.required.check_against(in_effect, candidate)?;
                verdict.into_result()
            }
            Some(_) => Ok(()),
            // It may become the first value if it can be compared at all.
            None => self.required.check(candidate, candidate).map(drop),
        }
    }

    fn visible(&self, value: &V) -> Result<NeedsRestart, Error> {
        let Some((in_effect, _)) = self.started_with.get() else {
            let in_effect = self.required.in_effect(value)?;
            let verdict = self.required.check_against(&in_effect, value)?;
            let _ = self.started_with.set((in_effect, verdict.policy()));
            // A value equals itself, so the result lists only the declared paths that do not exist.
            let unknown = verdict.to_string();
            return Ok(NeedsRestart {
                unknown: unknown.lines().map(str::to_owned).collect(),
                ..NeedsRestart::default()
            });
        };
        let verdict = self.required.check_against(in_effect, value)?;
        let changes = verdict.changes();
        let first = changes.iter().take(MOST);
        let mut texts: Vec<_> = first.clone().map(ToString::to_string).collect();
        if let more @ 1.. = changes.len().saturating_sub(MOST) {
            texts.push(format!("and {more} more"));
        }
        Ok(NeedsRestart {
            paths: first.map(|change| change.path().to_string()).collect(),
            text: texts.join("; "),
            unknown: Vec::new(),
        })
    }
}
