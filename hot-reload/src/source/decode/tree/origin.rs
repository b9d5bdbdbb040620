//! [`Origin`]: where a value stands.

use std::fmt;
use std::sync::Arc;

use crate::source::decode::place;

/// A document, or one variable: a name for errors, and the text in which offsets count.
pub(in crate::source) struct Part {
    pub(in crate::source) name: String,
    pub(in crate::source) text: String,
}

/// Shows the name only, because the text may be secret.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Part").field(&self.name).finish()
    }
}

/// Where a value stands.
#[derive(Debug, Clone)]
pub(in crate::source) struct Origin {
    pub(in crate::source) part: Arc<Part>,
    /// The offset in the text, in bytes. `None` if the part has no lines.
    pub(in crate::source) offset: Option<usize>,
}

impl Origin {
    /// A part without lines, such as a variable.
    pub(in crate::source) fn of_name(name: impl Into<String>) -> Self {
        let (name, text) = (name.into(), String::new());
        Self {
            part: Arc::new(Part { name, text }),
            offset: None,
        }
    }

    /// The line and the column, both counted from one.
    pub(in crate::source) fn line_and_column(&self) -> Option<(u64, u64)> {
        let offset = self.offset?;
        Some(place::line_and_column(&self.part.text, offset))
    }
}
