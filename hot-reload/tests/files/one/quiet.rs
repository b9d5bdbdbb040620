//! Events that are no change: attributes, equal content, other files, and reads.

use std::fs;

use crate::file::{Rig, World};

#[cfg(unix)]
#[tokio::test]
async fn t50_p10_changes_of_attributes_are_no_change() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::time::{Duration, SystemTime, UNIX_EPOCH};
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    let (user, group) = {
        let data = fs::metadata(&path).unwrap();
        (data.uid(), data.gid())
    };
    // Each alone first, so that the load has only this cause.
    let changes: [&dyn Fn(u32); 4] = [
        &|round| {
            let mode = [0o600, 0o644][round as usize % 2];
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        },
        &|_| chown(&path, Some(user), Some(group)).unwrap(),
        &|round| {
            let file = fs::File::options().write(true).open(&path).unwrap();
            let time = UNIX_EPOCH + Duration::from_secs(1_700_000_000 + u64::from(round));
            let times = fs::FileTimes::new().set_accessed(time).set_modified(time);
            file.set_times(times).unwrap();
        },
        &|_| {
            let file = fs::File::options().append(true).open(&path).unwrap();
            #[allow(clippy::disallowed_methods, reason = "a file is touched now")]
            file.set_modified(SystemTime::now()).unwrap();
        },
    ];
    for change in changes {
        let loads = rig.loads;
        change(1);
        rig.settle().await;
        assert!(rig.loads > loads, "the file was loaded");
        assert_eq!((rig.contents, rig.texts()), (1, vec!["one"]));
    }
    for round in 0..250 {
        for change in changes {
            change(round);
        }
        tokio::task::yield_now().await;
    }
    rig.settle().await;
    assert_eq!((rig.contents, rig.texts()), (1, vec!["one"]));
    assert_eq!(rig.failures, 0);
    world.rename_into("c", "two");
    rig.expect("two").await;
}

#[tokio::test]
async fn p10_equal_content_is_no_change() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    crate::file::write(&path, "one");
    rig.settle().await;
    world.rename_into("c", "one");
    rig.settle().await;
    assert!(rig.loads > 1);
    assert_eq!((rig.contents, rig.texts()), (1, vec!["one"]));
}

#[tokio::test]
async fn p15_other_files_and_reads_cause_no_load() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    rig.settle().await;
    let loads = rig.loads;
    for number in 0..50 {
        world.file("other", &number.to_string());
        fs::read(&path).unwrap();
    }
    rig.settle().await;
    assert_eq!(rig.loads, loads);
}
