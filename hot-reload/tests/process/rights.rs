//! The right to read, taken away and given back.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};

use hot_reload::ErrorKind;

use crate::file::{Rig, write};
use crate::twin::{Twin, task, tell};
use crate::{in_turn, turn};

/// Root may read everything, so another user does the reading.
#[test]
fn t37_a_file_that_may_not_be_read_keeps_its_value_and_is_seen_as_soon_as_it_may() {
    const NAME: &str =
        "rights::t37_a_file_that_may_not_be_read_keeps_its_value_and_is_seen_as_soon_as_it_may";
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
    tell("it is read");
    for (before, after) in [("one", "two"), ("two", "three")] {
        rig.expect_error("grant this process read access").await;
        assert_eq!(rig.last_error().kind(), ErrorKind::Unavailable);
        assert_eq!(rig.current.as_deref(), Some(before));
        tell("it is refused");
        rig.expect(after).await;
        tell(after);
    }
    assert_eq!(rig.texts(), ["one", "two", "three"]);
}
