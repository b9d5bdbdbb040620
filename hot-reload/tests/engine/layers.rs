//! `Layers` of scripted sources: one moment for all, one watch for all, and variables.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::{EventKind, WatchState};
use hot_reload::source::{Fetched, Format, HintSender, Layers, Source, Subscription, WatchProfile};
use hot_reload::{Error, Outcome, ReloaderService, Revision};
use tokio::time::{Instant, sleep, timeout};

/// A value that the test sets.
#[derive(Clone)]
struct Store(Arc<State>);

struct State {
    key: &'static str,
    /// 0 is blank content.
    value: AtomicU64,
    /// Called at the end of each fetch.
    on_fetch: Mutex<Option<Box<dyn FnMut() + Send>>>,
    hints: Mutex<Option<HintSender>>,
    opens: AtomicU32,
    traits: Traits,
}

#[derive(Clone, Copy, Default)]
struct Traits {
    has_no_watch: bool,
    accepts_empty: bool,
    idle: Option<Duration>,
}

impl Traits {
    fn idle(seconds: u64) -> Self {
        Self {
            idle: Some(Duration::from_secs(seconds)),
            ..Self::default()
        }
    }

    fn no_watch() -> Self {
        Self {
            has_no_watch: true,
            ..Self::default()
        }
    }
}

impl Store {
    fn new(key: &'static str) -> Self {
        Self::with(key, Traits::default())
    }

    fn with(key: &'static str, traits: Traits) -> Self {
        Self(Arc::new(State {
            key,
            value: AtomicU64::new(1),
            on_fetch: Mutex::default(),
            hints: Mutex::default(),
            opens: AtomicU32::new(0),
            traits,
        }))
    }

    fn set(&self, value: u64) {
        self.0.value.store(value, Ordering::SeqCst);
        if let Some(hints) = &*self.0.hints.lock().unwrap() {
            hints.hint();
        }
    }

    fn on_fetch(&self, call: impl FnMut() + Send + 'static) {
        *self.0.on_fetch.lock().unwrap() = Some(Box::new(call));
    }

    fn hints(&self) -> HintSender {
        self.0.hints.lock().unwrap().clone().unwrap()
    }

    fn opens(&self) -> u32 {
        self.0.opens.load(Ordering::SeqCst)
    }
}

impl Source for Store {
    fn name(&self) -> String {
        format!("store/{}", self.0.key)
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let value = self.0.value.load(Ordering::SeqCst);
        let revision = Revision::from(value);
        if let Some(call) = &mut *self.0.on_fetch.lock().unwrap() {
            call();
        }
        Ok(match seen == Some(&revision) {
            true => Fetched::Unchanged,
            false => Fetched::Content {
                bytes: match value {
                    0 => Vec::new(),
                    value => format!("{} = {value}", self.0.key).into_bytes(),
                },
                revision,
            },
        })
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        self.0.opens.fetch_add(1, Ordering::SeqCst);
        if self.0.traits.has_no_watch {
            return Ok(Subscription::none());
        }
        *self.0.hints.lock().unwrap() = Some(hints);
        Ok(Subscription::new(()))
    }

    fn profile(&self) -> WatchProfile {
        let mut profile = WatchProfile::local();
        profile.idle = self.0.traits.idle;
        profile
    }

    fn accepts_empty(&self) -> bool {
        self.0.traits.accepts_empty
    }
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Pair {
    a: u64,
    b: u64,
}

fn layers(a: &Store, b: &Store) -> Layers<Pair> {
    Layers::new()
        .source(a.clone(), Format::Toml)
        .source(b.clone(), Format::Toml)
}

/// `a` is edited before `b`, so the old `a` beside the new `b` never existed.
#[tokio::test(start_paused = true)]
async fn p05_edits_between_two_fetches_are_not_published_half() {
    let (a, b) = (Store::new("a"), Store::new("b"));
    let (first, second) = (a.clone(), b.clone());
    let mut edits = 0;
    a.on_fetch(move || {
        if edits < 3 {
            edits += 1;
            first.0.value.store(edits + 1, Ordering::SeqCst);
            second.0.value.store(edits + 1, Ordering::SeqCst);
        }
    });
    let service = ReloaderService::builder(layers(&a, &b)).realtime();
    let (live, control) = service
        .validate(|pair: &Pair| if pair.a < pair.b { Err("torn") } else { Ok(()) })
        .start()
        .await
        .unwrap();
    assert_eq!(*live.load(), Pair { a: 4, b: 4 });
    assert_eq!(control.status().counters.rejected, 0);
}

#[tokio::test(start_paused = true)]
async fn layers_that_never_rest_fail_the_load() {
    let (a, b) = (Store::new("a"), Store::new("b"));
    let (live, control) = ReloaderService::builder(layers(&a, &b))
        .start()
        .await
        .unwrap();
    let first = a.clone();
    a.set(2);
    a.on_fetch(move || {
        first.0.value.fetch_add(1, Ordering::SeqCst);
    });
    match control.reload().await.outcome {
        Outcome::Failed { error } => {
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            let text = "store/a + store/b: its layers change faster than they can be read together";
            assert_eq!(error.to_string(), text);
        }
        outcome => panic!("{outcome:?}"),
    }
    assert_eq!(*live.load(), Pair { a: 1, b: 1 });
}

#[tokio::test(start_paused = true)]
async fn p04_hint_of_each_layer_arrives_and_unchanged_layers_are_not_published() {
    let (a, b) = (Store::new("a"), Store::new("b"));
    let hour = Duration::from_secs(3600);
    let service = ReloaderService::builder(layers(&a, &b))
        .realtime()
        .interval(hour);
    let (live, control) = service.start().await.unwrap();
    let mut changes = live.subscribe();
    for (store, pair) in [(&a, Pair { a: 2, b: 1 }), (&b, Pair { a: 2, b: 2 })] {
        store.set(2);
        assert_eq!(*changes.changed().await.unwrap(), pair);
    }
    a.set(2);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(control.status().generation.unwrap().get(), 3);
}

#[tokio::test(start_paused = true)]
async fn p20_loss_of_one_watch_reopens_all() {
    let ways: [fn(&Store); 2] = [
        |store| {
            let hints = store.0.hints.lock().unwrap().clone().unwrap();
            hints.lost(&Error::new(ErrorKind::Unavailable, "the connection broke"));
        },
        |store| drop(store.0.hints.lock().unwrap().take()),
    ];
    for (way, text) in ways
        .into_iter()
        .zip(["the connection broke", "the watch was closed"])
    {
        let (a, b) = (Store::new("a"), Store::new("b"));
        let (live, control) = ReloaderService::builder(layers(&a, &b))
            .realtime()
            .start()
            .await
            .unwrap();
        assert_eq!((a.opens(), b.opens()), (1, 1));
        way(&b);
        sleep(Duration::from_millis(1)).await;
        let why = control.status().watch_error.unwrap().to_string();
        assert_eq!(why, format!("store/b: {text}"));
        // What changes meanwhile is seen.
        b.0.value.store(7, Ordering::SeqCst);
        sleep(Duration::from_secs(60)).await;
        assert_eq!((a.opens(), b.opens()), (2, 2));
        assert_ne!(control.status().watch, WatchState::Down);
        assert_eq!(live.load().b, 7);
    }
}

/// Watches of `a` and `b`, of which `a` sends something every second. Returns how long it takes until a watch is lost, and why.
async fn silence_of_b(a: Traits, b: Traits, send: fn(&Store)) -> Option<(Duration, String)> {
    let (a, b) = (Store::with("a", a), Store::with("b", b));
    let service = ReloaderService::builder(layers(&a, &b)).realtime();
    let (_live, control) = service.start().await.unwrap();
    let mut events = control.events();
    let began = Instant::now();
    let sends = async {
        loop {
            sleep(Duration::from_secs(1)).await;
            send(&a);
        }
    };
    let lost = async {
        loop {
            let event = events.next().await.unwrap();
            if let EventKind::Watch {
                error: Some(why), ..
            } = event.kind
            {
                return (began.elapsed(), why.to_string());
            }
        }
    };
    tokio::select! {
        lost = timeout(Duration::from_secs(300), lost) => lost.ok(),
        () = sends => None,
    }
}

#[tokio::test(start_paused = true)]
async fn p20_silent_layer_ends_the_watch_although_another_hints() {
    let calls: [fn(&Store); 3] = [
        |a| a.hints().hint(),
        |a| a.hints().alive(),
        |a| a.hints().content("a = 1", Revision::from(1_u64)),
    ];
    for a in [Traits::default(), Traits::idle(10), Traits::idle(60)] {
        for call in calls {
            let (after, why) = silence_of_b(a, Traits::idle(30), call).await.unwrap();
            assert_eq!(after.as_secs(), 30);
            assert_eq!(why, "store/b: no sign of life for 30s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p15_layer_without_a_watch_or_timeout_may_be_silent() {
    let no_watch = Traits {
        has_no_watch: true,
        ..Traits::idle(10)
    };
    for b in [Traits::default(), no_watch] {
        let lost = silence_of_b(Traits::idle(10), b, |a| a.hints().alive()).await;
        assert_eq!(lost, None);
    }
}

#[tokio::test(start_paused = true)]
async fn layer_that_accepts_empty_content_is_not_emptied() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Config {
        #[serde(default)]
        a: u64,
        #[serde(default)]
        b: u64,
    }

    for accepts_empty in [true, false] {
        let traits = Traits {
            accepts_empty,
            ..Traits::default()
        };
        let (a, b) = (Store::with("a", traits), Store::new("b"));
        let source = Layers::<Config>::new()
            .source(a.clone(), Format::Toml)
            .source(b.clone(), Format::Toml);
        let (live, control) = ReloaderService::builder(source).start().await.unwrap();
        a.set(0);
        // A removal must be confirmed.
        let _ = control.reload().await;
        let outcome = control.reload().await.outcome;
        assert_eq!(outcome.is_current(), accepts_empty, "{outcome:?}");
        assert_eq!(live.load().a, if accepts_empty { 0 } else { 1 });
        // The other layer still is.
        b.set(0);
        let _ = control.reload().await;
        assert!(!control.reload().await.outcome.is_current());
        assert_eq!(live.load().b, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn layer_without_a_watch_is_polled_and_told() {
    let (a, b) = (Store::new("a"), Store::with("b", Traits::no_watch()));
    let (live, control) = ReloaderService::builder(layers(&a, &b))
        .hybrid()
        .start()
        .await
        .unwrap();
    let source = control.status().source_status.unwrap();
    assert!(source.is_degraded_by("layer_without_watch"), "{source:?}");
    assert!(source.degraded[0].message.contains("store/b"), "{source:?}");
    b.set(5);
    sleep(Duration::from_secs(120)).await;
    assert_eq!(live.load().b, 5);

    let (a, b) = (
        Store::with("a", Traits::no_watch()),
        Store::with("b", Traits::no_watch()),
    );
    let (_live, control) = ReloaderService::builder(layers(&a, &b))
        .hybrid()
        .start()
        .await
        .unwrap();
    assert_eq!(control.status().watch, WatchState::Off);
}

#[tokio::test(start_paused = true)]
async fn p04_change_of_an_unwatched_layer_is_found_within_the_interval_and_no_miss() {
    for hybrid in [false, true] {
        let (a, b) = (Store::new("a"), Store::with("b", Traits::no_watch()));
        let variable = Arc::new(Mutex::new("1"));
        let read = Arc::clone(&variable);
        let layers = layers(&a, &b).env_from("APP_", move || [("APP_A", *read.lock().unwrap())]);
        let service = ReloaderService::builder(layers);
        let service = match hybrid {
            true => service.hybrid(),
            false => service.realtime(),
        };
        let (live, control) = service.start().await.unwrap();
        sleep(Duration::from_secs(120)).await;
        for round in 2..6 {
            b.set(round);
            sleep(Duration::from_secs(11)).await;
            assert_eq!(live.load().b, round);
        }
        *variable.lock().unwrap() = "7";
        sleep(Duration::from_secs(11)).await;
        assert_eq!(live.load().a, 7);
        sleep(Duration::from_secs(60)).await;
        let status = control.status();
        assert_eq!(status.watch, WatchState::Trusted);
        assert_eq!(status.counters.missed_events, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn variables_are_read_at_each_load() {
    let now = Arc::new(Mutex::new(vec![("APP_A", "1"), ("APP_B", "2"), ("B", "3")]));
    let read = Arc::clone(&now);
    let source = Layers::<Pair>::new().env_from("APP_", move || read.lock().unwrap().clone());
    let (live, control) = ReloaderService::builder(source).start().await.unwrap();
    assert_eq!(*live.load(), Pair { a: 1, b: 2 });
    assert!(matches!(control.reload().await.outcome, Outcome::Unchanged));

    now.lock().unwrap()[1].1 = "4";
    assert!(control.reload().await.outcome.is_current());
    assert_eq!(*live.load(), Pair { a: 1, b: 4 });

    for (name, value, text) in [
        ("APP_A", "x", "APP_A: a: expected u64, found \"x\""),
        ("APP_A__", "x", "APP_A__: has an empty key in its name"),
        (
            "APP_B__C",
            "x",
            "APP_B__C: a key cannot have both a value and keys below it, as APP_B demands",
        ),
    ] {
        let before = now.lock().unwrap().clone();
        now.lock().unwrap().insert(0, (name, value));
        let rejected = control.reload().await.outcome;
        let error = rejected.error().map(ToString::to_string);
        assert_eq!(error.as_deref(), Some(text), "{rejected:?}");
        *now.lock().unwrap() = before;
    }
    assert!(control.reload().await.outcome.is_current());
}

#[tokio::test(start_paused = true)]
async fn p18_secret_of_a_variable_is_in_no_output() {
    let source = Layers::<Pair>::new().env_from("APP_", || {
        [
            ("APP_A", "1"),
            ("APP_B", "1"),
            ("APP_PASSWORD", "hunter2"),
            ("APP_X__TOKEN", "hunter2"),
        ]
    });
    let explain = source.explain();
    let debug = format!("{source:?}");
    let (live, control) = ReloaderService::builder(source).start().await.unwrap();
    let mut outputs = vec![debug, format!("{explain:?}")];
    for path in ["password", "x.token", "x"] {
        let answer = explain.key(&live.get(), path).unwrap().unwrap();
        outputs.push(format!("{answer:?} {answer}"));
    }
    outputs.push(format!("{:?} {}", control.status(), control.status()));
    outputs.push(format!("{:?} {}", control.explain(), control.explain()));
    for output in outputs {
        assert!(!output.contains("hunter2"), "{output}");
    }
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Role {
    role: String,
}

#[tokio::test(start_paused = true)]
async fn p01_clones_with_different_layers_read_their_own() {
    let base = Layers::<Role>::new().env_from("APP_", || [("APP_ROLE", "none")]);
    let roles = ["web", "worker"].map(|role| base.clone().set("role", role).unwrap());
    for (layers, role) in roles.into_iter().zip(["web", "worker"]) {
        let explain = layers.explain();
        let (live, _control) = ReloaderService::builder(layers).start().await.unwrap();
        assert_eq!(live.load().role, role);
        let answer = explain.key(&live.get(), "role").unwrap().unwrap();
        assert_eq!(answer.value.as_deref(), Some(&*format!("{role:?}")));
    }
}

#[tokio::test(start_paused = true)]
async fn p18_path_declared_secret_after_explain_is_masked() {
    let layers = Layers::<Role>::new().env_from("APP_", || [("APP_ROLE", "blue")]);
    let explain = layers.explain();
    let layers = layers.secret(&["role"]);
    let (live, _control) = ReloaderService::builder(layers).start().await.unwrap();
    let answer = explain.key(&live.get(), "role").unwrap().unwrap();
    assert!(!answer.to_string().contains("blue"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn table_under_a_replaced_value_does_not_win() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Config {
        db: std::collections::BTreeMap<String, String>,
    }

    let toml = |name: &str, text: &str, layers: Layers<Config>| {
        layers.document(name, Format::Toml, text).unwrap()
    };
    let layers = toml("first", "db = { name = \"a\" }", Layers::new());
    let layers = toml("second", "db = \"a place\"", layers);
    let layers = toml("third", "db = { host = \"b\" }", layers);
    let explain = layers.explain();
    let (live, _control) = ReloaderService::builder(layers).start().await.unwrap();
    assert_eq!(live.load().db.len(), 1);
    let answer = explain.key(&live.get(), "db").unwrap().unwrap();
    let wins: Vec<_> = answer
        .answers
        .iter()
        .map(|layer| (&*layer.layer, layer.wins))
        .collect();
    assert_eq!(wins, [("third", true), ("second", false), ("first", false)]);
}

#[tokio::test(start_paused = true)]
async fn number_of_a_variable_must_be_finite() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Config {
        ratio: f64,
    }

    for (text, expected) in [
        ("0.5", true),
        (" 1e3 ", true),
        ("inf", false),
        ("nan", false),
        ("1e999", false),
    ] {
        let layers = Layers::<Config>::new().env_from("APP_", move || [("APP_RATIO", text)]);
        let started = ReloaderService::builder(layers).start().await;
        assert_eq!(started.is_ok(), expected, "{text}: {started:?}");
    }
}

/// Variables that the test sets.
fn variables<T>(first: &'static str) -> (Layers<T>, impl Fn(&str, &str)) {
    let now = Arc::new(Mutex::new(vec![("APP_ROLE".to_owned(), first.to_owned())]));
    let read = Arc::clone(&now);
    let layers = Layers::new().env_from("APP_", move || read.lock().unwrap().clone());
    let set = move |name: &str, value: &str| {
        let mut now = now.lock().unwrap();
        now.retain(|(other, _)| other != name);
        now.push((name.to_owned(), value.to_owned()));
    };
    (layers, set)
}

#[tokio::test(start_paused = true)]
async fn visible_and_earlier_values_stay_explained_after_many_rejected_loads() {
    let (layers, set) = variables::<Role>("web");
    let explain = layers.explain();
    let (live, control) = ReloaderService::builder(layers)
        .validate(|role: &Role| {
            if role.role.starts_with("bad") {
                Err("bad")
            } else {
                Ok(())
            }
        })
        .start()
        .await
        .unwrap();
    let first = live.get();
    set("APP_ROLE", "worker");
    assert!(control.reload().await.outcome.is_current());
    let value = |of| explain.key(&of, "role").unwrap().unwrap().value.unwrap();
    for number in 0..40 {
        set("APP_ROLE", &format!("bad{number}"));
        let outcome = control.reload().await.outcome;
        assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    }
    assert_eq!(value(live.get()), "\"worker\"");
    assert_eq!(value(first.clone()), "\"web\"");

    // Published values go in the order of their loads.
    for number in 0..40 {
        set("APP_ROLE", &format!("good{number}"));
        assert!(control.reload().await.outcome.is_current());
        assert_eq!(value(live.get()), format!("\"good{number}\""));
    }
    assert_eq!(explain.key(&first, "role").unwrap(), None, "bounded");
}

#[tokio::test(start_paused = true)]
async fn unknown_keys_of_a_rejected_load_are_not_those_of_the_value() {
    let (layers, set) = variables::<Role>("web");
    let (live, control) = ReloaderService::builder(layers)
        .validate(|role: &Role| {
            if role.role == "bad" {
                Err("bad")
            } else {
                Ok(())
            }
        })
        .start()
        .await
        .unwrap();
    set("APP_ROLE", "bad");
    set("APP_ROEL", "x");
    let outcome = control.reload().await.outcome;
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    assert_eq!(live.load().role, "web");
    let status = control.status().source_status.unwrap();
    let unknown = status
        .degraded
        .iter()
        .find(|why| why.reason == "unknown_keys");
    assert_eq!(
        unknown.unwrap().message,
        "the content that was decoded last has unknown keys, which are ignored: \
         APP_ROEL: unknown key \"roel\", expected \"role\" (did you mean \"role\"?)"
    );
}
