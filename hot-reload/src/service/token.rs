//! [`PlanToken`]: stands for the content that a plan has found, and for the generation that was visible.
//!
//! It is a keyed hash, so the service keeps nothing for it, and nobody can guess the content from it. The key is random in each
//! process, so a token does not outlive the process.

use std::fmt;
use std::hash::Hasher;

use crate::error::{Error, ErrorKind};
use crate::generation::Generation;
use crate::revision::Revision;
use crate::secret::keyed;

/// See the [module documentation](self).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlanToken {
    /// The number of the generation that was visible. Zero if none was.
    generation: u64,
    /// Shows that this process made the token for the service of this name.
    seal: u64,
    content: u128,
}

/// The content that a load has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Revision(Revision),
    /// The source has no content.
    Nothing,
}

impl PlanToken {
    pub(crate) fn of(service: &str, visible: Option<Generation>, found: &Found) -> Self {
        let generation = visible.map_or(0, Generation::get);
        Self {
            generation,
            seal: seal(service, generation),
            content: keyed(|hasher| {
                write(hasher, b"plan: content");
                write(hasher, service.as_bytes());
                match found {
                    Found::Revision(revision) => write(hasher, revision.as_bytes()),
                    Found::Nothing => hasher.write_u8(0),
                }
            }),
        }
    }

    /// # Errors
    ///
    /// The text is not a token that this process has made for the service of this name.
    pub(crate) fn parse(text: &str, service: &str) -> Result<Self, Error> {
        let number = |digits: Option<&str>, len: usize| {
            let digits = digits.filter(|digits| digits.len() == len)?;
            u128::from_str_radix(digits, 16).ok()
        };
        let parsed = || {
            let (generation, hash) = text.split_once('-')?;
            let generation = generation.parse().ok()?;
            let seal = u64::try_from(number(hash.get(..16), 16)?).ok()?;
            let content = number(hash.get(16..), 32)?;
            Some(Self {
                generation,
                seal,
                content,
            })
        };
        let token: Option<Self> = parsed();
        token
            .filter(|token| token.seal == seal(service, token.generation))
            .ok_or_else(|| {
                conflict("the token is not of a plan of this service in this process; plan again")
            })
    }

    /// # Errors
    ///
    /// Another generation is visible than when the token was made.
    pub(crate) fn check_visible(&self, visible: Option<Generation>) -> Result<(), Error> {
        let now = visible.map_or(0, Generation::get);
        if now == self.generation {
            return Ok(());
        }
        Err(conflict(format!(
            "generation {now} is visible, and the plan was made for {}; plan again",
            match self.generation {
                0 => "none".to_owned(),
                generation => generation.to_string(),
            }
        )))
    }

    /// # Errors
    ///
    /// This is not the content that the token stands for.
    pub(crate) fn check_content(
        &self,
        service: &str,
        visible: Option<Generation>,
        found: Option<&Found>,
    ) -> Result<(), Error> {
        match found {
            Some(found) if Self::of(service, visible, found) == *self => Ok(()),
            _ => Err(changed()),
        }
    }
}

/// The error of content that differs from that of the plan.
pub(crate) fn changed() -> Error {
    conflict("the source has changed since the plan; plan again")
}

fn conflict(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Conflict, text.into())
}

fn seal(service: &str, generation: u64) -> u64 {
    let hash = keyed(|hasher| {
        write(hasher, b"plan: generation");
        write(hasher, service.as_bytes());
        hasher.write_u64(generation);
    });
    (hash >> 64) as u64
}

/// Writes bytes after their length, so that boundaries matter.
fn write(hasher: &mut dyn Hasher, bytes: &[u8]) {
    hasher.write_usize(bytes.len());
    hasher.write(bytes);
}

impl fmt::Display for PlanToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            generation,
            seal,
            content,
        } = self;
        write!(f, "{generation}-{seal:016x}{content:032x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(service: &str, revision: &str) -> PlanToken {
        let found = Found::Revision(Revision::new(revision));
        PlanToken::of(service, Some(Generation::FIRST), &found)
    }

    #[test]
    fn token_is_parsed_from_its_text() {
        let token = token("app", "one");
        let text = token.to_string();
        assert_eq!(PlanToken::parse(&text, "app").unwrap(), token);
        assert!(text.starts_with("1-"), "{text}");
    }

    #[test]
    fn token_of_another_service_or_a_changed_one_is_refused() {
        let text = token("app", "one").to_string();
        let longer = format!("{text}0");
        let later = text.replacen("1-", "2-", 1);
        for (text, service) in [
            (&*text, "other"),
            (&later, "app"),
            (&longer, "app"),
            (&text[..text.len() - 1], "app"),
            ("", "app"),
            ("1-", "app"),
            ("1-é", "app"),
        ] {
            let error = PlanToken::parse(text, service).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conflict, "{text}");
        }
    }

    #[test]
    fn token_stands_for_one_content_and_one_generation() {
        let (one, two) = (token("app", "one"), token("app", "two"));
        assert_ne!(one, two);
        let found = |revision: &str| Found::Revision(Revision::new(revision));
        let visible = Some(Generation::FIRST);
        let check = |found: Option<&Found>| one.check_content("app", visible, found);
        assert!(check(Some(&found("one"))).is_ok());
        assert!(check(Some(&found("two"))).is_err());
        assert!(check(Some(&Found::Nothing)).is_err() && check(None).is_err());
        assert!(one.check_visible(visible).is_ok());
        let error = one
            .check_visible(visible.map(Generation::next))
            .unwrap_err();
        let text = "generation 2 is visible, and the plan was made for 1; plan again";
        assert_eq!(error.message(), text);
    }
}
