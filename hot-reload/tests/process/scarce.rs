//! A process without a free descriptor, and a user without a free inotify watch.

use std::fs;

use hot_reload::error::ErrorKind;
use hot_reload::source::{File, Source};
use hot_reload::{Error, RealtimeWatch, Reload};

use crate::alone::is_alone;
use crate::file::{Rig, TextDecoder, World, write};
use crate::namespace::has_limits_of_its_own;
use crate::{runtime, turn};

#[test]
fn t31_unavailable_watcher_is_an_error_with_a_remedy() {
    let _turn = turn();
    if !is_alone("t31_unavailable_watcher_is_an_error_with_a_remedy") {
        return;
    }
    runtime().block_on(async {
        let world = World::new();
        let source = File::new(world.file("c", "one")).decode(TextDecoder);
        source.reload().await.unwrap();
        let mut used = Vec::new();
        while let Ok(file) = fs::File::open("/dev/null") {
            used.push(file);
        }
        let refused = source
            .watch_realtime()
            .await
            .err()
            .map(Error::from)
            .unwrap();
        used.clear();
        assert_eq!(refused.kind(), ErrorKind::Unavailable);
        let text = refused.to_string();
        let start =
            "no inotify instance left: Too many open files (os error 24); raise fs.inotify.";
        assert!(text.starts_with(start), "{text}");
        assert_eq!(text.lines().count(), 1);

        source.watch_realtime().await.unwrap();
    });
}

#[test]
fn t32_watches_of_files_are_released_first_and_return() {
    // The pipes to the child are descriptors, too.
    let _turn = turn();
    if !has_limits_of_its_own("t32_watches_of_files_are_released_first_and_return") {
        return;
    }
    runtime().block_on(async {
        let world = World::new();
        let above = world.path("").components().count();
        // Enough for the folders, and for two of the ten files.
        set_limit(above + 10 + 2);
        let mut rigs = Vec::new();
        for number in 0..10 {
            world.folder(&format!("{number}"));
            let path = world.file(&format!("{number}/c"), "one");
            rigs.push((path.clone(), Rig::watch(path).await));
        }
        for (number, (path, rig)) in rigs.iter_mut().enumerate() {
            write(path, "in place");
            rig.expect("in place").await;
            world.rename_into(&format!("{number}/c"), "renamed");
            rig.expect("renamed").await;
        }

        // One more folder has no room even without the files.
        set_limit(above + 10);
        world.folder("more");
        let source = File::new(world.file("more/c", "one")).decode(TextDecoder);
        let refused = source.watch_realtime().await.err().map(Error::from);
        let text = refused.unwrap().to_string();
        assert!(text.starts_with("no inotify watch left: "), "{text}");
        assert!(text.contains("fs.inotify.max_user_watches"), "{text}");
        for (path, rig) in &mut rigs {
            write(path, "nobody else is worse off");
            rig.expect("nobody else is worse off").await;
        }

        // Once there is room again, the next load takes the watch, without a restart.
        set_limit(1000);
        source.watch_realtime().await.unwrap();
        for (number, (path, rig)) in rigs.iter_mut().enumerate() {
            rig.settle().await;
            rig.load().await.unwrap();
            let other = world.path(&format!("other-{number}"));
            fs::hard_link(path, &other).unwrap();
            write(other, "by another name");
            rig.expect("by another name").await;
        }
    });
}

fn set_limit(watches: usize) {
    fs::write("/proc/sys/user/max_inotify_watches", watches.to_string()).unwrap();
}
