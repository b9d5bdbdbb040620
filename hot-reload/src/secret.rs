//! Which names and texts say that a value is a secret: the one list, for errors and for what changed.

/// Parts of a key that make its value a secret, wherever in the key they stand.
const TELLING: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "apikey",
    "privatekey",
    "connectionstring",
    "connection_string",
];

/// Whole words of a key that do.
const TELLING_WORDS: [&str; 15] = [
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "dsn",
    "hmac",
    "jwt",
    "key",
    "keys",
    "pass",
    "pin",
    "pwd",
    "salt",
    "signature",
    "sid",
];

/// Whether the value of this key is a secret, by the words of the key.
pub(crate) fn key_is_secret(key: &str) -> bool {
    let mut words = words(key);
    let key = key.to_lowercase();
    TELLING.iter().any(|part| key.contains(part))
        || key.ends_with("key")
        || words.any(|word| TELLING_WORDS.contains(&word.as_str()))
}

/// The words of a key: `apiKey`, `api_key_2` and `API-KEY` all have the word `key`.
fn words(key: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut before = '_';
    for letter in key.chars() {
        let begins = letter.is_uppercase() && before.is_lowercase();
        if begins || !letter.is_alphabetic() {
            words.push(String::new());
        }
        if letter.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.into_iter().filter(|word| !word.is_empty())
}

/// Whether a URL with credentials stands in this text, a text like `host=db password=…`, or a private key.
pub(crate) fn carries_a_secret(text: &str) -> bool {
    let mut hosts = text
        .split("://")
        .skip(1)
        .filter_map(|rest| rest.split(['/', '?', '#', ' ']).next());
    if hosts.any(|host| host.contains('@')) || text.contains("PRIVATE KEY-----") {
        return true;
    }
    let text = text.to_lowercase();
    TELLING.iter().any(|part| {
        let mut behind = text.split(part).skip(1);
        behind.any(|rest| {
            rest.trim_start_matches([' ', '"', '\'', '\\'])
                .starts_with(['=', ':'])
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_that_its_value_is_secret() {
        for key in [
            "password",
            "db_password",
            "apiKey",
            "private-key",
            "TOKENS",
            "credentials",
            "key",
            "encryption_key_v2",
            "signingKeyBase64",
            "pwd",
            "DB_PASS",
            "Authorization",
            "dsn",
            "connection_string",
            "session-cookie",
        ] {
            assert!(key_is_secret(key), "{key}");
        }
        for key in [
            "port",
            "keyboard",
            "path",
            "name",
            "author",
            "compass",
            "connections",
            "passive",
        ] {
            assert!(!key_is_secret(key), "{key}");
        }
    }

    #[test]
    fn a_text_can_carry_a_secret_of_its_own() {
        for text in [
            "postgres://me:hunter2@db/app",
            "host=db password = hunter2",
            "{\"Token\": 1}",
            "http://a, http://b/c, http://me:hunter2@d",
            "-----BEGIN EC PRIVATE KEY-----\nMHc",
        ] {
            assert!(carries_a_secret(text), "{text}");
        }
        for text in [
            "https://example.org/a@b",
            "token-bucket",
            "me@example.org",
            "http://a/b,me@example.org",
            "-----BEGIN CERTIFICATE-----\nMHc",
            "80a",
        ] {
            assert!(!carries_a_secret(text), "{text}");
        }
    }
}
