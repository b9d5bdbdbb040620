//! [`Sections`]: splits a large configuration at its routes, so that each route is decoded separately.
//!
//! Decoding a document as a whole takes a hundred times its size in memory. A large configuration mostly consists of
//! `[[routes]]` tables, and each of them is a small document of its own.

use std::ops::Range;

use hot_reload::Error;
use hot_reload::error::ErrorKind;
use hot_reload::error::Location;
use hot_reload::source::{Decode, Toml};
use serde::Deserialize;
use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

use super::file::{ConfigFile, RouteTable};

/// In bytes. Smaller configurations are decoded as a whole, which alone finds every syntax error.
const LARGE: usize = 256 * 1024;

/// A split configuration whose routes are not decoded yet.
pub(super) struct Sections<'a> {
    text: &'a str,
    name: &'a str,
    /// Each route, from its header to the next section that does not belong to it.
    routes: Vec<Range<usize>>,
}

#[derive(Deserialize)]
struct OneRoute {
    routes: Vec<RouteTable>,
}

/// The tables of routes in the order of the file. An error ends them.
pub(super) type Routes<'a> = Box<dyn Iterator<Item = Result<RouteTable, Error>> + 'a>;

/// Decodes a configuration. The returned iterator decodes the routes lazily.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    name: &'a str,
) -> Result<(ConfigFile, usize, Routes<'a>), Error> {
    let large = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.len() > LARGE);
    if let Some(sections) = large.and_then(|text| Sections::of(text, name)) {
        let file = sections.decode_rest()?;
        let count = sections.routes.len();
        return Ok((file, count, Box::new(sections.decode_routes())));
    }
    let mut file = Toml::<ConfigFile>::new().decode(bytes, name)?;
    let routes = std::mem::take(&mut file.routes);
    Ok((file, routes.len(), Box::new(routes.into_iter().map(Ok))))
}

impl<'a> Sections<'a> {
    /// Splits the text. `None` unless every route is a `[[routes]]` table directly followed by its own sections.
    fn of(text: &'a str, name: &'a str) -> Option<Self> {
        let mut routes: Vec<Range<usize>> = Vec::new();
        // In a route, at the top before all sections, or in another section.
        let (mut in_route, mut at_top) = (false, true);
        let mut lines = Lines::new(text);
        while let Some((start, first)) = lines.next_statement()? {
            let key = match first.as_slice() {
                // [[routes]]
                [open, again, key, ..] if is_open(open) && is_open(again) => {
                    let (key, ends) = (text.get(span(key))?, first.get(3).is_some_and(is_close));
                    if key == "routes" && ends {
                        if in_route {
                            routes.last_mut()?.end = start;
                        }
                        routes.push(start..text.len());
                        (in_route, at_top) = (true, false);
                        continue;
                    }
                    key
                }
                [open, key, ..] if is_open(open) => text.get(span(key))?,
                [key, ..] if at_top => match text.get(span(key))? {
                    "routes" => return None,
                    key if is_bare(key) => continue,
                    _ => return None,
                },
                _ => continue,
            };
            match key {
                // A table of the last route.
                "routes" if in_route => {}
                "routes" => return None,
                key if is_bare(key) => {
                    if in_route {
                        routes.last_mut()?.end = start;
                    }
                    (in_route, at_top) = (false, false);
                }
                _ => return None,
            }
        }
        Some(Self { text, name, routes })
    }

    fn decode_rest(&self) -> Result<ConfigFile, Error> {
        let mut rest = String::new();
        // Pairs: a line of the rest, and the number of lines left out before it.
        let mut left_out = Vec::new();
        let (mut done, mut count) = (0, 0);
        for route in &self.routes {
            let between = self.text.get(done..route.start).unwrap_or_default();
            if !between.is_empty() {
                left_out.push((line_breaks(&rest) as u64, count));
                rest.push_str(between);
            }
            count += line_breaks(self.text.get(route.clone()).unwrap_or_default()) as u64;
            done = route.end;
        }
        left_out.push((line_breaks(&rest) as u64, count));
        rest.push_str(self.text.get(done..).unwrap_or_default());
        Toml::new()
            .decode(rest.as_bytes(), self.name)
            .map_err(|error| {
                moved(&error, None, |line| {
                    let before = left_out.partition_point(|(first, _)| *first < line);
                    let known = before.checked_sub(1).and_then(|index| left_out.get(index));
                    line + known.map_or(0, |(_, lines)| *lines)
                })
            })
    }

    fn decode_routes(self) -> impl Iterator<Item = Result<RouteTable, Error>> + 'a {
        let (text, name) = (self.text, self.name);
        let (mut line, mut done) = (0, 0);
        self.routes
            .into_iter()
            .enumerate()
            .map(move |(index, route)| {
                line += line_breaks(text.get(done..route.start).unwrap_or_default());
                done = route.start;
                let part = text.get(route).unwrap_or_default();
                let decoded = Toml::<OneRoute>::new().decode(part.as_bytes(), name);
                let mut one =
                    decoded.map_err(|error| moved(&error, Some(index), |own| own + line as u64))?;
                one.routes.pop().ok_or_else(|| {
                    // The header of a section is a route.
                    Error::new(ErrorKind::Decode, "a route is empty").at(Location::new(name))
                })
            })
    }
}

/// Converts an error of a part into one of the whole: moves its line, and adds the number of the route.
fn moved(error: &Error, route: Option<usize>, line_of: impl FnOnce(u64) -> u64) -> Error {
    let Some(place) = error.location() else {
        return error.clone();
    };
    let mut whole = Location::new(place.name());
    if let Some((line, column)) = place.line_and_column() {
        whole = whole.line(line_of(line), column);
    }
    if let Some(path) = place.key_path() {
        whole = whole.path(match route {
            Some(index) => path.replacen("routes[0]", &format!("routes[{index}]"), 1),
            None => path.to_owned(),
        });
    }
    Error::new(error.kind(), error.message()).at(whole)
}

fn line_breaks(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn span(token: &Token) -> Range<usize> {
    token.span().start()..token.span().end()
}

fn is_open(token: &Token) -> bool {
    token.kind() == TokenKind::LeftSquareBracket
}

fn is_close(token: &Token) -> bool {
    token.kind() == TokenKind::RightSquareBracket
}

fn is_bare(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// The statements of a text: headers of sections, and keys with their values.
struct Lines<'a> {
    tokens: toml_parser::lexer::Lexer<'a>,
    /// Where the current line starts.
    start: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            tokens: Source::new(text).lex(),
            start: 0,
        }
    }

    /// The start of the next statement's line, and its first tokens. The outer `None` means that brackets do not close.
    #[allow(clippy::option_option, reason = "the end of the text is no failure")]
    fn next_statement(&mut self) -> Option<Option<(usize, Vec<Token>)>> {
        let mut first = Vec::new();
        let mut depth = 0_usize;
        for token in self.tokens.by_ref() {
            match token.kind() {
                TokenKind::Whitespace | TokenKind::Comment => continue,
                TokenKind::Newline if depth > 0 => continue,
                TokenKind::Newline | TokenKind::Eof => {
                    let start = std::mem::replace(&mut self.start, token.span().end());
                    if !first.is_empty() {
                        return Some(Some((start, first)));
                    }
                    continue;
                }
                TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => depth += 1,
                TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                    depth = depth.checked_sub(1)?;
                }
                _ => {}
            }
            // The first four tokens identify a header.
            if first.len() < 4 {
                first.push(token);
            }
        }
        (depth == 0).then_some(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result of decoding the text in parts: the paths of the routes, or the first error. `None` if it cannot be split.
    fn apart(text: &str) -> Option<Result<Vec<String>, String>> {
        let sections = Sections::of(text, "big.toml")?;
        if let Err(error) = sections.decode_rest() {
            return Some(Err(error.to_string()));
        }
        let routes: Result<Vec<_>, _> = sections.decode_routes().collect();
        Some(match routes {
            Ok(routes) => Ok(routes.iter().map(|route| format!("{route:?}")).collect()),
            Err(error) => Err(error.to_string()),
        })
    }

    /// The result of decoding the text as a whole.
    fn whole(text: &str) -> Result<Vec<String>, String> {
        match Toml::<ConfigFile>::new().decode(text.as_bytes(), "big.toml") {
            Ok(file) => Ok(file
                .routes
                .iter()
                .map(|route| format!("{route:?}"))
                .collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    const HEAD: &str = "id = 1\nname = 'a'\n";

    #[test]
    fn decoding_in_parts_equals_decoding_as_a_whole() {
        for text in [
            "",
            "[[routes]]\npath = '/a'\n",
            "[[routes]]\npath = '/a'\n[[routes]]\npath = '/b'",
            "# a\n[[routes]] # b\n\n  path = '/a'\n\n  [[routes]]\npath = '/b'\nbody = '''\n[[routes]]\n'''\n",
            "[[routes]]\npath = '/a'\n[routes.headers]\nx = 'y'\n[[routes]]\npath = '/b'\nheaders = { a = 'b' }\n[limits]\nmax_body_bytes = 5\n[[routes]]\npath = '/c'\nbody = \"\\\"[[routes]]\"\n[tls]\ncert = 'a'\nkey = 'b'\n",
            "[[routes]]\npath = '/a'\nmethods = [\n  'GET',\n  # [[routes]]\n  'PUT'\n]\n[[routes]]\npath = '/b'\n",
            "[[routes]]\r\npath = '/a'\r\n[[routes]]\r\npath = '/b'\r\n",
            // Faults.
            "[[routes]]\npath = '/a'\n[[routes]]\npath = 5\n",
            "[[routes]]\npath = '/a'\n\n\n[[routes]]\nstatus = 900\npath = '/b'\n",
            "[[routes]]\npath = '/a'\npath = '/b'\n",
            "[[routes]]\npath = '/a'\n[[routes]]\n",
            "[[routes]]\npath = '/a'\n[limits]\nmax_body_bytes = 'x'\n",
            "[[routes]]\npath = '/a'\n[nonsense]\n",
            "[[routes]]\npath = '/a'\nbody = 'x\n",
        ] {
            let text = format!("{HEAD}{text}");
            assert_eq!(apart(&text).unwrap(), whole(&text), "{text}");
        }
    }

    #[test]
    fn other_notations_of_routes_are_decoded_as_a_whole() {
        for text in [
            "routes = [{ path = '/a' }]\n",
            "routes = []\n[[routes]]\npath = '/a'\n",
            "[[ \"routes\" ]]\npath = '/a'\n",
            "'routes' = []\n",
            "[[routes]]\npath = '/a'\n[limits]\n[routes.headers]\nx = 'y'\n",
            "[routes]\npath = '/a'\n",
            "[[routes]]\npath = '/a'\nmethods = ['GET'\n",
            "[[routes]\n]\n",
        ] {
            let text = format!("{HEAD}{text}");
            if let Some(parts) = apart(&text) {
                assert_eq!(parts, whole(&text), "{text}");
            }
        }
        assert!(apart(&format!("{HEAD}routes = [{{ path = '/a' }}]\n")).is_none());
        assert!(apart("id = 1\n[[routes]]\npath = '/a'\n[limits]\n[routes.headers]\n").is_none());
    }
}
