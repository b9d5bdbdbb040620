//! P1, P18: parts of a value that need a restart are reported or refused.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hot_reload::diff::{RestartPolicy, RestartRequired};
use hot_reload::error::ErrorKind;
use hot_reload::event::Stage;
use hot_reload::policy::RemovalPolicy;
use hot_reload::{
    Control, Error, Live, Outcome, Reload, ReloadResult, ReloaderService, async_trait,
};
use serde::{Serialize, Serializer};

use crate::log::log;
use crate::script::{Good, Missing, Script};
use crate::tray::Tray;

#[derive(Clone, Serialize)]
struct Config {
    listen: u16,
    routes: u16,
    password: &'static str,
}

const STARTED: Config = Config {
    listen: 80,
    routes: 1,
    password: "hunter1",
};

async fn service(
    required: RestartRequired,
) -> Result<(Tray<Config>, Live<Config>, Control<Config>), Error> {
    let tray = Tray::with(STARTED);
    let builder = tray.builder().restart_required(required);
    let (live, control) = builder.start().await?;
    Ok((tray, live, control))
}

fn waits(control: &Control<impl Sized>) -> Vec<String> {
    control.status().needs_restart
}

#[tokio::test(start_paused = true)]
async fn change_that_needs_a_restart_is_published_and_reported_once() {
    let log = log();
    let required = RestartRequired::new(["listen", "password"]);
    let (tray, live, control) = service(required).await.unwrap();
    assert!(waits(&control).is_empty());
    let publish = async |value| tray.publish(&control, value).await;

    publish(Config {
        routes: 2,
        ..STARTED
    })
    .await;
    assert!(waits(&control).is_empty());
    assert_eq!(log.count("restart"), 0, "of a part that needs none");

    publish(Config {
        listen: 81,
        ..STARTED
    })
    .await;
    assert_eq!(live.load().listen, 81);
    assert_eq!(waits(&control), ["listen"]);
    assert_eq!(log.count("needs a restart: listen: 80 -> 81"), 1);

    // The restart is still pending, although the value before had the same change.
    for routes in 2..10 {
        publish(Config {
            listen: 81,
            routes,
            ..STARTED
        })
        .await;
        assert_eq!(waits(&control), ["listen"]);
    }
    assert_eq!(log.count("needs a restart: "), 1);

    publish(Config {
        listen: 82,
        ..STARTED
    })
    .await;
    assert_eq!(log.count("needs a restart: listen: 80 -> 82"), 1);

    let password = "hunter2";
    publish(Config {
        listen: 82,
        password,
        ..STARTED
    })
    .await;
    assert_eq!(waits(&control), ["listen", "password"]);
    assert_eq!(log.count("listen: 80 -> 82; password: changed (secret)"), 1);
    assert_eq!(log.count("hunter"), 0);

    publish(STARTED).await;
    assert!(waits(&control).is_empty());
    assert_eq!(log.count("INFO"), 1 + log.count("published"));
    assert_eq!(log.count("no change needs a restart any more"), 1);
    publish(Config {
        listen: 81,
        ..STARTED
    })
    .await;
    assert_eq!(
        log.count("listen: 80 -> 81"),
        2,
        "the pending change is logged again"
    );
    assert_eq!(log.count("WARN"), 4);
}

#[tokio::test(start_paused = true)]
async fn p01_change_that_needs_a_restart_can_be_refused() {
    let required = RestartRequired::new(["listen", "password"]).policy(RestartPolicy::Reject);
    let (tray, live, control) = service(required).await.unwrap();
    let password = "hunter2";
    let refused = Config {
        listen: 81,
        routes: 7,
        password,
    };
    let outcome = tray.offer(&control, refused.clone()).await;
    let Outcome::Rejected { stage, error } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((stage, error.kind()), (Stage::Validate, ErrorKind::Invalid));
    assert_eq!(
        error.to_string(),
        "listen: needs a restart to take effect: 80 -> 81; password: needs a restart to take effect: changed (secret)"
    );
    assert_eq!((live.load().listen, live.load().routes), (80, 1));
    assert!(
        waits(&control).is_empty(),
        "nothing does that is not visible"
    );

    // It is compared with what the process started with, whatever was published since.
    tray.publish(
        &control,
        Config {
            routes: 2,
            ..STARTED
        },
    )
    .await;
    let outcome = tray.offer(&control, refused).await;
    assert!(matches!(outcome, Outcome::Rejected { .. }));
    tray.publish(
        &control,
        Config {
            routes: 3,
            ..STARTED
        },
    )
    .await;
    assert_eq!(live.load().routes, 3);
}

#[tokio::test(start_paused = true)]
async fn refusal_is_reported_with_those_of_validators() {
    let tray = Tray::with(STARTED);
    let required = RestartRequired::new(["listen"]).policy(RestartPolicy::Reject);
    let builder = tray.builder().restart_required(required);
    let builder = builder.validate(|config| match config.routes {
        0 => Err("no routes"),
        _ => Ok(()),
    });
    let (_live, control) = builder.start().await.unwrap();
    let bad = Config {
        listen: 81,
        routes: 0,
        ..STARTED
    };
    let outcome = tray.offer(&control, bad).await;
    assert_eq!(
        outcome.error().unwrap().to_string(),
        "no routes; listen: needs a restart to take effect: 80 -> 81"
    );
}

#[tokio::test(start_paused = true)]
async fn value_refused_at_the_start_is_not_the_first_value() {
    let tray = Tray::with(Config {
        listen: 1,
        routes: 0,
        ..STARTED
    });
    let required = RestartRequired::new(["listen"]).policy(RestartPolicy::Reject);
    let builder = tray.builder().restart_required(required);
    let builder = builder.validate(|config| match config.routes {
        0 => Err("no routes"),
        _ => Ok(()),
    });
    let (_live, control) = builder.start_in_background();
    assert!(matches!(
        control.barrier().await.outcome,
        Outcome::Rejected { .. }
    ));
    tray.publish(&control, STARTED).await;
    tray.publish(
        &control,
        Config {
            routes: 5,
            ..STARTED
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn missing_declared_path_is_reported_once() {
    for policy in [RestartPolicy::Warn, RestartPolicy::Reject] {
        let log = log();
        let required = RestartRequired::new(["lisen", "listen"]).policy(policy);
        let (tray, _live, control) = service(required).await.unwrap();
        let text = "lisen: declared as needing a restart, but not in the value: perhaps a typo";
        assert_eq!((log.count(text), log.count("WARN")), (1, 1));
        for routes in 2..10 {
            tray.publish(&control, Config { routes, ..STARTED }).await;
        }
        assert_eq!(log.count("lisen: declared"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_declaration_fails_the_start() {
    for policy in [RestartPolicy::Warn, RestartPolicy::Reject] {
        let paths = [
            RestartRequired::new(["listen["]),
            RestartRequired::new(["listen"]).secret("pass["),
        ];
        for required in paths {
            let error = service(required.policy(policy)).await.err().unwrap();
            assert_eq!(error.kind(), ErrorKind::Misconfigured, "{error}");
        }
    }
}

/// Cannot be serialized while the switch is on.
struct Touchy(u16, Arc<AtomicBool>);

impl Serialize for Touchy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(!self.1.load(Ordering::Relaxed), "it has a bug");
        serializer.collect_map(BTreeMap::from([("listen", self.0)]))
    }
}

#[tokio::test(start_paused = true)]
async fn p07_unserializable_value_is_an_outcome_or_a_warning() {
    for policy in [RestartPolicy::Warn, RestartPolicy::Reject] {
        let log = log();
        let broken = Arc::new(AtomicBool::new(true));
        let value = |listen| Touchy(listen, Arc::clone(&broken));
        let tray = Tray::with(value(1));
        let required = || RestartRequired::new(["listen"]).policy(policy);
        let error = tray.builder().restart_required(required()).start().await;
        assert_eq!(error.err().unwrap().kind(), ErrorKind::Panicked);

        broken.store(false, Ordering::Relaxed);
        tray.put(value(1));
        let builder = tray.builder().restart_required(required());
        let (live, control) = builder.start().await.unwrap();
        broken.store(true, Ordering::Relaxed);
        for _ in 0..3 {
            let outcome = tray.offer(&control, value(2)).await;
            let published = matches!(outcome, Outcome::Published { .. });
            assert_eq!(published, policy == RestartPolicy::Warn, "{outcome:?}");
        }
        let warned = log.count("cannot find out what needs a restart");
        assert_eq!(warned, usize::from(policy == RestartPolicy::Warn));
        broken.store(false, Ordering::Relaxed);
        let last = if policy == RestartPolicy::Warn { 3 } else { 1 };
        tray.publish(&control, value(last)).await;
        assert_eq!(live.load().0, last);
        assert_eq!(waits(&control).len(), usize::from(last == 3));
    }
}

/// The content of a script, with a name.
struct Listener(Script);

type Named = BTreeMap<&'static str, String>;

#[async_trait]
impl Reload<Named, String> for Listener {
    type Source = Script;

    async fn new(script: &Script) -> ReloadResult<Self, Named, String> {
        Ok(Self(script.clone()))
    }

    async fn reload(&self) -> ReloadResult<Option<Named>, Named, String> {
        let text = self.0.reload().await.map_err(Error::from)?;
        Ok(text.map(|text| BTreeMap::from([("listen", text)])))
    }
}

#[tokio::test(start_paused = true)]
async fn visible_default_is_compared_too() {
    let script = Script::new(Good("first"));
    let default = BTreeMap::from([("listen", "default".to_owned())]);
    let (live, control) = ReloaderService::builder(Listener(script.clone()))
        .on_removal(RemovalPolicy::Replace(default))
        .restart_required(RestartRequired::new(["listen"]))
        .start()
        .await
        .unwrap();
    script.set(Missing);
    assert!(matches!(control.reload().await.outcome, Outcome::Missing));
    assert_eq!(live.load()["listen"], "default");
    assert_eq!(waits(&control), ["listen"]);
    script.set(Good("first"));
    assert!(control.reload().await.is_current());
    assert!(waits(&control).is_empty());
}

#[tokio::test(start_paused = true)]
async fn p17_status_names_twenty_paths_and_the_log_counts_the_rest() {
    let log = log();
    let listeners = |port| -> BTreeMap<u16, u16> { (0..100).map(|name| (name, port)).collect() };
    let tray = Tray::with(listeners(80));
    let builder = tray.builder();
    let builder = builder.restart_required(RestartRequired::new(["*"]));
    let (_live, control) = builder.start().await.unwrap();
    tray.publish(&control, listeners(81)).await;
    assert_eq!(waits(&control).len(), 20);
    assert_eq!(log.count("; and 80 more"), 1);
}
