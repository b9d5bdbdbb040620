//! Classifies the names of keys as secret, ambiguous or ordinary.
//!
//! A name is split into words, so that `apiKey`, `API-KEY`, `api_keys` and `X-Api-Key-2` are equal. Names written as one
//! word (`dbpassword`) are recognized by long parts that ordinary words do not contain.

mod lists;

use self::lists::{
    ABOUT, ADDRESSES, AMBIGUOUS, AMOUNT, FIELDS, IDENTIFIERS, NOT_PARTS, NOT_PASS, OPEN_KEYS,
    PARTS, SECRET,
};

/// The class of a key's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// An ordinary name: the value alone decides.
    Plain,
    /// The value may be a secret: it is shown only if it is evidently harmless.
    Ambiguous,
    /// The value is a secret.
    Secret,
}

/// Whether this key is the name of a field. Otherwise it may itself be part of the secret around it.
pub(crate) fn is_field(key: &str) -> bool {
    let is_known = |word: &String| {
        let word = word.as_str();
        [&SECRET[..], &AMBIGUOUS, &ABOUT, &AMOUNT, &FIELDS, &PARTS]
            .iter()
            .any(|list| list.contains(&word))
            || OPEN_KEYS.contains(&word)
    };
    let words = words(key);
    let has_digits = key.bytes().any(|letter| letter.is_ascii_digit());
    !words.is_empty() && !has_digits && words.iter().all(is_known)
}

/// The most letters of a word of a language.
const WORD: usize = 14;

/// Whether this text consists of usual words, and so is probably no secret: `max_idle`, `maxIdle`, `max-idle`.
pub(crate) fn is_usual(text: &str) -> bool {
    let words = words(text);
    text.chars()
        .all(|letter| letter.is_alphabetic() || "_- ".contains(letter))
        && !words.is_empty()
        && words.iter().all(|word| word.chars().count() <= WORD)
}

/// The level of the value at this key, within a value of the level `around`.
pub(crate) fn level(around: Level, key: &str) -> Level {
    let words = words(key);
    let has_pair = words
        .windows(2)
        .any(|pair| PARTS.contains(&pair.concat().as_str()));
    let own = words.iter().map(|word| level_of(word)).max();
    let own = if has_pair { Some(Level::Secret) } else { own };
    let own = match own.unwrap_or(Level::Plain) {
        Level::Secret if is_open_key(&words) => Level::Plain,
        own => own,
    };
    match own.max(around) {
        Level::Secret if is_about(&words) => Level::Ambiguous,
        level => level,
    }
}

/// The form that the name of a key promises for its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    /// No form.
    #[default]
    Any,
    /// An identifier: `commit`, `trace_id`.
    Identifier,
    /// An address: `endpoint`, `redis_url`.
    Address,
}

/// The form that the name of this key promises.
pub(crate) fn form(key: &str) -> Form {
    let words = words(key);
    let is_in = |word: &String, list: &[&str]| list.contains(&word.as_str());
    let mut ambiguous = words
        .iter()
        .filter(|word| is_in(word, &AMBIGUOUS))
        .peekable();
    if ambiguous.peek().is_some() {
        return match ambiguous.all(|word| is_in(word, &ADDRESSES)) {
            true => Form::Address,
            false => Form::Any,
        };
    }
    match words.last() {
        Some(last) if is_in(last, &IDENTIFIERS) => Form::Identifier,
        _ => Form::Any,
    }
}

/// Whether these words name an identifier and no secret.
pub(super) fn names_identifier(words: &str) -> bool {
    form(words) == Form::Identifier && level(Level::Plain, words) == Level::Plain
}

/// Whether this lower-case word is the name of a secret.
pub(super) fn is_secret_word(word: &str) -> bool {
    level_of(singular(word)) == Level::Secret
}

fn level_of(word: &str) -> Level {
    let has_part = || PARTS.iter().any(|part| word.contains(part)) && !NOT_PARTS.contains(&word);
    let is_pass = || word.ends_with("pass") && !NOT_PASS.contains(&word);
    let is_key = || word.ends_with("key") && is_compound_key(word);
    if SECRET.contains(&word) || has_part() || is_pass() || is_key() {
        Level::Secret
    } else if AMBIGUOUS.contains(&word) {
        Level::Ambiguous
    } else {
        Level::Plain
    }
}

/// Whether the word is a compound with `key`: `sessionkey`, not `monkey`.
fn is_compound_key(word: &str) -> bool {
    let open = OPEN_KEYS
        .iter()
        .any(|before| word.strip_suffix("key") == Some(before));
    !open && !["monkey", "donkey", "turkey", "jockey", "hockey", "whiskey"].contains(&word)
}

/// Whether the words end with a key that is not secret: `primary_key`.
fn is_open_key(words: &[String]) -> bool {
    match words {
        [before @ .., last] if last == "key" => {
            let secret = |word: &String| level_of(word) == Level::Secret;
            before
                .last()
                .is_some_and(|word| OPEN_KEYS.contains(&word.as_str()))
                && !before.iter().any(secret)
        }
        _ => false,
    }
}

/// Whether the words name metadata of a secret: `token_ttl`, `max_tokens`, `key_file`.
fn is_about(words: &[String]) -> bool {
    let is =
        |word: Option<&String>, list: &[&str]| word.is_some_and(|w| list.contains(&w.as_str()));
    is(words.last(), &ABOUT) || (words.len() > 1 && is(words.first(), &AMOUNT))
}

/// Splits a key into lower-case singular words: `apiKeys`, `api_key_2` and `API-KEY` become `api`, `key`.
fn words(key: &str) -> Vec<String> {
    let letters: Vec<char> = key.chars().collect();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let after = letters.get(at + 1);
        // `apiKey`, and the end of an acronym as in `JWTSecret`, but not its plural as in `JWTs`.
        let is_plural =
            after == Some(&'s') && !letters.get(at + 2).is_some_and(|l| l.is_lowercase());
        let begins = letter.is_uppercase()
            && before.is_some_and(|before| {
                let ends_acronym = after.is_some_and(|after| after.is_lowercase()) && !is_plural;
                before.is_lowercase() || (before.is_uppercase() && ends_acronym)
            });
        if begins || !letter.is_alphabetic() {
            words.push(String::new());
        }
        if letter.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    let words = words.into_iter().filter(|word| !word.is_empty());
    words.map(|word| singular(&word).to_owned()).collect()
}

/// Removes the plural's `s` from a word of more than three letters: from `keys`, but not from `pass` and `dns`.
fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(one) if one.len() >= 3 && !one.ends_with('s') && word != "expires" => one,
        _ => word,
    }
}

#[cfg(test)]
mod tests;
