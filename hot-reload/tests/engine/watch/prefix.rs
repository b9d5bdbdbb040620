//! A store whose keys under one prefix are decoded together, as the files of a directory are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use hot_reload::error::ErrorKind;
use hot_reload::event::Stage;
use hot_reload::source::files::{Each, Files, FilesLimits, Part};
use hot_reload::source::{DecodeWith, Fetched, HintSender, Source, Subscription, WatchProfile};
use hot_reload::{Error, Outcome, ReloaderService, Revision};
use tokio::time::sleep;

use crate::script::{seconds, settle};

/// A store of texts by key, read as one.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    keys: BTreeMap<&'static str, (u64, &'static str)>,
    writes: u64,
    hints: Option<HintSender>,
}

impl Store {
    fn of(keys: &[(&'static str, &'static str)]) -> Self {
        let store = Self::default();
        keys.iter().for_each(|(key, text)| store.set(key, text));
        store
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn set(&self, key: &'static str, text: &'static str) {
        let mut state = self.state();
        state.writes += 1;
        let write = (state.writes, text);
        state.keys.insert(key, write);
        if let Some(hints) = &state.hints {
            hints.hint();
        }
    }
}

impl Source for Store {
    fn name(&self) -> String {
        "store/app/".to_owned()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let state = self.state();
        if state.keys.is_empty() {
            return Ok(Fetched::Absent);
        }
        let tokens = state.keys.iter();
        let tokens =
            tokens.flat_map(|(key, (write, _))| [Revision::new(key), Revision::from(*write)]);
        let revision = Revision::join(tokens);
        if seen == Some(&revision) {
            return Ok(Fetched::Unchanged);
        }
        let parts = state
            .keys
            .iter()
            .map(|(key, (_, text))| Part::new(*key, *text).with_name(format!("store/app/{key}")));
        let limits = FilesLimits::default().part_bytes(100);
        let files = limits.collect(parts);
        let files = files.map_err(|error| error.with_revision(revision.clone()))?;
        Ok(Fetched::Files { files, revision })
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        self.state().hints = Some(hints);
        Ok(Subscription::new(()))
    }

    fn profile(&self) -> WatchProfile {
        WatchProfile::local()
    }
}

fn number() -> DecodeWith<impl Fn(&[u8]) -> Result<u32, String> + Send + Sync + 'static> {
    DecodeWith::new(|bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        text.parse().map_err(|_| format!("{text} is no number"))
    })
}

#[tokio::test(start_paused = true)]
async fn each_key_is_decoded_and_an_error_names_the_key() {
    // As paths, these three keys would be one.
    let store = Store::of(&[("a/b", "1"), ("a//b", "2"), ("a/./b", "3")]);
    let service = ReloaderService::builder(store.clone().each(number())).hybrid();
    let (live, control) = service.start().await.unwrap();
    let found: Vec<_> = live
        .load()
        .iter()
        .map(|(key, n)| (key.clone(), *n))
        .collect();
    let expected = [("a/./b", 3), ("a//b", 2), ("a/b", 1)];
    assert_eq!(found, expected.map(|(key, n)| (key.to_owned(), n)));

    settle().await;
    store.set("a//b", "two");
    settle().await;
    let error = control.status().last_error.unwrap();
    assert_eq!(error.to_string(), "store/app/a//b: two is no number");
    assert_eq!(live.load()["a//b"], 2);
    store.set("a//b", "22");
    settle().await;
    assert_eq!(live.load()["a//b"], 22);
}

#[tokio::test(start_paused = true)]
async fn p17_part_over_the_limit_is_rejected_by_name_once() {
    let store = Store::of(&[("a", "1")]);
    let service = ReloaderService::builder(store.clone().each(number())).hybrid();
    let (live, control) = service.start().await.unwrap();
    settle().await;
    store.set("b", Box::leak("1".repeat(101).into_boxed_str()));
    settle().await;
    let outcome = control.status().last_attempt.unwrap().outcome.clone();
    let Outcome::Rejected { stage, error } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((stage, error.kind()), (Stage::Decode, ErrorKind::TooLarge));
    let text = "store/app/b: has 101 bytes, and the limit is 100 bytes";
    assert_eq!(error.to_string(), text);
    assert_eq!(live.load().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn emptied_key_is_confirmed_and_rejected_by_name() {
    let store = Store::of(&[("a", "1"), ("b", "2")]);
    let texts = |files: &Files| {
        let text = |part: &Part| String::from_utf8_lossy(part.bytes()).into_owned();
        Ok(files.iter().map(text).collect::<Vec<_>>())
    };
    let service = ReloaderService::builder(store.clone().decode_files(texts)).hybrid();
    let (live, control) = service.start().await.unwrap();
    settle().await;
    store.set("b", "");
    sleep(seconds(3)).await;
    let error = control.status().last_error.unwrap().to_string();
    assert!(error.starts_with("store/app/b: is empty"), "{error}");
    assert_eq!(*live.load(), ["1", "2"]);
    // A key that begins empty is content.
    store.set("b", "2");
    store.set("c", "");
    settle().await;
    assert_eq!(*live.load(), ["1", "2", ""]);
}

#[tokio::test]
async fn decoder_of_one_content_refuses_several_parts() {
    let store = Store::of(&[("a", "1")]);
    let service = ReloaderService::builder(store.decode(number()));
    let error = service.start().await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    let text = "store/app/: has several parts; decode it with `decode_files`, `each` or `merge`";
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn source_of_one_content_is_one_part() {
    let script = crate::script::Script::new(crate::script::Good("7"));
    let source = crate::bytes::Bytes(script).each(number());
    let (live, _control) = ReloaderService::builder(source).start().await.unwrap();
    assert_eq!(live.load().get("bytes"), Some(&7));
}

#[tokio::test(start_paused = true)]
async fn content_of_a_source_of_several_parts_is_a_hint() {
    let store = Store::of(&[("a", "1")]);
    let service = ReloaderService::builder(store.clone().boxed().each(number())).hybrid();
    let (live, _control) = service.start().await.unwrap();
    settle().await;
    let hints = store.state().hints.take().unwrap();
    store.set("a", "2");
    hints.content("not a number", Revision::new("x"));
    settle().await;
    assert_eq!(live.load()["a"], 2);
}

#[cfg(feature = "toml")]
#[tokio::test(start_paused = true)]
async fn keys_are_merged_and_an_error_names_key_and_line() {
    use hot_reload::source::Toml;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Config {
        port: u16,
        host: String,
    }

    let store = Store::of(&[
        ("00-base", "port = 80\nhost = \"a\"\n"),
        ("10-site", "port = 81\n"),
    ]);
    let source = store.clone().merge(Toml::<Config>::new());
    let (live, control) = ReloaderService::builder(source)
        .hybrid()
        .start()
        .await
        .unwrap();
    let expected = Config {
        port: 81,
        host: "a".to_owned(),
    };
    assert_eq!(*live.load(), expected);
    settle().await;
    store.set("10-site", "# later\nport = 70000\n");
    settle().await;
    let error = control.status().last_error.unwrap().to_string();
    assert!(
        error.starts_with("store/app/10-site:2:8: port: expected u16"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_one_path_are_refused_and_different_keys_are_kept() {
    let store = Store::of(&[("a/b", "1"), ("a//b", "2")]);
    let text = || DecodeWith::new(|bytes: &[u8]| String::from_utf8(bytes.to_vec()));
    let (live, _control) = ReloaderService::builder(store.clone().each(text()))
        .start()
        .await
        .unwrap();
    assert_eq!(live.load().len(), 2);
    let by_path = ReloaderService::builder(store.decode_files(Each::new(text())));
    let error = by_path.start().await.unwrap_err().to_string();
    assert!(
        error.ends_with("has the same key as another part; rename one of them"),
        "{error}"
    );
}
