//! Detects credentials in addresses: `postgres://me:hunter2@db/app`, `me:hunter2@tcp(db)`, `?code=hunter2`.

use std::ops::Range;

use super::super::names::{Form, Level, form, level};
use super::super::plain::is_number;
use super::words::{is_delimiter, place};

/// Finds credentials in URLs. A password may contain any character except blanks and quotes.
pub(super) fn in_urls(text: &str, found: &mut Vec<Range<usize>>) {
    let ends = |letter: char| letter.is_whitespace() || "\"'`<>".contains(letter);
    for word in text.split(ends) {
        in_url(text, word, found);
    }
}

fn in_url(text: &str, word: &str, found: &mut Vec<Range<usize>>) {
    let mut rest = word;
    while let Some((_, behind)) = rest.split_once("://") {
        rest = behind;
        let host = behind.split(['/', '?', '#']).next().unwrap_or(behind);
        // A password may contain an unescaped slash; its first part is then in the position of a port.
        let port = host.rsplit_once(':').map_or("", |(_, port)| port);
        let is_odd = port.bytes().any(|letter| !letter.is_ascii_digit()) && !host.contains(']');
        if host.contains('@') || is_odd {
            // If nothing after this address contains an `@`, no later address has credentials.
            let Some((userinfo, after)) = behind.rsplit_once('@') else {
                return;
            };
            found.push(place(text, userinfo));
            rest = after;
        }
    }
}

/// Parameters whose value gives access once, without separators. Parameters with the name of a secret count too.
const ONCE: [&str; 24] = [
    "access",
    "assertion",
    "authcode",
    "authorizationcode",
    "code",
    "codeverifier",
    "confirmation",
    "confirmationcode",
    "devicecode",
    "invitation",
    "invite",
    "invitecode",
    "logincode",
    "magic",
    "otp",
    "reset",
    "resetcode",
    "samlart",
    "samlrequest",
    "samlresponse",
    "state",
    "ticket",
    "usercode",
    "verification",
];

/// The longest name of a parameter.
const PARAMETER: usize = 64;

/// Finds the values of parameters after `?`, `&` or `#` that give access.
pub(super) fn in_queries(text: &str, found: &mut Vec<Range<usize>>) {
    // The end of the last value, so that the text is searched once.
    let mut done = 0;
    for (at, _) in text.match_indices(['?', '&', '#']) {
        if at < done {
            continue;
        }
        let rest = &text[at + 1..];
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
        let name = rest.bytes().take(PARAMETER).take_while(is_name).count();
        let Some(value) = rest[name..].strip_prefix('=') else {
            continue;
        };
        let end = value.find(|letter: char| is_delimiter(letter) || "&#".contains(letter));
        let value = &value[..end.unwrap_or(value.len())];
        let range = place(text, value);
        done = range.end;
        if gives_access(&rest[..name], value) {
            found.push(range);
        }
    }
}

/// Whether a parameter with this name and value gives access. A short number is a status or a measure.
fn gives_access(name: &str, value: &str) -> bool {
    let is_status = value.len() <= 3 && value.bytes().all(|digit| digit.is_ascii_digit());
    let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
    let letters: String = letters
        .map(|letter| char::from(letter.to_ascii_lowercase()))
        .collect();
    let is_once = ONCE.contains(&letters.as_str());
    let is_named = match level(Level::Plain, name) {
        Level::Secret => true,
        Level::Ambiguous => form(name) != Form::Address && !is_number(value),
        Level::Plain => false,
    };
    !is_status && (is_once || is_named)
}

/// Finds the password before an `@` in this word of the text, which is not a URL.
pub(super) fn before_at(text: &str, token: Range<usize>, found: &mut Vec<Range<usize>>) {
    let word = &text[token];
    if !word.contains("://")
        && let Some((before, behind)) = word.rsplit_once('@')
        && let Some((user, password)) = before.split_once(':')
        && !["mailto", "acct", "sip", "sips", "xmpp"].contains(&user)
        // The digest of an image: `app:1.2@sha256:…`.
        && !behind.starts_with("sha")
    {
        found.push(place(text, password));
    }
}
