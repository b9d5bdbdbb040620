//! [`Scope`]: whether a place of a value is secret, by the names of the keys on the way and by the paths that were declared.

pub(crate) mod pattern;

use self::pattern::Wanted;
use crate::error::Error;
use crate::secret::{Level, level};

/// The declared paths, as far as they could be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    secret: Vec<Vec<Wanted>>,
    /// The first declaration that could not be read. A secret must not be shown because of a slip in its declaration, so
    /// nothing is compared then.
    fault: Option<Error>,
}

impl Rules {
    pub(crate) fn declare(&mut self, pattern: &str) {
        match pattern::parse(pattern) {
            Ok(steps) => self.secret.push(steps),
            Err(error) => {
                self.fault.get_or_insert(error);
            }
        }
    }

    /// What holds for the value as a whole.
    pub(crate) fn scope(&self) -> Result<Scope<'_>, Error> {
        match &self.fault {
            Some(error) => Err(error.clone()),
            None => Ok(self.readable()),
        }
    }

    /// What holds for the value as a whole, by the declarations that could be read.
    pub(crate) fn readable(&self) -> Scope<'_> {
        Scope {
            is_declared: self.secret.iter().any(Vec::is_empty),
            level: Level::Plain,
            open: self.secret.iter().map(Vec::as_slice).collect(),
        }
    }
}

/// What holds at one place of a value.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'a> {
    /// Whether this place was declared, or lies within one that was.
    is_declared: bool,
    /// What the keys on the way to this place say.
    level: Level,
    /// What remains of the patterns that have fitted so far.
    open: Vec<&'a [Wanted]>,
}

impl<'a> Scope<'a> {
    /// Whether this place is secret, or lies within something that is.
    pub(crate) fn is_secret(&self) -> bool {
        self.is_declared || self.level == Level::Secret
    }

    /// Whether only what evidently is no secret is shown here.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.level == Level::Doubtful
    }

    /// What holds for the entry with this key.
    pub(crate) fn key(&self, key: &str) -> Self {
        let fits = |wanted: &Wanted| matches!(wanted, Wanted::Key(name) if name == key);
        self.step(level(self.level, key), fits)
    }

    /// What holds for an item, which may have moved.
    pub(crate) fn item(&self, old: usize, new: usize) -> Self {
        let fits = |wanted: &Wanted| matches!(wanted, Wanted::Index(index) if *index == old || *index == new);
        self.step(self.level, fits)
    }

    fn step(&self, level: Level, fits: impl Fn(&Wanted) -> bool) -> Self {
        let fitting = self.open.iter().filter_map(|steps| match steps {
            [first, rest @ ..] if *first == Wanted::Any || fits(first) => Some(rest),
            _ => None,
        });
        let open: Vec<&'a [Wanted]> = fitting.collect();
        Self {
            is_declared: self.is_declared || open.iter().any(|steps| steps.is_empty()),
            level,
            open,
        }
    }
}
