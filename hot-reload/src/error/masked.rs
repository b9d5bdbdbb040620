//! Redaction of an error's chain of causes.

use std::error::Error as StdError;
use std::fmt;

use crate::secret;

/// Whether the text of a cause was redacted when the cause was made. It may show a value on purpose, so it stays.
pub(super) type IsRedacted = fn(&(dyn StdError + 'static)) -> bool;

/// Returns the chain unchanged if no cause shows a secret. Otherwise returns a chain of the redacted texts.
pub(super) fn without_secrets(
    source: Box<dyn StdError + Send + Sync>,
    is_redacted: IsRedacted,
) -> Box<dyn StdError + Send + Sync> {
    let original = chain(Some(&*source)).map(ToString::to_string);
    let original: Vec<String> = original.collect();
    let shown: Vec<String> = texts(Some(&*source), is_redacted);
    if original == shown {
        return source;
    }
    let masked = shown
        .into_iter()
        .rev()
        .fold(None, |source, text| Some(Box::new(Masked { text, source })));
    match masked {
        Some(masked) => masked,
        None => source,
    }
}

/// The redacted texts of a chain of causes.
pub(super) fn texts(
    source: Option<&(dyn StdError + 'static)>,
    is_redacted: IsRedacted,
) -> Vec<String> {
    let text = |cause: &(dyn StdError + 'static)| {
        let text = cause.to_string();
        // `source` of a masked cause returns the box.
        let is_masked = cause.is::<Masked>() || cause.is::<Box<Masked>>();
        match is_masked || is_redacted(cause) {
            true => text,
            false => secret::redact(&text).into_owned(),
        }
    };
    chain(source).map(text).collect()
}

fn chain<'a>(
    source: Option<&'a (dyn StdError + 'static)>,
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(source, |cause: &&'a (dyn StdError + 'static)| {
        (*cause).source()
    })
}

/// The redacted text of a cause, and its own cause.
#[derive(thiserror::Error)]
#[error("{text}")]
struct Masked {
    text: String,
    source: Option<Box<Self>>,
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}
