//! [`Expand`]: a decoder that expands references in the texts of a document.
//!
//! - `syntax`: the references in a text;
//! - `resolve`: replaces them;
//! - `copies`: finds their values in errors;
//! - `formats`: the decoders that have such documents.

mod copies;
pub(super) mod formats;
mod resolve;
mod syntax;
#[cfg(all(test, feature = "json", feature = "toml", feature = "yaml"))]
#[allow(clippy::unwrap_used, reason = "a helper of a test may panic, too")]
mod tests;

use self::formats::Document;
pub use self::formats::Expandable;
pub(in crate::source) use self::resolve::Values;
use crate::error::Error;
use crate::source::blank::is_blank;
use crate::source::decode::Decode;
use crate::source::decode::quoting::Quoting;
use crate::source::decode::tree::{Node, Tree};
use crate::source::files::{DecodeMerged, Files, Part};

/// A decoder that expands references in the texts of a document: `${NAME}` is an environment variable, `${file:PATH}` the
/// content of a file.
///
/// ```
/// # #[cfg(feature = "toml")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::fs;
///
/// use hot_reload::ReloaderService;
/// use hot_reload::source::{Expand, File, Source, Toml};
///
/// #[derive(PartialEq, serde::Deserialize)]
/// struct AppConfig {
///     port: u16,
///     database: String,
/// }
///
/// let folder = tempfile::tempdir()?;
/// let path = |name: &str| folder.path().join(name);
/// let text = r#"
///     port = "${APP_PORT:-8080}"
///     database = "postgres://app:${file:secret}@db/app"
/// "#;
/// fs::write(path("app.toml"), text)?;
/// fs::write(path("secret"), "first\n")?;
///
/// let config = File::new(path("app.toml")).decode(Expand::new(Toml::<AppConfig>::new()));
/// let (config, _control) = ReloaderService::watch(config).start().await?;
/// assert_eq!(config.load().port, 8080);
/// assert_eq!(config.load().database, "postgres://app:first@db/app");
///
/// // A rotated secret is a new value.
/// let mut changes = config.subscribe();
/// fs::write(path("secret.new"), "second\n")?;
/// fs::rename(path("secret.new"), path("secret"))?;
/// assert_eq!(changes.changed().await.unwrap().database, "postgres://app:second@db/app");
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "toml"))]
/// # fn main() {}
/// ```
///
/// # References
///
/// | in a text | becomes |
/// |---|---|
/// | `${NAME}` | the value of the environment variable; an error if it is not set |
/// | `${NAME:-default}` | the same, or the default if the variable is not set or is empty |
/// | `${file:PATH}` | the content of the file, without the line break at its end; an error if it does not exist |
/// | `${file:PATH:-default}` | the same, or the default if the file does not exist |
/// | `$$` | `$` |
///
/// A `$` before any other character stays. References are expanded in the texts among the values, after the document is
/// parsed, never in keys. So a secret with quotes or line breaks changes no other value. They are expanded once: a value that
/// contains `${` stays as it is, and a default cannot contain a reference.
///
/// A text with a reference takes the type of the target: a number, a boolean, a list with commas between its items, or a text. So
/// `port = "${PORT}"` may be a number. An empty text is `None` for an `Option`. A text with `$$` alone stays a text.
///
/// # Changes
///
/// A relative path is resolved against the directory of the document. Referenced files are [included](Part::include): they are read
/// at the same moment and watched, so a rotated secret is a new value. Variables are read again at each load, and a changed
/// variable is a new value although the document is the same. No watch reports it, so the next load finds it.
///
/// # Secrets
///
/// A value from a variable or a file is secret, and so is every text that contains it. Defaults are not secret. A revision does
/// not reveal a value.
///
/// - Errors of decoding show `(not shown)` in its place, also if your own type quotes it. A copy of one character, or of up to
///   three lowercase letters, is not recognized there.
/// - The feature `diff` hides every text or number that equals it: also without white space around it, as a number in another
///   spelling, or as one of its first 1,024 items between commas.
/// - An error of your own validator may quote it. Only the form of a secret is recognized there, as in
///   [every error](Error#secrets).
///
/// # Limits
///
/// Those of [`Part::include`], 250,000 values in a document with a dollar sign, and 16 MiB for all texts with references.
///
/// # Errors
///
/// An error has the place of the reference: `app.toml:4:8: server.port: the environment variable PORT is not set; set it, or write
/// ${NAME:-default}`.
#[derive(Debug, Clone, Copy)]
pub struct Expand<D> {
    decoder: D,
}

impl<D: Expandable> Expand<D> {
    /// Expands references before `decoder` decodes. `Toml`, `Json`, `Yaml` and `ByFormat` can be wrapped.
    pub const fn new(decoder: D) -> Self {
        Self { decoder }
    }
}

impl<D: Expandable> Decode for Expand<D> {
    type Value = D::Value;

    /// Decodes content that no source has read, so that references to files are errors.
    fn decode(&self, bytes: &[u8], name: &str) -> Result<D::Value, Error> {
        self.decode_part(&Part::new(name, bytes))
    }

    fn decode_part(&self, part: &Part) -> Result<D::Value, Error> {
        if !may_refer(part.bytes()) {
            return self.decoder.decode_part(part);
        }
        let mut values = Values::default();
        let Document { root, quoting } = self.expanded(part, &mut values)?;
        self.decode_tree(&root, part.name(), quoting, &values)
    }
}

impl<D: Expandable> DecodeMerged for Expand<D>
where
    D: DecodeMerged,
{
    fn decode_merged(&self, files: &Files, name: &str) -> Result<D::Value, Error> {
        if !files.iter().any(|part| may_refer(part.bytes())) {
            return self.decoder.decode_merged(files, name);
        }
        let (mut values, mut whole, mut unread) = (Values::default(), None::<Document>, None);
        for part in files.iter().filter(|part| !is_blank(part.bytes())) {
            let expanded = self.expanded(part, &mut values);
            match (&mut whole, expanded) {
                (None, Ok(document)) => whole = Some(document),
                (Some(whole), Ok(document)) => whole.root.cover(document.root),
                // The other parts name the files that they need, too, so that one round reads all.
                (_, Err(error)) if part.is_decoded_again() => {
                    unread.get_or_insert(error);
                }
                (_, Err(error)) => return Err(error),
            }
        }
        if let Some(error) = unread {
            return Err(error);
        }
        match whole {
            Some(Document { root, quoting }) => self.decode_tree(&root, name, quoting, &values),
            None => self.decoder.decode_merged(files, name),
        }
    }
}

impl<D: Expandable> Expand<D> {
    fn expanded(&self, part: &Part, values: &mut Values) -> Result<Document, Error> {
        let mut document = self.decoder.parse(part.bytes(), part.name())?;
        values.expand(&mut document.root, part, document.quoting)?;
        Ok(document)
    }

    fn decode_tree(
        &self,
        root: &Node,
        name: &str,
        quoting: Quoting,
        values: &Values,
    ) -> Result<D::Value, Error> {
        let tree = Tree {
            root,
            name,
            quoting,
        };
        let decoded = tree.decode(false).map_err(|error| values.hide(error))?;
        Ok(decoded.value)
    }
}

/// Whether a content may have a dollar sign in its texts: as it is, or as an escape of one of the formats.
pub(in crate::source) fn may_refer(bytes: &[u8]) -> bool {
    let escapes: [&[u8]; 3] = [b"\\u0024", b"\\U00000024", b"\\x24"];
    let mut backslashes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\\');
    bytes.contains(&b'$')
        || backslashes.any(|(at, _)| escapes.iter().any(|sign| bytes[at..].starts_with(sign)))
}
