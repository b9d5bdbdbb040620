//! Changes that need a restart.

use hot_reload::diff::{RestartPolicy, RestartRequired};
use hot_reload::error::ErrorKind;
use serde_json::{Value, json};

fn config() -> Value {
    json!({
        "listen": "0.0.0.0:80",
        "runtime": {"workers": 4, "name": "a"},
        "listeners": [{"port": 1, "host": "a"}, {"port": 2, "host": "b"}],
        "tls": {"key": "MARK1", "hosts": {"MARK": 1}},
        "routes": ["x"],
    })
}

#[test]
fn only_declared_paths_need_a_restart() {
    let required = RestartRequired::new(["listen", "runtime.workers"]);
    let mut new = config();
    new["routes"] = json!(["y"]);
    new["runtime"]["name"] = json!("b");
    let verdict = required.check(&config(), &new).unwrap();
    assert!(!verdict.needs_restart());
    assert_eq!(verdict.to_string(), "");

    new["listen"] = json!("0.0.0.0:81");
    new["runtime"]["workers"] = json!(8);
    let verdict = required.check(&config(), &new).unwrap();
    assert!(verdict.needs_restart());
    assert_eq!(
        verdict.to_string(),
        "listen: needs a restart to take effect: \"0.0.0.0:80\" -> \"0.0.0.0:81\"\n\
         runtime.workers: needs a restart to take effect: 4 -> 8"
    );
}

#[test]
fn default_policy_warns_and_reject_names_the_reason() {
    let required = RestartRequired::new(["listen", "runtime"]);
    let mut new = config();
    new["listen"] = json!("0.0.0.0:81");
    new["runtime"] = json!(null);
    let verdict = required.check(&config(), &new).unwrap();
    assert_eq!(verdict.policy(), RestartPolicy::Warn);
    assert!(verdict.needs_restart());
    verdict.into_result().unwrap();

    let required = required.policy(RestartPolicy::Reject);
    let error = required
        .check(&config(), &new)
        .unwrap()
        .into_result()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(
        error.to_string(),
        "listen: needs a restart to take effect: \"0.0.0.0:80\" -> \"0.0.0.0:81\"; \
         runtime: needs a restart to take effect: {name: \"a\", workers: 4} -> none"
    );
    required
        .check(&config(), &config())
        .unwrap()
        .into_result()
        .unwrap();
}

#[test]
fn missing_declared_path_is_reported_once_and_refuses_nothing() {
    let required = RestartRequired::new(["lisen", "lisen", "runtime.workres", "listeners[7]"])
        .policy(RestartPolicy::Reject);
    let verdict = required.check(&config(), &config()).unwrap();
    assert_eq!(
        verdict.unknown(),
        ["lisen", "runtime.workres", "listeners[7]"]
    );
    assert!(verdict.to_string().starts_with(
        "lisen: declared as needing a restart, but not in the value: perhaps a typo\n"
    ));
    verdict.into_result().unwrap();
    // In one of the two is enough, and so is an option that is none.
    let required = RestartRequired::new(["a", "b"]);
    let verdict = required
        .check(&json!({"b": null}), &json!({"a": 1, "b": null}))
        .unwrap();
    assert_eq!(verdict.unknown(), [""; 0]);
    assert_eq!(
        verdict.to_string(),
        "a: needs a restart to take effect: added (1)"
    );
}

#[test]
fn declared_table_includes_its_content_and_is_reported_once() {
    let required = RestartRequired::new(["runtime.workers", "runtime", "*.workers"]);
    let mut new = config();
    new["runtime"] = json!({"workers": 5, "name": "a", "more": 1});
    let verdict = required.check(&config(), &new).unwrap();
    assert_eq!(
        verdict.to_string(),
        "runtime.more: needs a restart to take effect: added (1)\nruntime.workers: needs a restart to take effect: 4 -> 5"
    );
    let verdict = required.check(&config(), &json!({})).unwrap();
    assert_eq!(verdict.changes().len(), 2);
}

#[test]
fn star_matches_any_segment() {
    let required = RestartRequired::new(["listeners.*.port"]);
    let mut new = config();
    new["listeners"][1] = json!({"port": 3, "host": "other"});
    let verdict = required.check(&config(), &new).unwrap();
    assert_eq!(
        verdict.to_string(),
        "listeners[1].port: needs a restart to take effect: 2 -> 3"
    );
    assert_eq!(
        RestartRequired::new(["*.nothing"])
            .check(&config(), &new)
            .unwrap()
            .unknown(),
        ["*.nothing"]
    );
}

#[test]
fn p18_secret_that_needs_a_restart_is_not_shown() {
    let required = RestartRequired::new(["tls.key", "tls.hosts"])
        .secret("tls.hosts")
        .policy(RestartPolicy::Reject);
    let mut new = config();
    new["tls"] = json!({"key": "MARK2", "hosts": {"MARK": 2}});
    let in_effect = required.in_effect(&config()).unwrap();
    let verdict = required.check_against(&in_effect, &new).unwrap();
    let everything = format!("{verdict} {verdict:?} {in_effect:?} {required:?}");
    assert!(!everything.contains("MARK"), "{everything}");
    assert_eq!(
        verdict.into_result().unwrap_err().to_string(),
        "tls.hosts: needs a restart to take effect: changed (secret); tls.key: needs a restart to take effect: changed (secret)"
    );
}

#[test]
fn changes_are_compared_with_the_first_value() {
    let required =
        RestartRequired::new(["listen", "listeners[1].port", "listeners.*.host", "nowhere"]);
    let in_effect = required.in_effect(&config()).unwrap();
    let mut new = config();
    new["listeners"][1]["port"] = json!(3);
    new["listeners"][0]["port"] = json!(3);
    new["routes"] = json!([]);
    for _ in 0..2 {
        let verdict = required.check_against(&in_effect, &new).unwrap();
        assert_eq!(verdict.changes().len(), 1);
        assert_eq!(verdict, required.check(&config(), &new).unwrap());
    }
    let verdict = required.check_against(&in_effect, &config()).unwrap();
    assert!(!verdict.needs_restart());
    assert_eq!(verdict.unknown(), ["nowhere"]);
}

#[test]
fn invalid_declaration_is_an_error_of_every_check() {
    for required in [
        RestartRequired::new(["a", "b."]),
        RestartRequired::new(["a"]).secret("b."),
    ] {
        let error = required.check(&config(), &config()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
    }
}

#[test]
fn verdict_on_many_changes_is_short() {
    let table =
        |value: u32| -> Value { (0..100).map(|n| (format!("k{n}"), json!(value))).collect() };
    let verdict = RestartRequired::new(["."])
        .check(&table(1), &table(2))
        .unwrap();
    assert_eq!(verdict.changes().len(), 100);
    assert_eq!(verdict.to_string().lines().count(), 21);
    assert!(verdict.to_string().ends_with("and 80 more"));
}
