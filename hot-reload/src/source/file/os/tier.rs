//! [`Tier`]: which changes a kind of file system announces.

/// How many of its changes a file system announces, from all to few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    Local,
    Unknown,
    Remote,
}

impl Tier {
    /// The tier of this kind of file system, as the kernel calls it.
    pub(crate) fn of(kind: &str) -> Self {
        let is_any = |kinds: &[&str]| kinds.contains(&kind);
        if is_any(LOCAL) {
            Self::Local
        } else if is_any(REMOTE) || kind.starts_with("fuse") {
            Self::Remote
        } else {
            Self::Unknown
        }
    }
}

/// Whether a file system of this kind always answers, because it depends on no other machine and on no program.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "only Linux says what is mounted")
)]
pub(super) fn answers(kind: &str) -> bool {
    LOCAL.contains(&kind) || KERNEL.contains(&kind)
}

/// The kernel's own file systems, and overlays, whose layers are on this machine or mounted too.
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

/// Every change is announced, because only this machine changes anything.
const LOCAL: &[&str] = &[
    "bcachefs", "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "iso9660", "jfs",
    "nilfs2", "ntfs3", "ramfs", "reiserfs", "squashfs", "tmpfs", "udf", "vfat", "xfs", "zfs",
];

/// Changes by other machines are not announced.
const REMOTE: &[&str] = &[
    "9p", "afs", "ceph", "cifs", "coda", "gfs2", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2",
    "orangefs", "prl_fs", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_that_depend_on_others_may_not_answer() {
        assert!(answers("ext4") && answers("overlay") && answers("proc"));
        for kind in ["nfs4", "fuse", "fuse.sshfs", "autofs", "something new"] {
            assert!(!answers(kind), "{kind}");
        }
    }
}
