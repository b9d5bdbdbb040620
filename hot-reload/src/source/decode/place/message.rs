//! Rewrites serde's error messages for the author of a configuration.

use super::judge::Judge;
use super::wanted::{sentence, wanted};
use crate::error::joined;
use crate::secret::HIDDEN;

/// The most characters of a quoted value.
const QUOTED: usize = 40;
/// The most characters of another program's message.
const SENTENCE: usize = 200;
/// The most bytes of a key that is compared with the known names.
const LONGEST_NAME: usize = 128;
/// The most bytes of a value that is searched for secrets.
const SEARCHED: usize = 4096;

/// A rewritten message.
pub(super) struct Message {
    pub(super) text: String,
    /// The unknown key, if the message is about one.
    pub(super) unknown_key: Option<String>,
    /// The quoted value, if it looks like a secret but its keys promise its form.
    pub(super) expected: Option<String>,
}

impl Message {
    fn new(text: String) -> Self {
        Self {
            text,
            unknown_key: None,
            expected: None,
        }
    }

    /// A message that quotes this value.
    fn quoting(text: String, value: &str, judge: &Judge<'_>) -> Self {
        let quote = || value.chars().take(QUOTED).collect();
        Self {
            expected: judge.expects(&unescaped(value)).then(quote),
            ..Self::new(text)
        }
    }
}

/// Rewrites `invalid type: string "80a", expected u16` to `expected u16, found "80a"`, and so on.
///
/// `judge` decides what may be quoted.
pub(super) fn rewrite(message: &str, judge: &Judge<'_>) -> Message {
    let message = joined(message);
    let plain = Message::new;
    if let Some(rest) = message.strip_prefix("missing field ") {
        return plain(format!("missing key {}", quoted(unticked(rest))));
    }
    if let Some(rest) = message.strip_prefix("duplicate field ") {
        let key = unticked(rest);
        return plain(match judge.shows_key(key, false) {
            true => format!("the key {} is defined twice", quoted(key)),
            false => format!("a key {HIDDEN} is defined twice"),
        });
    }
    if let Some((key, expected)) = split_unknown(&message, "unknown field `") {
        let choices = choices(key, expected);
        let text = match judge.shows_key(key, choices.is_slip) {
            true => format!("unknown key {}, {}", quoted(key), choices.text),
            false => format!("unknown key {HIDDEN}, {}", choices.text),
        };
        return Message {
            unknown_key: Some(key.to_owned()),
            ..Message::new(text)
        };
    }
    if let Some((value, expected)) = split_unknown(&message, "unknown variant `") {
        if !judge.shows(value) {
            let choices = choices("", expected).text;
            return plain(format!("{choices}, found another text {HIDDEN}"));
        }
        let text = format!("{}, found {}", choices(value, expected).text, quoted(value));
        return Message::quoting(text, value, judge);
    }
    let mismatch = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = mismatch.and_then(split_found) {
        let expected = truncate(&judge.redact(&truncate(expected, SEARCHED)), SENTENCE);
        let text = format!(
            "expected {}, found {}",
            wanted(&expected),
            describe(found, judge)
        );
        let value = found.strip_prefix("string \"").unwrap_or_default();
        return Message::quoting(text, value.strip_suffix('"').unwrap_or(value), judge);
    }
    if let Some((length, expected)) = message
        .strip_prefix("invalid length ")
        .and_then(|rest| rest.split_once(", expected "))
    {
        let expected = wanted(expected);
        return plain(format!("expected {expected}, found a length of {length}"));
    }
    if let Some(words) = sentence(&message) {
        return plain(words.to_owned());
    }
    if judge.hides_sentences() {
        return plain(
            "the value is not valid; the reason is not shown, because it may quote a secret"
                .to_owned(),
        );
    }
    let text = truncate(&judge.redact(&truncate(&message, SEARCHED)), SENTENCE);
    // A program's own message about a value often quotes it.
    let is_end = |letter: char| letter.is_whitespace() || "\"'`,;".contains(letter);
    let value = text
        .split(is_end)
        .find(|word| judge.expects(word))
        .map(str::to_owned);
    Message {
        expected: value,
        ..Message::new(text)
    }
}

/// Splits ``unknown field `prot`, expected one of …`` after its introduction. The name may contain quotes and commas.
fn split_unknown<'a>(message: &'a str, introduction: &str) -> Option<(&'a str, &'a str)> {
    let rest = message.strip_prefix(introduction)?;
    let split = rest
        .rfind("`, expected ")
        .or_else(|| rest.rfind("`, there are no "))?;
    Some((&rest[..split], &rest[split + "`, ".len()..]))
}

/// The text about the expected names.
struct Choices {
    text: String,
    /// Whether the given name is probably a typo of an expected one.
    is_slip: bool,
}

/// Rewrites serde's list of names to `expected one of "host", "port" (did you mean "port"?)`.
fn choices(given: &str, expected: &str) -> Choices {
    let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    if names.is_empty() {
        return Choices {
            text: "expected none here".to_owned(),
            is_slip: false,
        };
    }
    let list = names
        .iter()
        .map(|name| quoted(name))
        .collect::<Vec<_>>()
        .join(", ");
    let one_of = if names.len() == 1 { "" } else { "one of " };
    let meant = closest(given, &names);
    let text = match meant {
        Some(name) => format!("expected {one_of}{list} (did you mean {}?)", quoted(name)),
        None => format!("expected {one_of}{list}"),
    };
    Choices {
        text,
        is_slip: meant.is_some(),
    }
}

/// The name that is probably meant: at most a third of its letters differ.
fn closest<'a>(given: &str, names: &[&'a str]) -> Option<&'a str> {
    if given.len() > LONGEST_NAME {
        return None;
    }
    let near = names.iter().map(|name| (distance(given, name), *name));
    let (distance, name) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= (name.chars().count() / 3).max(1) && !given.is_empty()).then_some(name)
}

/// The number of letters to insert, remove, replace or swap with their neighbor, ignoring case.
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

/// Splits `string "80a", expected u16` after the value, which may contain `, expected ` itself.
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

/// The text about the found value: the value, or only its type if it may not be shown.
fn describe(found: &str, judge: &Judge<'_>) -> String {
    if let Some(text) = found.strip_prefix("string \"") {
        let text = text.strip_suffix('"').unwrap_or(text);
        return match judge.shows(&unescaped(text)) {
            true => quoted(text),
            false => format!("a string {HIDDEN}"),
        };
    }
    if let Some((kind, value)) = found.split_once(" `") {
        // serde appends the type of a number beyond 64 bits: "integer `1` as i128".
        let value = value.rsplit_once("` as ").map_or(value, |(value, _)| value);
        let value = value.trim_end_matches('`');
        return match judge.shows(value) {
            true => truncate(value, QUOTED),
            false => format!("{} {HIDDEN}", with_article(kind)),
        };
    }
    match found {
        "map" => "a table".to_owned(),
        "sequence" => "a list".to_owned(),
        "unit value" | "null" => "nothing".to_owned(),
        other => truncate(&judge.redact(&truncate(other, SEARCHED)), QUOTED),
    }
}

/// Reverts serde's escapes, as far as the detection of secrets needs that.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(same) => same,
                None => letter,
            },
            letter => letter,
        });
    }
    plain
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
    format!("\"{}\"", truncate(text, QUOTED))
}

/// The first `most` characters, with an ellipsis if some are left out.
fn truncate(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::secret::Secrets;
    use super::*;
    use crate::scope::Rules;

    fn message(message: &str) -> String {
        message_with(message, &Secrets::of_nothing())
    }

    fn message_with(message: &str, secrets: &Secrets) -> String {
        let rules = Rules::default();
        let judge = Judge::new(&rules.scope().unwrap(), false, None, secrets);
        rewrite(message, &judge).text
    }

    #[test]
    fn wrong_type_is_reported_as_expected_and_found() {
        assert_eq!(
            message("invalid type: string \"80a\", expected u16"),
            "expected u16, found \"80a\""
        );
        assert_eq!(
            message("invalid value: integer `70000`, expected u16"),
            "expected u16, found 70000"
        );
        assert_eq!(
            message("invalid type: integer `70000` as i128, expected u16"),
            "expected u16, found 70000"
        );
        assert_eq!(
            message("invalid type: map, expected a string"),
            "expected a string, found a table"
        );
    }

    #[test]
    fn value_may_contain_the_words_of_the_message() {
        assert_eq!(
            message(r#"invalid type: string "a\", expected b", expected u16"#),
            r#"expected u16, found "a\", expected b""#
        );
    }

    #[test]
    fn close_name_is_suggested_but_a_distant_one_is_not() {
        let near = message("unknown field `prot`, expected one of `host`, `port`");
        assert_eq!(
            near,
            "unknown key \"prot\", expected one of \"host\", \"port\" (did you mean \"port\"?)"
        );
        let far = message("unknown field `zebra`, expected `host` or `port`");
        assert_eq!(
            far,
            "unknown key \"zebra\", expected one of \"host\", \"port\""
        );
        assert_eq!(
            message("unknown field `x`, there are no fields"),
            "unknown key \"x\", expected none here"
        );
    }

    #[test]
    fn long_value_is_shortened() {
        let long = format!("invalid type: string \"{}\", expected u16", "é".repeat(100));
        assert_eq!(
            message(&long),
            format!("expected u16, found \"{}…\"", "é".repeat(40))
        );
    }

    #[test]
    fn only_harmless_values_are_quoted_when_secrets_are_unknown() {
        let of = |value: &str| {
            let message = format!("invalid type: string \"{value}\", expected u16");
            message_with(&message, &Secrets::default())
        };
        assert_eq!(of("hunter2"), "expected u16, found a string (not shown)");
        assert_eq!(of("80a"), "expected u16, found \"80a\"");
    }

    #[test]
    fn p18_name_cannot_pose_as_the_list_of_names() {
        assert_eq!(
            message("unknown variant `a`, `ghp_hunter2`, expected `b`"),
            "expected \"b\", found another text (not shown)"
        );
    }

    #[test]
    fn distance_counts_a_swap_once() {
        assert_eq!(distance("prot", "port"), 1);
        assert_eq!(distance("Port", "port"), 0);
        assert_eq!(distance("", "port"), 4);
    }
}
