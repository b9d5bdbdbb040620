//! Replaces texts in a tree, such as `${NAME}`.

use serde_path_to_error::Segment;

use super::node::{Kind, Node};
use super::origin::Origin;
use super::scalar::Scalar;
use super::text::Text;

impl Node {
    /// Replaces texts in the tree: `replace` gets each text and returns `None` to keep it.
    ///
    /// The new text has the place of the old one. It is a [`Text`] without a type, so that `"${PORT}"` can become a number.
    /// Keys stay as they are. Numbers, dates and plain YAML scalars that are numbers are not texts.
    ///
    /// # Errors
    ///
    /// The first error of `replace`. The tree is then partly replaced.
    pub(in crate::source) fn replace_texts<E>(
        &mut self,
        replace: &mut impl FnMut(&Found<'_>) -> Result<Option<Text>, E>,
    ) -> Result<(), E> {
        self.replace_below(&mut Vec::new(), replace)
    }

    fn replace_below<E>(
        &mut self,
        path: &mut Vec<Segment>,
        replace: &mut impl FnMut(&Found<'_>) -> Result<Option<Text>, E>,
    ) -> Result<(), E> {
        match &mut self.kind {
            Kind::Scalar(scalar) => {
                let Some(text) = scalar.as_text() else {
                    return Ok(());
                };
                let found = Found {
                    text: &text,
                    origin: &self.origin,
                    path,
                };
                if let Some(text) = replace(&found)? {
                    self.is_secret |= text.is_secret;
                    *scalar = Scalar::Text(text);
                }
                Ok(())
            }
            Kind::List(items) => items.iter_mut().enumerate().try_for_each(|(index, item)| {
                path.push(Segment::Seq { index });
                item.replace_below(path, replace)?;
                path.pop();
                Ok(())
            }),
            Kind::Table(entries) => entries.iter_mut().try_for_each(|entry| {
                let key = entry.key.clone();
                path.push(Segment::Map { key });
                entry.value.replace_below(path, replace)?;
                path.pop();
                Ok(())
            }),
        }
    }
}

/// A text in a tree, with its place.
pub(in crate::source) struct Found<'a> {
    pub(in crate::source) text: &'a str,
    pub(in crate::source) origin: &'a Origin,
    pub(in crate::source) path: &'a [Segment],
}
