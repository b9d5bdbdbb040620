//! How far the announcements about a file can be believed, by the kind of its file system.

use std::path::Path;
#[cfg(feature = "dir")]
use std::path::PathBuf;
use std::time::Duration;

use super::os;
use crate::watch::WatchProfile;

/// The profile of a watch on the file at this absolute path, which is looked at more often although nothing was
/// announced where not everything is announced. Asks nothing that may hang.
pub(crate) fn profile(path: &Path) -> WatchProfile {
    let local = WatchProfile::local();
    let heartbeat = match os::file_system_kind(path) {
        Some(kind) => heartbeat(&kind, local.heartbeat),
        None => local.heartbeat,
    };
    WatchProfile { heartbeat, ..local }
}

/// The same of several files: that of the one that is believed least.
#[cfg(feature = "dir")]
pub(crate) fn profile_of_all(paths: &[PathBuf]) -> WatchProfile {
    let profiles = paths.iter().map(|path| profile(path));
    profiles
        .min_by_key(|profile| profile.heartbeat)
        .unwrap_or_else(WatchProfile::local)
}

fn heartbeat(kind: &str, local: Duration) -> Duration {
    let is_any = |kinds: &[&str]| kinds.contains(&kind);
    if is_any(LOCAL) {
        local
    } else if is_any(REMOTE) || kind.starts_with("fuse") {
        FOR_REMOTE
    } else {
        FOR_UNKNOWN
    }
}

/// All that happens is announced, because only this machine does anything.
const LOCAL: &[&str] = &[
    "bcachefs", "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "iso9660", "jfs",
    "nilfs2", "ntfs3", "ramfs", "reiserfs", "squashfs", "tmpfs", "udf", "vfat", "xfs", "zfs",
];

/// What other machines do is not announced.
const REMOTE: &[&str] = &[
    "9p", "afs", "ceph", "cifs", "coda", "gfs2", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2",
    "orangefs", "prl_fs", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs",
];

const FOR_REMOTE: Duration = Duration::from_secs(2);

/// Such as overlays, of which a lower layer can change in silence.
const FOR_UNKNOWN: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_less_is_announced_the_more_often_is_looked() {
        let minute = Duration::from_secs(60);
        for (kind, expected) in [
            ("ext4", minute),
            ("tmpfs", minute),
            ("overlay", FOR_UNKNOWN),
            ("something new", FOR_UNKNOWN),
            ("nfs4", FOR_REMOTE),
            ("fuse.sshfs", FOR_REMOTE),
            ("fuseblk", FOR_REMOTE),
        ] {
            assert_eq!(heartbeat(kind, minute), expected, "{kind}");
        }
    }
}
