//! Merges YAML files into one document in brackets.
//!
//! Aliases are expanded, since each anchor belongs to one file. Merge keys are resolved where one table is merged over
//! another, so that the values from a merge key can be replaced in part.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_saphyr::granit_parser::{Event, ScalarStyle, Tag};

use super::{Origin, Origins, cover};
use crate::error::Error;
use crate::source::Yaml;
use crate::source::decode::{deep, place};
use crate::source::files::DecodeMerged;
use crate::source::files::Files;

impl<T: DeserializeOwned + Send + Sync + 'static> DecodeMerged for Yaml<T> {
    fn decode_merged(&self, files: &Files, name: &str) -> Result<T, Error> {
        let mut depth = 1;
        let mut said = Vec::new();
        for (file, part) in files.iter().enumerate() {
            let text = place::text(part.bytes(), part.name())?;
            depth = depth.max(self.scan(text, part.name())?);
            // An empty file changes nothing.
            if !self.is_empty(text) {
                said.push((file, part, text));
            }
        }
        match (&*said, files.iter().next()) {
            ([], Some(part)) => return part.decode(self),
            ([(_, part, _)], _) => return part.decode(self),
            _ => {}
        }
        // Each file must be valid alone: one document without duplicate keys.
        for (_, part, _) in &said {
            part.decode(&self.of_anything())?;
        }
        deep::with_stack(depth, || {
            let mut whole: Option<Node<'_>> = None;
            for (file, _, text) in said {
                let over = read(self.events(text), file);
                whole = Some(match whole {
                    Some(under) => under.covered(over),
                    None => over,
                });
            }
            let mut written = Written::default();
            match &whole {
                Some(whole) => written.node(whole),
                None => written.text.push_str("{}"),
            }
            self.decode_text(&written.text)
                .map_err(|failure| written.origins.blame(files, name, failure))
        })?
    }
}

#[derive(Clone)]
pub(in super::super) struct Node<'t> {
    file: usize,
    pub(in super::super) offset: usize,
    pub(in super::super) tag: Option<Cow<'t, Tag>>,
    pub(in super::super) kind: Kind<'t>,
}

#[derive(Clone)]
pub(in super::super) enum Kind<'t> {
    Scalar(Cow<'t, str>, bool),
    List(Rc<Vec<Node<'t>>>),
    Table(Rc<Vec<Entry<'t>>>),
}

pub(in super::super) type Entry<'t> = (Node<'t>, Node<'t>);

/// Reads the document of a text that was scanned.
pub(in super::super) fn read<'t>(
    events: impl Iterator<Item = (Event<'t>, usize)>,
    file: usize,
) -> Node<'t> {
    let mut anchors: Vec<Option<Node<'t>>> = Vec::new();
    // The stack of open nodes with their anchors. The outermost takes the document.
    let mut open: Vec<(Node<'t>, usize, Vec<Node<'t>>)> = Vec::new();
    let mut whole = None;
    for (event, offset) in events {
        let node = |tag, kind| Node {
            file,
            offset,
            tag,
            kind,
        };
        let (ended, anchor) = match event {
            Event::Scalar(value, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain;
                (node(tag, Kind::Scalar(value, is_plain)), anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                open.push((node(tag, Kind::List(Rc::default())), anchor, Vec::new()));
                continue;
            }
            Event::MappingStart(_, anchor, tag) => {
                open.push((node(tag, Kind::Table(Rc::default())), anchor, Vec::new()));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((mut node, anchor, children)) = open.pop() else {
                    break;
                };
                match &mut node.kind {
                    Kind::Table(entries) => *entries = Rc::new(pairs(children)),
                    kind => *kind = Kind::List(Rc::new(children)),
                }
                (node, anchor)
            }
            Event::Alias(anchor) => match anchors.get(anchor).cloned().flatten() {
                Some(node) => (node, 0),
                None => break,
            },
            _ => continue,
        };
        if anchor > 0 {
            if anchors.len() <= anchor {
                anchors.resize_with(anchor + 1, || None);
            }
            anchors[anchor] = Some(ended.clone());
        }
        match open.last_mut() {
            Some((_, _, children)) => children.push(ended),
            None => whole = Some(ended),
        }
    }
    whole.unwrap_or(Node {
        file,
        offset: 0,
        tag: None,
        kind: Kind::Scalar(Cow::Borrowed(""), true),
    })
}

/// The children of a table as its entries.
fn pairs(children: Vec<Node<'_>>) -> Vec<Entry<'_>> {
    let mut children = children.into_iter();
    let pair = || Some((children.next()?, children.next()?));
    std::iter::from_fn(pair).collect()
}

impl<'t> Node<'t> {
    /// This node with another one merged over it.
    fn covered(self, over: Self) -> Self {
        let (Kind::Table(under), Kind::Table(entries)) = (&self.kind, &over.kind) else {
            return over;
        };
        let mut merged = flat(under);
        let name = |(key, _): &Entry<'t>| key.name();
        cover(&mut merged, flat(entries), name, |under, (key, value)| {
            *under = (key, under.1.clone().covered(value));
        });
        Self {
            kind: Kind::Table(Rc::new(merged)),
            ..self
        }
    }

    /// The name of this node as a key.
    pub(in super::super) fn name(&self) -> Option<String> {
        match &self.kind {
            Kind::Scalar(value, _) => Some(value.clone().into_owned()),
            _ => None,
        }
    }

    /// Whether the node is a merge key.
    pub(in super::super) fn merges(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(value, true) if value == "<<")
    }

    /// The tables of a merge key with this value, in order.
    fn merged(&self) -> Option<Vec<&[Entry<'t>]>> {
        match &self.kind {
            Kind::Table(entries) => Some(vec![entries.as_slice()]),
            Kind::List(items) => {
                let tables = items.iter().map(Self::merged);
                let tables = tables.collect::<Option<Vec<_>>>()?;
                Some(tables.into_iter().flatten().collect())
            }
            Kind::Scalar(value, true)
                if matches!(&**value, "" | "~" | "null" | "Null" | "NULL") =>
            {
                Some(Vec::new())
            }
            Kind::Scalar(..) => None,
        }
    }
}

/// The entries of a table with its merge keys resolved. An invalid merge key stays, so that the decoder refuses it.
pub(in super::super) fn flat<'t>(entries: &[Entry<'t>]) -> Vec<Entry<'t>> {
    let (merges, mut flat): (Vec<_>, Vec<_>) = entries
        .iter()
        .cloned()
        .partition(|(key, value)| key.merges() && value.merged().is_some());
    let mut known: HashSet<_> = flat.iter().filter_map(|(key, _)| key.name()).collect();
    for (_, value) in &merges {
        for (key, value) in value.merged().into_iter().flatten().flat_map(self::flat) {
            if key.name().is_none_or(|name| known.insert(name)) {
                flat.push((key, value));
            }
        }
    }
    flat
}

/// The merged document, in brackets and in one line for each node.
#[derive(Default)]
pub(in super::super) struct Written {
    text: String,
    origins: Origins,
}

impl Written {
    fn node(&mut self, node: &Node<'_>) {
        self.tag(node.tag.as_deref());
        self.origins.0.push(Origin {
            at: self.text.len(),
            file: node.file,
            offset: node.offset,
            length: 0,
        });
        match &node.kind {
            Kind::Scalar(value, is_plain) => self.scalar(value, *is_plain),
            Kind::List(items) => {
                self.text.push('[');
                for item in items.iter() {
                    self.node(item);
                    self.text.push_str(",\n");
                }
                self.text.push(']');
            }
            Kind::Table(entries) => {
                self.text.push('{');
                for (key, value) in entries.iter() {
                    self.text.push_str("? ");
                    self.node(key);
                    self.text.push_str("\n: ");
                    self.node(value);
                    self.text.push_str(",\n");
                }
                self.text.push('}');
            }
        }
    }

    /// One scalar as a document.
    #[cfg(feature = "layers")]
    pub(in super::super) fn one(node: &Node<'_>) -> Option<String> {
        let mut written = Self::default();
        match &node.kind {
            Kind::Scalar(value, is_plain) => {
                written.tag(node.tag.as_deref());
                written.scalar(value, *is_plain);
                Some(written.text)
            }
            Kind::List(_) | Kind::Table(_) => None,
        }
    }

    /// A tag in the form that needs no directive.
    fn tag(&mut self, tag: Option<&Tag>) {
        let Some(tag) = tag else { return };
        let name = [tag.handle(), tag.suffix()].concat();
        match name.strip_prefix('!') {
            Some("") => self.text.push_str("! "),
            _ => {
                self.text.push_str("!<");
                for byte in name.bytes() {
                    match byte {
                        b'a'..=b'z'
                        | b'A'..=b'Z'
                        | b'0'..=b'9'
                        | b'!'
                        | b':'
                        | b','
                        | b'.'
                        | b'-'
                        | b'_'
                        | b'/' => {
                            self.text.push(char::from(byte));
                        }
                        byte => {
                            let _ = write!(self.text, "%{byte:02X}");
                        }
                    }
                }
                self.text.push_str("> ");
            }
        }
    }

    /// Writes a scalar: unquoted if it may be a number or similar, and quoted otherwise.
    fn scalar(&mut self, value: &str, is_plain: bool) {
        let is_word = |sign: char| sign.is_ascii_alphanumeric() || "_.+-/<=".contains(sign);
        if is_plain && (value.is_empty() || value == "~") {
            self.text.push('~');
        } else if is_plain && value != "-" && value.chars().all(is_word) {
            self.text.push_str(value);
        } else {
            self.text.push('"');
            for sign in value.chars() {
                match sign {
                    '"' | '\\' => {
                        self.text.push('\\');
                        self.text.push(sign);
                    }
                    ' '..='~' => self.text.push(sign),
                    sign => {
                        let _ = write!(self.text, "\\U{:08X}", u32::from(sign));
                    }
                }
            }
            self.text.push('"');
        }
    }
}
