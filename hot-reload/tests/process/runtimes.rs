//! Runtimes that end and child processes that start while files are watched.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::census::{instances, no_watcher, one_watcher, say};
use crate::file::{Rig, World};
use crate::services::Served;
use crate::twin::{Twin, await_order, report, task};
use crate::{in_turn, runtime, turn};

#[test]
fn t61_watcher_outlives_the_runtime_that_started_it() {
    let _turn = turn();
    let world = World::new();
    let path = world.file("c", "one");
    let (first, second) = (runtime(), runtime());
    let mut ended = first.block_on(Served::start(&path));
    let mut lasting = second.block_on(Served::start(&path));
    first.block_on(one_watcher());
    drop(first);
    world.rename_into("c", "two");
    second.block_on(async {
        lasting.expect("two").await;
        one_watcher().await;
        // Its service has stopped with it, and reports that.
        assert!(ended.control.status().stopped);
        assert!(ended.changes.changed().await.is_none());
        assert_eq!(*ended.live.load(), "one");
    });
    for text in ["three", "four", "five"] {
        let third = runtime();
        let mut again = third.block_on(Served::start(&path));
        second.block_on(one_watcher());
        world.rename_into("c", text);
        third.block_on(again.expect(text));
        second.block_on(lasting.expect(text));
    }
    drop(second);
    runtime().block_on(no_watcher());

    // Nothing was left for the next one to fall over.
    let last = runtime();
    let mut service = last.block_on(Served::start(&path));
    world.rename_into("c", "six");
    last.block_on(async {
        service.expect("six").await;
        one_watcher().await;
        service.control.stop().await;
        no_watcher().await;
    });
}

#[test]
fn t62_child_process_inherits_no_watcher_and_starts_its_own() {
    const NAME: &str = "runtimes::t62_child_process_inherits_no_watcher_and_starts_its_own";
    if let Some(path) = task() {
        inherits_nothing();
        return in_turn(watching(path));
    }
    in_turn(async {
        let world = World::new();
        let path = world.file("c", "one");
        let mut rig = Rig::watch(&path).await;
        let mut twin = Twin::start(NAME, &path);
        twin.expect("it is watched");
        for text in ["two", "three"] {
            world.rename_into("c", text);
            rig.expect(text).await;
            twin.expect(text);
        }
        twin.order("end");
        twin.end();
        one_watcher().await;
        world.rename_into("c", "four");
        rig.expect("four").await;
    });
}

/// Before anything else is done here.
fn inherits_nothing() {
    assert_eq!(instances(), 0);
    let ours = fs::read_dir("/proc/self/fd").unwrap();
    for entry in ours {
        let path = entry.unwrap().path();
        let target = fs::read_link(&path).unwrap_or_default();
        let target = target.to_string_lossy();
        let is_the_watchers = target.contains("eventfd") || target.contains("mountinfo");
        assert!(!is_the_watchers, "{}: {target}", path.display());
    }
    say("nothing was inherited");
}

async fn watching(path: OsString) {
    let mut rig = Rig::watch(Path::new(&path)).await;
    report("it is watched");
    for text in ["two", "three"] {
        rig.expect(text).await;
        report(text);
    }
    one_watcher().await;
    await_order("end");
}
