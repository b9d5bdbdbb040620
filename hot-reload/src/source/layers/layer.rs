//! [`Layer`]: one layer, and how its content becomes a tree.

use std::fmt;

use super::contents::Content;
use super::dotenv;
use super::variables::Variables;
use crate::error::{Error, ErrorKind, Location};
use crate::source::boxed::BoxSource;
use crate::source::decode::place;
use crate::source::decode::quoting::Quoting;
use crate::source::decode::tree::{Kind as Form, Node, Origin, Scalar, Text};
use crate::source::files::{Files, Part};

/// One layer.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// Its name in errors.
    pub(super) name: String,
    pub(super) kind: Kind,
}

#[derive(Clone)]
pub(super) enum Kind {
    /// A value of the program, or a mistake of the program.
    Fixed(Result<Content, Error>),
    Variables(Variables),
    Source(Source),
}

/// A layer with a source.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) source: BoxSource,
    pub(super) reading: Reading,
    pub(super) is_required: bool,
}

/// How the content of a source becomes a tree.
#[derive(Debug, Clone)]
pub(super) enum Reading {
    /// Each part is a document of this format.
    #[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
    Format(crate::source::Format),
    /// Each part is a document whose extension says its format.
    #[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
    Extension,
    /// Each part is one value, whose path is the key of the part.
    Secrets,
    /// Assignments of variables with this prefix.
    Dotenv { prefix: String },
}

impl Reading {
    /// The content of several parts, which form the layer with this name.
    pub(super) fn content(
        &self,
        files: &Files,
        name: &str,
        quoting: Quoting,
    ) -> Result<Content, Error> {
        #[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
        let documents = |format: &dyn Fn(&Part) -> Result<crate::source::Format, Error>| {
            let documents = files
                .iter()
                .map(|part| Ok((part, document(format(part)?, part, quoting)?)));
            let documents = documents.collect::<Result<_, Error>>()?;
            Ok(Content::of_documents(name, documents))
        };
        let _ = quoting;
        let mut whole = Node::table(Origin::of_name(name));
        match self {
            #[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
            Self::Format(format) => return documents(&|_| Ok(*format)),
            #[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
            Self::Extension => {
                return documents(&|part| crate::source::Format::of_path(part.name()));
            }
            Self::Secrets => {
                for part in files.iter() {
                    secret(&mut whole, part)?;
                }
            }
            Self::Dotenv { prefix } => {
                for part in files.iter() {
                    let variables = dotenv::parse(part.bytes(), part.name())?;
                    whole.cover(super::variables::tree(prefix, variables, part.name())?);
                }
            }
        }
        Ok(Content::of_tree(whole))
    }
}

/// The tree of a document, which must be a table.
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub(super) fn document(
    format: crate::source::Format,
    part: &Part,
    quoting: Quoting,
) -> Result<Node, Error> {
    use crate::source::decode::tree::parse;

    let node = parse(format, part.bytes(), part.name(), quoting)?;
    let found = match &node.kind {
        Form::Table(_) => return Ok(node),
        Form::List(_) => "a list",
        Form::Scalar(_) => "a single value",
    };
    let mut place = Location::new(part.name());
    if let Some((line, column)) = node.origin.line_and_column() {
        place = place.line(line, column);
    }
    let text = format!("expected a table, found {found}");
    Err(Error::new(ErrorKind::Decode, text).at(place))
}

/// Adds the secret in one file. Its path comes from the directories and from `__` in the name.
fn secret(whole: &mut Node, part: &Part) -> Result<(), Error> {
    let text = place::text(part.bytes(), part.name())?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let key = part.key();
    let path: Vec<_> = key
        .split('/')
        .flat_map(|name| name.split("__"))
        .map(str::to_owned)
        .collect();
    if path.iter().any(String::is_empty) {
        return Err(part.refuse("has an empty key in its name"));
    }
    let mut node = Node::new(
        Origin::of_name(part.name()),
        Form::Scalar(Scalar::Text(Text::secret(text))),
    );
    node.is_secret = true;
    super::insert::insert(whole, &path, node, part.name())
}

/// Shows no value.
impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed(_) => "Fixed",
            Self::Variables(_) => "Variables",
            Self::Source(_) => "Source",
        })
    }
}
