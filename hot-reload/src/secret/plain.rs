//! Evidently harmless values: numbers with units, paths, addresses of plain words.

/// The greatest length of a number with its unit.
const NUMBER: usize = 24;

/// A number, a duration, an IP address, a version or a date: digits with few letters among them.
pub(super) fn is_number(value: &str) -> bool {
    let value = value.trim_start_matches(['-', '+', '[', ':']);
    let letters = value.chars().filter(|letter| letter.is_alphabetic());
    let digits = value.bytes().filter(u8::is_ascii_digit);
    let is_divided = value.contains(['.', ':']);
    let is_short = value.starts_with(|first: char| first.is_ascii_digit())
        && value.len() <= NUMBER
        && value
            .chars()
            .all(|letter| letter.is_alphanumeric() || "._:/%] ".contains(letter))
        && letters.count() <= 3
        && (digits.count() <= 12 || is_divided);
    is_short || is_duration(value)
}

/// Numbers, each with its unit: `1h30m15s500ms`.
fn is_duration(value: &str) -> bool {
    let mut units = value.split(|letter: char| letter.is_ascii_digit() || letter == '.');
    value.len() <= NUMBER
        && value.starts_with(|first: char| first.is_ascii_digit())
        && value.ends_with(char::is_alphabetic)
        && units.all(|unit| {
            matches!(
                unit.trim(),
                "" | "ns"
                    | "us"
                    | "ms"
                    | "s"
                    | "m"
                    | "h"
                    | "d"
                    | "w"
                    | "min"
                    | "sec"
                    | "mins"
                    | "secs"
                    | "second"
                    | "seconds"
                    | "minute"
                    | "minutes"
                    | "hour"
                    | "hours"
                    | "day"
                    | "days"
            )
        })
}

/// A URL of nothing but words and numbers: `https://example.org:8080/v1`.
pub(super) fn is_plain_address(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else {
        return false;
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_word =
        |word: &str| word.len() <= 12 && word.chars().all(|letter| letter.is_ascii_lowercase());
    let is_version = |word: &str| word.len() <= 4 && word.chars().all(char::is_alphanumeric);
    let is_host = |letter: char| letter.is_ascii_alphanumeric() || "-.:".contains(letter);
    is_word(scheme)
        && host.chars().all(is_host)
        && path
            .split('/')
            .all(|step| is_word(step) || is_version(step))
}

/// Whether this is a path that starts with a known folder, since names of releases and containers in it look random.
pub(super) fn is_path(word: &str) -> bool {
    let below = ["/", "./", "../", "~/"]
        .iter()
        .find_map(|root| word.strip_prefix(root));
    let below = below.or_else(|| {
        let drive = word.get(..3)?;
        (drive.ends_with(":/") || drive.ends_with(":\\")).then(|| &word[3..])
    });
    let Some(below) = below else {
        return false;
    };
    let mut folders = below.split(['/', '\\']);
    let first = folders.next().unwrap_or("");
    let is_name = |folder: &str| {
        folder.len() <= 12 && folder.chars().all(|letter| letter.is_ascii_lowercase())
    };
    is_name(first) && (!first.is_empty() || word == "/")
}
