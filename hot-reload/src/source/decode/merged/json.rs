//! Merges JSON files into one text that consists of pieces of their texts.

use std::ops::Range;

use serde::de::DeserializeOwned;

use super::{Origin, Origins, cover};
use crate::error::Error;
use crate::source::Json;
use crate::source::decode::{json, place};
use crate::source::files::DecodeMerged;
use crate::source::files::Files;

/// The depth to which tables are merged, the same as the decoder allows. Deeper values are copied as they are.
const DEPTH: usize = 127;

impl<T: DeserializeOwned + Send + Sync + 'static> DecodeMerged for Json<T> {
    fn decode_merged(&self, files: &Files, name: &str) -> Result<T, Error> {
        if let (1, Some(part)) = (files.len(), files.iter().next()) {
            return part.decode(self);
        }
        let mut texts = Vec::new();
        for part in files.iter() {
            let text = place::text(part.bytes(), part.name())?;
            json::check(text, part.name())?;
            texts.push(text);
        }
        let mut whole: Option<Node> = None;
        for (file, text) in texts.iter().enumerate() {
            let over = Reader { text, file, at: 0 }.node(0);
            match &mut whole {
                Some(under) => under.cover(over, &texts),
                None => whole = Some(over),
            }
        }
        let mut written = Written::default();
        match whole {
            Some(whole) => written.node(&whole, &texts),
            None => written.text.push_str("{}"),
        }
        json::decode(&written.text, self.quoting)
            .map_err(|failure| written.origins.blame(files, name, failure))
    }
}

/// A piece of one of the texts.
#[derive(Clone)]
struct Piece {
    file: usize,
    range: Range<usize>,
}

enum Node {
    Table {
        open: Piece,
        entries: Vec<(Piece, Self)>,
        close: Piece,
    },
    Other(Piece),
}

impl Node {
    fn cover(&mut self, over: Self, texts: &[&str]) {
        match (self, over) {
            (Self::Table { entries, .. }, Self::Table { entries: over, .. }) => {
                let key = |(key, _): &(Piece, Self)| {
                    serde_json::from_str(&texts[key.file][key.range.clone()]).ok()
                };
                cover(entries, over, key, |under, (key, over)| {
                    under.0 = key;
                    under.1.cover(over, texts);
                });
            }
            (under, over) => *under = over,
        }
    }
}

/// Reads a text that is known to be JSON.
struct Reader<'t> {
    text: &'t str,
    file: usize,
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied().unwrap_or_default()
    }

    fn node(&mut self, depth: usize) -> Node {
        if self.peek() != b'{' || depth == DEPTH {
            return Node::Other(self.other());
        }
        let open = self.piece(self.at, self.at + 1);
        let mut entries = Vec::new();
        self.at += 1;
        while !matches!(self.peek(), b'}' | 0) {
            let key = self.other();
            self.peek();
            // The colon.
            self.at += 1;
            entries.push((key, self.node(depth + 1)));
            if self.peek() == b',' {
                self.at += 1;
            }
        }
        let close = self.piece(self.at, self.at + 1);
        self.at += 1;
        Node::Table {
            open,
            entries,
            close,
        }
    }

    /// Copies any value as it is.
    fn other(&mut self) -> Piece {
        self.peek();
        let (start, bytes) = (self.at, self.text.as_bytes());
        let mut open = 0_usize;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => self.skip_text(),
                b'[' | b'{' => open += 1,
                b']' | b'}' | b',' | b':' if open == 0 => break,
                b']' | b'}' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 && matches!(byte, b'"' | b']' | b'}') {
                break;
            }
        }
        let end = self.text[start..self.at].trim_end().len() + start;
        self.piece(start, end)
    }

    /// Moves to the closing quote of a text.
    fn skip_text(&mut self) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while bytes.get(self.at).is_some_and(|byte| *byte != b'"') {
            self.at += if bytes[self.at] == b'\\' { 2 } else { 1 };
        }
    }

    fn piece(&self, start: usize, end: usize) -> Piece {
        Piece {
            file: self.file,
            range: start..end,
        }
    }
}

/// The merged text.
#[derive(Default)]
struct Written {
    text: String,
    origins: Origins,
}

impl Written {
    fn node(&mut self, node: &Node, texts: &[&str]) {
        match node {
            Node::Other(piece) => self.piece(piece, texts),
            Node::Table {
                open,
                entries,
                close,
            } => {
                self.piece(open, texts);
                for (place, (key, value)) in entries.iter().enumerate() {
                    if place > 0 {
                        self.text.push(',');
                    }
                    self.piece(key, texts);
                    self.text.push(':');
                    self.node(value, texts);
                }
                self.piece(close, texts);
            }
        }
    }

    fn piece(&mut self, piece: &Piece, texts: &[&str]) {
        self.origins.0.push(Origin {
            at: self.text.len(),
            file: piece.file,
            offset: piece.range.start,
            length: piece.range.len(),
        });
        self.text.push_str(&texts[piece.file][piece.range.clone()]);
    }
}
