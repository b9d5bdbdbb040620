//! Saved values are restored with their metadata.

use hot_reload::policy::LastGood;
use hot_reload::{Loaded, Reload, ReloadResult, ReloaderService, Revision, async_trait};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{decode, encode, published, texts};

/// Loads the same value with the same revision each time.
#[derive(Clone)]
struct Source;

#[async_trait]
impl Reload<String, String> for Source {
    type Source = ();

    async fn new(_: &()) -> ReloadResult<Self, String, String> {
        Ok(Self)
    }

    async fn reload(&self) -> ReloadResult<Option<String>, String, String> {
        Ok(Some("value".to_owned()))
    }

    async fn reload_since(
        &self,
        _: Option<&Revision>,
    ) -> ReloadResult<Loaded<String>, String, String> {
        Ok(Loaded::Value {
            value: "value".to_owned(),
            revision: Some(Revision::from(77_u64)),
        })
    }
}

#[tokio::test]
async fn restored_value_has_its_revision_and_times() {
    let (last_good, _folder) = texts();
    let (live, control) = ReloaderService::builder(Source).start().await.unwrap();
    let snapshot = live.get();
    control.stop().await;
    last_good.save(snapshot.clone()).await.unwrap();

    let restored = last_good.restore().await.unwrap().unwrap();
    assert_eq!(restored.value(), "value");
    assert_eq!(restored.generation(), snapshot.generation());
    assert_eq!(restored.revision(), Some(&Revision::from(77_u64)));
    assert_eq!(restored.loaded_at(), snapshot.loaded_at());
    assert!(restored.saved_at() >= restored.loaded_at());
    assert_eq!(restored.into_value(), "value");
}

#[tokio::test]
async fn restore_is_empty_before_the_first_save_and_newest_after() {
    let (last_good, _folder) = texts();
    assert!(last_good.restore().await.unwrap().is_none());
    for text in ["first", "", "third"] {
        last_good.save(published(text)).await.unwrap();
        let restored = last_good.restore().await.unwrap().unwrap();
        assert_eq!(restored.value(), text);
        assert_eq!(restored.revision(), None);
    }
}

#[tokio::test]
async fn another_program_with_the_same_path_restores_it() {
    let (last_good, _folder) = texts();
    last_good.save(published("value")).await.unwrap();
    let other = LastGood::new(last_good.path(), encode, decode);
    assert_eq!(other.restore().await.unwrap().unwrap().value(), "value");
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Server {
    name: String,
    ports: Vec<u16>,
    weight: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

fn server(weight: f64) -> Server {
    Server {
        name: "é\n\"".to_owned(),
        ports: vec![80, 443],
        weight,
        note: None,
    }
}

/// A file of JSON in which a server of weight 0.5 was saved.
async fn saved() -> (LastGood<Server>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let last_good = LastGood::json(folder.path().join("server"));
    last_good.save(published(server(0.5))).await.unwrap();
    (last_good, folder)
}

#[tokio::test]
async fn serde_type_is_saved_as_json() {
    let (last_good, _folder) = saved().await;
    let restored = last_good.restore().await.unwrap().unwrap();
    assert_eq!(*restored.value(), server(0.5));
}

#[tokio::test]
async fn value_that_json_cannot_restore_replaces_nothing() {
    let (last_good, _folder) = saved().await;
    let lost = published(server(f64::NAN));
    let error = last_good.save(lost).await.unwrap_err();
    assert!(
        error.message().contains("could not be decoded again"),
        "{error}"
    );
    let restored = last_good.restore().await.unwrap().unwrap();
    assert_eq!(*restored.value(), server(0.5));
}
