//! The changed paths of a publication, in its event, in the log and in the explanation.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use hot_reload::event::{ChangedPaths, EventKind, Trigger};
use hot_reload::policy::RemovalPolicy;
use hot_reload::{Live, Outcome};
use serde::{Serialize, Serializer};
use tokio::time::sleep;

use crate::log::log;
use crate::script::{Bad, Good, Missing, Script, seconds};
use crate::tray::{Ledger, Tray};

#[derive(Clone, Default, Serialize)]
struct Config {
    listen: u16,
    routes: Vec<&'static str>,
    password: &'static str,
    #[serde(skip)]
    comment: &'static str,
}

/// Everything that the events of loads report as changed.
#[derive(Clone, Default)]
struct Reported(Arc<Mutex<Vec<Report>>>);

type Report = (Trigger, Option<ChangedPaths>);

impl Reported {
    fn note(&self, kind: &EventKind) {
        if let EventKind::Load {
            trigger, changed, ..
        } = kind
        {
            self.0.lock().unwrap().push((*trigger, changed.clone()));
        }
    }

    /// The last report.
    fn last(&self) -> Option<ChangedPaths> {
        self.0.lock().unwrap().last().unwrap().1.clone()
    }

    fn paths(&self) -> Vec<String> {
        self.last().unwrap().paths
    }
}

#[tokio::test(start_paused = true)]
async fn event_log_and_explanation_of_a_publication_list_the_changed_paths() {
    let log = log();
    let reported = Reported::default();
    let first = Config {
        routes: vec!["a", "b"],
        password: "hunter1",
        ..Config::default()
    };
    let tray = Tray::with(first.clone());
    let noted = reported.clone();
    let builder = tray.builder().changed_paths();
    let builder = builder.on_event(move |event| noted.note(&event.kind));
    let (live, control) = builder.start().await.unwrap();
    assert_eq!(reported.last(), None, "the first value replaces none");

    let second = Config {
        listen: 81,
        routes: vec!["a", "c", "d"],
        password: "hunter2",
        ..first
    };
    tray.publish(&control, second.clone()).await;
    let paths = ["listen", "password", "routes[1]", "routes[2]"];
    assert_eq!(reported.paths(), paths);
    let line = "changed=\"listen, password, routes[1], routes[2]\"";
    assert_eq!(log.count(line), 1, "{}", log.text());
    let explained = control.explain();
    let text = explained.to_string();
    assert!(
        text.contains("; changed listen, password, routes[1], routes[2]"),
        "{text}"
    );
    let attempts: Vec<_> = explained
        .attempts()
        .map(|load| load.changed().cloned())
        .collect();
    assert_eq!(attempts, [None, reported.last()]);
    assert!(!format!("{text}{}", log.text()).contains("hunter"));

    let comment = "not serialized";
    tray.publish(&control, Config { comment, ..second }).await;
    assert_eq!(reported.last(), Some(ChangedPaths::default()));
    assert_eq!(live.load().comment, comment);
    assert_eq!(log.count("changed=\"nothing\""), 1);
    assert!(control.reload().await.is_current());
    assert_eq!(reported.last(), None, "nothing was published");
    assert_eq!(log.count("changed="), 2);
}

#[tokio::test(start_paused = true)]
async fn p17_at_most_twenty_paths_are_listed_and_the_others_are_counted() {
    let reported = Reported::default();
    let noted = reported.clone();
    let keys = |number: usize| -> BTreeMap<String, usize> {
        let long = "k".repeat(300);
        let keys = (0..25).map(|key| (format!("{key:02}{long}"), number));
        keys.collect()
    };
    let tray = Tray::with(keys(0));
    let builder = tray.builder().changed_paths();
    let builder = builder.on_event(move |event| noted.note(&event.kind));
    let (_live, control) = builder.start().await.unwrap();
    tray.publish(&control, keys(1)).await;
    let changed = reported.last().unwrap();
    assert_eq!((changed.paths.len(), changed.omitted), (20, 5));
    assert!(changed.to_string().ends_with(" and 5 more"), "{changed}");
    for path in &changed.paths {
        assert!(path.chars().count() <= 161, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn p18_hidden_key_and_forged_line_are_not_in_a_path() {
    let log = log();
    let reported = Reported::default();
    let noted = reported.clone();
    let keys = [
        "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "a\nERROR forged\u{202e}",
    ];
    let value = |number: u8| BTreeMap::from(keys.map(|key| (key, number)));
    let tray = Tray::with(value(0));
    let builder = tray.builder().changed_paths();
    let builder = builder.on_event(move |event| noted.note(&event.kind));
    let (_live, control) = builder.start().await.unwrap();
    tray.publish(&control, value(1)).await;
    let shown = ["(secret)", "\"a\\nERROR forged\\u{202e}\""];
    assert_eq!(reported.paths(), shown);
    assert_eq!(log.starting_with("ERROR"), 0, "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn rollback_and_default_of_a_removal_report_what_they_change() {
    let reported = Reported::default();
    let noted = reported.clone();
    let script = Script::new(Good("first")).with(|state| state.muted = true);
    let builder = script
        .builder()
        .changed_paths()
        .history(2)
        .on_removal(RemovalPolicy::Replace("default".to_owned()));
    let builder = builder.on_event(move |event| noted.note(&event.kind));
    let (_live, control) = builder.start().await.unwrap();
    script.set(Good("second"));
    assert!(control.reload().await.is_current());
    assert_eq!(reported.paths(), ["."]);
    assert!(control.rollback().await.is_current());
    assert_eq!(
        reported.0.lock().unwrap().last().unwrap().0,
        Trigger::Rollback
    );
    assert_eq!(reported.paths(), ["."]);
    script.set(Missing);
    assert!(matches!(control.reload().await.outcome, Outcome::Missing));
    assert_eq!(reported.paths(), ["."]);
    script.set(Bad("typo"));
    assert!(!control.reload().await.is_current());
    assert_eq!(reported.last(), None);
}

/// A value that does something when it is serialized.
struct Hooked(Hook);

type Hook = Arc<dyn Fn() + Send + Sync>;

impl Serialize for Hooked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0)();
        serializer.serialize_unit()
    }
}

#[tokio::test(start_paused = true)]
async fn p07_value_that_panics_when_it_is_compared_is_published_and_logged_once() {
    let log = log();
    let reported = Reported::default();
    let noted = reported.clone();
    let broken = Arc::new(AtomicBool::new(true));
    let hook: Hook = {
        let broken = Arc::clone(&broken);
        Arc::new(move || assert!(!broken.load(Ordering::Relaxed), "password=hunter2"))
    };
    let tray = Tray::with(Hooked(Arc::clone(&hook)));
    let builder = tray.builder().changed_paths();
    let builder = builder.on_event(move |event| noted.note(&event.kind));
    let (live, control) = builder.start().await.unwrap();
    for generation in 2..5 {
        tray.publish(&control, Hooked(Arc::clone(&hook))).await;
        assert_eq!(live.get().generation().get(), generation);
        assert_eq!(reported.last(), None);
    }
    assert_eq!(log.count("cannot find out what has changed"), 1);
    assert_eq!(log.count("hunter2"), 0, "{}", log.text());
    broken.store(false, Ordering::Relaxed);
    tray.publish(&control, Hooked(hook)).await;
    assert_eq!(reported.last(), Some(ChangedPaths::default()));
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn values_are_compared_once_and_after_they_are_visible_and_subscribers_are_woken() {
    let live = Arc::new(Mutex::new(None::<Live<Hooked>>));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let woken = Arc::new(AtomicUsize::new(0));
    let hook: Hook = {
        let (live, seen, woken) = (Arc::clone(&live), Arc::clone(&seen), Arc::clone(&woken));
        Arc::new(move || {
            let live = live.lock().unwrap();
            let visible = live.as_ref().unwrap().get().generation().get();
            let woken = woken.load(Ordering::SeqCst);
            seen.lock().unwrap().push((visible, woken));
        })
    };
    let tray = Tray::with(Hooked(Arc::clone(&hook)));
    let (handle, control) = tray.builder().changed_paths().start().await.unwrap();
    let mut changes = handle.subscribe();
    *live.lock().unwrap() = Some(handle);
    // The waker notes when it is woken, because a task of this runtime runs later.
    let waker = futures_util::task::waker(Arc::new(Count(Arc::clone(&woken))));
    let mut context = std::task::Context::from_waker(&waker);
    let mut changed = Box::pin(changes.changed());
    assert!(changed.poll_unpin(&mut context).is_pending());
    tray.publish(&control, Hooked(Arc::clone(&hook))).await;
    assert_eq!(
        *seen.lock().unwrap(),
        [(2, 1), (2, 1)],
        "the old and the new value"
    );
    assert!(control.reload().await.is_current());
    assert_eq!(seen.lock().unwrap().len(), 2, "nothing was published");
    drop(changed);
    *live.lock().unwrap() = None;
}

struct Count(Arc<AtomicUsize>);

impl futures_util::task::ArcWake for Count {
    fn wake_by_ref(count: &Arc<Self>) {
        count.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn p17_compared_value_is_freed_when_it_is_replaced() {
    #[derive(Serialize)]
    struct Counted {
        number: u64,
        #[serde(skip)]
        _entry: crate::tray::Entry,
    }
    let ledger = Ledger::default();
    let counted = |number| Counted {
        number,
        _entry: ledger.value(number),
    };
    let tray = Tray::with(counted(1));
    let (live, control) = tray.builder().changed_paths().start().await.unwrap();
    for number in 2..5 {
        tray.publish(&control, counted(number)).await;
        let replaced: Vec<_> = (1..number).collect();
        assert_eq!(ledger.freed(), replaced);
        assert_eq!(live.retained().count, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn record_of_a_repeated_removal_keeps_the_changed_paths() {
    let script = Script::new(Good("first"));
    let builder = script.builder().changed_paths();
    let builder = builder.on_removal(RemovalPolicy::Replace("default".to_owned()));
    let (live, control) = builder.start().await.unwrap();
    script.set(Missing);
    for _ in 0..3 {
        let _ = control.reload().await;
        sleep(seconds(40)).await;
    }
    assert_eq!(*live.load(), "default");
    let last = control.status().last_attempt.unwrap();
    assert!(last.times > 1 && last.changed().is_some(), "{last:?}");
}
