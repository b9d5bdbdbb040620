//! What a group says of members that are not well.

use super::roster::Roster;
use crate::error::Error;
use crate::event::Outcome;
use crate::service::Standing;
use crate::status::Degradation;

/// Why there is no cut, if members are away at these places.
///
/// It is a rejection, at the stage of the first, if all of them refused what their sources hold. Of several errors the kind
/// is that of one that waiting does not heal, if there is one.
pub(super) fn refusal(roster: &Roster, away: Vec<(usize, Outcome)>) -> Option<Outcome> {
    let names = &roster.names.names;
    let errors = away.iter().filter_map(|(place, outcome)| {
        let error = outcome.error()?;
        let source = roster.running()[*place].status().source;
        Some((named(&names[*place], source.as_deref(), error), error))
    });
    let errors: Vec<_> = errors.collect();
    let healing = |error: &&Error| error.is_retryable();
    let all = errors.iter().map(|(_, error)| *error);
    let kind = all
        .clone()
        .find(|error| !healing(error))
        .or(all.clone().next())?
        .kind();
    let texts: Vec<_> = errors.iter().map(|(text, _)| text.as_str()).collect();
    let error = Error::new(kind, texts.join("; "));
    let stages = away.iter().map(|(_, outcome)| match outcome {
        Outcome::Rejected { stage, .. } => Some(*stage),
        _ => None,
    });
    let stages: Option<Vec<_>> = stages.collect();
    Some(match stages.and_then(|stages| stages.first().copied()) {
        Some(stage) => Outcome::Rejected { stage, error },
        None => Outcome::Failed { error },
    })
}

/// The member, the place, and what is the matter there.
fn named(member: &str, source: Option<&str>, error: &Error) -> String {
    let text = error.to_string();
    match source {
        Some(source) if !text.contains(source) => format!("{member}: {source}: {text}"),
        _ => format!("{member}: {text}"),
    }
}

/// What the status of the group says of a member.
pub(super) fn trouble(name: &str, standing: &Standing) -> Option<Degradation> {
    let text = match &standing.trouble {
        Some(outcome) => match outcome.error() {
            Some(error) => error.to_string(),
            None if matches!(outcome, Outcome::Missing) => "its source holds nothing".to_owned(),
            None => format!("its last look was {outcome}"),
        },
        None => return None,
    };
    let remedy = match standing.generation {
        Some(_) => "its last good value stays until its source is good again",
        None => "it has no value until its source is good",
    };
    let trouble = Degradation::new("member", format!("{name}: {text}"), remedy);
    // The member has logged it by itself.
    Some(trouble.logged())
}
