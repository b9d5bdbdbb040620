//! How far the announcements about a file can be believed, by the kind of its file system.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::source::file::os::MountTable;
use crate::watch::WatchProfile;

/// The profile of a watch on the file at this absolute path, which is looked at more often although nothing was
/// announced where not everything is announced. Asks nothing that may hang.
pub(crate) fn profile(path: &Path) -> WatchProfile {
    let table = MountTable::read();
    let kind = table.as_ref().and_then(|table| table.kind_of(path));
    profile_of(kind.map(tier))
}

/// The same for several paths: as the one of which the least is announced.
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
        // A watch that is not trusted yet, or is not to be had, is no reason to look less often.
        interval: local.interval.min(heartbeat),
        ..local
    }
}

/// How much is announced, most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    Local,
    Unknown,
    Remote,
}

/// The path of which the least is announced, with the kind of its file system. Folders are asked about once where their
/// files follow each other.
pub(crate) fn worst(paths: &[PathBuf]) -> Option<(&Path, String, Tier)> {
    let table = MountTable::read()?;
    let folders = paths.chunk_by(|one, next| one.parent() == next.parent());
    let tiers = folders.filter_map(<[PathBuf]>::first).filter_map(|path| {
        let kind = table.kind_of(path)?;
        Some((path.as_path(), kind, tier(kind)))
    });
    // Of several equal ones the first.
    let worst = tiers.reduce(|worst, next| if next.2 > worst.2 { next } else { worst });
    worst.map(|(path, kind, tier)| (path, kind.to_owned(), tier))
}

fn tier(kind: &str) -> Tier {
    let is_any = |kinds: &[&str]| kinds.contains(&kind);
    if is_any(LOCAL) {
        Tier::Local
    } else if is_any(REMOTE) || kind.starts_with("fuse") {
        Tier::Remote
    } else {
        Tier::Unknown
    }
}

/// Whether a file system of this kind always answers, because it depends on no other machine and on no program.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "nowhere else is it known what is mounted")
)]
pub(crate) fn answers(kind: &str) -> bool {
    LOCAL.contains(&kind) || KERNEL.contains(&kind)
}

/// What the kernel itself answers for, and overlays, whose layers are mounted too or come from the same machine.
const KERNEL: &[&str] = &[
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fusectl",
    "hugetlbfs",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "pstore",
    "rootfs",
    "securityfs",
    "selinuxfs",
    "sysfs",
    "tracefs",
];

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

pub(crate) const FOR_REMOTE: Duration = Duration::from_secs(2);

/// Such as overlays, of which a lower layer can change in silence.
pub(crate) const FOR_UNKNOWN: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_others_may_not_answer() {
        assert!(answers("ext4") && answers("overlay") && answers("proc"));
        for kind in ["nfs4", "fuse", "fuse.sshfs", "autofs", "something new"] {
            assert!(!answers(kind), "{kind}");
        }
    }

    #[test]
    fn the_less_is_announced_the_more_often_is_looked() {
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
            assert_eq!(profile_of(Some(tier(kind))).heartbeat, expected, "{kind}");
        }
    }
}
