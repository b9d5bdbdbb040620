//! Many events beside the watched file.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use hot_reload::source::{File, Source};
use hot_reload::{RealtimeWatch, Reload};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::time::{Instant, timeout};

use crate::census::{Census, say};
use crate::file::{DEADLINE, Rig, TextDecoder, World};
use crate::in_turn;
use crate::twin::{Twin, await_order, report, task};

#[test]
fn t46_storm_of_other_files_loses_no_change_and_takes_no_memory() {
    const NAME: &str = "storm::t46_storm_of_other_files_loses_no_change_and_takes_no_memory";
    if let Some(folder) = task() {
        return storm(folder.as_ref());
    }
    in_turn(async {
        let world = World::new();
        let mut rig = Rig::watch(world.file("c", "first")).await;
        let mut twin = Twin::start(NAME, world.path(""));
        let (mut before, mut took) = (None, Vec::new());
        for round in 0..CHANGES {
            twin.expect("the storm goes on");
            let text = format!("{round}");
            let start = Instant::now();
            world.rename_into("c", &text);
            rig.expect(&text).await;
            took.push(start.elapsed());
            before.get_or_insert_with(Census::take);
        }
        twin.end();
        before.unwrap().flat_since().await;
        took.sort_unstable();
        say(&format!(
            "{CHANGES} changes among {FILES} files made and removed: p50 {:.1?}, the longest {:.1?}; {} loads",
            took[CHANGES / 2],
            took[CHANGES - 1],
            rig.loads
        ));
        // Loads without a change are allowed; they follow an overflow.
        assert_eq!(rig.texts().len(), CHANGES + 1);
    });
}

/// Says from time to time that it still lasts.
fn storm(folder: &Path) {
    let others = [0, 1, 2, 3].map(|number| folder.join(format!("other-{number}")));
    for (number, path) in others.iter().cycle().take(FILES).enumerate() {
        if number % (FILES / CHANGES) == 0 {
            report("the storm goes on");
        }
        fs::File::create(path).unwrap();
        fs::remove_file(path).unwrap();
    }
}

/// Each is made, and each is removed: a million operations.
const FILES: usize = 500_000;
const CHANGES: usize = 50;

#[test]
fn t47_reading_wakes_no_service() {
    const NAME: &str = "storm::t47_reading_wakes_no_service";
    if let Some(path) = task() {
        return read_often(path);
    }
    in_turn(async {
        let world = World::new();
        let path = world.file("c", "one");
        let mut twin = Twin::start(NAME, &path);
        twin.expect("ready");
        let source = File::new(&path).decode(TextDecoder);
        let mut handle = source.watch_realtime().await.unwrap();
        let neighbour = world.file("neighbour", "one");
        let mut marks = Rig::watch(&neighbour).await;
        // The events of creating the files come before this.
        world.rename_into("neighbour", "begin");
        marks.expect("begin").await;
        while handle.rx.try_recv().is_ok() {}

        twin.order("read");
        for _ in 0..READS {
            assert_eq!(fs::read_to_string(&path).unwrap(), "one");
            assert_eq!(source.reload().await.unwrap().as_deref(), Some("one"));
        }
        twin.end();
        // One queue for all events: when this one has come, all earlier ones have.
        world.rename_into("neighbour", "end");
        marks.expect("end").await;
        let hint = handle.rx.try_recv();
        assert_eq!(hint.err(), Some(TryRecvError::Empty));

        // A change would have caused a hint.
        world.rename_into("c", "two");
        let hint = timeout(DEADLINE, handle.rx.recv()).await.unwrap();
        assert!(hint.is_some());
    });
}

fn read_often(path: OsString) {
    report("ready");
    await_order("read");
    for _ in 0..READS {
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
    }
}

const READS: usize = 10_000;
