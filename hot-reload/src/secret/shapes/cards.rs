//! Detects numbers of payment cards: `4111 1111 1111 1111`.

use std::ops::Range;

/// The fewest and the most digits of a card's number.
const LEAST: usize = 13;
const MOST: usize = 19;
/// The fewest digits between two separators. A date has fewer.
const GROUP: usize = 3;

/// Finds numbers with the prefix of an issuer and a valid check digit. Blanks or dashes may separate groups.
pub(super) fn cards(text: &str, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_divider = |at: usize| matches!(bytes.get(at), Some(b' ' | b'-')) && is_digit(at + 1);
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        while is_digit(at) {
            at += 1;
        }
        if start == at {
            at += 1;
            continue;
        }
        groups.push(start..at);
        if is_divider(at) {
            at += 1;
        } else {
            in_groups(text, &groups, found);
            groups.clear();
        }
    }
}

/// Finds cards among groups of digits with one separator between them.
fn in_groups(text: &str, groups: &[Range<usize>], found: &mut Vec<Range<usize>>) {
    let mut first = 0;
    while first < groups.len() {
        let mut digits = Vec::new();
        let mut next = first + 1;
        for (last, group) in groups.iter().enumerate().skip(first) {
            if digits.len() + group.len() > MOST || (group.len() < GROUP && last > first) {
                break;
            }
            digits.extend(text[group.clone()].bytes().map(|digit| digit - b'0'));
            let place = groups[first].start..group.end;
            if is_card(&digits) && is_delimited(text, &place) {
                found.push(place);
                next = last + 1;
                break;
            }
        }
        first = next;
    }
}

/// Whether this range is not part of a word or of a fraction.
fn is_delimited(text: &str, place: &Range<usize>) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let before = text[..place.start].chars().next_back();
    let mut behind = text[place.end..].chars();
    let (next, after) = (behind.next(), behind.next());
    let is_fraction = next == Some('.') && after.is_some_and(|digit| digit.is_ascii_digit());
    !before.is_some_and(|letter| is_part(letter) || letter == '.')
        && !next.is_some_and(is_part)
        && !is_fraction
}

/// Whether these digits have the prefix and the length of an issuer, and a valid check digit (Luhn).
fn is_card(digits: &[u8]) -> bool {
    if !(LEAST..=MOST).contains(&digits.len()) {
        return false;
    }
    let prefix = |count: usize| {
        let digits = digits[..count].iter();
        digits.fold(0, |number: u32, digit| number * 10 + u32::from(*digit))
    };
    let is_issued = match (prefix(1), digits.len()) {
        (4, 13 | 16 | 19) => true,
        (5, 16) => (51..=55).contains(&prefix(2)),
        (2, 16) => (2221..=2720).contains(&prefix(4)),
        (3, 14) => matches!(prefix(2), 30 | 36 | 38 | 39),
        (3, 15) => matches!(prefix(2), 34 | 37),
        (3, 16) => matches!(prefix(2), 35),
        (6, 16..) => matches!(prefix(2), 60 | 62 | 64 | 65 | 67),
        _ => false,
    };
    let doubled = |(at, digit): (usize, &u8)| match at % 2 {
        1 if *digit > 4 => digit * 2 - 9,
        1 => digit * 2,
        _ => *digit,
    };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(doubled)
        .map(u32::from)
        .sum();
    is_issued && sum.is_multiple_of(10)
}
