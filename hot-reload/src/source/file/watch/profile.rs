//! The watch profile of a file, by how much its file system announces.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::source::file::os::{MountTable, Tier};
use crate::watch::WatchProfile;

/// The profile of a watch on the file at this absolute path. Where not every change is announced, its heartbeat is shorter.
/// Asks nothing that may hang.
pub(crate) fn profile(path: &Path) -> WatchProfile {
    let table = MountTable::read();
    let kind = table.as_ref().and_then(|table| table.kind_of(path));
    profile_of(kind.map(Tier::of))
}

/// The profile for several paths: that of the path with the weakest notifications.
#[cfg(feature = "dir")]
pub(crate) fn profile_of_all(paths: &[PathBuf]) -> WatchProfile {
    profile_of(worst(paths).map(|(.., tier)| tier))
}

fn profile_of(tier: Option<Tier>) -> WatchProfile {
    let local = WatchProfile::local();
    let heartbeat = match tier {
        Some(Tier::Local) | None => local.heartbeat,
        Some(Tier::Unknown) => FOR_UNKNOWN,
        Some(Tier::Remote) => FOR_REMOTE,
    };
    WatchProfile {
        heartbeat,
        // Without a trusted watch, the source is not loaded less often.
        interval: local.interval.min(heartbeat),
        ..local
    }
}

/// The path with the weakest notifications, with the kind of its file system. Of several equal ones, the first.
pub(crate) fn worst(paths: &[PathBuf]) -> Option<(&Path, String, Tier)> {
    let table = MountTable::read()?;
    // Files of one directory that follow each other are asked about once.
    let folders = paths.chunk_by(|one, next| one.parent() == next.parent());
    let tiers = folders.filter_map(<[PathBuf]>::first).filter_map(|path| {
        let kind = table.kind_of(path)?;
        Some((path.as_path(), kind, Tier::of(kind)))
    });
    let worst = tiers.reduce(|worst, next| if next.2 > worst.2 { next } else { worst });
    worst.map(|(path, kind, tier)| (path, kind.to_owned(), tier))
}

/// The heartbeat where changes by other machines are not announced.
pub(crate) const FOR_REMOTE: Duration = Duration::from_secs(2);

/// The heartbeat for overlays, whose lower layers can change silently, and for unknown kinds.
pub(crate) const FOR_UNKNOWN: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeat_is_shorter_where_less_is_announced() {
        let minute = WatchProfile::local().heartbeat;
        for (kind, expected) in [
            ("ext4", minute),
            ("tmpfs", minute),
            ("overlay", FOR_UNKNOWN),
            ("something new", FOR_UNKNOWN),
            ("nfs4", FOR_REMOTE),
            ("fuse.sshfs", FOR_REMOTE),
            ("fuseblk", FOR_REMOTE),
        ] {
            assert_eq!(
                profile_of(Some(Tier::of(kind))).heartbeat,
                expected,
                "{kind}"
            );
        }
    }
}
