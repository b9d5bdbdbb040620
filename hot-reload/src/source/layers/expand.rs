//! [`Layers::expand`]: references in the texts of all documents.

use std::sync::Arc;

use super::builder::Layers;
use super::contents::Contents;
use crate::error::Error;
use crate::source::decode::expand::Values;
use crate::source::decode::quoting::Quoting;
use crate::source::decode::tree::{Node, Origin};
use crate::source::files::Files;

impl<T> Layers<T> {
    /// Expands references in the texts of all documents: `${NAME}`, `${NAME:-default}`, `${file:PATH}` and `$$`, as
    /// [`Expand`](crate::source::Expand) does. Default: a text stays as it is.
    ///
    /// ```
    /// use hot_reload::source::Layers;
    ///
    /// #[derive(PartialEq, serde::Deserialize)]
    /// struct AppConfig {
    ///     database: String,
    /// }
    ///
    /// // database = "postgres://app:${file:/run/secrets/db}@db/app"
    /// let config = Layers::<AppConfig>::new().file("app.toml").expand();
    /// ```
    ///
    /// Documents are [`file`](Self::file), [`optional_file`](Self::optional_file), the files of [`dir`](Self::dir),
    /// [`document`](Self::document), [`source`](Self::source) and [`optional_source`](Self::optional_source). Defaults, variables,
    /// `.env` files, secrets and values of the program are taken as they are.
    ///
    /// A relative path is resolved against the directory of the file that names it. In a document that is no file, a path
    /// must be absolute. Referenced files are read at the same moment as the layers. They are watched if one layer is; without
    /// any watch, the service polls. The next load finds a changed variable.
    ///
    /// Values that come from references are secret in errors, differences, explanations and unknown keys. Each document is
    /// expanded before it is merged, so a reference that a later layer replaces must be valid, too.
    ///
    /// # Limits
    ///
    /// All layers together: 256 referenced files, 16 MiB in each and 64 MiB in all, 20,000 references to files, and 16 MiB for all
    /// texts with references.
    pub fn expand(self) -> Self {
        let mut layers = self.apart();
        layers.expands = true;
        layers
    }
}

/// The trees of all layers, with `None` for absent ones, after their references were expanded. `files` are the documents.
///
/// # Errors
///
/// That of the first layer with bad content or with a reference that cannot be resolved.
pub(super) fn trees(
    contents: &Contents,
    files: &Files,
    quoting: Quoting,
    values: &mut Values,
) -> Result<Vec<Option<Arc<Node>>>, Error> {
    let mut parts = files.iter();
    let mut trees = contents.trees()?;
    let mut unread = None;
    for (tree, content) in trees.iter_mut().zip(&contents.layers) {
        let Some(Ok(content)) = content else { continue };
        let (Some(tree), false) = (tree, content.documents.is_empty()) else {
            continue;
        };
        let mut whole = Node::table(Origin::of_name(&tree.origin.part.name));
        for (document, part) in content.documents.iter().zip(&mut parts) {
            let mut root = Node::clone(&document.root);
            match values.expand(&mut root, part, quoting) {
                Ok(()) => whole.cover(root),
                // The other documents name the files that they need, too, so that one round reads all.
                Err(error) if part.is_decoded_again() => _ = unread.get_or_insert(error),
                Err(error) => return Err(error),
            }
        }
        *tree = Arc::new(whole);
    }
    unread.map_or(Ok(trees), Err)
}
