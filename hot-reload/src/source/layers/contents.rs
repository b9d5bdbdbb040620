//! [`Contents`]: the content of all layers at one moment.

use std::collections::HashSet;
use std::sync::Arc;

use crate::error::Error;
#[cfg(feature = "expand")]
use crate::source::decode::expand::may_refer;
use crate::source::decode::tree::{Node, Origin};
use crate::source::files::{Files, Part};

/// The content of all layers, as it was at one moment.
#[derive(Default)]
pub(super) struct Contents {
    /// The content of each layer, or why it is bad. `None`: it is absent.
    pub(super) layers: Vec<Option<Result<Content, Error>>>,
    /// Whether each part is blank and may have been emptied by mistake.
    pub(super) parts: Vec<(String, bool)>,
}

/// The content of one layer.
#[derive(Clone)]
pub(super) struct Content {
    pub(super) tree: Arc<Node>,
    /// The documents of which the tree is merged, if any of them may have references.
    #[cfg(feature = "expand")]
    pub(super) documents: Vec<Document>,
}

/// A document with its tree.
#[cfg(feature = "expand")]
#[derive(Clone)]
pub(super) struct Document {
    pub(super) part: Part,
    pub(super) root: Arc<Node>,
}

impl Contents {
    /// The trees of all layers, with `None` for absent ones.
    ///
    /// # Errors
    ///
    /// That of the first layer with bad content.
    pub(super) fn trees(&self) -> Result<Vec<Option<Arc<Node>>>, Error> {
        let trees = self.layers.iter().map(|layer| match layer {
            Some(Ok(content)) => Ok(Some(Arc::clone(&content.tree))),
            Some(Err(error)) => Err(error.clone()),
            None => Ok(None),
        });
        trees.collect()
    }

    /// The documents that may have references, in order.
    pub(super) fn documents(&self) -> Files {
        #[cfg(feature = "expand")]
        {
            let contents = self.layers.iter().flatten().flatten();
            let documents = contents.flat_map(|content| &content.documents);
            Files::ordered(documents.map(|document| document.part.clone()).collect())
        }
        #[cfg(not(feature = "expand"))]
        Files::default()
    }
}

impl Content {
    /// A tree without references.
    pub(super) fn of_tree(tree: Node) -> Self {
        Self {
            tree: Arc::new(tree),
            #[cfg(feature = "expand")]
            documents: Vec::new(),
        }
    }

    /// Merges documents, which form the layer with this name.
    pub(super) fn of_documents(name: &str, documents: Vec<(&Part, Node)>) -> Self {
        let mut tree = Node::table(Origin::of_name(name));
        #[cfg(feature = "expand")]
        let mut kept = Vec::new();
        #[cfg(feature = "expand")]
        let refers = documents.iter().any(|(part, _)| may_refer(part.bytes()));
        for (part, root) in documents {
            #[cfg(feature = "expand")]
            if refers {
                let (part, root) = (part.clone(), Arc::new(root.clone()));
                kept.push(Document { part, root });
            }
            let _ = part;
            tree.cover(root);
        }
        Self {
            tree: Arc::new(tree),
            #[cfg(feature = "expand")]
            documents: kept,
        }
    }
}

/// Parts that have become blank.
pub(super) enum Emptied {
    None,
    One(String),
    All { had_content: bool },
}

/// The parts that have held more than blank content.
#[derive(Clone, Default)]
pub(super) struct Filled(HashSet<String>);

impl Filled {
    /// Records which parts have content, and returns which have become blank.
    pub(super) fn fill(&mut self, contents: &Contents) -> Emptied {
        let before = std::mem::take(&mut self.0);
        let (mut emptied, mut is_any_full, mut is_any) = (None, false, false);
        for (name, is_blank) in &contents.parts {
            is_any = true;
            is_any_full |= !is_blank;
            if !is_blank || before.contains(name) {
                self.0.insert(name.clone());
            }
            if *is_blank && emptied.is_none() && before.contains(name) {
                emptied = Some(name.clone());
            }
        }
        match emptied {
            Some(name) if is_any_full => Emptied::One(name),
            emptied if is_any && !is_any_full => Emptied::All {
                had_content: emptied.is_some(),
            },
            _ => Emptied::None,
        }
    }
}
