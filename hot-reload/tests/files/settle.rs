//! The settle time: a file that a writer opens, extends and closes repeatedly loads finished between two parts.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use hot_reload::ReloaderService;
use hot_reload::source::files::Files;
use hot_reload::source::{Dir, File};
use tokio::time::{Instant, sleep, timeout};

use crate::file::{DEADLINE, Rig, World};

/// Long beside the pauses of the writer, also where the machine has other things to do.
const SETTLE: Duration = Duration::from_secs(1);

const WHOLE: &str = "0\n1\n2\n3\n4\n5\n";

fn append(path: &Path, number: u32) {
    let file = OpenOptions::new().append(true).open(path);
    writeln!(file.unwrap(), "{number}").unwrap();
}

async fn script(path: impl AsRef<Path>) {
    for number in 1..=5 {
        append(path.as_ref(), number);
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn file_appended_to_in_steps_is_published_once_and_whole() {
    let world = World::new();
    let path = world.file("c", "0\n");
    let mut rig = Rig::watch_source(File::new(&path).settle(SETTLE)).await;
    let writer = tokio::spawn(script(path));
    rig.expect(WHOLE).await;
    writer.await.unwrap();
    rig.settle().await;
    assert_eq!(rig.texts(), ["0\n", WHOLE]);
}

#[tokio::test]
async fn settle_time_holds_when_polled_and_beside_other_settings() {
    let world = World::new();
    let path = world.file("c", "0\n");
    let file = File::new(&path).leases(true).settle(SETTLE).leases(false);
    let mut rig = Rig::poll(file);
    rig.load().await.unwrap();
    append(&path, 1);
    let writer = tokio::spawn({
        let path = path.clone();
        async move {
            for number in 2..=5 {
                append(&path, number);
                sleep(Duration::from_millis(50)).await;
            }
        }
    });
    rig.load().await.unwrap();
    writer.await.unwrap();
    assert_eq!(rig.texts(), ["0\n", WHOLE]);
}

#[tokio::test]
async fn file_that_keeps_changing_is_still_published() {
    let world = World::new();
    let path = world.file("c", "0\n");
    let mut rig = Rig::watch_source(File::new(&path).settle(SETTLE)).await;
    let begun = Instant::now();
    let writer = tokio::spawn(async move {
        loop {
            append(&path, 1);
            sleep(Duration::from_millis(50)).await;
        }
    });
    append_seen(&mut rig).await;
    writer.abort();
    assert!(begun.elapsed() >= SETTLE / 2, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn settle_time_longer_than_other_waits_holds() {
    let world = World::new();
    let begun = Instant::now();
    let path = world.file("c", "0\n");
    let mut rig = Rig::poll(File::new(&path).settle(3 * SETTLE));
    rig.load().await.unwrap();
    // The times of files are a few milliseconds behind.
    let waited = begun.elapsed() + SETTLE / 10;
    assert!(waited >= 3 * SETTLE, "{waited:?}");
}

/// Loads until the content is more than the first line.
async fn append_seen(rig: &mut Rig) {
    let seen = async {
        while rig.current.as_deref() == Some("0\n") {
            sleep(Duration::from_millis(10)).await;
            rig.load().await.unwrap();
        }
    };
    timeout(DEADLINE, seen)
        .await
        .expect("it is never published");
}

#[tokio::test]
async fn settle_time_holds_for_the_files_of_a_directory() {
    let world = World::new();
    world.folder("conf.d");
    let path = world.file("conf.d/a", "0\n");
    let dir = Dir::new(world.path("conf.d"))
        .settle(SETTLE)
        .decode_files(|files: &Files| {
            let part = files.get("a").map(|part| part.bytes().to_vec());
            Ok(part.unwrap_or_default())
        });
    let (live, _control) = ReloaderService::builder(dir)
        .realtime()
        .interval(Duration::from_secs(3600))
        .start()
        .await
        .unwrap();
    let mut changes = live.subscribe();
    let writer = tokio::spawn(script(path));
    let seen = async {
        while *live.load() != WHOLE.as_bytes() {
            changes.changed().await.unwrap();
        }
    };
    timeout(DEADLINE, seen).await.expect("it is not published");
    writer.await.unwrap();
    assert_eq!(live.get().generation().get(), 2);
}
