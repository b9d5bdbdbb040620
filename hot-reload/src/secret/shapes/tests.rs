//! Tests with examples of each form, and with sentences that must stay unchanged.

use super::super::redact::{redact, redact_name};
use super::{Text, find};

#[track_caller]
fn shows(sentence: &str, shown: &str) {
    assert_eq!(redact(sentence), shown);
    assert_eq!(redact(shown), shown, "redacting it again changes it");
}

#[test]
fn secret_in_a_sentence_is_redacted() {
    shows(
        "cannot reach postgres://me:hunter2@db/app",
        "cannot reach postgres://(not shown)@db/app",
    );
    shows(
        "postgres://me:hunt/er2@db/app",
        "postgres://(not shown)@db/app",
    );
    shows(
        "postgres://me:h,un(te)r2@db/app",
        "postgres://(not shown)@db/app",
    );
    shows(
        "dial me:hunter2@tcp(db:3306)/app",
        "dial me:(not shown)@tcp(db:3306)/app",
    );
    shows(
        "no file \"-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----\\n\"",
        "no file \"(not shown)\\n\"",
    );
    shows(
        "no file -----BEGIN EC PRIVATE KEY-----; MHc",
        "no file (not shown)",
    );
    shows(
        "unknown tokens.sk_live_hunter2.rate",
        "unknown tokens.(not shown)",
    );
    shows(
        "got Bearer hunter2hunter2, which is old",
        "got Bearer (not shown), which is old",
    );
    shows(
        "got Basic bWU6aHVudGVyMg== here",
        "got Basic (not shown) here",
    );
    shows(
        "GET https://a/b?x=1&sig=abc&y=2",
        "GET https://a/b?x=1&sig=(not shown)&y=2",
    );
    shows(
        "bad Server=db;Password=a b c;Timeout=3",
        "bad Server=db;Password=(not shown);Timeout=3",
    );
    shows(
        "Config { password: \"hunter2\", port: 1 }",
        "Config { password: \"(not shown)\", port: 1 }",
    );
    shows(
        "{\\\"apiKey\\\": \\\"hunter2\\\"}",
        "{\\\"apiKey\\\": \\\"(not shown)\\\"}",
    );
    shows(
        "password: hunter2 is short",
        "password: (not shown) is short",
    );
    shows(
        "the AKIAIOSFODNN7EXAMPLE was refused",
        "the (not shown) was refused",
    );
    shows(
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln is old",
        "(not shown) is old",
    );
    shows(
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY is old",
        "(not shown) is old",
    );
}

#[test]
fn sentence_without_a_secret_stays_unchanged() {
    for sentence in [
        "invalid IP address syntax",
        "expected u16, found \"80a\"",
        "token: expected a string",
        "the token is missing",
        "auth.token: must have 20 characters",
        "expected key=value, found \"a\"",
        "Basic authentication failed",
        "bearer token expected",
        "app.toml:4:8: server.port: expected u16",
        "tls.key: /etc/app/key.pem contains no private key; give a PEM file that has one",
        "cannot read /var/lib/docker/9f86d081884c7d659a2feaa0c55ad015/app.toml: permission denied",
        "missing key \"password\"",
        "panicked at stage validate: index out of bounds: the len is 3 but the index is 7",
        "core::result::Result<alloc::string::String, std::io::Error>",
        "x.toml + y.toml: expected u8, found 300",
        "https://example.org:8080/a@b",
    ] {
        shows(sentence, sentence);
    }
}

#[test]
fn source_name_loses_only_its_credentials() {
    assert_eq!(
        redact_name("redis://:hunter2@db/0"),
        "redis://(not shown)@db/0"
    );
    assert_eq!(
        redact_name("https://a/b?token=hunter2"),
        "https://a/b?token=(not shown)"
    );
    for name in [
        "9f86d081884c7d659a2feaa0c55ad015.toml",
        "/etc/app.toml",
        "C:\\app\\key.toml",
        "config/app",
    ] {
        assert_eq!(redact_name(name), name);
    }
}

#[test]
fn block_of_ssh2_before_a_pem_block_is_redacted() {
    shows(
        "got ---- BEGIN SSH2 PRIVATE KEY ----; hunter2; ---- END SSH2 PRIVATE KEY ---- and -----BEGIN X-----",
        "got (not shown) and (not shown)",
    );
}

/// If each word caused a search to the end, 64 KiB would take minutes. In proportion to the length, they take milliseconds.
#[test]
fn long_text_is_searched_once() {
    const BYTES: usize = 64 * 1024;
    for word in [
        "pw=",
        "pw= ",
        "pw=a,",
        "pw='",
        "pw=\\'",
        "sk_",
        "key-",
        "eyJ.",
        "--BEGIN ",
        "---- BEGIN x ---- END x---",
        "---- BEGIN x --END ",
        "://a:b/",
        "://a@b/",
        "a:b@",
        "Bearer ",
        "-u a:b ",
        "-u '",
        "--token x ",
        "mysql -px ",
        "?code=",
        "&code=a",
        "4111 1111 1111 1111 ",
        "4111-",
        "commit abc1234 ",
        "q7Kp2mQ9xWv4Zt8R",
        "a/",
        "=",
        "\u{e9}",
    ] {
        let text = word.repeat(BYTES / word.len());
        for place in find(&text, Text::Value) {
            assert!(text.is_char_boundary(place.start) && text.is_char_boundary(place.end));
        }
    }
}

#[test]
fn digest_of_an_image_is_shown() {
    let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for text in [
        format!("sha256:{hex}"),
        format!("no image \"ghcr.io/org/app@sha256:{hex}\""),
    ] {
        shows(&text, &text);
    }
    // After other names, such text is random text.
    for text in ["sha256:q7Kp2mQ9xWv4Zt8R", &format!("key:{hex}"), hex] {
        assert!(!find(text, Text::Value).is_empty(), "{text}");
    }
}

#[test]
fn password_in_a_command_line_is_redacted() {
    for (sentence, shown) in [
        ("curl -u me:h https://a", "curl -u me:(not shown) https://a"),
        ("curl -ume:h https://a", "curl -ume:(not shown) https://a"),
        ("curl --user=me:h a", "curl --user=me:(not shown) a"),
        ("curl --user 'me:h u n' a", "curl --user 'me:(not shown)' a"),
        (
            "curl --proxy-user me:h a",
            "curl --proxy-user me:(not shown) a",
        ),
        (
            "ran wget --http-password swordfish a",
            "ran wget --http-password (not shown) a",
        ),
        (
            "/usr/bin/mysql -u root -phunter2 app",
            "/usr/bin/mysql -u root -p(not shown) app",
        ),
        ("redis-cli -a hunter2 ping", "redis-cli -a (not shown) ping"),
        ("sshpass -p hunter2 ssh a", "sshpass -p (not shown) ssh a"),
        (
            "docker login -u me -p hunter2",
            "docker login -u me -p (not shown)",
        ),
        (
            "deploy --token \"a b\" now",
            "deploy --token \"(not shown)\" now",
        ),
    ] {
        shows(sentence, shown);
    }
}

#[test]
fn ordinary_flag_of_a_command_line_is_shown() {
    for sentence in [
        "docker run -u 1000:1000 -p 8080:80 app",
        "mysql -p app",
        "curl -u me https://a",
        "tool --key /etc/app.pem --config a:b",
        "the flag --token is missing",
        "give --password or --token",
        "unexpected argument '--token' found",
        "the argument '--password <PASSWORD>' cannot be used twice",
        "--token-ttl 30 is too long",
        "grep -a pattern",
        "ls -la /tmp",
    ] {
        shows(sentence, sentence);
    }
}

#[test]
fn parameter_of_a_query_that_gives_access_is_redacted() {
    for (sentence, shown) in [
        ("GET /cb?code=abc&x=1", "GET /cb?code=(not shown)&x=1"),
        (
            "GET /cb?x=1&state=abc#top",
            "GET /cb?x=1&state=(not shown)#top",
        ),
        (
            "https://a/?ticket=a%20b c",
            "https://a/?ticket=(not shown) c",
        ),
        (
            "https://a/#auth_code=abc",
            "https://a/#auth_code=(not shown)",
        ),
        ("https://a/?key=word", "https://a/?key=(not shown)"),
        ("https://a/?session=abc", "https://a/?session=(not shown)"),
        (
            "https://a/?SAMLResponse=abc",
            "https://a/?SAMLResponse=(not shown)",
        ),
    ] {
        shows(sentence, shown);
    }
    for sentence in [
        "https://a/?page=2&sort=name",
        "https://a/?status=ok&code=404",
        "https://a/?country_code=de",
        "https://a/?redirect_uri=https://b/c",
        "is this right? code=abc",
    ] {
        shows(sentence, sentence);
    }
}

#[test]
fn number_of_a_payment_card_is_redacted() {
    for card in [
        "4111111111111111",
        "4111 1111 1111 1111",
        "5500-0000-0000-0004",
        "3400 000000 00009",
        "6011000000000004",
        "2221000000000009",
    ] {
        shows(
            &format!("paid with {card}, thanks"),
            "paid with (not shown), thanks",
        );
    }
    shows("4111 1111 1111 1111 12/27", "(not shown) 12/27");
    for sentence in [
        "4111111111111112 has a wrong check digit",
        "at 1700000000000 ms",
        "4111 bytes of 1111 in 1111 parts of 1111",
        "2026-11-30 16:20:00",
        "0.4111111111111111 of 1",
        "a4111111111111111f",
        "+49 170 1234567",
    ] {
        shows(sentence, sentence);
    }
}

#[test]
fn identifier_after_its_name_is_shown() {
    let hex = "9f86d081884c7d659a2feaa0c55ad015";
    let uuid = "550e8400-e29b-41d4-a716-446655440000";
    for sentence in [
        format!("no image for commit {hex}"),
        format!("trace_id={hex} failed"),
        format!("request id \"{uuid}\" is gone"),
        format!("etag: {hex}"),
    ] {
        shows(&sentence, &sentence);
    }
    for (before, shown) in [
        ("got ", "got (not shown)"),
        ("session id ", "session id (not shown)"),
        ("api_key_id ", "api_key_id (not shown)"),
        ("commit of ", "commit of (not shown)"),
    ] {
        shows(&format!("{before}{hex}"), shown);
    }
}
