//! Tests with names of each level.

use super::*;

fn of(key: &str) -> Level {
    level(Level::Plain, key)
}

#[test]
fn secret_key_is_recognized_in_every_spelling() {
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
        "DBPASS",
        "storepass",
        "mot_de_passe",
        "contraseña",
        "пароль",
        "密码",
        "kek",
        "unlock_code",
        "backup-codes",
        "recoveryCode",
    ] {
        assert_eq!(of(key), Level::Secret, "{key}");
    }
}

#[test]
fn ambiguous_key_has_that_level() {
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
        assert_eq!(of(key), Level::Ambiguous, "{key}");
    }
}

#[test]
fn ordinary_key_has_no_verdict() {
    for key in [
        "port",
        "keyboard",
        "path",
        "name",
        "author",
        "compass",
        "secretariat",
        "bypass",
        "lowpass",
        "postal_code",
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
fn usual_field_is_distinguished_from_an_ambiguous_key() {
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
fn name_promises_the_form_of_its_value() {
    for (key, expected) in [
        ("commit", Form::Identifier),
        ("traceId", Form::Identifier),
        ("IMAGE_DIGEST", Form::Identifier),
        ("sha256", Form::Identifier),
        ("session_id", Form::Any),
        ("idle", Form::Any),
        ("id_file", Form::Any),
        ("endpoint", Form::Address),
        ("kafkaBrokers", Form::Address),
        ("redis_url", Form::Address),
        ("login_url", Form::Any),
        ("password", Form::Any),
    ] {
        assert_eq!(form(key), expected, "{key}");
    }
    assert!(names_identifier("request id"));
    assert!(!names_identifier("api key id"));
}

#[test]
fn value_below_a_secret_is_secret_unless_it_is_metadata() {
    assert_eq!(level(Level::Secret, "issuer"), Level::Secret);
    assert_eq!(level(Level::Secret, "rate"), Level::Ambiguous);
    assert_eq!(level(Level::Ambiguous, "host"), Level::Ambiguous);
    assert_eq!(level(Level::Ambiguous, "password"), Level::Secret);
}
