//! [`Scope`]: decides whether a path within a value is secret, by the names of its keys and by the declared secret paths.

pub(crate) mod pattern;

use self::pattern::Wanted;
use crate::error::Error;
use crate::secret::{Form, Level, form, is_expected, level};

/// The declared paths that could be parsed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    secret: Vec<Vec<Wanted>>,
    /// The first declaration that could not be parsed. Nothing is compared then, because a typo in a declaration must not
    /// show a secret.
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

    /// The scope of the whole value. Fails if a declaration could not be parsed.
    pub(crate) fn scope(&self) -> Result<Scope<'_>, Error> {
        match &self.fault {
            Some(error) => Err(error.clone()),
            None => Ok(self.readable()),
        }
    }

    /// The scope of the whole value. Ignores declarations that could not be parsed.
    pub(crate) fn readable(&self) -> Scope<'_> {
        Scope {
            is_declared: self.secret.iter().any(Vec::is_empty),
            level: Level::Plain,
            form: Form::Any,
            open: self.secret.iter().map(Vec::as_slice).collect(),
        }
    }
}

/// The secrecy of one place in a value.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'a> {
    /// Whether this place is on or below a declared path.
    is_declared: bool,
    /// The level that the keys on the path to this place give it.
    level: Level,
    /// The form that the keys promise of a value here.
    form: Form,
    /// The rest of each pattern that has matched so far.
    open: Vec<&'a [Wanted]>,
}

impl<'a> Scope<'a> {
    /// Whether this place is secret, or lies within a secret one.
    pub(crate) fn is_secret(&self) -> bool {
        self.is_declared || self.level == Level::Secret
    }

    /// Whether the keys are ambiguous, so that only evidently harmless text is shown here.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.level == Level::Ambiguous
    }

    /// Whether this value has the form that the keys promise, such as a commit or an address. It may be shown although it
    /// looks random or the keys are ambiguous.
    pub(crate) fn expects(&self, value: &str) -> bool {
        !self.is_secret() && is_expected(self.form, value)
    }

    /// The scope of the entry with this key.
    pub(crate) fn key(&self, key: &str) -> Self {
        let fits = |wanted: &Wanted| matches!(wanted, Wanted::Key(name) if name == key);
        let level = level(self.level, key);
        let form = match (form(key), level) {
            (Form::Identifier, Level::Plain) => Form::Identifier,
            (Form::Address, Level::Ambiguous) => Form::Address,
            // `brokers.list`, below an ambiguous key.
            (Form::Any, Level::Ambiguous) if self.form == Form::Address => Form::Address,
            _ => Form::Any,
        };
        Self {
            form,
            ..self.step(level, fits)
        }
    }

    /// The scope of a list item, which may have moved.
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
            form: self.form,
            open,
        }
    }
}
