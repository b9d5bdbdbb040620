//! Which values are secret: by the names of keys, and by the paths that were declared.

use super::parse::{self, Wanted};
use crate::error::Error;
use crate::secret::key_is_secret;

/// The declared paths, as far as they could be read.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    secret: Vec<Vec<Wanted>>,
    /// The first declaration that could not be read. A secret must not be shown because of a slip in its declaration, so
    /// nothing is compared then.
    fault: Option<Error>,
}

impl Rules {
    pub(super) fn declare(&mut self, pattern: &str) {
        match parse::parse(pattern) {
            Ok(steps) => self.secret.push(steps),
            Err(error) => {
                self.fault.get_or_insert(error);
            }
        }
    }

    /// What holds for the value as a whole.
    pub(super) fn scope(&self) -> Result<Scope<'_>, Error> {
        match &self.fault {
            Some(error) => Err(error.clone()),
            None => Ok(Scope {
                is_secret: self.secret.iter().any(Vec::is_empty),
                open: self.secret.iter().map(Vec::as_slice).collect(),
            }),
        }
    }
}

/// What holds at one place of a value.
#[derive(Debug, Clone)]
pub(super) struct Scope<'a> {
    /// Whether this place is secret, or lies within something that is.
    pub(super) is_secret: bool,
    /// What remains of the patterns that have fitted so far.
    open: Vec<&'a [Wanted]>,
}

impl<'a> Scope<'a> {
    /// What holds for the entry with this key.
    pub(super) fn key(&self, key: &str) -> Self {
        let named = self.is_secret || key_is_secret(key);
        self.step(
            named,
            |wanted| matches!(wanted, Wanted::Key(name) if name == key),
        )
    }

    /// What holds for an item, which may have moved.
    pub(super) fn item(&self, old: usize, new: usize) -> Self {
        self.step(
            self.is_secret,
            |wanted| matches!(wanted, Wanted::Index(index) if *index == old || *index == new),
        )
    }

    fn step(&self, is_secret: bool, fits: impl Fn(&Wanted) -> bool) -> Self {
        let fitting = self.open.iter().filter_map(|steps| match steps {
            [first, rest @ ..] if *first == Wanted::Any || fits(first) => Some(rest),
            _ => None,
        });
        let open: Vec<&'a [Wanted]> = fitting.collect();
        Self {
            is_secret: is_secret || open.iter().any(|steps| steps.is_empty()),
            open,
        }
    }
}
