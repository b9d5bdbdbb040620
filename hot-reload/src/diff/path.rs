//! [`Path`]: the position of a part within a value.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::{Error, ErrorKind};
use crate::scope::pattern::{self, Wanted};

/// The position of a part within a value: keys and indices, such as `server.routes[3]."odd key"`.
///
/// A key is quoted if it is empty, is `*`, or contains a space, a control character, or one of `.[]"\`. Quoted keys use the
/// escapes of Rust. An index counts from zero. The whole value is `.`. [`FromStr`] reads what [`Display`](fmt::Display)
/// writes.
///
/// Paths are ordered segment by segment, keys by text and indices by number.
///
/// ```
/// use hot_reload::diff::{Path, Segment};
///
/// let path: Path = "server.routes[3].\"odd key\"".parse()?;
/// assert_eq!(path.segments()[2], Segment::Index(3));
/// assert_eq!(path.segments()[3], Segment::Key("odd key".to_owned()));
/// assert_eq!(path.to_string(), "server.routes[3].\"odd key\"");
/// assert!(path.starts_with(&"server.routes".parse()?));
/// assert!("server..port".parse::<Path>().is_err());
/// # Ok::<(), hot_reload::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Segment>);

/// One step of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(
    clippy::exhaustive_enums,
    reason = "a value has keys and indices, and nothing else"
)]
pub enum Segment {
    /// The entry of a table, a map or a struct, or the variant of an enum.
    Key(String),
    /// The item of a list, counted from zero.
    Index(usize),
}

impl Path {
    /// The segments, from the whole value to the part.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether this path equals the other one or lies below it. `server.tls` lies below `server`; `servers` does not.
    pub fn starts_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl FromIterator<Segment> for Path {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        Self(segments.into_iter().collect())
    }
}

impl FromStr for Path {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`], with the position in the text and the reason.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wanted = pattern::parse(text)?.into_iter();
        let segment = |wanted| match wanted {
            Wanted::Key(key) => Ok(Segment::Key(key)),
            Wanted::Index(index) => Ok(Segment::Index(index)),
            Wanted::Any => Err(Error::new(
                ErrorKind::Misconfigured,
                format!("{text:?} is a pattern and not a path; a key `*` is written \"*\""),
            )),
        };
        wanted.map(segment).collect()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(".");
        }
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => {
                    if at > 0 {
                        f.write_str(".")?;
                    }
                    write_key(key, f)?;
                }
            }
        }
        Ok(())
    }
}

/// Writes a key of a path, in quotes if it needs them.
pub(super) fn write_key(key: &str, f: &mut impl fmt::Write) -> fmt::Result {
    if !key.is_empty() && key != "*" && !key.contains(pattern::is_special) {
        f.write_str(key)
    } else {
        write!(f, "\"{}\"", key.escape_debug())
    }
}

impl Serialize for Path {
    /// Serializes the text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
