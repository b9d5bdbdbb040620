//! `republish_on_touch`: a new modification time counts as a change.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hot_reload::source::files::Files;
use hot_reload::source::{Dir, File, Group, OpenFile, Source};
use hot_reload::{Builder, Control, Live, RealtimeWatch, ReloaderService};
use tokio::time::timeout;

use crate::file::{DEADLINE, TextDecoder, World, write};

/// Sets the modification time of a file to another one.
fn touch(path: &Path) {
    let file = fs::OpenOptions::new().append(true).open(path).unwrap();
    let before = file.metadata().unwrap().modified().unwrap();
    file.set_modified(before - Duration::from_secs(10)).unwrap();
}

async fn service<T, V>(source: T) -> (Live<V>, Control<V>)
where
    T: RealtimeWatch<V, String> + Send + Sync + 'static,
    V: PartialEq + Send + Sync + 'static,
{
    let builder: Builder<T, V, String> = ReloaderService::builder(source);
    builder.hybrid().start().await.unwrap()
}

/// Touches, and waits for the next generation. Then loads once more, which finds nothing new.
async fn assert_republished<V>((live, control): &(Live<V>, Control<V>), path: &Path) {
    for _ in 0..3 {
        let before = live.get().generation();
        let mut changes = live.subscribe();
        touch(path);
        let changed = timeout(DEADLINE, changes.changed()).await;
        assert!(changed.is_ok(), "{:?}", control.explain());
        assert_eq!(live.get().generation().get(), before.get() + 1);
        assert_eq!(control.barrier().await.outcome.as_str(), "unchanged");
    }
}

#[tokio::test]
async fn t36_p10_touched_file_is_published_again_if_asked_for() {
    let world = World::new();
    let path = world.file("c", "text");
    let source = File::new(&path).republish_on_touch();
    let service = service(source.decode(TextDecoder)).await;
    assert_republished(&service, &path).await;
    let (live, control) = service;
    assert_eq!(*live.load(), "text");
    // Without another modification time, nothing has changed.
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    assert_eq!(control.barrier().await.outcome.as_str(), "unchanged");
}

#[tokio::test]
async fn p10_touched_file_is_no_change_by_default() {
    let world = World::new();
    let path = world.file("c", "text");
    let (live, control) = service(File::new(&path).decode(TextDecoder)).await;
    touch(&path);
    assert_eq!(control.barrier().await.outcome.as_str(), "unchanged");
    assert_eq!(live.get().generation().get(), 1);
}

#[tokio::test]
async fn touched_file_of_a_directory_a_group_or_a_loader_counts_too() {
    let world = World::new();
    world.folder("d");
    let path = world.file("d/a", "text");
    world.file("d/b", "other");
    let dir = Dir::new(world.path("d")).republish_on_touch();
    let names = |files: &Files| Ok::<_, hot_reload::Error>(files.len());
    assert_republished(&service(dir.decode_files(names)).await, &path).await;
    let group = Group::new([("a", world.path("d/a")), ("b", world.path("d/b"))]);
    let group = group.republish_on_touch().decode_files(names);
    assert_republished(&service(group).await, &path).await;
    let loaded = File::new(&path).republish_on_touch();
    let loaded = loaded.load_with(|open: &OpenFile| fs::read_to_string(open.direct_path()));
    assert_republished(&service(loaded).await, &path).await;
}

#[tokio::test]
async fn touched_file_counts_if_the_value_includes_others() {
    let world = World::new();
    let path = world.file("main", "text");
    let part = world.file("part", "other");
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let source = File::new(&path).republish_on_touch();
    let service = service(source.decode_files(move |files: &Files| {
        counter.fetch_add(1, Ordering::Relaxed);
        files.include("part").map(|part| part.bytes().to_vec())
    }))
    .await;
    assert_republished(&service, &path).await;
    assert_republished(&service, &part).await;
    // P15: what is unchanged is not decoded again.
    let before = runs.load(Ordering::Relaxed);
    for _ in 0..5 {
        assert_eq!(service.1.barrier().await.outcome.as_str(), "unchanged");
    }
    assert_eq!(runs.load(Ordering::Relaxed), before);
}

#[cfg(all(feature = "expand", feature = "toml"))]
#[tokio::test]
async fn touched_file_counts_if_the_value_reads_a_variable() {
    use hot_reload::source::{Expand, Toml};
    let world = World::new();
    let path = world.file("app.toml", "name = '${CARGO_PKG_NAME}'");
    let source = File::new(&path).republish_on_touch();
    let decoder = Expand::new(Toml::<std::collections::BTreeMap<String, String>>::new());
    let service = service(source.decode(decoder)).await;
    assert_republished(&service, &path).await;
}

#[tokio::test]
async fn rollback_still_holds_a_touched_file() {
    let world = World::new();
    let path = world.file("c", "one");
    let source = File::new(&path).republish_on_touch().decode(TextDecoder);
    let builder: Builder<_, String, String> = ReloaderService::builder(source);
    let (live, control) = builder.history(3).start().await.unwrap();
    write(&path, "two");
    assert!(control.reload().await.is_current());
    assert!(control.rollback().await.is_current());
    touch(&path);
    assert_eq!(control.reload().await.outcome.as_str(), "held");
    assert_eq!(*live.load(), "one");
}
