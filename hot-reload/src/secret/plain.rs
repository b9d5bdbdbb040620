//! Recognizes evidently harmless values, and values of the form that their key promises.

use super::entropy::is_random;

/// The greatest length of a number with its unit.
const NUMBER: usize = 24;

/// Whether this is a number, a duration, an IP address, a version or a date: digits with few letters.
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

/// Whether these are numbers with units: `1h30m15s500ms`.
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

/// Whether this is a URL of words and numbers only: `https://example.org:8080/v1`.
pub(super) fn is_plain_address(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else {
        return false;
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_host = |letter: char| letter.is_ascii_alphanumeric() || "-.:".contains(letter);
    is_word(scheme) && host.chars().all(is_host) && is_plain_path(path)
}

fn is_word(word: &str) -> bool {
    word.len() <= 12 && word.chars().all(|letter| letter.is_ascii_lowercase())
}

/// Whether the steps of a URL's path are words and versions.
fn is_plain_path(path: &str) -> bool {
    let is_version = |word: &str| word.len() <= 4 && word.chars().all(char::is_alphanumeric);
    path.split('/')
        .all(|step| is_word(step) || is_version(step))
}

/// The most bytes of a list of addresses.
const ADDRESSES: usize = 512;

/// Whether this is a list of addresses: `db:5432`, `https://db.example.org:8080/v1`, `a:9092,b:9092`. A name alone may be
/// anything, so an address needs a scheme, a port or two dots.
pub(super) fn is_address(value: &str) -> bool {
    let is_one = |one: &str| {
        let (scheme, rest) = match one.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, one),
        };
        let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        };
        let is_marked = scheme.is_some() || port.is_some() || host.matches('.').count() >= 2;
        is_marked
            && scheme.is_none_or(is_word)
            && is_host(host)
            && port.is_none_or(is_port)
            && is_plain_path(path)
    };
    value.len() <= ADDRESSES && value.split(',').all(|one| is_one(one.trim()))
}

/// Whether this is a host name, or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    let six = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    if let Some(six) = six {
        return six
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    }
    let is_label = |label: &str| {
        let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        !label.is_empty() && label.bytes().all(is_usual) && !is_random(label)
    };
    host.split('.').all(is_label)
}

/// Whether this is a port, or a typo of one: `5432`, `70000`, `80a`.
fn is_port(port: &str) -> bool {
    let digits = port.bytes().filter(u8::is_ascii_digit).count();
    port.len() <= 6
        && port.starts_with(|first: char| first.is_ascii_digit())
        && port.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && 2 * digits > port.len()
}

/// Prefixes of identifiers.
const IDENTIFIER_MARKS: [&str; 6] = [
    "sha1:",
    "sha256:",
    "sha384:",
    "sha512:",
    "md5:",
    "urn:uuid:",
];

/// Whether this is a commit, a digest, a UUID or a trace: hexadecimal digits, possibly in groups, with at least one letter.
pub(crate) fn is_identifier(value: &str) -> bool {
    let value = value.strip_prefix("W/").unwrap_or(value);
    let value = value.trim_matches(['"', '{', '}']);
    let mark = IDENTIFIER_MARKS
        .iter()
        .find_map(|mark| value.strip_prefix(mark));
    let digits = mark.unwrap_or(value);
    let count = digits.bytes().filter(u8::is_ascii_hexdigit).count();
    (7..=128).contains(&count)
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || b"-:".contains(&byte))
        && digits.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Whether this is a path in a known folder. Names of releases and containers in such paths look random.
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
