//! Errors and status entries about members that are away.

use super::roster::Roster;
use crate::error::Error;
use crate::event::Outcome;
use crate::group::link::MemberState;
use crate::revision::Revision;
use crate::status::Degradation;

/// Why the group has no new value, if these members are away.
///
/// The outcome is a rejection, at the stage of the first, if every such member rejected its content. Of several errors, the
/// kind is that of one that a retry cannot fix, if there is one.
pub(super) fn refusal(roster: &Roster, away: &[(usize, Outcome)]) -> Option<Outcome> {
    let mut texts = Vec::new();
    let mut worst: Option<&Error> = None;
    let mut stages = Vec::new();
    for (place, outcome) in away {
        let error = outcome.error()?;
        let source = roster.running()[*place].status().source;
        texts.push(named(&roster.names.names[*place], source.as_deref(), error));
        if worst.is_none_or(|worst| worst.is_retryable() && !error.is_retryable()) {
            worst = Some(error);
        }
        if let Outcome::Rejected { stage, .. } = outcome {
            stages.push(*stage);
        }
    }
    let mut error = Error::new(worst?.kind(), texts.join("; "));
    let errors = away.iter().filter_map(|(_, outcome)| outcome.error());
    let revisions: Vec<_> = errors.filter_map(Error::revision).collect();
    if !revisions.is_empty() {
        // The same text about other content counts as a new error.
        error = error.with_revision(Revision::join(revisions));
    }
    Some(match stages.first() {
        Some(&stage) if stages.len() == away.len() => Outcome::Rejected { stage, error },
        _ => Outcome::Failed { error },
    })
}

/// The error, with the member and its source in front.
fn named(member: &str, source: Option<&str>, error: &Error) -> String {
    match source {
        Some(source) => format!("{member}: {}", error.clone().about(source)),
        None => format!("{member}: {error}"),
    }
}

/// The entry about a member in the status of the group.
pub(super) fn trouble(name: &str, member_state: &MemberState) -> Option<Degradation> {
    let outcome = member_state.trouble.as_ref()?;
    let text = match outcome {
        Outcome::Rejected { error, .. } | Outcome::Failed { error } => error.to_string(),
        Outcome::Missing => "its source has no content".to_owned(),
        Outcome::Held => "its new value is held".to_owned(),
        Outcome::Published { .. } | Outcome::Unchanged => return None,
    };
    let remedy = if outcome.is_held() {
        "see the `hold` in its `member_status`; `resume` of the group ends every hold but `being_written`"
    } else if member_state.generation.is_some() {
        "fix its source; its last good value stays until then"
    } else {
        "fix its source; it has no value until then"
    };
    let trouble = Degradation::new("member", format!("{name}: {text}"), remedy);
    // The member has already logged it.
    Some(trouble.logged())
}
