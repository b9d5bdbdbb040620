//! Publications in steps: plan, then apply; and confirm.

use std::time::Duration;

use hot_reload::admin::Admin;
use hot_reload::policy::Probation;
use hot_reload::{Control, Live, Registry};

use super::client::post;
use crate::script::{Bad, Good, Script, settle};

/// The router of a service whose values must be confirmed.
async fn start() -> (Script, axum::Router, (Live<String>, Control<String>)) {
    let registry = Registry::new();
    let router = Admin::new(&registry).rate_limit(1, Duration::ZERO).router();
    let script = Script::new(Good("first")).with(|state| state.muted = true);
    let builder = script.builder().name("motto").register(&registry);
    let probation = Probation::until_confirmed(Duration::from_secs(60));
    let service = builder.history(2).probation(probation).start().await;
    (script, router, service.unwrap())
}

#[tokio::test(start_paused = true)]
async fn plan_has_no_effect_and_apply_publishes_it() {
    let (script, router, _service) = start().await;
    script.set(Good("second"));
    let planned = post(&router, "/debug/reload/plan").await;
    assert_eq!(planned.status, 200, "{}", planned.body);
    let plan = &planned.json()["targets"][0];
    assert_eq!(
        (&plan["target"], &plan["outcome"]),
        (&"motto".into(), &"published".into())
    );
    let token = plan["token"].as_str().unwrap();
    let apply = format!("/debug/reload/apply?token={token}");
    let applied = post(&router, &apply).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    assert_eq!(applied.json()["targets"][0]["generation"], 2);
    // The same plan is out of date now.
    let again = post(&router, &apply).await;
    assert_eq!(again.status, 409, "{}", again.body);
}

#[tokio::test(start_paused = true)]
async fn plan_of_bad_content_has_the_code_of_its_rejection() {
    let (script, router, _service) = start().await;
    script.set(Bad("typo"));
    assert_eq!(post(&router, "/debug/reload/plan").await.status, 422);
    assert_eq!(
        post(&router, "/debug/reload/apply").await.status,
        400,
        "it has no token"
    );
    assert_eq!(
        post(&router, "/debug/reload/apply?token=x").await.status,
        409
    );
}

#[tokio::test(start_paused = true)]
async fn confirmed_value_stays_and_another_generation_is_refused() {
    let (script, router, _service) = start().await;
    script.set(Good("second"));
    assert_eq!(post(&router, "/-/reload").await.status, 200);
    let other = post(&router, "/debug/reload/confirm/7").await;
    assert_eq!(
        (other.status, &*other.error()),
        (409, "generation 7 is not on probation")
    );
    let confirmed = post(&router, "/debug/reload/confirm/2").await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    assert_eq!(confirmed.json()["targets"][0]["confirmed"], 2);
    tokio::time::sleep(Duration::from_secs(120)).await;
    settle().await;
    let again = post(&router, "/debug/reload/confirm/2").await;
    assert_eq!(again.status, 409, "it has passed");
}
