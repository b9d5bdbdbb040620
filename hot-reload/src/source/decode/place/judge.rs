//! [`Judge`]: what of a fault may be shown, by its place and by the secrets of the content.

use serde_path_to_error::{Path, Segment};

use super::secret::{Secrets, may_be_secret};
use crate::scope::Scope;
use crate::secret::{HIDDEN, carries_secret, is_field, is_harmless, is_secret};

/// How many bytes a key has at most that is shown.
const KEY: usize = 256;

/// What of a fault may be shown.
pub(super) struct Judge<'a> {
    /// What holds at the place of the fault.
    scope: Scope<'a>,
    /// Whether no value at all is quoted.
    is_off: bool,
    /// Whether the fault is that of a value, and not of the whole or of its syntax.
    is_inside: bool,
    secrets: &'a Secrets,
}

impl<'a> Judge<'a> {
    /// The judge of what is at this path. `whole` is what holds for the content.
    pub(super) fn new(
        whole: &Scope<'a>,
        is_off: bool,
        path: Option<&Path>,
        secrets: &'a Secrets,
    ) -> Self {
        let mut segments = path.into_iter().flat_map(Path::iter).peekable();
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

    /// Whether nothing may be shown of somebody else's sentence about the value.
    pub(super) fn hides_sentences(&self) -> bool {
        self.is_inside && self.hides_values()
    }

    /// Whether this value may be quoted.
    pub(super) fn shows(&self, value: &str) -> bool {
        let is_doubtful = !self.secrets.is_whole() || self.scope.is_doubtful();
        let looks_well = match is_doubtful {
            true => is_harmless(value),
            false => !is_secret(value),
        };
        !self.hides_values() && looks_well && !self.secrets.show_in(value)
    }

    /// Whether a key that is not known may be quoted. Within a secret it may be one, unless it is a slip in a name.
    pub(super) fn shows_key(&self, key: &str, is_slip: bool) -> bool {
        let may_be_one =
            (self.scope.is_secret() && !is_slip) || key.len() > KEY || self.secrets.show_in(key);
        !carries_secret(key) && (is_field(key) || !may_be_one)
    }

    /// A sentence without the secrets of the content.
    pub(super) fn cut(&self, sentence: &str) -> String {
        self.secrets.cut(sentence)
    }
}

fn step<'a>(scope: &Scope<'a>, segment: &Segment) -> Scope<'a> {
    match segment {
        Segment::Map { key } => scope.key(key),
        Segment::Seq { index } => scope.item(*index, *index),
        Segment::Enum { .. } | Segment::Unknown => scope.clone(),
    }
}

/// The path as text, without the keys that may be secrets, and without a last one that is not known.
pub(super) fn shown_path(
    path: &Path,
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
