//! [`text`]: the status line.

use crate::error::one_line;
use crate::event::Outcome;
use crate::status::Status;

/// The state of all services on one line, those with a problem first.
pub(super) fn text(statuses: impl Iterator<Item = Status>) -> String {
    let mut parts: Vec<_> = statuses.map(|status| part(&status)).collect();
    parts.sort_by_key(|(has_problem, _)| !has_problem);
    let parts: Vec<_> = parts.into_iter().map(|(_, text)| text).collect();
    let mut line = match parts.is_empty() {
        true => "no service".to_owned(),
        // A line break would begin another field of the message.
        false => one_line(parts.join("; ").into()),
    };
    if line.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| line.is_char_boundary(*end));
        line.truncate(end.unwrap_or_default());
        line.push('…');
    }
    line
}

/// The most bytes of the line.
const LONGEST: usize = 500;

/// Whether a service has a problem, and its state.
fn part(status: &Status) -> (bool, String) {
    let name = &status.name;
    let stays = match status.generation {
        Some(generation) => format!("generation {generation}"),
        None => "no value".to_owned(),
    };
    let problem = match (&status.hold, &status.last_attempt) {
        (Some(hold), _) => Some(format!("HELD, {stays} stays: {hold}")),
        (None, Some(attempt)) => match &attempt.outcome {
            Outcome::Published { .. } | Outcome::Unchanged | Outcome::Held => None,
            Outcome::Missing if attempt.is_fallback => None,
            Outcome::Missing => Some(format!("MISSING, {stays} stays")),
            Outcome::Failed { error } => Some(format!("FAILED, {stays} stays: {error}")),
            Outcome::Rejected { stage, error } => {
                Some(format!("REJECTED at stage {stage}, {stays} stays: {error}"))
            }
        },
        (None, None) => None,
    };
    match problem {
        Some(problem) => (true, format!("{name}: {problem}")),
        None => (false, format!("{name}: {stays}")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::event::HoldReason;
    use crate::generation::Generation;
    use crate::status::Hold;

    fn status(name: &str, hold: Option<&str>) -> Status {
        let hold = hold.map(|text| Hold::new(HoldReason::Paused, SystemTime::UNIX_EPOCH, text));
        Status {
            generation: Some(Generation::FIRST),
            hold,
            ..Status::new(name.to_owned(), None)
        }
    }

    #[test]
    fn problem_comes_first_and_no_text_begins_another_field() {
        let mut held = status("tls", Some("wait"));
        held.name = "tls\nMAINPID=1".to_owned();
        let line = text([status("app", None), held].into_iter());
        assert!(!line.contains('\n'), "{line:?}");
        assert!(
            line.starts_with("tls") && line.ends_with("; app: generation 1"),
            "{line}"
        );
        assert!(line.contains("HELD, generation 1 stays: wait"), "{line}");
        assert_eq!(text([].into_iter()), "no service");
    }

    #[test]
    fn long_line_is_cut_between_characters() {
        let line = text((0..200).map(|_| status("größe", None)));
        assert!(line.len() <= LONGEST + 3 && line.ends_with('…'), "{line}");
    }
}
