//! Redaction of an error's chain of causes.

use std::error::Error as StdError;
use std::fmt;

use crate::secret;

/// Returns the chain unchanged if no cause shows a secret. Otherwise returns a chain of their redacted texts.
pub(super) fn without_secrets(
    source: Box<dyn StdError + Send + Sync>,
) -> Box<dyn StdError + Send + Sync> {
    let said = chain(Some(&*source)).map(ToString::to_string);
    let said: Vec<String> = said.collect();
    let shown: Vec<String> = texts(Some(&*source));
    if said == shown {
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
    let texts = chain(source).map(|cause| secret::cut(&cause.to_string()).into_owned());
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
struct Masked {
    text: String,
    source: Option<Box<Self>>,
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl StdError for Masked {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
