//! Many sources, one watcher.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use tokio::task::JoinSet;
use tokio::time::{Duration, sleep};

use crate::census::{Census, instances, one_watcher, say, watches};
use crate::file::{Rig, World, write};
use crate::in_turn;

/// Watches all of these, edits each file, and expects a hint at each of its sources.
async fn all_are_notified(world: &World, paths: &[PathBuf]) {
    let before = Census::take();
    let mut rigs = Vec::new();
    for path in paths {
        rigs.push((Rig::watch(path).await, fs::canonicalize(path).unwrap()));
    }
    one_watcher().await;
    // The instance, the bell, and the table of mounts.
    assert_eq!(Census::take().descriptors, before.descriptors + 3);
    let mut files: Vec<_> = rigs.iter().map(|(_, file)| file.clone()).collect();
    files.sort_unstable();
    files.dedup();
    for file in &files {
        write(file, &format!("in place {}", file.display()));
    }
    for (rig, file) in &mut rigs {
        rig.expect(&format!("in place {}", file.display())).await;
    }
    for file in &files {
        let draft = world.path("draft");
        write(&draft, &format!("renamed {}", file.display()));
        fs::rename(draft, file).unwrap();
    }
    for (rig, file) in &mut rigs {
        rig.expect(&format!("renamed {}", file.display())).await;
    }
    one_watcher().await;
    assert_eq!(Census::take().descriptors, before.descriptors + 3);
    let (sources, files, watches) = (rigs.len(), files.len(), watches());
    say(&format!(
        "{sources} sources of {files} files: {watches} watches"
    ));
    drop(rigs);
    assert_eq!(instances(), 0);
}

#[test]
fn t59_p16_file_watched_by_several_paths_notifies_each() {
    in_turn(async {
        let world = World::new();
        world.folder("a/b");
        let path = world.file("a/b/c", "one");
        symlink(&path, world.path("link")).unwrap();
        symlink("a", world.path("way")).unwrap();
        let paths = ["a/b/c", "a/b/c", "link", "way/b/c", "a/../a/b/./c"];
        all_are_notified(&world, &paths.map(|name| world.path(name))).await;
    });
}

#[test]
fn t59_p16_hundred_sources_in_one_folder_are_each_notified() {
    in_turn(async {
        let world = World::new();
        world.folder("d");
        let paths: Vec<_> = (0..100)
            .map(|number| world.file(&format!("d/{number}"), "one"))
            .collect();
        all_are_notified(&world, &paths).await;
    });
}

#[test]
fn t59_p16_thousand_folders_are_each_notified_by_one_thread() {
    in_turn(async {
        let world = World::new();
        let paths: Vec<_> = (0..1000)
            .map(|number| {
                world.folder(&format!("{number}"));
                world.file(&format!("{number}/c"), "one")
            })
            .collect();
        all_are_notified(&world, &paths).await;
    });
}

/// While two others write to the files, in place and by rename.
#[test]
fn t60_ten_thousand_dropped_sources_leave_no_watch() {
    in_turn(async {
        let world = World::new();
        let names: Vec<_> = (0..FOLDERS * 10)
            .map(|number| format!("{}/{number}", number % FOLDERS))
            .collect();
        for number in 0..FOLDERS {
            world.folder(&format!("{number}"));
        }
        for name in &names {
            world.file(name, "one");
        }
        let mut survivor = Rig::watch(world.file("c", "one")).await;
        churn(&world, &names, 500).await;
        let (before, alone) = (Census::take(), watches());
        churn(&world, &names, 10_000).await;
        assert_eq!(watches(), alone);
        before.flat_since().await;
        one_watcher().await;
        world.rename_into("c", "two");
        survivor.expect("two").await;
    });
}

/// Adds so many sources and drops them at random, while others write.
async fn churn(world: &World, names: &[String], count: usize) {
    let seed = std::process::id();
    say(&format!("seed {seed}"));
    let mut writers = JoinSet::new();
    for (number, half) in names.chunks(names.len() / 2).enumerate() {
        let paths: Vec<_> = half.iter().map(|name| world.path(name)).collect();
        let mut dice = Dice(seed.wrapping_add(1 + u32::try_from(number).unwrap()));
        writers.spawn(async move {
            loop {
                let path = &paths[dice.below(paths.len())];
                match dice.below(2) {
                    0 => write(path, "in place"),
                    _ => {
                        let draft = path.with_extension("draft");
                        write(&draft, "renamed");
                        fs::rename(draft, path).unwrap();
                    }
                }
                sleep(Duration::from_millis(1)).await;
            }
        });
    }
    let mut dice = Dice(seed);
    let mut rigs = Vec::new();
    for _ in 0..count {
        let path = world.path(&names[dice.below(names.len())]);
        rigs.push(Rig::watch(path).await);
        while rigs.len() > dice.below(200) {
            let mut rig = rigs.swap_remove(dice.below(rigs.len()));
            // Some are dropped right after a load that has watched a replaced file.
            if dice.below(4) == 0 {
                rig.load().await.unwrap();
            }
        }
    }
    writers.shutdown().await;
}

const FOLDERS: usize = 20;

/// Numbers that look random, the same for the same seed.
struct Dice(u32);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % limit
    }
}
