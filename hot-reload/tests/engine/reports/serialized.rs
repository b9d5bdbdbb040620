//! The JSON of a running service.

use hot_reload::event::EventKind;
use serde_json::{Value, to_value};

use crate::script::{Bad, Good, Script};

#[tokio::test(start_paused = true)]
async fn rejected_reload_has_one_error_in_status_receipt_and_event() {
    let script = Script::new(Good("first")).with(|state| state.muted = true);
    let (live, control) = script.service().await;
    let mut events = control.events();
    script.set(Bad("typo"));
    let receipt = to_value(control.reload().await).unwrap();
    let event = loop {
        let event = events.next().await.unwrap();
        if matches!(event.kind, EventKind::Load { .. }) {
            break to_value(event).unwrap();
        }
    };
    let status = to_value(control.status()).unwrap();
    assert_eq!(receipt["outcome"], "rejected");
    assert_eq!(receipt["error"]["kind"], "decode");
    assert_eq!(receipt["error"]["message"], "cannot read \"typo\"");
    assert_eq!(receipt["hold"], Value::Null);
    assert!(receipt["stages_ms"]["load"].is_u64(), "{receipt}");
    let attempt = &status["last_attempt"];
    for field in ["outcome", "stage", "error"] {
        assert_eq!(receipt[field], attempt[field]);
        assert_eq!(receipt[field], event[field]);
    }
    assert_eq!(status["last_error"], receipt["error"]);
    assert_eq!(event["kind"], "load");
    assert_eq!(event["generation"], 1);
    assert_eq!(event["target"], status["name"]);
    assert_eq!(status["data"], "stale");
    assert_eq!(status["counters"]["rejected"], 1);
    let snapshot = to_value(live.get()).unwrap();
    assert_eq!(snapshot["value"], "first");
    assert_eq!(snapshot["generation"], 1);
    let loaded_at = snapshot["loaded_at"].as_str().unwrap();
    assert!(
        loaded_at.starts_with("20") && loaded_at.ends_with('Z'),
        "{loaded_at}"
    );
}

#[tokio::test(start_paused = true)]
async fn explanation_has_the_loads_of_a_running_service() {
    let script = Script::new(Good("first"));
    let (_live, control) = script.service().await;
    script.set(Bad("typo"));
    let receipt = to_value(control.reload().await).unwrap();
    let explanation = to_value(control.explain()).unwrap();
    assert_eq!(explanation["status"], to_value(control.status()).unwrap());
    let entries = explanation["entries"].as_array().unwrap();
    let loads: Vec<_> = entries
        .iter()
        .filter(|entry| entry["kind"] == "load")
        .collect();
    assert_eq!(loads[0]["outcome"], "published");
    assert_eq!(loads[0]["generation"], 1);
    assert_eq!(loads[1]["error"], receipt["error"]);
    assert!(entries.iter().any(|entry| entry["kind"] == "watch"));
}
