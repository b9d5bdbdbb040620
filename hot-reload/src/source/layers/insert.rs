//! [`insert`]: puts a value at a path of a tree.

use crate::error::{Error, ErrorKind, Location};
use crate::source::decode::tree::{Entry, Kind, Node, Origin};

/// Puts a value at a path below the root, which is a table. A value that is already there is replaced.
///
/// # Errors
///
/// A value on the way, or a table at the end: one name cannot be both.
pub(super) fn insert(
    mut at: &mut Node,
    path: &[String],
    value: Node,
    name: &str,
) -> Result<(), Error> {
    let origin = value.origin.clone();
    let Some((last, way)) = path.split_last() else {
        return Ok(());
    };
    for key in way {
        at = step(at, key, &origin, name)?;
    }
    let entries = entries(at, name)?;
    match entries.iter_mut().find(|entry| entry.key == *last) {
        Some(entry) if matches!(entry.value.kind, Kind::Table(_)) => {
            Err(clash(&entry.origin, name))
        }
        Some(entry) => {
            entry.origin = origin;
            entry.value = value;
            Ok(())
        }
        None => {
            entries.push(Entry::new(last, origin, value));
            Ok(())
        }
    }
}

/// The table below this key.
fn step<'n>(
    at: &'n mut Node,
    key: &str,
    origin: &Origin,
    name: &str,
) -> Result<&'n mut Node, Error> {
    let entries = entries(at, name)?;
    let index = match entries.iter().position(|entry| entry.key == key) {
        Some(index) => {
            // One table from several names: a missing key concerns all of them.
            entries[index].value.is_merged = true;
            index
        }
        None => {
            let table = Node::table(origin.clone());
            entries.push(Entry::new(key, origin.clone(), table));
            entries.len() - 1
        }
    };
    Ok(&mut entries[index].value)
}

fn entries<'n>(node: &'n mut Node, name: &str) -> Result<&'n mut Vec<Entry>, Error> {
    let origin = node.origin.clone();
    match &mut node.kind {
        Kind::Table(entries) => Ok(entries),
        Kind::Scalar(_) | Kind::List(_) => Err(clash(&origin, name)),
    }
}

fn clash(other: &Origin, name: &str) -> Error {
    let other = &other.part.name;
    let text = format!("a key cannot have both a value and keys below it, as {other} demands");
    Error::new(ErrorKind::Decode, text).at(Location::new(name))
}
