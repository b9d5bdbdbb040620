//! The last good value in a file, as a tool sees it: no service saves or restores here.

mod asked;
mod kept;
mod refused;

use std::convert::Infallible;
use std::string::FromUtf8Error;

use hot_reload::policy::LastGood;
use hot_reload::{Live, Snapshot};
use tempfile::TempDir;

/// A file for texts, in a folder of its own.
fn texts() -> (LastGood<String>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.last-good");
    (LastGood::new(path, encode, decode), folder)
}

#[allow(clippy::ptr_arg, reason = "the value is a String")]
fn encode(text: &String) -> Result<Vec<u8>, Infallible> {
    Ok(text.clone().into_bytes())
}

fn decode(bytes: &[u8]) -> Result<String, FromUtf8Error> {
    String::from_utf8(bytes.to_vec())
}

fn published<V: Send + Sync + 'static>(value: impl Into<V>) -> Snapshot<V> {
    Live::fixed(value.into()).get()
}
