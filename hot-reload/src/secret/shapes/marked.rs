//! Detects secrets with a known mark: PEM blocks, and tokens with a prefix of their issuer.

use std::ops::Range;

use super::words::place;

/// Finds blocks such as `-----BEGIN PRIVATE KEY-----`, up to their end or the end of the text. Certificates count too, because
/// their key may be next to them.
pub(super) fn blocks(text: &str, found: &mut Vec<Range<usize>>) {
    // `-----BEGIN`, and `---- BEGIN` of SSH2.
    let mark = |from: usize, word: &str| {
        let mut places = text[from..].match_indices(word).map(|(at, _)| from + at);
        places.find(|at| text[..*at].ends_with("--") || text[..*at].ends_with("---- "))
    };
    let mut from = 0;
    while let Some(at) = mark(from, "BEGIN ") {
        let before = text[from..at].trim_end_matches(' ');
        let start = from + before.trim_end_matches('-').len();
        let end = match mark(at, "END ") {
            Some(end) => {
                let closing = text[end..].find("---").map(|closing| end + closing);
                closing.map_or(text.len(), |closing| {
                    let dashes = text[closing..].bytes().take_while(|letter| *letter == b'-');
                    closing + dashes.count()
                })
            }
            None => text.len(),
        };
        found.push(start..end);
        from = end;
    }
}

/// The text that must follow a prefix.
enum Tail {
    /// At least this many letters, digits, `_`, `-` and `.`.
    Any(usize),
    /// The same, and a digit or a second capital among them, because the prefix also occurs in usual words.
    Mixed(usize),
}

use Tail::{Any, Mixed};

/// The prefixes of tokens by issuer.
const PREFIXES: [(&str, Tail); 61] = [
    ("sk_live_", Any(4)),
    ("sk_test_", Any(4)),
    ("pk_live_", Any(4)),
    ("pk_test_", Any(4)),
    ("rk_live_", Any(4)),
    ("rk_test_", Any(4)),
    ("sk_", Mixed(8)),
    ("pk_", Mixed(8)),
    ("rk_", Mixed(8)),
    ("sk-proj-", Any(4)),
    ("sk-ant-", Any(4)),
    ("sk-", Mixed(12)),
    ("whsec_", Any(4)),
    ("ghp_", Any(4)),
    ("gho_", Any(4)),
    ("ghu_", Any(4)),
    ("ghs_", Any(4)),
    ("ghr_", Any(4)),
    ("github_pat_", Any(4)),
    ("glpat-", Any(4)),
    ("gldt-", Any(4)),
    ("glrt-", Any(4)),
    ("glcbt-", Any(4)),
    ("glsa_", Any(4)),
    ("glc_", Mixed(8)),
    ("xoxa-", Any(4)),
    ("xoxb-", Any(4)),
    ("xoxe-", Any(4)),
    ("xoxp-", Any(4)),
    ("xoxr-", Any(4)),
    ("xoxs-", Any(4)),
    ("xapp-", Any(4)),
    ("AKIA", Any(8)),
    ("ASIA", Any(8)),
    ("AIza", Any(8)),
    ("ya29.", Any(4)),
    ("GOCSPX-", Any(4)),
    ("npm_", Mixed(8)),
    ("pypi-", Mixed(8)),
    ("SG.", Any(8)),
    ("key-", Mixed(16)),
    ("dop_v1_", Any(4)),
    ("hvs.", Any(4)),
    ("hvb.", Any(4)),
    ("shpat_", Any(4)),
    ("shpss_", Any(4)),
    ("sq0", Mixed(12)),
    ("sbp_", Mixed(8)),
    ("hf_", Mixed(8)),
    ("lin_api_", Any(4)),
    ("AGE-SECRET-KEY-", Any(4)),
    ("eyJ", Mixed(8)),
    ("dckr_pat_", Any(4)),
    ("tskey-", Any(4)),
    ("sntrys_", Any(4)),
    ("$2", Mixed(20)),
    ("$1$", Any(8)),
    ("$5$", Any(8)),
    ("$6$", Any(8)),
    ("$y$", Any(8)),
    ("$apr1$", Any(8)),
];

/// Finds tokens with a prefix of their issuer, and JSON web tokens.
pub(super) fn prefixed(text: &str, found: &mut Vec<Range<usize>>) {
    for (prefix, tail) in &PREFIXES {
        // The end of the searched text. If a tail does not match from its beginning, it matches from nowhere in it.
        let mut searched = 0;
        for (at, _) in text.match_indices(prefix) {
            if at < searched {
                continue;
            }
            let before = text[..at].chars().next_back();
            // The `n` of an escaped `\n` belongs to no word.
            let is_escape = text[..at].ends_with(['n', 't', 'r']) && text[..at - 1].ends_with('\\');
            if before.is_some_and(char::is_alphanumeric) && !is_escape {
                continue;
            }
            let rest = &text[at + prefix.len()..];
            let end = rest
                .find(|letter: char| !letter.is_ascii_alphanumeric() && !"_-./+=$".contains(letter))
                .unwrap_or(rest.len());
            let rest = &rest[..end];
            searched = at + prefix.len() + end;
            let fits = match tail {
                Any(least) => rest.len() >= *least,
                Mixed(least) => rest.len() >= *least && is_mixed(rest),
            };
            if fits {
                let token = place(text, rest);
                found.push(at..token.end);
            }
        }
    }
}

/// Whether the text has digits or capitals among its letters.
fn is_mixed(tail: &str) -> bool {
    tail.chars()
        .any(|letter| letter.is_ascii_digit() || letter.is_ascii_uppercase())
}
