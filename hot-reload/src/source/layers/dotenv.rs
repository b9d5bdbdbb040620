//! Parses the assignments of a `.env` file.

use std::sync::Arc;

use super::variables::Variable;
use crate::error::{Error, ErrorKind, Location};
use crate::source::decode::place;
use crate::source::decode::tree::{Origin, Part};

/// The variables of a text, in order.
///
/// # Errors
///
/// The place of the first line that is no assignment.
pub(super) fn parse(bytes: &[u8], name: &str) -> Result<Vec<Variable>, Error> {
    let text = place::text(bytes, name)?;
    let part = Arc::new(Part {
        name: name.to_owned(),
        text: text.to_owned(),
    });
    let mut reader = Reader { text, at: 0 };
    let mut variables = Vec::new();
    while let Some(assignment) = reader.next().transpose() {
        let Assignment { key, value, offset } =
            assignment.map_err(|Mistake { at, text: why }| {
                let (line, column) = place::line_and_column(text, at);
                Error::new(ErrorKind::Decode, why).at(Location::new(name).line(line, column))
            })?;
        variables.push(Variable {
            name: key,
            value,
            origin: Origin {
                part: Arc::clone(&part),
                offset: Some(offset),
            },
        });
    }
    Ok(variables)
}

struct Assignment {
    key: String,
    value: String,
    offset: usize,
}

struct Mistake {
    at: usize,
    text: &'static str,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, is_skipped: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_skipped).len();
    }

    /// The next assignment.
    fn next(&mut self) -> Result<Option<Assignment>, Mistake> {
        loop {
            self.skip(char::is_whitespace);
            if !self.rest().starts_with('#') {
                break;
            }
            self.skip(|letter| letter != '\n');
        }
        if self.rest().is_empty() {
            return Ok(None);
        }
        if let Some(rest) = self.rest().strip_prefix("export")
            && rest.starts_with([' ', '\t'])
        {
            self.at += "export".len();
            self.skip(is_space);
        }
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
        let start = self.at;
        self.skip(is_name);
        let key = self.text[start..self.at].to_owned();
        self.skip(is_space);
        if key.is_empty() {
            return Err(self.mistake("expected the name of a variable"));
        }
        if !self.rest().starts_with('=') {
            return Err(self.mistake("expected '=' after the name"));
        }
        self.at += 1;
        self.skip(is_space);
        let offset = self.at;
        let value = match self.rest().chars().next() {
            Some('\'') => self.single()?,
            Some('"') => self.double()?,
            _ => return Ok(Some(self.bare(key, offset))),
        };
        self.skip(is_space);
        if self.rest().starts_with('#') {
            self.skip(|letter| letter != '\n');
        }
        match self.rest().chars().next() {
            None | Some('\n' | '\r') => Ok(Some(Assignment { key, value, offset })),
            Some(_) => Err(self.mistake("text after a closing quote")),
        }
    }

    /// A value without quotes, up to the end of the line or a comment.
    fn bare(&mut self, key: String, offset: usize) -> Assignment {
        let line = self.rest().lines().next().unwrap_or_default();
        self.at += line.len();
        let comment = line
            .char_indices()
            .find(|(at, letter)| *letter == '#' && (*at == 0 || line[..*at].ends_with(is_space)));
        let value = comment.map_or(line, |(at, _)| &line[..at]);
        Assignment {
            key,
            value: value.trim_end().to_owned(),
            offset,
        }
    }

    /// A value in single quotes, as it is.
    fn single(&mut self) -> Result<String, Mistake> {
        let rest = &self.rest()[1..];
        let end = rest.find('\'').ok_or_else(|| self.mistake(QUOTE))?;
        self.at += end + 2;
        Ok(rest[..end].to_owned())
    }

    /// A value in double quotes, with escapes.
    fn double(&mut self) -> Result<String, Mistake> {
        let rest = &self.rest()[1..];
        let mut value = String::new();
        let mut letters = rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.at += at + 2;
                    return Ok(value);
                }
                '\\' => match letters.next().map(|(_, letter)| letter) {
                    Some('n') => value.push('\n'),
                    Some('r') => value.push('\r'),
                    Some('t') => value.push('\t'),
                    Some(same @ ('\\' | '"' | '$' | '\'')) => value.push(same),
                    _ => {
                        self.at += at + 1;
                        return Err(self.mistake(
                            "unknown escape in this text; write a backslash as \\\\ or use single quotes",
                        ));
                    }
                },
                letter => value.push(letter),
            }
        }
        Err(self.mistake(QUOTE))
    }

    fn mistake(&self, text: &'static str) -> Mistake {
        Mistake { at: self.at, text }
    }
}

const QUOTE: &str = "this quote is not closed";

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        let variables = parse(text.as_bytes(), ".env").map_err(|error| error.to_string())?;
        let pairs = variables.into_iter();
        Ok(pairs
            .map(|variable| (variable.name, variable.value))
            .collect())
    }

    #[test]
    fn assignments_are_read_as_by_a_shell() {
        let text = "# comment\n\nA=1\nexport B = two words # comment\nC='a \"b\" #'\r\nD=\"x\\n\\\"y\\\"\" # c\nE=\nF=a#b\nG=\"two\nlines\"\n";
        let read = read(text).unwrap();
        let pairs: Vec<_> = read.iter().map(|(key, value)| (&**key, &**value)).collect();
        assert_eq!(
            pairs,
            [
                ("A", "1"),
                ("B", "two words"),
                ("C", "a \"b\" #"),
                ("D", "x\n\"y\""),
                ("E", ""),
                ("F", "a#b"),
                ("G", "two\nlines"),
            ]
        );
    }

    #[test]
    fn mistake_has_its_line_and_quotes_nothing() {
        for (text, line) in [
            ("A=1\nhunter2\n", ".env:2:8: expected '=' after the name"),
            ("=1", ".env:1:1: expected the name of a variable"),
            ("A='hunter2", ".env:1:3: this quote is not closed"),
            ("A=\"a\" b", ".env:1:7: text after a closing quote"),
            (
                "A=\"a\\x\"",
                ".env:1:5: unknown escape in this text; write a backslash as \\\\ or use single quotes",
            ),
            ("A=\"é", ".env:1:3: this quote is not closed"),
        ] {
            assert_eq!(read(text).unwrap_err(), line);
        }
    }
}
