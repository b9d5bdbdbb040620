//! Credentials in an address: `postgres://me:hunter2@db/app`, `me:hunter2@tcp(db)`.

use std::ops::Range;

use super::place;

/// The credentials in URLs. A password may hold any sign but blanks and quotes.
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
            // None behind this address is none behind the next one.
            let Some((userinfo, after)) = behind.rsplit_once('@') else {
                return;
            };
            found.push(place(text, userinfo));
            rest = after;
        }
    }
}

/// The password in front of an `@` in this word of the text, which is no URL.
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
