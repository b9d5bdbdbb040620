//! [`Pattern`]: which names are meant.
//!
//! Written here, because all that a file's name needs is `*`, `?` and a set; the crates for it bring engines for whole
//! paths along.

/// A shell pattern for one name: `*` for any bytes, `?` for one byte, `[a-z]` and `[!a-z]` for one of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

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
    /// A set that is not closed is an ordinary `[`, as in a shell.
    pub(super) fn new(pattern: &str) -> Self {
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

    /// Whether the whole name fits. Takes time in proportion to both lengths at most.
    pub(super) fn fits(&self, name: &[u8]) -> bool {
        let (mut token, mut at) = (0, 0);
        // The last `*`, and how far it reaches: the only place that is ever worth going back to.
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

/// The set after a `[`, and the text after its `]`.
fn set(text: &[u8]) -> Option<(Token, &[u8])> {
    let excluded = matches!(text.first(), Some(b'!' | b'^'));
    let text = text.get(usize::from(excluded)..)?;
    // A `]` that comes first is a member.
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
    fn fits_as_in_a_shell() {
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
    fn a_name_of_any_bytes_can_fit() {
        assert!(Pattern::new("*.toml").fits(b"\xff\n.toml"));
    }

    #[test]
    fn many_runs_do_not_explode() {
        let name = "a".repeat(255);
        assert!(!fits(&"*a".repeat(40).replace("*a*a", "*a*a*b"), &name));
    }
}
