//! The revision of a value itself, under a key.

use std::collections::BTreeMap;

use hot_reload::diff::{RevisionKey, value_revision};
use hot_reload::event::EventKind;
use hot_reload::source::{Decode, Json, Toml};
use hot_reload::{Live, Revision, Snapshot};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::log::log;
use crate::script::{Bad, Good, Script};
use crate::tray::Tray;

const KEY: RevisionKey = RevisionKey::new([7; 16]);

fn shown<V>(live: &Live<V>) -> Option<Revision> {
    Snapshot::value_revision(&live.get()).cloned()
}

#[tokio::test]
async fn snapshot_event_and_status_have_the_revision_of_the_value() {
    let script = Script::new(Good("first"));
    let builder = script.builder().history(1).value_revisions(KEY);
    let (live, control) = builder.start().await.unwrap();
    let first = value_revision("first", KEY).unwrap();
    assert_eq!(shown(&live), Some(first.clone()));
    assert_eq!(shown(&live.derive(String::len)), Some(first.clone()));
    let mut events = live.events();
    script.set(Good("second"));
    assert!(control.reload().await.is_current());
    let second = value_revision("second", KEY).unwrap();
    assert_eq!(control.status().value_revision, Some(second.clone()));
    let event = events.next().await.unwrap();
    assert!(matches!(event.kind, EventKind::Load { .. }), "{event:?}");
    assert_eq!(event.value_revision, Some(second.clone()));
    script.set(Bad("invalid"));
    assert!(!control.reload().await.is_current());
    assert_eq!(shown(&live), Some(second), "the value has not changed");
    let _ = control.rollback().await;
    assert_eq!(shown(&live), Some(first), "it is the earlier value again");
}

#[tokio::test]
async fn service_without_the_option_has_no_value_revision() {
    let script = Script::new(Good("first"));
    let (live, control) = script.builder().start().await.unwrap();
    assert_eq!(
        (shown(&live), control.status().value_revision),
        (None, None)
    );
}

/// A text that cannot be serialized.
#[derive(Debug, PartialEq)]
struct Mute;

impl Serialize for Mute {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("it cannot be written")
    }
}

#[tokio::test]
async fn value_that_cannot_be_serialized_is_published_with_a_warning() {
    let log = log();
    let tray = Tray::with(Mute);
    let builder = tray.builder().value_revisions(RevisionKey::random());
    let (live, _control) = builder.start().await.unwrap();
    assert_eq!(shown(&live), None);
    assert_eq!(log.count("published without a value revision"), 1);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Config {
    name: String,
    limits: Vec<i32>,
    weights: BTreeMap<String, f64>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_value_has_one_revision_in_any_format(
        name in "[a-z\"\\\\é]{0,6}",
        limits in vec(any::<i32>(), 0..4),
        weights in btree_map("[a-z]{1,3}", any::<i16>().prop_map(|n| f64::from(n) / 4.0), 0..4),
    ) {
        let config = Config { name, limits, weights };
        let json = serde_json::to_string(&config).unwrap();
        let Config { name, limits, weights } = &config;
        // A JSON text is a TOML text, too.
        let name = serde_json::to_string(name).unwrap();
        let lines = weights.iter().map(|(key, weight)| format!("{key} = {weight:?}\n"));
        let toml = format!("limits = {limits:?}\nname = {name}\n[weights]\n{}", lines.collect::<String>());
        let from_json: Config = Json::new().decode(json.as_bytes(), "a.json").unwrap();
        let from_toml: Config = Toml::new().decode(toml.as_bytes(), "a.toml").unwrap();
        prop_assert_eq!(&from_json, &config);
        let expected = value_revision(&config, KEY).unwrap();
        for decoded in [from_json, from_toml] {
            prop_assert_eq!(&value_revision(&decoded, KEY).unwrap(), &expected);
        }
    }
}
