//! Every kind of value of the serde data model, and difficult cases of formats.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use hot_reload::diff;
use hot_reload::error::ErrorKind;
use serde::ser::{Error as _, SerializeStruct};
use serde::{Serialize, Serializer};

fn output<V: Serialize>(old: V, new: V) -> String {
    diff::between(&old, &new).unwrap().to_string()
}

#[test]
fn numbers_are_compared_exactly() {
    assert_eq!(
        output(u64::MAX, u64::MAX - 1),
        ".: 18446744073709551615 -> 18446744073709551614"
    );
    assert_eq!(
        output(i128::MIN, i128::MAX),
        ".: -170141183460469231731687303715884105728 -> 170141183460469231731687303715884105727"
    );
    assert_eq!(
        output(u128::MAX, 1),
        ".: 340282366920938463463374607431768211455 -> 1"
    );
    assert_eq!(
        output(9_007_199_254_740_993_i64, 9_007_199_254_740_992),
        ".: 9007199254740993 -> 9007199254740992"
    );
    assert_eq!(output(0.1_f32, 0.2), ".: 0.1 -> 0.2");
    assert_eq!(output(1.0, 1e300), ".: 1.0 -> 1e300");
}

#[test]
fn nan_equals_only_itself() {
    assert_eq!(output(f64::NAN, -f64::NAN), "");
    assert_eq!(output(f32::NAN, f32::NAN), "");
    assert_eq!(output(0.0, -0.0), "");
    assert_eq!(output(Some(f64::NAN), None), ".: NaN -> none");
    assert_eq!(output(f32::INFINITY, f32::NEG_INFINITY), ".: inf -> -inf");
}

#[test]
fn option_is_compared_as_its_value_or_none() {
    assert_eq!(output(None, Some(5)), ".: none -> 5");
    assert_eq!(output(Some(5), Some(6)), ".: 5 -> 6");
    assert_eq!(output(Some("none"), None), ".: \"none\" -> none");
    assert_eq!(output((), ()), "");
}

#[derive(Serialize)]
enum Mode {
    Off,
    Limit(u32),
    Between(u32, u32),
    Burst { size: u32, per: u32 },
}

#[test]
fn enum_is_compared_in_its_serialized_form() {
    let of = |mode: Mode| BTreeMap::from([("mode", mode)]);
    let output = |old, new| output(of(old), of(new));
    assert_eq!(
        output(Mode::Off, Mode::Limit(5)),
        "mode: \"Off\" -> {Limit: 5}"
    );
    assert_eq!(output(Mode::Limit(4), Mode::Limit(5)), "mode.Limit: 4 -> 5");
    assert_eq!(
        output(Mode::Between(1, 2), Mode::Between(2, 3)),
        "mode.Between[0]: 1 -> 2\nmode.Between[1]: 2 -> 3"
    );
    assert_eq!(
        output(
            Mode::Burst { size: 1, per: 2 },
            Mode::Burst { size: 1, per: 3 }
        ),
        "mode.Burst.per: 2 -> 3"
    );
    assert_eq!(
        output(Mode::Limit(4), Mode::Between(1, 2)),
        "mode.Between: added\nmode.Limit: removed (4)"
    );
}

#[test]
fn items_of_a_tuple_are_compared_by_index() {
    assert_eq!(
        output((1, 2, 3), (2, 3, 1)),
        "[0]: 1 -> 2\n[1]: 2 -> 3\n[2]: 3 -> 1"
    );
    assert_eq!(
        output(vec![1, 2, 3], vec![2, 3, 1]),
        "[0]: removed (1)\n[2]: added (1)"
    );
}

#[test]
fn non_text_keys_are_shown_as_text() {
    assert_eq!(
        output(
            HashMap::from([(8080, 1), (9, 1)]),
            HashMap::from([(8080, 2), (9, 1)])
        ),
        "8080: 1 -> 2"
    );
    assert_eq!(
        output(BTreeMap::from([(true, 1)]), BTreeMap::from([(false, 1)])),
        "false: added (1)\ntrue: removed (1)"
    );
    assert_eq!(
        output(BTreeMap::from([('x', 1)]), BTreeMap::from([('x', 2)])),
        "x: 1 -> 2"
    );
    assert_eq!(
        output(
            BTreeMap::from([((1, "a"), 1)]),
            BTreeMap::from([((1, "a"), 2)])
        ),
        "\"[1, \\\"a\\\"]\": 1 -> 2"
    );
    assert_eq!(
        output(
            BTreeMap::from([(None, 1)]),
            BTreeMap::from([(Some("k"), 1)])
        ),
        "k: added (1)\nnone: removed (1)"
    );
}

/// Serializes as bytes, which a `Vec<u8>` does not.
struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[test]
fn bytes_are_compared_and_hidden() {
    assert_eq!(output(Bytes(b"abc"), Bytes(b"abc")), "");
    assert_eq!(
        output(Bytes(b"abc"), Bytes(b"abd")),
        ".: 3 bytes -> 3 bytes"
    );
    assert_eq!(output(b"abc".to_vec(), b"abd".to_vec()), "[2]: 99 -> 100");
}

/// A map with one entry, whose key may be anything.
struct Entry<K>(K, u8);

impl<K: Serialize> Serialize for Entry<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(&self.0, self.1)])
    }
}

#[test]
fn different_keys_that_are_shown_alike_are_compared() {
    let bytes = |key, value| Entry(Bytes(key), value);
    assert_eq!(
        output(bytes(b"abc", 1), bytes(b"abd", 1)),
        "\"3 bytes\": added (1)\n\"3 bytes\": removed (1)"
    );
    assert_eq!(
        output(bytes(b"abc", 1), bytes(b"abc", 2)),
        "\"3 bytes\": 1 -> 2"
    );
    let secret = |text| Entry((1, text), 1);
    assert_eq!(
        output(secret("password=hunter2"), secret("password=hunter3")),
        "\"[1, (secret)]\": added (secret)\n\"[1, (secret)]\": removed (secret)"
    );
    assert_eq!(
        output(Entry(None, 1), Entry(Some("none"), 1)),
        "none: added (1)\nnone: removed (1)"
    );
}

/// A value that a format passes through serde in a wrapping of its own.
struct Date(&'static str);

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut date = serializer.serialize_struct("$__private_Date", 1)?;
        date.serialize_field("$__private_date", self.0)?;
        date.end()
    }
}

#[test]
fn wrapping_of_a_format_is_not_part_of_the_value() {
    assert_eq!(
        output([Date("1979-05-27")], [Date("1979-05-28")]),
        "[0]: \"1979-05-27\" -> \"1979-05-28\""
    );
}

#[derive(Serialize)]
struct Doubled {
    name: u8,
    #[serde(flatten)]
    more: BTreeMap<String, u8>,
}

#[test]
fn duplicate_key_loses_nothing() {
    let value = |name, more| Doubled {
        name,
        more: BTreeMap::from([("name".to_owned(), more)]),
    };
    assert_eq!(output(value(1, 2), value(1, 2)), "");
    assert_eq!(output(value(1, 2), value(3, 2)), "name: 1 -> 3");
    assert_eq!(output(value(1, 2), value(1, 4)), "name: 2 -> 4");
}

/// As many levels as it says, in every way that levels come about.
struct Nested(u32);

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let below = Self(self.0.saturating_sub(1));
        match self.0 {
            0 => serializer.serialize_none(),
            n if n.is_multiple_of(4) => serializer.serialize_some(&below),
            n if n % 4 == 1 => serializer.collect_seq([below]),
            n if n % 4 == 2 => serializer.serialize_newtype_variant("N", 0, "v", &below),
            _ => serializer.collect_map([("k", below)]),
        }
    }
}

/// A thread with half the stack that threads have, in a build without optimization.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(test)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn too_many_levels_of_a_value_are_an_error() {
    on_a_small_stack(|| {
        assert!(
            diff::between(&Nested(256), &Nested(256))
                .unwrap()
                .is_empty()
        );
        let diff = diff::between(&Nested(255), &Nested(0)).unwrap();
        assert_eq!(diff.changes().len(), 1);
        for levels in [257, 1_000, u32::MAX] {
            let error = diff::between(&Nested(levels), &Nested(0)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TooLarge);
            assert_eq!(
                error.to_string(),
                "the value has more than 256 levels, too many to be compared"
            );
        }
    });
}

/// A key can have levels, too.
struct Key(u32);

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(Self(self.0), ())])
    }
}

#[test]
fn too_many_levels_of_a_key_are_an_error() {
    on_a_small_stack(|| {
        assert_eq!(
            diff::between(&Key(0), &Key(0)).unwrap_err().kind(),
            ErrorKind::TooLarge
        );
    });
}

/// Fails or panics with a text.
enum Bad {
    Fails(&'static str),
    Panics(&'static str),
}

impl Serialize for Bad {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fails(said) => Err(S::Error::custom(said)),
            Self::Panics(said) => panic!("{said}"),
        }
    }
}

fn error<V: Serialize>(value: V) -> hot_reload::Error {
    diff::between(&value, &value).unwrap_err()
}

#[test]
fn unserializable_value_is_an_error_with_its_path_only() {
    let failed = error(BTreeMap::from([("a", vec![Bad::Fails("no luck")])]));
    assert_eq!(failed.kind(), ErrorKind::Invalid);
    assert_eq!(failed.to_string(), "a[0]: cannot be compared: no luck");
    let failed = error(BTreeMap::from([(
        "tokens",
        BTreeMap::from([("MARK", Bad::Fails("MARK"))]),
    )]));
    assert_eq!(
        failed.to_string(),
        "tokens: cannot be compared: the reason is not shown, because it looks like a secret"
    );
    let failed = error(BTreeMap::from([(
        "http://me:MARK@host",
        Bad::Fails("at http://me:MARK@host"),
    )]));
    assert_eq!(
        failed.to_string(),
        "(secret): cannot be compared: the reason is not shown, because it looks like a secret"
    );
}

#[test]
fn p07_panic_in_serialize_is_an_error() {
    let failed = error([Bad::Panics("oh no")]);
    assert_eq!(failed.kind(), ErrorKind::Panicked);
    assert_eq!(
        failed.to_string(),
        "panicked while it was serialized to be compared: oh no"
    );
    assert!(
        !error([Bad::Panics("password=MARK")])
            .to_string()
            .contains("MARK")
    );
}

#[test]
fn value_is_serialized_once_for_each_comparison() {
    struct Counted<'a>(&'a Cell<u32>);
    impl Serialize for Counted<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.set(self.0.get() + 1);
            serializer.serialize_unit()
        }
    }
    let count = Cell::new(0);
    assert!(
        diff::between(&Counted(&count), &Counted(&count))
            .unwrap()
            .is_empty()
    );
    assert_eq!(count.get(), 2);
}
