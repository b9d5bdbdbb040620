//! Credentials in an address: `postgres://me:hunter2@db/app`, `me:hunter2@tcp(db)`.

use std::ops::Range;

use super::place;

/// The credentials in this word of the text.
pub(super) fn credentials(text: &str, token: Range<usize>, found: &mut Vec<Range<usize>>) {
    let word = &text[token];
    let mut rest = word;
    let mut is_url = false;
    while let Some((_, behind)) = rest.split_once("://") {
        is_url = true;
        rest = behind;
        let host = behind.split(['/', '?', '#']).next().unwrap_or(behind);
        // A password may hold a slash that should have been escaped, and then stands where a port would.
        let port = host.rsplit_once(':').map_or("", |(_, port)| port);
        let is_odd = port.bytes().any(|letter| !letter.is_ascii_digit()) && !host.contains(']');
        if (host.contains('@') || is_odd)
            && let Some((userinfo, _)) = behind.rsplit_once('@')
        {
            found.push(place(text, userinfo));
        }
    }
    if !is_url
        && let Some((before, behind)) = word.rsplit_once('@')
        && let Some((user, password)) = before.split_once(':')
        && !["mailto", "acct", "sip", "sips", "xmpp"].contains(&user)
        // The digest of an image: `app:1.2@sha256:…`.
        && !behind.starts_with("sha")
    {
        found.push(place(text, password));
    }
}
