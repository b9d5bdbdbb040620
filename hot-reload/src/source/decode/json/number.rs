//! The error texts for numbers.

/// The mistake in a word that begins like a number, if there is one.
pub(super) fn fault(word: &str) -> Option<&'static str> {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let exponent = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    let is_number = digits(whole) && fraction.is_none_or(digits) && exponent.is_none_or(digits);
    match word {
        _ if word.starts_with('+') && fault(&word[1..]).is_none() => {
            Some("a number cannot begin with '+'")
        }
        _ if is_number && whole.len() > 1 && whole.starts_with('0') => {
            Some("a number cannot begin with 0")
        }
        _ if is_number => None,
        _ if unsigned.starts_with("0x")
            || unsigned.starts_with("0o")
            || unsigned.starts_with("0b") =>
        {
            Some("JSON has decimal numbers only")
        }
        _ if unsigned
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_') =>
        {
            Some("a number cannot have '_' in it")
        }
        _ if whole.is_empty() && fraction.is_some_and(digits)
            || fraction == Some("") && digits(whole) =>
        {
            Some("expected digits on both sides of '.'")
        }
        _ => Some("this is not a number; a text needs quotes"),
    }
}
