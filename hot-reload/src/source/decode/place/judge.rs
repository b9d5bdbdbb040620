//! [`Judge`]: decides what an error may quote, by its path and by the secrets of the content.

use serde_path_to_error::Segment;

use super::found::may_be_secret;
use super::secret::Secrets;
use crate::scope::Scope;
use crate::secret::{HIDDEN, carries_secret, is_field, is_harmless, is_secret};

/// The most bytes of a key that is shown.
const KEY: usize = 256;

/// Decides what an error about one path may quote.
pub(super) struct Judge<'a> {
    /// The scope at the path of the fault.
    scope: Scope<'a>,
    /// Whether no value may be quoted at all.
    is_off: bool,
    /// Whether the fault concerns a value, rather than the whole content or its syntax.
    is_inside: bool,
    secrets: &'a Secrets,
}

impl<'a> Judge<'a> {
    /// The judge for this path. `whole` is the scope of the content.
    pub(super) fn new(
        whole: &Scope<'a>,
        is_off: bool,
        path: Option<&[Segment]>,
        secrets: &'a Secrets,
    ) -> Self {
        let mut segments = path.into_iter().flatten().peekable();
        Self {
            is_off,
            is_inside: segments.peek().is_some(),
            scope: segments.fold(whole.clone(), |scope, segment| step(&scope, segment)),
            secrets,
        }
    }

    /// Whether no value may be quoted here.
    fn hides_values(&self) -> bool {
        self.is_off || self.scope.is_secret()
    }

    /// Whether a foreign sentence about the value must be hidden as a whole.
    pub(super) fn hides_sentences(&self) -> bool {
        self.is_inside && self.hides_values()
    }

    /// Whether this value may be quoted.
    pub(super) fn shows(&self, value: &str) -> bool {
        let is_ambiguous = !self.secrets.is_whole() || self.scope.is_ambiguous();
        let looks_well = match is_ambiguous {
            true => is_harmless(value),
            false => !is_secret(value),
        };
        !self.hides_values()
            && (looks_well || self.scope.expects(value))
            && !self.secrets.show_in(value)
    }

    /// Whether this value may be quoted only because its keys promise its form.
    pub(super) fn expects(&self, value: &str) -> bool {
        self.scope.expects(value) && self.shows(value)
    }

    /// Whether an unknown key may be quoted. Within a secret it may be one itself, unless it is a typo of a known name.
    pub(super) fn shows_key(&self, key: &str, is_slip: bool) -> bool {
        let may_be_one =
            (self.scope.is_secret() && !is_slip) || key.len() > KEY || self.secrets.show_in(key);
        !carries_secret(key) && (is_field(key) || !may_be_one)
    }

    /// Redacts the secrets of the content in a sentence.
    pub(super) fn redact(&self, sentence: &str) -> String {
        self.secrets.redact(sentence, self.scope.is_ambiguous())
    }
}

fn step<'a>(scope: &Scope<'a>, segment: &Segment) -> Scope<'a> {
    match segment {
        Segment::Map { key } => scope.key(key),
        Segment::Seq { index } => scope.item(*index, *index),
        Segment::Enum { .. } | Segment::Unknown => scope.clone(),
    }
}

/// The path as text. Keys that may be secrets are redacted, and an unknown last key is left out.
pub(super) fn shown_path(
    path: &[Segment],
    whole: &Scope<'_>,
    secrets: &Secrets,
    unknown_key: Option<&str>,
) -> String {
    let mut segments: Vec<&Segment> = path.iter().collect();
    // The path leads to the table that has the key, whether or not the parser went one step further.
    if let Some(Segment::Map { key }) = segments.last()
        && unknown_key == Some(key)
    {
        segments.pop();
    }
    let mut scope = whole.clone();
    let mut shown = String::new();
    for segment in segments {
        let name = match segment {
            Segment::Seq { index } => {
                shown.push_str(&format!("[{index}]"));
                scope = step(&scope, segment);
                continue;
            }
            Segment::Map { key } => {
                let may_be_one =
                    may_be_secret(&scope, key) || key.len() > KEY || secrets.show_in(key);
                match carries_secret(key) || (may_be_one && !is_field(key)) {
                    true => HIDDEN,
                    false => key,
                }
            }
            Segment::Enum { variant } => variant,
            Segment::Unknown => "?",
        };
        let dot = if shown.is_empty() { "" } else { "." };
        shown.push_str(dot);
        shown.push_str(name);
        scope = step(&scope, segment);
    }
    shown
}
