//! Linux: whether a file is on a file system of this machine.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{StatFs, fstatfs, statfs};

/// Whether only this machine changes what the path leads to. `false` for unknown file systems.
pub(crate) fn is_local(path: &Path) -> bool {
    statfs(path).is_ok_and(|stat| knows(&stat))
}

/// The same for an open file.
pub(super) fn is_local_file(file: impl AsFd) -> bool {
    fstatfs(file).is_ok_and(|stat| knows(&stat))
}

fn knows(stat: &StatFs) -> bool {
    // The width and the sign of the field differ between architectures; the numbers have 32 bits.
    #[allow(clippy::unnecessary_cast, reason = "the type is another one elsewhere")]
    let magic = stat.f_type as u32;
    LOCAL.contains(&magic)
}

/// The file systems that only this machine changes, by their numbers in the kernel's `magic.h` and in their own sources. The
/// kernel's own, such as `/proc`, are none of them, and neither are those of FUSE or a network.
const LOCAL: [u32; 12] = [
    0xef53,      // ext2, ext3, ext4
    0x5846_5342, // xfs
    0x9123_683e, // btrfs
    0x0102_1994, // tmpfs
    0x8584_58f6, // ramfs
    // The upper layer is always local, and a writer there is noticed. A file that is only mapped is not.
    0x794c_7630, // overlay
    0xf2f5_2010, // f2fs
    0x2fc1_2fc1, // zfs
    0xca45_1a4e, // bcachefs
    0x3153_464a, // jfs
    0x4d44,      // vfat
    0x2011_bab0, // exfat
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn file_systems_of_the_kernel_are_not_local() {
        for path in ["/proc", "/sys"] {
            assert!(!is_local(path.as_ref()));
            assert!(!is_local_file(File::open(path).unwrap()));
        }
    }
}
