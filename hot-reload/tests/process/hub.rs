//! All files, directories and groups of a process share one watcher, which ends with the last watch.

use std::time::Duration;

use hot_reload::source::files::Files;
use hot_reload::source::{Dir, File, Group, Source};
use hot_reload::{RealtimeWatch, Reload};

use crate::census::{self, no_watcher, one_watcher};
use crate::file::{Rig, TextDecoder, World, write};
use crate::in_turn;
use crate::many::{ManyRig, Texts};

#[test]
fn p16_all_files_share_one_watcher_until_the_last() {
    in_turn(async {
        let world = World::new();
        for round in 0..3 {
            let mut watched = Vec::new();
            for number in 0..200 {
                let folder = format!("{}", number % 20);
                world.folder(&folder);
                let path = world.file(&format!("{folder}/{number}"), "one");
                let source = File::new(path).decode(TextDecoder);
                let handle = source.watch_realtime().await.unwrap();
                watched.push((source, handle));
            }
            one_watcher().await;
            // 200 files, 20 folders, and the few above them.
            let watches = census::watches();
            assert!((221..240).contains(&watches), "{watches} watches");

            for (source, _) in &watched {
                source.reload().await.unwrap();
            }
            for number in 0..200 {
                world.rename_into(&format!("{}/{number}", number % 20), "two");
            }
            for (_, handle) in &mut watched {
                let hint = tokio::time::timeout(Duration::from_secs(10), handle.rx.recv());
                assert!(hint.await.unwrap().is_some());
            }
            for (source, _) in &watched {
                assert_eq!(source.reload().await.unwrap().as_deref(), Some("two"));
            }

            let survivor = watched.pop();
            drop(watched);
            one_watcher().await;
            let watches = census::watches();
            assert!(watches < 10, "{watches} watches for one file");
            if round == 1 {
                // Dropped by another thread while this one goes on.
                std::thread::spawn(move || drop(survivor)).join().unwrap();
            } else {
                drop(survivor);
            }
            no_watcher().await;
        }
    });
}

#[test]
fn p16_directories_groups_and_files_share_one_watcher() {
    in_turn(async {
        let world = World::new();
        world.folder("d/sub");
        for number in 0..100 {
            world.file(&format!("d/sub/{number}"), "text");
        }
        for round in 0..20 {
            let text = format!("round {round}");
            world.file("d/a", &text);
            let source = Dir::new(world.path("d")).recursive(1).each(TextDecoder);
            let mut dir = ManyRig::watch_source(source).await;
            let files = [("one", world.path("d/a")), ("other", world.path("d/sub/0"))];
            let group = Group::new(files).decode_files(|files: &Files| Ok(files.len()));
            let group = ManyRig::watch_source(group).await;
            let file = Rig::watch(world.path("d/a")).await;
            one_watcher().await;
            // Dropped in the middle of a change.
            write(world.path("d/a"), "changed");
            if round % 2 == 0 {
                let changed = |rig: &ManyRig<_>| {
                    let files: &Texts = rig.current.as_ref().unwrap();
                    files.len() == 101 && files.values().any(|text| text == "changed")
                };
                dir.until(changed, "the change").await;
            }
            drop((group, file));
            one_watcher().await;
            drop(dir);
            no_watcher().await;
        }
    });
}
