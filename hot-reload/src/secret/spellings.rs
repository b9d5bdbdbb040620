//! The spellings of a text in a decoded value: numbers lose zeros, and lists have items.

use std::borrow::Cow;
use std::iter;

/// The most items between commas that are spelled one by one.
const ITEMS: usize = 1024;
/// The most bytes of a number.
const NUMBER: usize = 400;

/// The text, the same without white space around it and as a number, and so for each item between its commas.
pub(crate) fn spellings(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let trimmed = text.trim();
    let inner = trimmed
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let items = inner.unwrap_or(trimmed).split(',').take(ITEMS);
    let single = iter::once(trimmed).chain(items.map(str::trim));
    let single = single.flat_map(|text| iter::once(text.into()).chain(numbers(text)));
    iter::once(text.into()).chain(single)
}

/// Whether a text is a word for true or false, which says nothing.
pub(crate) fn is_switch(text: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off"].contains(&text)
}

/// A text as an integer, and as a number with a fraction, in both precisions.
fn numbers(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let text = if text.len() > NUMBER { "" } else { text };
    let signed = text.parse::<i128>().map(|number| number.to_string());
    let whole = signed.or_else(|_| text.parse::<u128>().map(|number| number.to_string()));
    let float = text.parse::<f64>().ok();
    let floats = float.map(|number| [number.to_string(), (number as f32).to_string()]);
    let all = whole.into_iter().chain(floats.into_iter().flatten());
    all.map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_items_have_spellings_of_their_own() {
        for (text, expected) in [
            ("47110815\n\n", "47110815"),
            (" tulip ", "tulip"),
            ("007345", "7345"),
            ("+5", "5"),
            ("1.50", "1.5"),
            ("1e3", "1000"),
            ("0.10000000149", "0.1"),
            (
                "340282366920938463463374607431768211455",
                "340282366920938463463374607431768211455",
            ),
            ("alpha, beta", "beta"),
            ("[007,08]", "8"),
        ] {
            let all: Vec<_> = spellings(text).collect();
            assert!(all.contains(&expected.into()), "{text}: {all:?}");
            assert_eq!(all[0], text);
        }
        assert!(spellings(&",".repeat(1 << 20)).count() < 2 * ITEMS);
    }
}
