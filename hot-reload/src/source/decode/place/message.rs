//! serde's sentences in the words of a configuration's author.

use super::secret::Secrets;

/// How many characters of a wrong value are quoted.
const QUOTED: usize = 40;
/// How long somebody else's sentence may be.
const SENTENCE: usize = 200;

/// A sentence for a person.
pub(super) struct Said {
    pub(super) text: String,
    /// The key that is not known, if that is what the sentence says.
    pub(super) unknown_key: Option<String>,
}

/// `expected u16, found "80a"` for `invalid type: string "80a", expected u16`, and the like.
///
/// `hidden` says that the value must not be quoted, `secrets` holds the values that must not be quoted anywhere, and is
/// `None` where they are not known.
pub(super) fn rewrite(message: &str, hidden: bool, secrets: Option<&Secrets>) -> Said {
    let message = one_line(message);
    let plain = |text| Said {
        text,
        unknown_key: None,
    };
    if let Some(rest) = message.strip_prefix("missing field ") {
        return plain(format!("missing key {}", quoted(unticked(rest))));
    }
    if let Some(rest) = message.strip_prefix("duplicate field ") {
        return plain(format!(
            "the key {} stands here twice",
            quoted(unticked(rest))
        ));
    }
    if let Some((key, expected)) = split_unknown(&message, "unknown field `") {
        let text = format!("unknown key {}, {}", quoted(key), choices(key, expected));
        return Said {
            text,
            unknown_key: Some(key.to_owned()),
        };
    }
    if let Some((value, expected)) = split_unknown(&message, "unknown variant `") {
        let hidden = hidden || secrets.is_none_or(|secrets| secrets.show_in(value));
        return plain(if hidden {
            format!("{}, found another text (not shown)", choices("", expected))
        } else {
            format!("{}, found {}", choices(value, expected), quoted(value))
        });
    }
    let mismatch = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = mismatch.and_then(split_found) {
        let hidden = hidden || secrets.is_none_or(|secrets| secrets.show_in(found));
        return plain(format!(
            "expected {expected}, found {}",
            describe(found, hidden)
        ));
    }
    if let Some((length, expected)) = message
        .strip_prefix("invalid length ")
        .and_then(|rest| rest.split_once(", expected "))
    {
        return plain(format!("expected {expected}, found a length of {length}"));
    }
    if hidden || secrets.is_some_and(|secrets| secrets.show_in(&message)) {
        return plain(
            "the value is not valid, and is not shown because it looks like a secret".to_owned(),
        );
    }
    plain(cut(&message, SENTENCE))
}

/// Splits ``unknown field `prot`, expected one of …`` after its introduction.
fn split_unknown<'a>(message: &'a str, introduction: &str) -> Option<(&'a str, &'a str)> {
    let rest = message.strip_prefix(introduction)?;
    rest.split_once("`, ")
}

/// `expected one of "host", "port" (did you mean "port"?)` from serde's list of names.
fn choices(given: &str, expected: &str) -> String {
    let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    if names.is_empty() {
        return "expected none here".to_owned();
    }
    let list = names
        .iter()
        .map(|name| quoted(name))
        .collect::<Vec<_>>()
        .join(", ");
    let one_of = if names.len() == 1 { "" } else { "one of " };
    match closest(given, &names) {
        Some(name) => format!("expected {one_of}{list} (did you mean {}?)", quoted(name)),
        None => format!("expected {one_of}{list}"),
    }
}

/// The name that was probably meant: at most a third of its letters differ.
fn closest<'a>(given: &str, names: &[&'a str]) -> Option<&'a str> {
    let near = names.iter().map(|name| (distance(given, name), *name));
    let (distance, name) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= (name.chars().count() / 3).max(1) && !given.is_empty()).then_some(name)
}

/// The number of letters to insert, remove, replace or swap with their neighbour, regardless of case.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least.min(rows[i - 2][j - 2] + 1)
                } else {
                    least
                }
            };
        }
    }
    rows[a.len()][b.len()]
}

/// Splits `string "80a", expected u16` behind the value, which may itself hold the words `, expected `.
fn split_found(rest: &str) -> Option<(&str, &str)> {
    let value_ends = rest.strip_prefix("string \"").map_or(0, |text| {
        let mut escaped = false;
        let closing = text.char_indices().find(|(_, c)| {
            let closes = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            closes
        });
        closing.map_or(0, |(at, _)| "string \"".len() + at + 1)
    });
    let split = value_ends + rest[value_ends..].find(", expected ")?;
    Some((&rest[..split], &rest[split + ", expected ".len()..]))
}

/// What was found: the value itself, or only its type if it is `hidden`.
fn describe(found: &str, hidden: bool) -> String {
    if let Some(text) = found.strip_prefix("string \"") {
        let text = text.strip_suffix('"').unwrap_or(text);
        return if hidden {
            "a string (not shown)".to_owned()
        } else {
            quoted(text)
        };
    }
    if let Some((kind, value)) = found.split_once(" `") {
        let value = value.trim_end_matches('`');
        return if hidden {
            format!("{} (not shown)", with_article(kind))
        } else {
            cut(value, QUOTED)
        };
    }
    match found {
        "map" => "a table".to_owned(),
        "sequence" => "a list".to_owned(),
        "unit value" | "null" => "nothing".to_owned(),
        other => cut(other, QUOTED),
    }
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

fn unticked(text: &str) -> &str {
    text.trim_matches('`')
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", cut(text, QUOTED))
}

/// At most `most` characters, with a sign where some are left out.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &str) -> String {
        rewrite(message, false, Some(&Secrets::default())).text
    }

    #[test]
    fn a_wrong_type_is_said_as_expected_and_found() {
        assert_eq!(
            said("invalid type: string \"80a\", expected u16"),
            "expected u16, found \"80a\""
        );
        assert_eq!(
            said("invalid value: integer `70000`, expected u16"),
            "expected u16, found 70000"
        );
        assert_eq!(
            said("invalid type: map, expected a string"),
            "expected a string, found a table"
        );
    }

    #[test]
    fn a_value_may_hold_the_words_of_the_sentence() {
        assert_eq!(
            said(r#"invalid type: string "a\", expected b", expected u16"#),
            r#"expected u16, found "a\", expected b""#
        );
    }

    #[test]
    fn a_close_name_is_suggested_and_a_far_one_is_not() {
        let near = said("unknown field `prot`, expected one of `host`, `port`");
        assert_eq!(
            near,
            "unknown key \"prot\", expected one of \"host\", \"port\" (did you mean \"port\"?)"
        );
        let far = said("unknown field `zebra`, expected `host` or `port`");
        assert_eq!(
            far,
            "unknown key \"zebra\", expected one of \"host\", \"port\""
        );
        assert_eq!(
            said("unknown field `x`, there are no fields"),
            "unknown key \"x\", expected none here"
        );
    }

    #[test]
    fn a_long_value_is_cut() {
        let long = format!("invalid type: string \"{}\", expected u16", "é".repeat(100));
        assert_eq!(
            said(&long),
            format!("expected u16, found \"{}…\"", "é".repeat(40))
        );
    }

    #[test]
    fn without_knowledge_of_the_secrets_no_value_is_quoted() {
        let said = rewrite("invalid type: string \"80a\", expected u16", false, None).text;
        assert_eq!(said, "expected u16, found a string (not shown)");
    }

    #[test]
    fn the_distance_counts_a_swap_once() {
        assert_eq!(distance("prot", "port"), 1);
        assert_eq!(distance("Port", "port"), 0);
        assert_eq!(distance("", "port"), 4);
    }
}
