//! Properties of any two values, which proptest generates and shrinks.
//!
//! The seed of a test that fails is printed; `PROPTEST_RNG_SEED` sets it, and `PROPTEST_CASES` how many values are tried.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};

use hot_reload::diff::{self, ChangeKind, Diff, Differ, Path, RestartRequired, Segment};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value};

/// A seed that is known before anything fails. Nothing is kept in the tree.
pub(crate) fn settings() -> ProptestConfig {
    let mut settings = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let seed = match settings.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(0),
    };
    eprintln!("PROPTEST_RNG_SEED={seed}");
    settings.rng_seed = RngSeed::Fixed(seed);
    settings
}

/// Values with few different keys and items, so that two of them have much in common.
fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..4_i64).prop_map(Value::from),
        (-2..2_i8).prop_map(|n| Value::from(f64::from(n) / 2.0)),
        "[ab]{0,2}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        "[a-c]",
        Just("token".to_owned()),
        Just("odd key".to_owned()),
        Just("*".to_owned())
    ];
    scalar.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(key.clone(), inner, 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// The same value with something done to it, in a place that the numbers choose.
fn edited(mut value: Value, choices: &[(usize, usize, Value)]) -> Value {
    for (deep, place, new) in choices {
        edit(&mut value, *deep, *place, new);
    }
    value
}

fn edit(value: &mut Value, deep: usize, place: usize, new: &Value) {
    match value {
        Value::Array(items) if deep > 0 && !items.is_empty() => {
            let at = place % items.len();
            edit(&mut items[at], deep - 1, place / 2, new);
        }
        Value::Object(entries) if deep > 0 && !entries.is_empty() => {
            let at = place % entries.len();
            let value = entries.values_mut().nth(at).unwrap();
            edit(value, deep - 1, place / 2, new);
        }
        Value::Array(items) if place.is_multiple_of(3) => {
            items.insert(place % (items.len() + 1), new.clone());
        }
        Value::Array(items) if place % 3 == 1 && !items.is_empty() => {
            let at = place % items.len();
            items.remove(at);
        }
        other => *other = new.clone(),
    }
}

/// Two values; the second is mostly the first with some edits.
fn two_values() -> impl Strategy<Value = (Value, Value)> {
    let edits = prop::collection::vec((0..4_usize, 0..12_usize, value()), 0..4);
    prop_oneof![
        1 => (value(), value()),
        3 => (value(), edits).prop_map(|(old, edits)| { let new = edited(old.clone(), &edits); (old, new) }),
    ]
}

/// The value without these paths.
fn without(value: &Value, paths: &BTreeSet<Path>, here: &mut Vec<Segment>) -> Option<Value> {
    if paths.contains(&here.iter().cloned().collect::<Path>()) {
        return None;
    }
    let mut below = |segment: Segment, value: &Value| {
        here.push(segment);
        let rest = without(value, paths, here);
        here.pop();
        rest
    };
    Some(match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .filter_map(|(at, item)| below(Segment::Index(at), item))
            .collect(),
        Value::Object(entries) => {
            let entries = entries.iter();
            let rest = entries.filter_map(|(key, value)| {
                Some((key.clone(), below(Segment::Key(key.clone()), value)?))
            });
            Value::Object(rest.collect::<Map<_, _>>())
        }
        // A float's zero has no sign here.
        Value::Number(number) if number.as_f64() == Some(0.0) && number.is_f64() => {
            Value::from(0.0)
        }
        scalar => scalar.clone(),
    })
}

/// A change as it would be the other way round.
type Shown = (Path, Path, ChangeKind, Option<String>, Option<String>);

fn shown(diff: &Diff, mirrored: bool) -> BTreeSet<Shown> {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let changes = diff.changes().iter().map(|change| {
        let (path, old_path) = (change.path().clone(), change.old_path().clone());
        let (old, new) = (text(change.old()), text(change.new()));
        match (mirrored, change.kind()) {
            (false, kind) => (path, old_path, kind, old, new),
            (true, ChangeKind::Added) => (old_path, path, ChangeKind::Removed, new, old),
            (true, ChangeKind::Removed) => (old_path, path, ChangeKind::Added, new, old),
            (true, kind) => (old_path, path, kind, new, old),
        }
    });
    changes.collect()
}

/// The value with a mark in each text, and around each number.
fn marked(value: &Value, mark: &str) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| marked(item, mark)).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| (key.clone(), marked(value, mark)))
            .collect(),
        scalar => Value::from(format!("{mark}{scalar}")),
    }
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn value_does_not_differ_from_itself(value in value()) {
        let diff = diff::between(&value, &value.clone()).unwrap();
        prop_assert!(diff.is_empty(), "{}", diff);
    }

    #[test]
    fn values_without_their_changes_are_equal((old, new) in two_values()) {
        let diff = diff::between(&old, &new).unwrap();
        let of = |without: ChangeKind, path: fn(&diff::Change) -> &Path| -> BTreeSet<Path> {
            let changes = diff.changes().iter().filter(|change| change.kind() != without);
            changes.map(path).cloned().collect()
        };
        let rest_of_old = without(&old, &of(ChangeKind::Added, diff::Change::old_path), &mut Vec::new());
        let rest_of_new = without(&new, &of(ChangeKind::Removed, diff::Change::path), &mut Vec::new());
        prop_assert_eq!(rest_of_old, rest_of_new, "{}", diff);
    }

    #[test]
    fn swapped_values_give_the_mirrored_changes((old, new) in two_values()) {
        let there = diff::between(&old, &new).unwrap();
        let back = diff::between(&new, &old).unwrap();
        prop_assert_eq!(shown(&there, false), shown(&back, true), "{}\n\n{}", there, back);
    }

    #[test]
    fn changes_are_in_order_and_touch_their_own_paths((old, new) in two_values()) {
        let diff = diff::between(&old, &new).unwrap();
        prop_assert!(diff.paths().is_sorted());
        for path in diff.paths() {
            prop_assert!(diff.touches(&path.to_string()));
        }
        prop_assert_eq!(diff.touches("."), !diff.is_empty());
    }

    #[test]
    fn p18_output_of_a_diff_has_no_secret((old, new) in two_values()) {
        // Everything below `token`, or below a key within `a`, has a mark.
        fn plant(value: &mut Value, mark: &str, within_a: bool) {
            match value {
                Value::Array(items) => items.iter_mut().for_each(|item| plant(item, mark, false)),
                Value::Object(entries) => for (key, value) in entries {
                    match key == "token" || within_a && key == "b" {
                        true => *value = marked(value, mark),
                        false => plant(value, mark, false),
                    }
                },
                _ => {}
            }
        }
        let (mut old, mut new) = (old, new);
        for (value, mark) in [(&mut old, "MARK1"), (&mut new, "MARK2")] {
            plant(value, mark, false);
            if let Some(a) = value.get_mut("a") {
                plant(a, mark, true);
            }
        }
        let diff = Differ::new().secret("a.b").between(&old, &new).unwrap();
        let everything = format!("{diff}\n{diff:?}\n{}", serde_json::to_string(&diff).unwrap());
        prop_assert!(!everything.contains("MARK"), "{}", everything);
        let verdict = RestartRequired::new(["a", "*.token"]).secret("a.b").check(&old, &new).unwrap();
        let everything = format!("{verdict}\n{verdict:?}");
        prop_assert!(!everything.contains("MARK"), "{}", everything);
    }

    #[test]
    fn whole_value_needs_a_restart_exactly_if_it_changed((old, new) in two_values()) {
        let diff = diff::between(&old, &new).unwrap();
        let all = RestartRequired::new(["."]);
        let verdict = all.check(&old, &new).unwrap();
        prop_assert_eq!(verdict.changes(), diff.changes());
        let kept = all.in_effect(&old).unwrap();
        prop_assert_eq!(all.check_against(&kept, &new).unwrap(), verdict);
        let some = RestartRequired::new(["a", "*[1]", "b.*.c"]);
        let kept = some.in_effect(&old).unwrap();
        prop_assert_eq!(some.check_against(&kept, &new).unwrap(), some.check(&old, &new).unwrap());
    }
}
