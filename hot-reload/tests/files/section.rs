//! A file whose section `[reload]` says how its service reloads.

use std::time::Duration;

use hot_reload::event::{HoldReason, WatchState};
use hot_reload::policy::ReloadSettings;
use hot_reload::source::{File, Source, Toml};
use hot_reload::testing::Outcomes;
use hot_reload::testing::files::{atomic_save, vim_save};
use hot_reload::{Outcome, ReloaderService};
use tokio::time::timeout;

use crate::file::{DEADLINE, World};

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Config {
    port: u16,
    #[serde(default)]
    reload: ReloadSettings,
}

#[tokio::test]
async fn file_sets_how_it_is_reloaded() {
    let world = World::new();
    let path = world.file("app.toml", "port = 1");
    let outcomes = Outcomes::new();
    let source = File::new(&path).decode(Toml::<Config>::new());
    let builder = ReloaderService::builder(source)
        .hybrid()
        .interval(Duration::from_secs(3600))
        .heartbeat(Duration::from_secs(3600))
        .settings_from(|config: &Config| &config.reload)
        .observe(outcomes.clone());
    let (config, control) = builder.start().await.unwrap();
    let next = async |is_it: fn(&Outcome) -> bool| {
        let found = timeout(DEADLINE, outcomes.wait_for(is_it)).await;
        found.unwrap_or_else(|_| panic!("{}", control.explain()))
    };
    assert_eq!(next(Outcome::is_current).await.as_str(), "published");

    // A mistake in the section is one in the file.
    vim_save(&path, "port = 2\n[reload]\ninterval = \"soon\"").unwrap();
    let bad = next(|outcome| outcome.error().is_some()).await;
    let error = bad.error().unwrap().to_string();
    assert!(error.contains("app.toml:3:12: reload.interval"), "{error}");
    assert!(error.contains("a duration such as"), "{error}");
    assert_eq!(config.load().port, 1);

    // The next values are checked only.
    atomic_save(&path, "port = 3\n[reload]\nvalidate_only = true").unwrap();
    let _ = next(|outcome| matches!(outcome, Outcome::Held)).await;
    let hold = control.status().hold.unwrap();
    assert_eq!(hold.reason, HoldReason::ValidateOnly);
    assert_eq!(config.load().port, 1);

    atomic_save(&path, "port = 4\n[reload]\nenabled = false").unwrap();
    let _ = next(|outcome| matches!(outcome, Outcome::Published { .. })).await;
    assert_eq!(config.load().port, 4);
    let status = control.status();
    assert!(!status.enabled && status.hold.is_none());

    // Only a person loads this one. It enables the service again.
    atomic_save(&path, "port = 5").unwrap();
    assert!(control.reload().await.is_current());
    assert_eq!(config.load().port, 5);
    assert!(control.status().enabled);
    atomic_save(&path, "port = 6").unwrap();
    let _ = next(|outcome| matches!(outcome, Outcome::Published { .. })).await;
    while config.load().port != 6 {
        let _ = next(|outcome| matches!(outcome, Outcome::Published { .. })).await;
    }
    assert_ne!(control.status().watch, WatchState::Off);
}
