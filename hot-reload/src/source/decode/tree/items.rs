//! [`items`]: splits a text into the items of a list.

use std::net::Ipv6Addr;

/// The items of a list in a text, without white space around them. A blank text has none.
///
/// - `a, b`: items between commas, taken as they are.
/// - `["a", 'b,c', d]`: in brackets, an item may stand in quotes, and may then contain a comma. In double quotes, `\"` is a quote
///   and `\\` a backslash. An item may be a list in brackets.
///
/// The brackets enclose a list if the last letter closes the first one. So `[::1]:80,[::2]` has two items. An address such as
/// `[::1]` is one item, with its brackets.
///
/// # Errors
///
/// The message, if a quote is not closed.
pub(super) fn items(text: &str) -> Result<Vec<String>, &'static str> {
    let text = text.trim();
    let in_brackets = bracketed(text)?;
    let is_in_brackets = in_brackets.is_some();
    let items = in_brackets.unwrap_or_else(|| text.split(',').collect());
    if matches!(items.as_slice(), [item] if item.trim().is_empty()) {
        return Ok(Vec::new());
    }
    let items = items.into_iter().map(|item| {
        let item = item.trim();
        let inner = unquoted(item).filter(|_| is_in_brackets);
        inner.unwrap_or_else(|| item.to_owned())
    });
    Ok(items.collect())
}

/// The parts between the commas of a list in brackets. `None` if the text is no such list.
fn bracketed(text: &str) -> Result<Option<Vec<&str>>, &'static str> {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let Some(inner) = inner.filter(|inner| !is_address(inner)) else {
        return Ok(None);
    };
    let (mut items, mut start) = (Vec::new(), 0);
    let (mut depth, mut quote, mut is_first) = (0_usize, None, true);
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        match (quote, letter) {
            (Some('"'), '\\') => drop(letters.next()),
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if is_first => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') => match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => return Ok(None),
            },
            (None, ',') if depth == 0 => {
                items.push(&inner[start..at]);
                start = at + 1;
            }
            (None, _) => {}
        }
        is_first = matches!(letter, '[' | ',') || (is_first && letter.is_whitespace());
    }
    if quote.is_some() {
        return Err("a quote in this list is not closed");
    }
    items.push(&inner[start..]);
    Ok((depth == 0).then_some(items))
}

/// Whether this is an IPv6 address, perhaps with a zone.
fn is_address(text: &str) -> bool {
    let address = text.split('%').next().unwrap_or_default();
    address.parse::<Ipv6Addr>().is_ok()
}

/// The text in a pair of quotes. `None` if the item is something else.
fn unquoted(item: &str) -> Option<String> {
    let inner = |quote: char| item.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(text) = inner('\'') {
        return (!text.contains('\'')).then(|| text.to_owned());
    }
    let mut letters = inner('"')?.chars().peekable();
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '"' => return None,
            '\\' => letters
                .next_if(|next| matches!(next, '"' | '\\'))
                .unwrap_or(letter),
            letter => letter,
        });
    }
    Some(text)
}
