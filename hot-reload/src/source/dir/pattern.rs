//! [`Pattern`]: a shell pattern for names.
//!
//! Written here because a name needs only `*`, `?` and sets. The available crates contain matchers for whole paths.

/// A shell pattern for one name: `*` for any bytes, `?` for one byte, `[a-z]` and `[!a-z]` for one of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Pattern(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Byte(u8),
    Any,
    Run,
    Set {
        ranges: Vec<(u8, u8)>,
        excluded: bool,
    },
}

impl Pattern {
    /// Parses a pattern. An unclosed set is an ordinary `[`, as in a shell.
    pub(in crate::source) fn new(pattern: &str) -> Self {
        let mut tokens = Vec::new();
        let mut rest = pattern.as_bytes();
        while let Some((&first, behind)) = rest.split_first() {
            rest = behind;
            tokens.push(match first {
                b'*' => Token::Run,
                b'?' => Token::Any,
                b'[' => match set(rest) {
                    Some((token, behind)) => {
                        rest = behind;
                        token
                    }
                    None => Token::Byte(first),
                },
                byte => Token::Byte(byte),
            });
        }
        Self(tokens)
    }

    /// Whether the whole name matches. Takes time in proportion to the product of both lengths at most.
    pub(in crate::source) fn fits(&self, name: &[u8]) -> bool {
        let (mut token, mut at) = (0, 0);
        // The last `*`, and how many bytes it covers. Only this one ever needs to cover more.
        let mut run: Option<(usize, usize)> = None;
        loop {
            match (self.0.get(token), name.get(at)) {
                (Some(Token::Run), _) => {
                    run = Some((token, at));
                    token += 1;
                    continue;
                }
                (Some(wanted), Some(&byte)) if wanted.fits(byte) => {
                    (token, at) = (token + 1, at + 1);
                    continue;
                }
                (None, None) => return true,
                _ => {}
            }
            match &mut run {
                Some((star, reach)) if *reach < name.len() => {
                    *reach += 1;
                    (token, at) = (*star + 1, *reach);
                }
                _ => return false,
            }
        }
    }
}

impl Token {
    fn fits(&self, byte: u8) -> bool {
        match self {
            Self::Byte(wanted) => *wanted == byte,
            Self::Any | Self::Run => true,
            Self::Set { ranges, excluded } => {
                let within = |&(from, to): &(u8, u8)| (from..=to).contains(&byte);
                ranges.iter().any(within) != *excluded
            }
        }
    }
}

/// Parses a set after its `[`. Returns it with the text after its `]`.
fn set(text: &[u8]) -> Option<(Token, &[u8])> {
    let excluded = matches!(text.first(), Some(b'!' | b'^'));
    let text = text.get(usize::from(excluded)..)?;
    // A `]` in the first place is a member.
    let end = 1 + text.get(1..)?.iter().position(|byte| *byte == b']')?;
    let (mut members, behind) = (&text[..end], &text[end + 1..]);
    let mut ranges = Vec::new();
    while let Some((&from, rest)) = members.split_first() {
        match rest {
            [b'-', to, behind @ ..] => {
                ranges.push((from, *to));
                members = behind;
            }
            _ => {
                ranges.push((from, from));
                members = rest;
            }
        }
    }
    Some((Token::Set { ranges, excluded }, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, name: &str) -> bool {
        Pattern::new(pattern).fits(name.as_bytes())
    }

    #[test]
    fn pattern_matches_as_in_a_shell() {
        for (pattern, name) in [
            ("*", ""),
            ("*.toml", "a.toml"),
            ("*.toml", ".toml.toml"),
            ("a*b*c", "a-b-b-c"),
            ("a?c", "abc"),
            ("[0-9][0-9]-*", "10-db"),
            ("[!a-c]", "d"),
            ("[]x]", "]"),
            ("[a-]", "-"),
            ("[a", "[a"),
            ("é*", "étage"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("", "a"),
            ("*.toml", "a.toml~"),
            ("*.toml", "a.tom"),
            ("a?c", "ac"),
            ("[0-9]*", "x"),
            ("[!a-c]", "b"),
            ("[^a]", "a"),
            ("A", "a"),
        ] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn name_that_is_not_utf8_can_match() {
        assert!(Pattern::new("*.toml").fits(b"\xff\n.toml"));
    }

    #[test]
    fn many_stars_do_not_take_exponential_time() {
        let name = "a".repeat(255);
        assert!(!fits(&"*a".repeat(40).replace("*a*a", "*a*a*b"), &name));
    }
}
