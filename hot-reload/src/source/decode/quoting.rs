//! [`Quoting`]: what of the content a decoder may quote in its errors.

use crate::scope::{Rules, Scope};

/// What of the content a decoder may quote in its errors, as the program has set it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quoting {
    secret: &'static [&'static str],
    is_off: bool,
}

impl Quoting {
    /// Values that do not look like secrets are quoted.
    pub(super) const fn new() -> Self {
        Self {
            secret: &[],
            is_off: false,
        }
    }

    /// The same, and what is at these paths is secret.
    pub(super) const fn secret(self, paths: &'static [&'static str]) -> Self {
        Self {
            secret: paths,
            ..self
        }
    }

    /// No value is quoted.
    pub(super) const fn off(self) -> Self {
        Self {
            is_off: true,
            ..self
        }
    }

    /// What to go by in an error. A declared path that is none hides all values, rather than show what was meant to be hidden.
    pub(super) fn quotes(self) -> Quotes {
        let mut rules = Rules::default();
        for path in self.secret {
            rules.declare(path);
        }
        match rules.scope().is_ok() {
            true => Quotes {
                rules,
                is_off: self.is_off,
            },
            false => Quotes {
                rules: Rules::default(),
                is_off: true,
            },
        }
    }
}

/// What of one content may be quoted.
pub(super) struct Quotes {
    rules: Rules,
    /// Whether no value may be quoted at all.
    pub(super) is_off: bool,
}

impl Quotes {
    /// What holds for the content as a whole.
    pub(super) fn scope(&self) -> Scope<'_> {
        self.rules.readable()
    }
}
