//! The output of a difference, as text and as JSON.

use hot_reload::diff::{self, ChangeKind};
use serde_json::{Value, json};

fn output(old: Value, new: Value) -> String {
    diff::between(&old, &new).unwrap().to_string()
}

#[test]
fn each_change_is_a_line_in_the_order_of_paths() {
    let old = json!({"server": {"port": 80, "host": "a"}, "routes": ["x", "y"], "gone": true});
    let new = json!({"server": {"port": 8080, "host": "a"}, "routes": ["x", "y", {"to": "z"}], "name": "blue"});
    assert_eq!(
        output(old, new),
        "gone: removed (true)\nname: added (\"blue\")\nroutes[2]: added\nserver.port: 80 -> 8080"
    );
}

#[test]
fn equal_values_have_no_difference() {
    let value = json!({"a": [1, 2.5, null, "x"], "b": {}});
    let diff = diff::between(&value, &value.clone()).unwrap();
    assert!(diff.is_empty());
    assert_eq!(diff.to_string(), "");
    assert!(!diff.touches("a") && !diff.touches("no..path"));
}

#[test]
fn insertion_at_the_front_is_one_change() {
    let old: Vec<u32> = (0..500).collect();
    let new: Vec<u32> = [1000].into_iter().chain(0..500).collect();
    assert_eq!(
        diff::between(&old, &new).unwrap().to_string(),
        "[0]: added (1000)"
    );
    assert_eq!(
        diff::between(&new, &old).unwrap().to_string(),
        "[0]: removed (1000)"
    );
}

#[test]
fn change_in_a_moved_item_has_both_paths() {
    let old = json!({"r": [{"n": "a", "w": 1}, {"n": "b", "w": 1}, {"n": "c", "w": 1}, {"n": "d", "w": 1}]});
    let new = json!({"r": [{"n": "x", "w": 1}, {"n": "a", "w": 1}, {"n": "b", "w": 1}, {"n": "c", "w": 9}, {"n": "d", "w": 1}]});
    let diff = diff::between(&old, &new).unwrap();
    assert_eq!(diff.to_string(), "r[0]: added\nr[3].w (was r[2].w): 1 -> 9");
    assert_eq!(diff.changes()[1].old_path().to_string(), "r[2].w");
    assert!(diff.touches("r[2]") && diff.touches("r[3].w") && !diff.touches("r[1]"));
}

#[test]
fn long_values_are_shortened_and_many_changes_counted() {
    let lines = output(
        json!({"a": "x".repeat(1_000_000)}),
        json!({"a": "\n".repeat(1_000_000)}),
    );
    assert_eq!(
        lines,
        format!("a: \"{}… -> \"{}…", "x".repeat(59), "\\n".repeat(29) + "\\")
    );

    let new: Value = (0..32).map(|n| (format!("k{n:02}"), json!(n))).collect();
    let lines = output(json!({}), new);
    assert_eq!(lines.lines().count(), 21);
    assert!(lines.ends_with("\nk19: added (19)\nand 12 more"));

    let lines = output(json!({}), json!({"k".repeat(100_000): [1]}));
    assert_eq!(lines, format!("{}…: added", "k".repeat(160)));
}

#[test]
fn change_with_control_characters_stays_one_line() {
    let lines = output(json!({}), json!({"a\nb": "c\r\n\u{1b}[31m\u{202e}"}));
    assert_eq!(lines, "\"a\\nb\": added (\"c\\r\\n\\u{1b}[31m\\u{202e}\")");
}

#[test]
fn changes_at_below_and_above_a_path_touch_it() {
    let diff = diff::between(
        &json!({"server": {"tls": {"cert": "a"}}}),
        &json!({"server": {"tls": {"cert": "b"}}, "new": {"a": 1}}),
    )
    .unwrap();
    for path in [
        "server",
        "server.tls",
        "server.tls.cert",
        "new",
        "new.a.b",
        ".",
        "not..a path",
    ] {
        assert!(diff.touches(path), "{path}");
    }
    for path in [
        "serv",
        "server.tl",
        "server.tls.certs",
        "server.host",
        "other",
    ] {
        assert!(!diff.touches(path), "{path}");
    }
}

#[test]
fn changes_serialize_to_json() {
    let diff = diff::between(
        &json!({"port": 80, "password": "a", "l": ["b"]}),
        &json!({"port": 81, "password": "c", "l": ["b", "d"]}),
    )
    .unwrap();
    assert_eq!(
        serde_json::to_value(&diff).unwrap(),
        json!({"changes": [
            {"path": "l[1]", "kind": "added", "secret": false, "old": null, "new": "\"d\""},
            {"path": "password", "kind": "changed", "secret": true, "old": null, "new": null},
            {"path": "port", "kind": "changed", "secret": false, "old": "80", "new": "81"},
        ]})
    );
    assert_eq!(
        diff.paths().map(ToString::to_string).collect::<Vec<_>>(),
        ["l[1]", "password", "port"]
    );
    assert_eq!(diff.changes()[2].kind(), ChangeKind::Changed);
    assert_eq!(
        (diff.changes()[2].old(), diff.changes()[2].new()),
        (Some("80"), Some("81"))
    );
}

#[test]
fn large_list_with_many_changes_is_compared_by_index() {
    let old: Vec<usize> = (0..100_000).collect();
    let new: Vec<usize> = (0..100_000).rev().collect();
    let diff = diff::between(&old, &new).unwrap();
    assert_eq!(diff.changes().len(), 100_000);
    assert!(
        diff.to_string()
            .starts_with("[0]: 0 -> 99999\n[1]: 1 -> 99998\n")
    );
    assert!(diff.to_string().ends_with("and 99980 more"));
}
