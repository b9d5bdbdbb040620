//! Redaction of an error's chain of causes.

use std::error::Error as StdError;
use std::fmt;

use crate::secret;

/// Returns the chain unchanged if no cause shows a secret. Otherwise returns a chain of the redacted texts.
pub(super) fn without_secrets(
    source: Box<dyn StdError + Send + Sync>,
) -> Box<dyn StdError + Send + Sync> {
    let original = chain(Some(&*source)).map(ToString::to_string);
    let original: Vec<String> = original.collect();
    let shown: Vec<String> = texts(Some(&*source));
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
pub(super) fn texts(source: Option<&(dyn StdError + 'static)>) -> Vec<String> {
    let texts = chain(source).map(|cause| secret::redact(&cause.to_string()).into_owned());
    texts.collect()
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
