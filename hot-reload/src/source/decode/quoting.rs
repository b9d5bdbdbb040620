//! [`Quoting`]: a decoder's settings for the values that its errors may quote.

use crate::scope::{Rules, Scope};

/// The program's settings for the values that a decoder's errors may quote.
#[derive(Debug, Clone, Copy)]
pub(in crate::source) struct Quoting {
    secret: &'static [&'static str],
    is_off: bool,
}

impl Quoting {
    /// Values that do not look like secrets are quoted.
    pub(in crate::source) const fn new() -> Self {
        Self {
            secret: &[],
            is_off: false,
        }
    }

    /// Replaces the declared secret paths.
    pub(in crate::source) const fn secret(self, paths: &'static [&'static str]) -> Self {
        Self {
            secret: paths,
            ..self
        }
    }

    /// Quotes no value.
    pub(in crate::source) const fn off(self) -> Self {
        Self {
            is_off: true,
            ..self
        }
    }

    /// The settings for one error. A declared path that cannot be parsed hides all values, so that a typo shows no secret.
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

/// The settings for one content.
pub(super) struct Quotes {
    rules: Rules,
    /// Whether no value may be quoted at all.
    pub(super) is_off: bool,
}

impl Quotes {
    /// The scope of the whole content.
    pub(super) fn scope(&self) -> Scope<'_> {
        self.rules.readable()
    }
}
