//! [`Edit`]: one change of a configuration, and how it is applied.

use std::ops::Range;

use super::material::{KEYS, PIECES, VALUES, bomb, nested};
use super::tokens::{is_bracket, is_quote, is_visible, keys, tokens, values};
use super::{Dice, Format};

/// One change. `at` picks the place and `with` the material, both modulo the number of choices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edit {
    kind: Kind,
    at: u64,
    with: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    DropToken,
    DoubleToken,
    SwapTokens,
    ReplaceValue,
    ReplaceKey,
    Misspell,
    DropLine,
    DoubleLine,
    SwapLines,
    Indent,
    Outdent,
    Truncate,
    Insert,
    DropQuote,
    DropBracket,
    Nest,
    Repeat,
    LineEnds,
    FlipByte,
    Bomb,
}

/// The most bytes that repetitions of a line add. Several of them would otherwise take the memory of the test itself.
const LARGEST: usize = 1 << 20;

const KINDS: [Kind; 20] = [
    Kind::DropToken,
    Kind::DoubleToken,
    Kind::SwapTokens,
    Kind::ReplaceValue,
    Kind::ReplaceKey,
    Kind::Misspell,
    Kind::DropLine,
    Kind::DoubleLine,
    Kind::SwapLines,
    Kind::Indent,
    Kind::Outdent,
    Kind::Truncate,
    Kind::Insert,
    Kind::DropQuote,
    Kind::DropBracket,
    Kind::Nest,
    Kind::Repeat,
    Kind::LineEnds,
    Kind::FlipByte,
    Kind::Bomb,
];

impl Edit {
    /// The next edit of these dice.
    pub(super) fn random(dice: &mut Dice) -> Self {
        Self {
            kind: KINDS[dice.below(KINDS.len())],
            at: dice.next(),
            with: dice.next(),
        }
    }

    /// Whether it changes nothing but one token or value.
    pub(super) fn is_local(self) -> bool {
        let local = [
            Kind::ReplaceValue,
            Kind::ReplaceKey,
            Kind::Misspell,
            Kind::DropQuote,
        ];
        local.contains(&self.kind)
    }

    pub(super) fn apply(self, bytes: &[u8], format: Format) -> Vec<u8> {
        let tokens = tokens(bytes);
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        if tokens.is_empty() {
            return bomb(self.with, format);
        }
        match self.kind {
            Kind::DropToken => self.splice(&tokens, is_visible, |_| Vec::new()),
            Kind::DoubleToken => self.splice(&tokens, is_visible, |token| token.repeat(2)),
            Kind::SwapTokens => swapped(&tokens, self.pick(tokens.len())),
            Kind::ReplaceValue => {
                let places = values(&tokens);
                self.replace(&tokens, &places, |_| {
                    VALUES[self.with as usize % VALUES.len()].into()
                })
            }
            Kind::ReplaceKey => {
                let places = keys(&tokens);
                self.replace(&tokens, &places, |_| {
                    KEYS[self.with as usize % KEYS.len()].into()
                })
            }
            Kind::Misspell => {
                let places = keys(&tokens);
                self.replace(&tokens, &places, |key| self.misspelt(key))
            }
            Kind::DropLine => self.with_line(&lines, |_| Vec::new()),
            Kind::DoubleLine => self.with_line(&lines, |line| line.repeat(2)),
            Kind::SwapLines => swapped(&lines, self.pick(lines.len())),
            Kind::Indent => self.with_line(&lines, |line| {
                let indent: &[u8] = [&b" "[..], b"  ", b"\t", b"    "][self.with as usize % 4];
                [indent, line].concat()
            }),
            Kind::Outdent => self.with_line(&lines, |line| {
                line.strip_prefix(b" ").unwrap_or(line).to_vec()
            }),
            Kind::Truncate => bytes[..self.pick(bytes.len())].to_vec(),
            Kind::Insert => {
                let piece = PIECES[self.with as usize % PIECES.len()];
                self.splice(&tokens, |_| true, |token| [piece, token].concat())
            }
            Kind::DropQuote => self.splice(&tokens, is_quote, |_| Vec::new()),
            Kind::DropBracket => self.splice(&tokens, is_bracket, |_| Vec::new()),
            Kind::Nest => {
                let places = values(&tokens);
                let depth = [2, 20, 70, 130, 1_000, 20_000][self.with as usize % 6];
                self.replace(&tokens, &places, |value| nested(value, depth, format))
            }
            Kind::Repeat => {
                let times = [2, 10, 100, 1_000][self.with as usize % 4];
                let most = |line: &[u8]| times.min(LARGEST / line.len().max(1)).max(1);
                self.with_line(&lines, |line| line.repeat(most(line)))
            }
            Kind::LineEnds => {
                let end: &[u8] = [&b"\r\n"[..], b"\r", b"\n\n"][self.with as usize % 3];
                lines
                    .iter()
                    .flat_map(|line| [line.strip_suffix(b"\n").unwrap_or(line), end].concat())
                    .collect()
            }
            Kind::FlipByte => {
                let mut bytes = bytes.to_vec();
                let at = self.pick(bytes.len());
                bytes[at] ^= 1 << (self.with % 8);
                bytes
            }
            Kind::Bomb => [bytes, b"\n", &bomb(self.with, format)].concat(),
        }
    }

    fn pick(self, count: usize) -> usize {
        (self.at % count.max(1) as u64) as usize
    }

    /// Replaces one of the tokens that fit, or any if none does.
    fn splice(
        self,
        tokens: &[&[u8]],
        fits: impl Fn(&[u8]) -> bool,
        replace: impl Fn(&[u8]) -> Vec<u8>,
    ) -> Vec<u8> {
        let places: Vec<_> = (0..tokens.len())
            .filter(|at| fits(tokens[*at]))
            .map(|at| at..at + 1)
            .collect();
        self.replace(tokens, &places, replace)
    }

    /// Replaces one of these runs of tokens.
    fn replace(
        self,
        tokens: &[&[u8]],
        places: &[Range<usize>],
        replace: impl Fn(&[u8]) -> Vec<u8>,
    ) -> Vec<u8> {
        let Some(place) = places.get(self.pick(places.len())) else {
            return tokens.concat();
        };
        let replaced = replace(&tokens[place.clone()].concat());
        [
            tokens[..place.start].concat(),
            replaced,
            tokens[place.end..].concat(),
        ]
        .concat()
    }

    fn with_line(self, lines: &[&[u8]], change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let at = self.pick(lines.len());
        let mut lines: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
        if let Some(line) = lines.get_mut(at) {
            *line = change(line);
        }
        lines.concat()
    }

    fn misspelt(self, key: &[u8]) -> Vec<u8> {
        let mut key = key.to_vec();
        let at = self.with as usize % key.len().max(1);
        if at + 1 < key.len() {
            key.swap(at, at + 1);
        } else {
            key.push(b'x');
        }
        key
    }
}

fn swapped(pieces: &[&[u8]], at: usize) -> Vec<u8> {
    let mut pieces = pieces.to_vec();
    if at + 1 < pieces.len() {
        pieces.swap(at, at + 1);
    }
    pieces.concat()
}
