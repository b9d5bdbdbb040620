//! Environment variables as a layer.

use std::ffi::OsString;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use super::insert::insert;
use crate::error::{Error, ErrorKind, Location};
use crate::revision::Revision;
use crate::source::decode::tree::{Kind, Node, Origin, Scalar, Text};

/// The most variables of a layer.
const MOST: usize = 10_000;
/// The greatest depth of a name.
const DEPTH: usize = 64;

/// Reads all variables.
pub(super) type Read = Arc<dyn Fn() -> Vec<(OsString, OsString)> + Send + Sync>;

/// The variables with a prefix.
#[derive(Clone)]
pub(super) struct Variables {
    pub(super) prefix: String,
    pub(super) read: Read,
}

/// One variable: its name, its value, and where it stands.
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) origin: Origin,
}

impl Variables {
    /// The variables of this process.
    pub(super) fn of_process(prefix: String) -> Self {
        let read = Arc::new(|| std::env::vars_os().collect());
        Self { prefix, read }
    }

    /// The variables with this prefix, in the order of their names.
    fn now(&self) -> Vec<(OsString, OsString)> {
        let mut all = (self.read)();
        let prefix = self.prefix.as_bytes();
        all.retain(|(name, _)| {
            let name = name.as_encoded_bytes();
            name.len() > prefix.len() && name.starts_with(prefix)
        });
        all.sort();
        all
    }

    /// The tree of the variables as they are now, and a revision. The revision is a keyed hash, so that nobody can test guesses of
    /// a secret against it.
    pub(super) fn load(&self, keys: &[RandomState; 2]) -> (Revision, Result<Node, Error>) {
        let now = self.now();
        let mut token = Vec::new();
        for key in keys {
            let mut hasher = key.build_hasher();
            for (name, value) in &now {
                for bytes in [name.as_encoded_bytes(), value.as_encoded_bytes()] {
                    hasher.write_usize(bytes.len());
                    hasher.write(bytes);
                }
            }
            token.extend(hasher.finish().to_be_bytes());
        }
        (Revision::new(token), self.tree(now))
    }

    fn tree(&self, now: Vec<(OsString, OsString)>) -> Result<Node, Error> {
        let mut variables = Vec::with_capacity(now.len());
        for (name, value) in now {
            let name = name.to_string_lossy().into_owned();
            let Ok(value) = value.into_string() else {
                return Err(refused(&name, "expected UTF-8 text"));
            };
            variables.push(Variable {
                origin: Origin::of_name(&name),
                name,
                value,
            });
        }
        tree(&self.prefix, variables, &format!("{}*", self.prefix))
    }
}

/// The tree of variables. Those without the prefix are left out.
///
/// # Errors
///
/// A name that is no path, or two names of which one is within the other.
pub(super) fn tree(
    prefix: &str,
    variables: impl IntoIterator<Item = Variable>,
    whole: &str,
) -> Result<Node, Error> {
    let mut root = Node::table(Origin::of_name(whole));
    let mut count = 0_usize;
    for variable in variables {
        let Some(rest) = variable.name.strip_prefix(prefix) else {
            continue;
        };
        count += 1;
        if count > MOST {
            let text = format!("has more variables than the limit of {MOST}");
            return Err(Error::new(ErrorKind::TooLarge, text).at(Location::new(whole)));
        }
        let path = path(rest, &variable.name)?;
        let scalar = Kind::Scalar(Scalar::Text(Text::new(variable.value)));
        let node = Node::new(variable.origin, scalar);
        insert(&mut root, &path, node, &variable.name)?;
    }
    root.is_merged = count > 1;
    Ok(root)
}

/// The path of a name without its prefix: `SERVER__PORT` is `server.port`.
fn path(rest: &str, name: &str) -> Result<Vec<String>, Error> {
    let path: Vec<_> = rest.split("__").map(str::to_lowercase).collect();
    if path.iter().any(String::is_empty) {
        return Err(refused(name, "has an empty key in its name"));
    }
    if path.len() > DEPTH {
        let text = format!("has more than {DEPTH} keys in its name");
        return Err(refused(name, &text));
    }
    Ok(path)
}

pub(super) fn refused(name: &str, text: &str) -> Error {
    Error::new(ErrorKind::Decode, text).at(Location::new(name))
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Variables").field(&self.prefix).finish()
    }
}
