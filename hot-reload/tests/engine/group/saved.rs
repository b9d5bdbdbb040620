//! Members with a saved value: published values of the group are saved, and each member starts with its own.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use hot_reload::Coordinator;
use hot_reload::error::ErrorKind;
use hot_reload::event::DataState;
use hot_reload::policy::{LastGood, RemovalPolicy};
use tempfile::TempDir;
use tokio::time::sleep;

use super::rig::{Group, Notes, Rig};
use crate::script::{Content, Failing, Good, Missing, Script, seconds};

fn store(path: &Path) -> LastGood<String> {
    LastGood::new(
        path,
        |value: &String| Ok::<_, Infallible>(value.clone().into_bytes()),
        |bytes| String::from_utf8(bytes.to_vec()),
    )
}

async fn kept(path: &Path) -> Option<String> {
    let restored = store(path).restore().await.unwrap()?;
    Some(restored.into_value())
}

struct Kept {
    _folder: TempDir,
    paths: [PathBuf; 2],
}

fn folder() -> Kept {
    let folder = TempDir::new().unwrap();
    let paths = ["m0", "m1"].map(|name| folder.path().join(name));
    Kept {
        _folder: folder,
        paths,
    }
}

impl Kept {
    /// A group whose members keep their values here, and have to hold the same.
    fn group(
        &self,
        contents: [Content; 2],
        notes: &Notes,
    ) -> (
        Group,
        Vec<Script>,
        Vec<hot_reload::group::MemberKey<String>>,
    ) {
        let mut group = Coordinator::new();
        let (mut scripts, mut keys) = (Vec::new(), Vec::new());
        for (place, content) in contents.into_iter().enumerate() {
            let script = Script::new(content);
            let service = script
                .builder()
                .hybrid()
                .on_removal(RemovalPolicy::Replace("default".to_owned()))
                .last_good(store(&self.paths[place]));
            keys.push(group.member(format!("m{place}"), service));
            scripts.push(script);
        }
        let (all, checks) = (keys.clone(), notes.clone());
        let builder = group.into_builder();
        let builder = builder.validate(move |snapshot| checks.check(&all, snapshot));
        (builder, scripts, keys)
    }

    async fn start(&self, contents: [Content; 2]) -> Rig {
        let notes = Notes::default();
        let (group, scripts, keys) = self.group(contents, &notes);
        Rig::start(group, scripts, keys, notes).await
    }

    async fn values(&self) -> [Option<String>; 2] {
        [kept(&self.paths[0]).await, kept(&self.paths[1]).await]
    }
}

fn both(text: &str) -> [Option<String>; 2] {
    [Some(text.to_owned()), Some(text.to_owned())]
}

#[tokio::test(start_paused = true)]
async fn value_that_the_group_refused_is_not_saved() {
    let folder = folder();
    let rig = folder.start([Good("1"), Good("1")]).await;
    rig.scripts[0].set(Good("2"));
    sleep(seconds(5)).await;
    assert_eq!(rig.texts(), ["1", "1"]);
    rig.control.stop().await;
    assert_eq!(folder.values().await, both("1"));
}

#[tokio::test(start_paused = true)]
async fn published_values_of_changed_members_are_saved() {
    let folder = folder();
    let rig = folder.start([Good("1"), Good("1")]).await;
    rig.set_all("2");
    sleep(seconds(1)).await;
    rig.control.stop().await;
    assert_eq!(folder.values().await, both("2"));
}

#[tokio::test(start_paused = true)]
async fn group_starts_with_the_saved_value_of_a_missing_member() {
    let folder = folder();
    folder
        .start([Good("1"), Good("1")])
        .await
        .control
        .stop()
        .await;
    let rig = folder
        .start([Good("1"), Failing(ErrorKind::Unavailable)])
        .await;
    assert_eq!(rig.texts(), ["1", "1"]);
    let own = rig.control.member_status(rig.keys[1]).unwrap();
    assert_eq!(own.data, DataState::Restored);
    let status = rig.control.status();
    assert!(status.source_status.unwrap().is_degraded_by("member"));
    // The source is there again, and holds the same: nothing is new, and all is well.
    rig.scripts[1].set(Good("1"));
    sleep(seconds(5)).await;
    let status = rig.control.status();
    assert!(!status.source_status.unwrap().is_degraded_by("member"));
    assert_eq!(rig.live.get().generation().get(), 1);
    rig.control.stop().await;
    assert_eq!(folder.values().await, both("1"));
}

#[tokio::test(start_paused = true)]
async fn removal_default_is_not_saved() {
    let folder = folder();
    let rig = folder.start([Good("default"), Good("default")]).await;
    rig.set_all("1");
    sleep(seconds(1)).await;
    rig.scripts[0].set(Missing);
    rig.scripts[1].set(Missing);
    sleep(seconds(5)).await;
    assert_eq!(rig.texts(), ["default", "default"]);
    rig.control.stop().await;
    assert_eq!(folder.values().await, both("1"));
}
