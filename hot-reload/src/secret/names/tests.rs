//! Names of each kind.

use super::*;

fn of(key: &str) -> Level {
    level(Level::Plain, key)
}

#[test]
fn the_name_of_a_secret_is_recognized_in_every_spelling() {
    for key in [
        "password",
        "db_password",
        "dbpassword",
        "DB_PASS",
        "apiKey",
        "api-keys",
        "APIKEY",
        "X-Api-Key",
        "private-key",
        "TOKENS",
        "accessToken2",
        "credentials",
        "creds",
        "key",
        "keys",
        "sessionkey",
        "encryption_key_v2",
        "signingKeyBase64",
        "pwd",
        "Authorization",
        "auth",
        "dsn",
        "SENTRY_DSN",
        "connection_string",
        "ConnectionStrings",
        "session-cookie",
        "psk",
        "wpa_psk",
        "signing",
        "license",
        "licenseKey",
        "licences",
        "webhook",
        "slack_webhook_url",
        "JWTSecret",
        "jwt",
        "pin",
        "salt",
        "client_secret",
        "clientsecret",
        "AWS_SECRET_ACCESS_KEY",
        "pgpass",
        "seed",
        "passphrases",
        "PATs",
    ] {
        assert_eq!(of(key), Level::Secret, "{key}");
    }
}

#[test]
fn a_name_that_leaves_it_open_is_doubtful() {
    for key in [
        "session",
        "endpoint",
        "connection",
        "database_url",
        "redisUrl",
        "callback-uri",
        "token_ttl",
        "max_tokens",
        "passwordMinLength",
        "key_file",
        "session_timeout",
        "auth_port",
        "private",
    ] {
        assert_eq!(of(key), Level::Doubtful, "{key}");
    }
}

#[test]
fn an_ordinary_name_says_nothing() {
    for key in [
        "port",
        "keyboard",
        "path",
        "name",
        "author",
        "compass",
        "passive",
        "address",
        "monkey",
        "timeout",
        "primary_key",
        "publicKey",
        "tokenizer",
        "secretary",
        "host",
        "user",
        "dns",
        "shopping",
        "patterns",
        "",
    ] {
        assert_eq!(of(key), Level::Plain, "{key}");
    }
}

#[test]
fn a_usual_field_is_told_from_a_key_that_may_be_a_secret() {
    for key in [
        "user",
        "clientId",
        "access_token",
        "username",
        "rate",
        "maxAge",
        "password",
    ] {
        assert!(is_field(key), "{key}");
    }
    for key in [
        "hunter2",
        "swordfish",
        "user1",
        "sk_live_hunter2",
        "1234",
        "",
    ] {
        assert!(!is_field(key), "{key}");
    }
}

#[test]
fn what_stands_below_a_secret_is_one_unless_it_is_about_it() {
    assert_eq!(level(Level::Secret, "issuer"), Level::Secret);
    assert_eq!(level(Level::Secret, "rate"), Level::Doubtful);
    assert_eq!(level(Level::Doubtful, "host"), Level::Doubtful);
    assert_eq!(level(Level::Doubtful, "password"), Level::Secret);
}
