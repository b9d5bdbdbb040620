//! Permission to read, revoked and granted again.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::time::Duration;

use hot_reload::error::ErrorKind;

use crate::file::{Rig, write};
use crate::twin::{Twin, report, task};
use crate::{in_turn, turn};

/// Root may read everything, so another user does the reading.
#[test]
fn t37_unreadable_file_keeps_its_value_until_it_is_readable() {
    const NAME: &str = "rights::t37_unreadable_file_keeps_its_value_until_it_is_readable";
    if let Some(path) = task() {
        return in_turn(reading(path));
    }
    let _turn = turn();
    for is_own in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c");
        write(&path, "one");
        let Some((mut twin, user)) = Twin::start_as_somebody(NAME, folder.path(), &path) else {
            return;
        };
        let set_mode = |mode| fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        if is_own {
            chown(&path, Some(user), Some(user)).unwrap();
        }
        twin.expect("it is read");
        for text in ["two", "three"] {
            set_mode(0o000);
            twin.expect("it is refused");
            write(&path, text);
            set_mode(0o644);
            twin.expect(text);
        }
        twin.end();
    }
}

async fn reading(path: OsString) {
    let mut rig = Rig::watch(path).await;
    rig.expect("one").await;
    report("it is read");
    for (before, after) in [("one", "two"), ("two", "three")] {
        rig.expect_error("grant this process read access").await;
        assert_eq!(rig.last_error().kind(), ErrorKind::Unavailable);
        assert_eq!(rig.current.as_deref(), Some(before));
        report("it is refused");
        rig.expect(after).await;
        report(after);
    }
    assert_eq!(rig.texts(), ["one", "two", "three"]);
}

/// The usual deployment: the file belongs to another user, so the kernel hides its writers from the service.
#[test]
fn p05_pausing_writer_of_another_user_is_waited_for() {
    const NAME: &str = "rights::p05_pausing_writer_of_another_user_is_waited_for";
    if let Some(path) = task() {
        return in_turn(async {
            let mut rig = Rig::watch(path).await;
            // It was being written when the watch was opened.
            rig.expect("the first").await;
            report("the first");
            for text in ["the second", "the third"] {
                rig.expect(text).await;
                report(text);
            }
            assert_eq!(rig.texts(), ["the first", "the second", "the third"]);
        });
    }
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let mut first = fs::File::create(&path).unwrap();
    first.write_all(b"the ").unwrap();
    let Some((mut twin, _)) = Twin::start_as_somebody(NAME, folder.path(), &path) else {
        return;
    };
    pause(Duration::from_millis(1_000));
    first.write_all(b"first").unwrap();
    drop(first);
    twin.expect("the first");
    // Longer than a load waits, and longer than the file has to be untouched.
    for (text, length) in [("the second", 700), ("the third", 2_500)] {
        let mut file = fs::File::create(&path).unwrap();
        let (one, two) = text.split_at(6);
        for part in [one, two] {
            file.write_all(part.as_bytes()).unwrap();
            pause(Duration::from_millis(length));
        }
        drop(file);
        twin.expect(text);
    }
    twin.end();
}

/// The pause is the subject of this test, not a guess at a duration.
#[allow(
    clippy::disallowed_methods,
    reason = "the writer has a process of its own"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}
