//! Structure-aware mutations of configuration files.
//!
//! A [`Mutant`] is a sample and a few [`Edit`]s, all from one seed. The edits are data, so [`Mutant::shrunk`] can remove
//! those that a failure does not need. This file does not use the crate: other test binaries include it by path.

#![allow(dead_code, reason = "not every test that includes it uses all of it")]

use std::fmt;

/// The format of a sample: it decides which structures an edit builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Toml,
    Json,
    Yaml,
}

/// A sample after some edits.
#[derive(Debug, Clone)]
pub(crate) struct Mutant {
    pub(crate) seed: u64,
    pub(crate) format: Format,
    sample: Vec<u8>,
    edits: Vec<Edit>,
}

/// One change. `at` picks the place and `with` the material, both modulo the number of choices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edit {
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
    Cut,
    Insert,
    DropQuote,
    DropBracket,
    Nest,
    Repeat,
    LineEnds,
    FlipByte,
    Bomb,
}

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
    Kind::Cut,
    Kind::Insert,
    Kind::DropQuote,
    Kind::DropBracket,
    Kind::Nest,
    Kind::Repeat,
    Kind::LineEnds,
    Kind::FlipByte,
    Kind::Bomb,
];

/// Values that a person or a broken program writes where another one belongs.
const VALUES: [&str; 34] = [
    "true",
    "no",
    "null",
    "~",
    "None",
    "0",
    "-1",
    "70000",
    "007",
    "0x1F",
    "1_000",
    "1e999",
    "nan",
    "-.inf",
    "3.5",
    "18446744073709551616",
    "170141183460469231731687303715884105728",
    "340282366920938463463374607431768211456",
    "1979-05-27T07:32:00Z",
    "07:32:00",
    "\"\"",
    "\"80a\"",
    "'80a'",
    "\"line\\nbreak\"",
    "\"\\u001b[31mred\"",
    "\"\\u202eleft\"",
    "\"\u{202e}left\"",
    "\"\u{1f980}\u{1f980}\u{1f980}\"",
    "[]",
    "{}",
    "[1, \"x\"]",
    "\"{{ template }}\"",
    "\"${HOME}\"",
    "",
];

/// Keys that a person or a broken program writes where another one belongs.
const KEYS: [&str; 12] = [
    "Port",
    "porrt",
    "server.port",
    "\"\"",
    "\"a b\"",
    "\"line\\nbreak\"",
    "\"\\u001b[2J\"",
    "\"\u{202e}tor\"",
    "é",
    "<<",
    "123",
    "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
];

/// Bytes that are invalid in a configuration, or valid only in some places.
const PIECES: [&[u8]; 30] = [
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\r",
    b"\r\n",
    b"\t",
    b"\x1b[31m",
    "\u{202e}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{a0}".as_bytes(),
    b"\x7f",
    b"#",
    b"//",
    b"/* */",
    b"---\n",
    b"...\n",
    b"%YAML 1.2\n",
    b"&a ",
    b"*a ",
    b"<<: *a\n",
    b"!!binary ",
    b"<<<<<<< HEAD\n",
    b"=======\n",
    b"\"",
    b"'''",
    b"\"\"\"",
    b"\\",
];

// ===== impl Mutant =====

impl Mutant {
    /// The mutant of this seed: mostly one edit, at most four.
    pub(crate) fn new(seed: u64, format: Format, sample: &str) -> Self {
        let mut dice = Dice(seed ^ 0x6d75_7461_6e74);
        let count = [1, 1, 1, 2, 2, 3, 4][dice.below(7)];
        let edits = (0..count)
            .map(|_| Edit {
                kind: KINDS[dice.below(KINDS.len())],
                at: dice.next(),
                with: dice.next(),
            })
            .collect();
        Self {
            seed,
            format,
            sample: sample.as_bytes().to_vec(),
            edits,
        }
    }

    /// The content.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.edits.iter().fold(self.sample.clone(), |bytes, edit| {
            edit.apply(&bytes, self.format)
        })
    }

    /// The line of the edit, counted from one, if there is one edit and it changes one line only.
    pub(crate) fn edited_line(&self) -> Option<u64> {
        let [edit] = *self.edits.as_slice() else {
            return None;
        };
        let local = [
            Kind::ReplaceValue,
            Kind::ReplaceKey,
            Kind::Misspell,
            Kind::DropQuote,
        ];
        let bytes = self.bytes();
        let count = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').count();
        if !local.contains(&edit.kind) || count(&bytes) != count(&self.sample) {
            return None;
        }
        let differs = self
            .sample
            .split(|byte| *byte == b'\n')
            .zip(bytes.split(|byte| *byte == b'\n'))
            .position(|(before, after)| before != after)?;
        Some(differs as u64 + 1)
    }

    /// A smaller mutant that still fails: first removes edits, then lines, that the failure does not need.
    pub(crate) fn shrunk(mut self, mut fails: impl FnMut(&[u8]) -> bool) -> Self {
        let mut at = 0;
        while at < self.edits.len() {
            let mut fewer = self.clone();
            fewer.edits.remove(at);
            if fails(&fewer.bytes()) {
                self = fewer;
            } else {
                at += 1;
            }
        }
        let mut content = self.bytes();
        let mut size = content.len() / 2;
        while size > 0 {
            let mut start = 0;
            while start < content.len() {
                let mut fewer = content.clone();
                fewer.drain(start..(start + size).min(content.len()));
                if fails(&fewer) {
                    content = fewer;
                } else {
                    start += size;
                }
            }
            size /= 2;
        }
        Self {
            sample: content,
            edits: Vec::new(),
            ..self
        }
    }
}

/// Shows the seed, the edits and the content, so that a person can repeat a failure.
impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes();
        let shown = &bytes[..bytes.len().min(2_000)];
        write!(
            f,
            "seed {}, {:?}, {:?}, {} bytes:\n{}",
            self.seed,
            self.format,
            self.edits,
            bytes.len(),
            shown.escape_ascii()
        )
    }
}

// ===== impl Edit =====

impl Edit {
    fn apply(self, bytes: &[u8], format: Format) -> Vec<u8> {
        let tokens = tokens(bytes);
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        if tokens.is_empty() {
            return self.material(format);
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
            Kind::Cut => bytes[..self.pick(bytes.len())].to_vec(),
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
                self.with_line(&lines, |line| line.repeat(times))
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
            Kind::Bomb => [bytes, b"\n", &self.material(format)].concat(),
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
        places: &[std::ops::Range<usize>],
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

    /// Content that is small in the file and large in memory.
    fn material(self, format: Format) -> Vec<u8> {
        let n = [10, 100, 3_000][self.with as usize / 8 % 3];
        let text = match (format, self.with % 4) {
            (Format::Json, 0) => "[".repeat(n * 10),
            (Format::Json, 1) => "{\"a\":".repeat(n * 10),
            (Format::Json, 2) => format!("\"{}", "a".repeat(n * 10)),
            (Format::Json, _) => "9".repeat(n * 10),
            (Format::Toml, 0) => format!("deep = {}\n", "[".repeat(n * 10)),
            (Format::Toml, 1) => format!("{}a = 1\n", "a.".repeat(n * 10)),
            (Format::Toml, 2) => format!("[{}a]\n", "a.".repeat(n * 10)),
            (Format::Toml, _) => format!("deep = {}\n", "{a=".repeat(n * 10)),
            (Format::Yaml, 0) => laughs(n.min(30), "[*a{}, *a{}, *a{}, *a{}]"),
            (Format::Yaml, 1) => laughs(n.min(30), "{x: *a{}, y: *a{}, z: *a{}}"),
            (Format::Yaml, 2) => format!("deep: {}\n", "[".repeat(n * 10)),
            (Format::Yaml, _) => (0..n.min(500))
                .map(|at| format!("{}k:\n", " ".repeat(at)))
                .collect(),
        };
        text.into_bytes()
    }
}

/// Lists of aliases of lists of aliases.
fn laughs(levels: usize, list: &str) -> String {
    let mut text = "a0: &a0 lol\n".to_owned();
    for level in 1..levels {
        let list = list.replace("{}", &(level - 1).to_string());
        text.push_str(&format!("a{level}: &a{level} {list}\n"));
    }
    text
}

fn nested(value: &[u8], depth: usize, format: Format) -> Vec<u8> {
    let (open, close) = match format {
        Format::Toml => ("{ a = ", " }"),
        Format::Json => ("{\"a\": ", "}"),
        Format::Yaml => ("[", "]"),
    };
    [
        open.repeat(depth).as_bytes(),
        value,
        close.repeat(depth).as_bytes(),
    ]
    .concat()
}

fn swapped(pieces: &[&[u8]], at: usize) -> Vec<u8> {
    let mut pieces = pieces.to_vec();
    if at + 1 < pieces.len() {
        pieces.swap(at, at + 1);
    }
    pieces.concat()
}

// ===== tokens =====

/// Words, runs of blanks, line ends, and every other byte on its own.
fn tokens(bytes: &[u8]) -> Vec<&[u8]> {
    let class = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | 0x80.. => 1,
        b' ' | b'\t' => 2,
        _ => 0,
    };
    bytes
        .chunk_by(|a, b| class(*a) != 0 && class(*a) == class(*b))
        .collect()
}

fn is_visible(token: &[u8]) -> bool {
    !token[0].is_ascii_whitespace()
}

fn is_quote(token: &[u8]) -> bool {
    matches!(token[0], b'"' | b'\'')
}

fn is_bracket(token: &[u8]) -> bool {
    matches!(token[0], b'[' | b']' | b'{' | b'}')
}

/// Runs of tokens that look like scalars: behind `:`, `=`, `-`, `,` or `[`, up to the end of the line or the next `,`.
fn values(tokens: &[&[u8]]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    for at in 1..tokens.len() {
        let blank = |token: &&[u8]| matches!(token[0], b' ' | b'\t');
        let Some(before) = tokens[..at].iter().rev().find(|token| !blank(token)) else {
            continue;
        };
        let is_value = matches!(before[0], b':' | b'=' | b'-' | b',' | b'[');
        if !is_value || blank(&tokens[at]) || !is_visible(tokens[at]) || is_bracket(tokens[at]) {
            continue;
        }
        let quote = is_quote(tokens[at]).then(|| tokens[at][0]);
        let rest = &tokens[at + 1..];
        let length = match quote {
            Some(quote) => rest
                .iter()
                .position(|token| token[0] == quote)
                .map_or(0, |end| end + 1),
            None => rest
                .iter()
                .position(|token| matches!(token[0], b',' | b'\n' | b'\r' | b']' | b'}' | b'#'))
                .unwrap_or(rest.len()),
        };
        found.push(at..at + 1 + length);
    }
    found
}

/// Words in front of `:` or `=`.
fn keys(tokens: &[&[u8]]) -> Vec<std::ops::Range<usize>> {
    (0..tokens.len())
        .filter(|at| tokens[*at][0].is_ascii_alphabetic())
        .filter(|at| {
            let mut rest = tokens[at + 1..]
                .iter()
                .filter(|token| !matches!(token[0], b' ' | b'\t' | b'"'));
            rest.next()
                .is_some_and(|token| matches!(token[0], b':' | b'='))
        })
        .map(|at| at..at + 1)
        .collect()
}

/// A pseudorandom number generator, so that a seed repeats a mutant.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}
