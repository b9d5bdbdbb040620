//! Decides whether one value of a configuration may be shown.

use super::names::Form;
use super::plain::{is_address, is_identifier, is_number, is_path, is_plain_address};
use super::shapes::{Text, find};

/// The most words of a value that is shown. A longer text may be anything, such as a pasted file.
const WORDS: usize = 4;
/// The most bytes of a value that is shown.
const LENGTH: usize = 512;

/// Whether this value has the form that its key promises.
pub(crate) fn is_expected(form: Form, value: &str) -> bool {
    match form {
        Form::Any => false,
        Form::Identifier => is_identifier(value),
        Form::Address => is_address(value),
    }
}

/// Whether this value looks like a secret under any key, or is so long that it may contain one.
pub(crate) fn is_secret(value: &str) -> bool {
    value.len() > LENGTH
        || value.contains(['\n', '\r'])
        || value.split_whitespace().nth(WORDS).is_some()
        || carries_secret(value)
}

/// Whether this value contains a secret, under any key.
pub(crate) fn carries_secret(value: &str) -> bool {
    !is_number(value) && !find(value, Text::Value).is_empty()
}

/// Whether this value is evidently harmless: a number with its unit, an IP address, a switch, a path, a plain address.
/// Such values are shown even under an ambiguous key.
pub(crate) fn is_harmless(value: &str) -> bool {
    let is_switch = [
        "true", "false", "yes", "no", "on", "off", "none", "null", "",
    ];
    !is_secret(value)
        && (is_number(value)
            || is_path(value)
            || is_plain_address(value)
            || is_switch
                .iter()
                .any(|word| word.eq_ignore_ascii_case(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_value_is_not_secret() {
        for value in [
            "80a",
            "70000",
            "-1",
            "info",
            "round_robin",
            "my server",
            "10.0.0.300",
            "127.0.0.1:80a",
            "::1",
            "[::1]:80",
            "/etc/app/tls.pem",
            "./conf.d",
            "1h30m15s500ms",
            "30 s",
            "16MiB",
            "example.org",
            "a.b.example.org:8080",
            "ip-10-0-0-12.eu-west-1.compute.internal",
            "me@example.org",
            "https://example.org/v1/users",
            "1.2.3-rc.4",
            "2026-11-30T16:20:00Z",
            "tls1.3",
            "ecdsa_secp256r1_sha256",
            "true",
            "token-bucket",
            "http://a/b,me@example.org",
            "/srv/releases/9f86d081884c7d659a2feaa0c55ad015/app.toml",
            "ghcr.io/me/app:1.2",
            "GET",
            "#fff",
            "",
        ] {
            assert!(!is_secret(value), "{value}");
        }
    }

    #[test]
    fn value_in_the_form_of_a_secret_is_secret() {
        for value in [
            "Bearer swordfish",
            "bearer: x",
            "Basic bWU6aHVudGVyMg==",
            "-----BEGIN CERTIFICATE-----\nMHc",
            "password hunter2",
            "host=db password = hunter2",
            "Server=db;Pwd=a b;Timeout=3",
            "one of many words here",
            "two\nlines",
            "{\"Token\": 1}",
            "https://hooks.example.org/services/T0/B0/q7Kp2mQ9xWv4Zt8R",
            "redis://:x@host",
        ] {
            assert!(is_secret(value), "{value}");
        }
    }

    #[test]
    fn only_evidently_harmless_values_are_harmless() {
        for value in [
            "80a",
            "30s",
            "10.0.0.300",
            "true",
            "/etc/key.pem",
            "https://example.org:8080/v1",
            "::1",
            "postgres://db/app",
        ] {
            assert!(is_harmless(value), "{value}");
        }
        for value in [
            "hunter2",
            "localhost",
            "1234567890123",
            "12ab34cd",
            "1234-5678",
            "https://a/hunter2hunter2",
            "https://a/?x=hunter2",
        ] {
            assert!(!is_harmless(value), "{value}");
        }
    }
}
