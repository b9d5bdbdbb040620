//! [`Shown`]: what a value is without a target.

use std::borrow::Cow;

/// What a format says about a value.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::source) enum Shown<'a> {
    Nothing,
    Bool(bool),
    /// A number or a date, as it is written.
    Number(Cow<'a, str>),
    Text(Cow<'a, str>),
}
