//! P18: differences hide secrets.

use hot_reload::diff::{self, Diff, Differ};
use hot_reload::error::ErrorKind;
use serde::Serialize;
use serde_json::{Value, json};

/// Everything that can be got out of a difference, as one text.
fn everything(diff: &Diff) -> String {
    format!("{diff}\n{diff:?}\n{}", serde_json::to_string(diff).unwrap())
}

fn output(differ: &Differ, old: Value, new: Value) -> String {
    let diff = differ.between(&old, &new).unwrap();
    let everything = everything(&diff);
    assert!(!everything.contains("MARK"), "{everything}");
    diff.to_string()
}

#[test]
fn p18_changed_secret_shows_only_its_path() {
    let differ = Differ::new();
    assert_eq!(
        output(
            &differ,
            json!({"tls": {"key": "MARK1"}}),
            json!({"tls": {"key": "MARK2"}})
        ),
        "tls.key: changed (secret)"
    );
    assert_eq!(
        output(&differ, json!({}), json!({"password": "MARK"})),
        "password: added (secret)"
    );
    assert_eq!(
        output(&differ, json!({"apiKey": {"a": "MARK"}}), json!({})),
        "apiKey: removed (secret)"
    );
}

#[test]
fn p18_keys_and_items_within_a_secret_are_hidden() {
    let differ = Differ::new();
    assert_eq!(
        output(
            &differ,
            json!({"tokens": {"MARK1": 1}}),
            json!({"tokens": {"MARK2": 1, "MARK3": 2}})
        ),
        "tokens: changed (secret)"
    );
    assert_eq!(
        output(
            &differ,
            json!({"tokens": ["MARK1"]}),
            json!({"tokens": ["MARK1", "MARK2"]})
        ),
        "tokens: changed (secret)"
    );
}

#[test]
fn p18_secret_within_a_new_value_is_redacted() {
    let differ = Differ::new().secret("users.*.shoe");
    let user =
        json!({"name": "a", "password": "MARK", "shoe": "MARK", "url": "redis://:MARK@host/"});
    let new = json!({"users": [user]});
    let diff = differ.between(&json!({"users": []}), &new).unwrap();
    assert_eq!(
        diff.changes()[0].new().unwrap(),
        "{name: \"a\", password: (secret), shoe: (secret), url: (secret…"
    );
    assert_eq!(
        output(&differ, json!({"users": []}), new),
        "users[0]: added"
    );
}

#[test]
fn p18_text_that_carries_a_secret_is_redacted_anywhere() {
    let differ = Differ::new();
    let urls = (
        json!({"url": "postgres://me:MARK@db/app"}),
        json!({"url": "postgres://db/app"}),
    );
    assert_eq!(
        output(&differ, urls.0.clone(), urls.1.clone()),
        "url: changed (secret)"
    );
    assert_eq!(output(&differ, urls.1, urls.0), "url: changed (secret)");
    let several = |mark: &str| json!({"urls": format!("http://a, http://me:{mark}@b")});
    assert_eq!(
        output(&differ, several("MARK1"), several("MARK2")),
        "urls: changed (secret)"
    );
    let pem = |mark: &str| json!({"pem": format!("-----BEGIN RSA PRIVATE KEY-----\n{mark}\n")});
    assert_eq!(
        output(&differ, pem("MARK1"), pem("MARK2")),
        "pem: changed (secret)"
    );
    assert_eq!(
        output(&differ, json!({}), json!({"http://me:MARK@host": 1})),
        "(secret): added (1)"
    );
    let long = |tail: &str| json!({"line": format!("{}{tail}", "MARK".repeat(100))});
    assert_eq!(
        output(&differ, long(" token=a"), long(" token=b")),
        "line: changed (secret)"
    );
}

#[test]
fn p18_declared_paths_are_secret_with_all_below() {
    let differ = Differ::new()
        .secret("database.login")
        .secret("*.shoe")
        .secret("list[1]")
        .secret("\"odd name\"[*].x");
    let old = json!({"database": {"login": {"a": "MARK"}, "host": "a"}, "u": {"shoe": "MARK"}, "v": {"w": {"shoe": "a"}}});
    let new = json!({"database": {"login": {"b": "MARK"}, "host": "b"}, "u": {"shoe": "MARK2"}, "v": {"w": {"shoe": "b"}}});
    assert_eq!(
        output(&differ, old, new),
        "database.host: \"a\" -> \"b\"\ndatabase.login: changed (secret)\nu.shoe: changed (secret)\nv.w.shoe: \"a\" -> \"b\""
    );
    assert_eq!(
        output(
            &differ,
            json!({"list": ["a", "MARK"]}),
            json!({"list": ["b", "MARK2"]})
        ),
        "list[0]: \"a\" -> \"b\"\nlist[1]: changed (secret)"
    );
    // It was at the declared place, or has come to it.
    assert_eq!(
        output(
            &differ,
            json!({"list": ["a", "MARK"]}),
            json!({"list": ["x", "a", "MARK2"]})
        ),
        "list[0]: added (\"x\")\nlist[2] (was list[1]): changed (secret)"
    );
    assert_eq!(
        output(
            &differ,
            json!({"odd name": [{"x": "MARK"}]}),
            json!({"odd name": [{"x": 1}]})
        ),
        "\"odd name\"[0].x: changed (secret)"
    );
    assert_eq!(
        output(
            &Differ::new().secret("."),
            json!({"a": "MARK"}),
            json!({"b": "MARK"})
        ),
        ".: changed (secret)"
    );
}

#[test]
fn p18_invalid_declaration_hides_all_values() {
    let error = Differ::new()
        .secret("a..b")
        .secret("c")
        .between(&1, &2)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert_eq!(
        error.to_string(),
        "\"a..b\" is not a path: an empty key at byte 2"
    );
}

#[derive(Serialize)]
struct Config {
    auth: Auth,
}

#[derive(Serialize)]
struct Auth {
    issuer: String,
    users: Vec<String>,
    scheme: Option<Box<Self>>,
}

#[test]
fn p18_fields_of_a_secret_struct_are_shown_without_values() {
    let config = |issuer: &str, users: &[&str]| Config {
        auth: Auth {
            issuer: issuer.to_owned(),
            users: users.iter().map(|user| (*user).to_owned()).collect(),
            scheme: None,
        },
    };
    let diff = diff::between(
        &config("MARK1", &["MARK2"]),
        &config("MARK3", &["MARK2", "MARK4"]),
    )
    .unwrap();
    assert_eq!(
        diff.to_string(),
        "auth.issuer: changed (secret)\nauth.users: changed (secret)"
    );
    assert!(!everything(&diff).contains("MARK"));
    assert!(
        diff.changes()
            .iter()
            .all(|change| change.is_secret() && change.old().is_none() && change.new().is_none())
    );
    assert!(diff.touches("auth.users[0]") && !diff.touches("auth.scheme"));
}

#[test]
fn hidden_key_matches_any_declared_key() {
    let at = |port: u16| json!({"upstreams": {"http://me:MARK@host": {"port": port}}});
    let diff = diff::between(&at(1), &at(2)).unwrap();
    assert_eq!(diff.to_string(), "upstreams.(secret).port: 1 -> 2");
    assert!(diff.touches("upstreams.\"http://me:MARK@host\".port"));
    assert!(!diff.touches("upstreams.\"http://me:MARK@host\".host"));
}

#[test]
fn p18_secret_of_fixed_length_hides_which_items_are_equal() {
    let keys = |last: u8| std::collections::BTreeMap::from([("signing_key", [1, 2, last])]);
    let diff = diff::between(&keys(3), &keys(4)).unwrap();
    assert_eq!(diff.to_string(), "signing_key: changed (secret)");
}
