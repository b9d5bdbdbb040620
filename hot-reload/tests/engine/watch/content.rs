//! Content that a subscription delivers: through the same steps as a loaded value, without a load.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::{Stage, Trigger, WatchState};
use hot_reload::policy::RemovalPolicy;
use hot_reload::source::{
    DecodeWith, Decoded, Fetched, HintSender, Source, Subscription, WatchProfile,
};
use hot_reload::{Builder, Control, Error, Live, Outcome, ReloaderService, Revision};
use tokio::time::sleep;

use crate::script::{seconds, settle};

/// A store with one key. Its revision is the text itself.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    text: &'static str,
    fetches: u32,
    takes: Duration,
    failing: bool,
    debounce: Duration,
    idle: Option<Duration>,
    hints: Option<HintSender>,
    opens: u32,
}

type Parse = fn(&[u8]) -> Result<String, String>;
type Words = Decoded<Store, DecodeWith<Parse>>;

impl Store {
    fn new(text: &'static str) -> Self {
        let store = Self::default();
        store.state().text = text;
        store
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn builder(&self) -> Builder<Words, String, String> {
        let parse: Parse = |bytes| match std::str::from_utf8(bytes) {
            Ok(text) if text.starts_with("bad") => Err(format!("{text} is no word")),
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(error.to_string()),
        };
        ReloaderService::builder(self.clone().decode(DecodeWith::new(parse)))
    }

    async fn service(&self) -> (Live<String>, Control<String>) {
        let started = self.builder().hybrid().start().await.unwrap();
        settle().await;
        started
    }

    /// The content changes, and the subscriber gets it.
    fn push(&self, text: &'static str) {
        self.state().text = text;
        self.deliver(text);
    }

    /// The subscriber gets this, whatever the store holds.
    fn deliver(&self, text: &str) {
        let hints = self.state().hints.clone().unwrap();
        hints.content(text, Revision::new(text));
    }

    fn fetches(&self) -> u32 {
        self.state().fetches
    }
}

impl Source for Store {
    fn name(&self) -> String {
        "store/word".to_owned()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let (text, takes, failing) = {
            let mut state = self.state();
            state.fetches += 1;
            (state.text, state.takes, state.failing)
        };
        sleep(takes).await;
        if failing {
            return Err(Error::new(ErrorKind::Unavailable, "no connection"));
        }
        let revision = Revision::new(text);
        Ok(match seen == Some(&revision) {
            true => Fetched::Unchanged,
            false => Fetched::Content {
                bytes: text.into(),
                revision,
            },
        })
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        let mut state = self.state();
        state.hints = Some(hints);
        state.opens += 1;
        Ok(Subscription::new(()))
    }

    fn profile(&self) -> WatchProfile {
        let mut profile = WatchProfile::network();
        profile.rate = None;
        profile.debounce = self.state().debounce;
        profile.idle = self.state().idle;
        profile
    }
}

#[tokio::test(start_paused = true)]
async fn content_is_published_without_a_load() {
    let store = Store::new("first");
    let (live, control) = store.service().await;
    let fetches = store.fetches();
    store.push("second");
    settle().await;
    let now = live.get();
    assert_eq!((now.as_str(), now.trigger()), ("second", Trigger::Watch));
    assert_eq!(now.revision(), Some(&Revision::new("second")));
    assert_eq!(store.fetches(), fetches);
    // The next load knows the revision.
    assert!(matches!(control.reload().await.outcome, Outcome::Unchanged));
    assert_eq!(store.fetches(), fetches + 1);
}

#[tokio::test(start_paused = true)]
async fn p01_bad_content_is_rejected_as_after_a_load() {
    let store = Store::new("first");
    let (live, control) = store.service().await;
    store.push("bad word");
    settle().await;
    let status = control.status();
    let pushed = status.last_attempt.unwrap();
    assert_eq!(
        (live.load().as_str(), pushed.trigger),
        ("first", Trigger::Watch)
    );

    let loaded = Store::new("first");
    let (_live, control) = loaded.service().await;
    loaded.state().text = "bad word";
    let loaded = control.reload().await.outcome;
    for outcome in [pushed.outcome.clone(), loaded] {
        let Outcome::Rejected { stage, error } = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(stage, Stage::Decode);
        assert_eq!(error.to_string(), "store/word: bad word is no word");
        assert_eq!(error.revision(), Some(&Revision::new("bad word")));
    }
}

#[tokio::test(start_paused = true)]
async fn p11_repeated_bad_content_is_reported_once() {
    let store = Store::new("first");
    let (live, control) = store.service().await;
    for _ in 0..3 {
        store.push("bad word");
        settle().await;
    }
    let counters = control.status().counters;
    assert_eq!(counters.published, 1);
    assert_eq!(
        control
            .explain()
            .attempts()
            .filter(|attempt| attempt.outcome.error().is_some())
            .count(),
        1
    );
    store.push("good");
    settle().await;
    assert_eq!(*live.load(), "good");
}

#[tokio::test(start_paused = true)]
async fn p10_content_of_the_visible_value_is_no_change() {
    let store = Store::new("first");
    let (live, control) = store.service().await;
    store.push("first");
    settle().await;
    assert_eq!(live.get().generation().to_string(), "1");
    assert_eq!(control.status().counters.published, 1);
}

#[tokio::test(start_paused = true)]
async fn validators_see_content() {
    let store = Store::new("first");
    let builder = store.builder().validate(|word: &String| match word.len() {
        0..10 => Ok(()),
        _ => Err("is too long"),
    });
    let (live, control) = builder.hybrid().start().await.unwrap();
    settle().await;
    store.push("a very long word");
    settle().await;
    assert_eq!(*live.load(), "first");
    let outcome = control.status().last_attempt.unwrap().outcome.clone();
    assert!(matches!(
        outcome,
        Outcome::Rejected {
            stage: Stage::Validate,
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn latest_content_wins_after_the_debounce_window() {
    let store = Store::new("first");
    store.state().debounce = seconds(1);
    let (live, control) = store.service().await;
    sleep(seconds(120)).await;
    let published = control.status().counters.published;
    for text in ["a", "b", "c", "d"] {
        store.push(text);
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(*live.load(), "first", "it waits as a hint does");
    sleep(seconds(2)).await;
    assert_eq!(*live.load(), "d");
    assert_eq!(control.status().counters.published, published + 1);
}

#[tokio::test(start_paused = true)]
async fn p17_flood_of_content_keeps_only_the_latest() {
    let store = Store::new("first");
    let (live, control) = store.service().await;
    let hints = store.state().hints.clone().unwrap();
    store.state().text = "last";
    for _ in 0..1000 {
        hints.content(vec![b'x'; 1 << 16], Revision::new("x"));
    }
    store.deliver("last");
    settle().await;
    assert_eq!(*live.load(), "last");
    assert_eq!(control.status().counters.published, 2);
}

#[tokio::test(start_paused = true)]
async fn load_that_began_before_does_not_overwrite_content() {
    let store = Store::new("first");
    let (live, control) = store.service().await;
    store.state().takes = seconds(1);
    // It reads "first".
    let reload = tokio::spawn(async move { (control.reload().await, control) });
    settle().await;
    store.push("second");
    let (receipt, _control) = reload.await.unwrap();
    assert!(matches!(receipt.outcome, Outcome::Unchanged));
    settle().await;
    assert_eq!(*live.load(), "second", "the load has found nothing new");
}

#[tokio::test(start_paused = true)]
async fn content_beside_a_load_with_news_is_ordered_by_one_more_load() {
    let store = Store::new("first");
    let (live, control) = store.service().await;
    let mut changes = live.subscribe();
    store.state().takes = seconds(1);
    store.state().text = "third";
    let reload = tokio::spawn(async move { (control.reload().await, control) });
    settle().await;
    // Delivered late: the running load has read a newer state.
    store.deliver("second");
    let (_, _control) = reload.await.unwrap();
    sleep(seconds(5)).await;
    assert_eq!(*live.load(), "third");
    assert_eq!(*changes.changed().await.unwrap(), "third");
    assert_eq!(
        live.get().generation().to_string(),
        "2",
        "nothing older came between"
    );
}

#[tokio::test(start_paused = true)]
async fn content_is_used_while_loads_fail() {
    let store = Store::new("first");
    let (live, control) = store.service().await;
    {
        let mut state = store.state();
        state.failing = true;
        state.takes = seconds(5);
    }
    let reload = tokio::spawn(async move { (control.reload().await, control) });
    settle().await;
    store.push("second");
    let (receipt, _control) = reload.await.unwrap();
    assert!(matches!(receipt.outcome, Outcome::Failed { .. }));
    settle().await;
    assert_eq!(*live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn hint_after_content_loads_the_newer_state() {
    let store = Store::new("first");
    let (live, _control) = store.service().await;
    let fetches = store.fetches();
    let hints = store.state().hints.clone().unwrap();
    store.deliver("older");
    store.state().text = "newest";
    hints.hint();
    settle().await;
    assert_eq!(*live.load(), "newest");
    assert_eq!(
        live.get().generation().to_string(),
        "2",
        "the older content is skipped"
    );
    assert_eq!(store.fetches(), fetches + 1);
}

#[tokio::test(start_paused = true)]
async fn p04_heartbeat_confirms_content() {
    let store = Store::new("first");
    let (live, _control) = store.service().await;
    sleep(seconds(120)).await;
    // The watch breaks its contract: nobody has written that.
    store.deliver("made up");
    settle().await;
    assert_eq!(*live.load(), "made up");
    sleep(seconds(300)).await;
    assert_eq!(*live.load(), "first");
}

#[tokio::test(start_paused = true)]
async fn pause_holds_content_and_resume_publishes_it() {
    let store = Store::new("first");
    let (live, control) = store.service().await;
    control.pause();
    store.push("second");
    settle().await;
    assert_eq!(*live.load(), "first");
    let outcome = control.status().last_attempt.unwrap().outcome.clone();
    assert!(matches!(outcome, Outcome::Held));
    let _ = control.resume().await;
    settle().await;
    assert_eq!(*live.load(), "second");
}

#[tokio::test(start_paused = true)]
async fn rollback_holds_the_same_content_and_releases_other_content() {
    let store = Store::new("first");
    let (live, control) = store.builder().history(2).hybrid().start().await.unwrap();
    settle().await;
    store.push("second");
    settle().await;
    let _ = control.rollback().await;
    assert_eq!(*live.load(), "first");
    store.push("second");
    settle().await;
    assert_eq!(*live.load(), "first");
    store.push("third");
    settle().await;
    assert_eq!(*live.load(), "third");
}

#[tokio::test(start_paused = true)]
async fn p12_empty_content_is_confirmed_by_a_load() {
    let store = Store::new("first");
    let policy = RemovalPolicy::Replace("default".to_owned());
    let builder = store.builder().on_removal(policy);
    let (live, _control) = builder.hybrid().start().await.unwrap();
    settle().await;
    let fetches = store.fetches();
    // A truncated write that is over before the second look.
    store.push("");
    settle().await;
    assert_eq!(*live.load(), "first");
    store.state().text = "second";
    sleep(seconds(2)).await;
    assert_eq!(*live.load(), "second");
    assert_eq!(store.fetches(), fetches + 1);
    store.push("");
    sleep(seconds(2)).await;
    assert_eq!(*live.load(), "default");
}

#[tokio::test(start_paused = true)]
async fn p18_content_is_in_no_output_of_the_service() {
    let store = Store::new("first");
    let (_live, control) = store.service().await;
    store.push("canary-7c1f");
    settle().await;
    let shown = format!("{:?} {:?} {}", control.status(), control, control.explain());
    assert!(!shown.contains("canary"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn p20_silent_watch_is_closed_and_opened_again() {
    let store = Store::new("first");
    store.state().idle = Some(seconds(30));
    let (live, control) = store.service().await;
    // Less than the heartbeat of 5 min with its jitter, so that no heartbeat falls into the silence.
    for _ in 0..7 {
        sleep(seconds(29)).await;
        store.state().hints.clone().unwrap().alive();
        settle().await;
        assert!(control.status().watch.is_open());
    }
    store.state().text = "second";
    sleep(seconds(29)).await;
    assert_eq!((store.state().opens, live.load().as_str()), (1, "first"));
    sleep(seconds(1)).await;
    settle().await;
    assert_eq!(*live.load(), "second", "a load follows at once");
    let status = control.status();
    assert_eq!(status.counters.watch_losses, 1);
    assert_eq!(status.watch, WatchState::Down);
    let why = status.watch_error.unwrap().to_string();
    assert_eq!(why, "no sign of life for 30 s");
    sleep(seconds(5)).await;
    assert_eq!(store.state().opens, 2);
    assert!(control.status().watch.is_open());
}

#[tokio::test(start_paused = true)]
async fn p15_watch_without_idle_timeout_may_be_silent() {
    let store = Store::new("first");
    let (_live, control) = store.service().await;
    sleep(seconds(100_000)).await;
    assert_eq!(store.state().opens, 1);
    assert_eq!(control.status().watch, WatchState::Trusted);
}
