//! Tests: which values an error shows, and which it redacts.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::de::DeserializeOwned;

use super::*;
use crate::source::Toml;

type Table<T> = BTreeMap<String, T>;

/// The error for a TOML text, without its location.
fn why<T: DeserializeOwned + Send + Sync + 'static>(text: &str) -> String {
    without_place(&fails(&Toml::<T>::new(), text))
}

fn without_place(line: &str) -> String {
    line.splitn(4, ':').nth(3).unwrap_or(line).trim().to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "only its decoding is tested")]
enum Balance {
    RoundRobin,
    LeastConnections,
}

/// Tests everyday typos, whose value the reader of the error needs.
#[test]
fn ordinary_value_is_shown() {
    for (text, value) in [
        ("port = '80a'", "80a"),
        ("port = 70000", "70000"),
        ("port = -1", "-1"),
        ("port = 80.5", "80.5"),
        ("port = true", "true"),
        ("listen = '10.0.0.300:80'", "10.0.0.300:80"),
        ("addr = '::zz'", "::zz"),
        ("timeout = '30 s'", "30 s"),
        ("timeout = '1h30m15s500ms'", "1h30m15s500ms"),
        ("size = '16MiB'", "16MiB"),
        ("enabled = 'ture'", "ture"),
        ("level = 'inof'", "inof"),
        ("name = 'my little server'", "my little server"),
        ("file = '/etc/app/tls.pem'", "/etc/app/tls.pem"),
        ("file = './conf.d/web.toml'", "./conf.d/web.toml"),
        ("file = 'C:/app/web.toml'", "C:/app/web.toml"),
        (
            "host = 'db-1.internal.example.org'",
            "db-1.internal.example.org",
        ),
        ("image = 'ghcr.io/me/app:1.2'", "ghcr.io/me/app:1.2"),
        ("version = '1.2.3-rc.4'", "1.2.3-rc.4"),
        ("at = '2026-11-30T16:20:00Z'", "2026-11-30T16:20:00Z"),
        ("mail = 'me@example.org'", "me@example.org"),
        ("suite = 'ecdsa_secp256r1_sha256'", "ecdsa_secp256r1_sha256"),
        ("home = 'https://example.org/v1'", "https://example.org/v1"),
        ("token_ttl = '30x'", "30x"),
        ("max_tokens = '12k'", "12k"),
        ("session_timeout = '5 min'", "5 min"),
        ("key_file = '/run/secrets/key'", "/run/secrets/key"),
        ("endpoint = '10.0.0.1:80a'", "10.0.0.1:80a"),
        ("primary_key = 'id'", "id"),
        ("tokenizer = 'bpe'", "bpe"),
    ] {
        let line = why::<Table<u8>>(text);
        assert!(line.contains(value), "{line} about {text}");
    }
    assert_eq!(
        why::<Table<Balance>>("balance = 'round_robbin'"),
        "balance: expected one of \"round_robin\", \"least_connections\" (did you mean \"round_robin\"?), found \"round_robbin\""
    );
}

/// Values that look like secrets, under keys that promise their form.
#[test]
fn identifier_or_address_is_shown_under_its_key() {
    let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b";
    let uuid = "550e8400-e29b-41d4-a716-446655440000";
    for (key, value) in [
        ("commit", hex),
        ("trace_id", hex),
        ("image.digest", hex),
        ("id", uuid),
        ("tenantId", uuid),
        ("etag", uuid),
        ("endpoint", "db.example.org:5432"),
        ("broker", "localhost:9092"),
        ("brokers.list", "a:9092,b:9092x"),
        ("redis_url", "auth-service:70000"),
        ("url", "kafka://db:9092/v1"),
    ] {
        let line = match key.contains('.') {
            true => why::<Table<Table<u8>>>(&format!("{key} = '{value}'")),
            false => why::<Table<u8>>(&format!("{key} = '{value}'")),
        };
        assert_eq!(line, format!("{key}: expected u8, found \"{value}\""));
    }
    for (key, value) in [
        ("session_id", hex),
        ("api_key_id", hex),
        ("note", hex),
        ("id", "q7Kp2mQ9xWv4Zt8R"),
        ("commit", "q7Kp2mQ9xWv4Zt8R"),
        ("id", "4111111111111111"),
        ("login", "me:12345"),
        ("session", "me:12345"),
        ("endpoint", "swordfish"),
        ("endpoint", "me:hunter2"),
        ("url", "https://a/?code=hunter2"),
        ("command", "curl -u me:h a"),
        ("next", "/cb?code=hunter2"),
        ("card", "4111 1111 1111 1111"),
    ] {
        let line = why::<Table<u8>>(&format!("{key} = '{value}'"));
        assert_eq!(
            line,
            format!("{key}: expected u8, found a string (not shown)")
        );
    }
    let line = why::<Table<u8>>("card = 4111111111111111");
    assert_eq!(line, "card: expected u8, found an integer (not shown)");
}

#[test]
fn secret_elsewhere_does_not_hide_the_reason() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only its decoding is tested")]
    struct Net {
        addr: IpAddr,
    }
    for auth in [
        "auth.user = 'address'",
        "password = 'ad'",
        "auth.scheme = 'invalid'",
    ] {
        let line = why::<Net>(&format!("{auth}\naddr = '10.0.0.300'"));
        assert!(line.ends_with("addr: invalid IP address syntax"), "{line}");
    }
}

#[test]
fn number_of_any_size_hides_no_value() {
    for number in [
        "123456789012345678901234567890",
        "1e999999",
        "1".repeat(60).as_str(),
    ] {
        let text = format!("aa = 'inof'\nzz = {number}");
        assert_eq!(
            why::<Table<u8>>(&text),
            "aa: expected u8, found \"inof\"",
            "{number}"
        );
    }
}

#[test]
fn p18_key_below_a_secret_is_not_shown() {
    assert_eq!(
        why::<Table<Table<Table<u8>>>>("[tokens.sk_live_hunter2hunter2]\nrate = 'x'"),
        "tokens.(not shown).rate: expected u8, found a string (not shown)"
    );
    assert_eq!(
        why::<Table<Table<u8>>>("[creds]\nhunter2 = 'x'"),
        "creds.(not shown): expected u8, found a string (not shown)"
    );
    assert_eq!(
        why::<Table<Table<u8>>>("[clients]\nghp_hunter2hunter2 = 80000"),
        "clients.(not shown): expected u8, found 80000"
    );
}

#[test]
fn p18_unknown_key_that_may_be_a_secret_is_not_shown() {
    let known = "expected one of \"server\", \"ports\"";
    assert_eq!(
        why::<App>("ghp_hunter2hunter2 = 1"),
        format!("unknown key (not shown), {known}")
    );
    assert_eq!(
        why::<App>("potrs = 1"),
        format!("unknown key \"potrs\", {known} (did you mean \"ports\"?)")
    );
}

#[test]
fn p18_value_in_the_form_of_a_secret_is_hidden_under_any_key() {
    for value in [
        "-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----",
        "Bearer swordfish",
        "postgres://me:hunter2@db/app",
        "AKIAIOSFODNN7EXAMPLE",
        "one two three four five",
    ] {
        let text = format!("file = \"{value}\"");
        assert_eq!(
            why::<Table<u8>>(&text),
            "file: expected u8, found a string (not shown)",
            "{value}"
        );
    }
}

#[test]
fn p18_declared_path_is_secret_with_all_below_it() {
    let toml = Toml::<Table<Table<u8>>>::new().secret(&["*.shoe", "members"]);
    let of = |text: &str| without_place(&fails(&toml, text));
    assert_eq!(
        of("[me]\nshoe = 'red'"),
        "me.shoe: expected u8, found a string (not shown)"
    );
    assert_eq!(
        of("[me]\nhat = 'red'"),
        "me.hat: expected u8, found \"red\""
    );
    assert_eq!(
        of("[members]\nsmith = 'red'"),
        "members.(not shown): expected u8, found a string (not shown)"
    );
    // A declared secret is redacted in other values, too.
    assert_eq!(
        of("[me]\nhat = 'very crimson-red'\nshoe = 'crimson-red'"),
        "me.hat: expected u8, found a string (not shown)"
    );
}

#[test]
fn p18_program_can_hide_all_values() {
    let hidden = [
        Toml::<Table<u8>>::new().hide_values(),
        // A declaration that cannot be parsed hides all values.
        Toml::<Table<u8>>::new().secret(&["a..b"]),
    ];
    for toml in hidden {
        for text in ["port = '80a'", "port = 70000", "# x\nlog = 'info'"] {
            let line = fails(&toml, text);
            assert!(line.ends_with("(not shown)"), "{line}");
        }
        assert_eq!(
            without_place(&fails(&toml, "port = ")),
            "expected a value after '='"
        );
    }
}

#[test]
fn p18_usual_word_below_an_ambiguous_key_is_redacted_in_messages() {
    #[derive(Debug)]
    struct Quoting;
    impl<'de> Deserialize<'de> for Quoting {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            let message = format!("cannot make sense of {text}, which is {text:?}");
            Err(serde::de::Error::custom(message))
        }
    }
    for (key, value) in [
        ("session", "swordfish"),
        ("session", "fish"),
        ("endpoint", "top secret"),
        ("database_url", "aaaa-bbbb"),
    ] {
        assert_eq!(
            why::<Table<Quoting>>(&format!("{key} = '{value}'")),
            format!("{key}: cannot make sense of (not shown), which is \"(not shown)\""),
        );
    }
    // Elsewhere it is an ordinary word.
    assert_eq!(
        why::<Table<Quoting>>("mode = 'swordfish'\nsession = 'swordfish'"),
        "mode: cannot make sense of swordfish, which is \"swordfish\""
    );
}
