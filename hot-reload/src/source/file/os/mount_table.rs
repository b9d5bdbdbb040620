//! Linux: the file system of a path, from the mount table, because asking the file system itself may hang.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The mounts of this process at one moment.
pub(crate) struct MountTable(Vec<(PathBuf, String)>);

impl MountTable {
    /// `None` without `/proc`.
    pub(crate) fn read() -> Option<Self> {
        Some(Self::parse(&fs::read("/proc/self/mountinfo").ok()?))
    }

    fn parse(table: &[u8]) -> Self {
        let lines = table.split(|byte| *byte == b'\n');
        Self(lines.filter_map(entry).collect())
    }

    /// The kind of file system of this absolute path, by the kernel's name. Links are not followed.
    pub(crate) fn kind_of(&self, path: &Path) -> Option<&str> {
        let above = self.0.iter().filter(|(place, _)| path.starts_with(place));
        // If a place has several mounts, the last one is on top.
        let (_, kind) = above.max_by_key(|(place, _)| place.components().count())?;
        Some(kind)
    }

    /// The kinds of all file systems.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, kind)| &**kind)
    }
}

/// `36 35 98:0 /root /place options optional... - kind source options`.
fn entry(line: &[u8]) -> Option<(PathBuf, String)> {
    let mut fields = line.split(|byte| *byte == b' ');
    let place = unescape(fields.nth(4)?);
    let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
    let kind = String::from_utf8_lossy(kind).into_owned();
    Some((OsString::from_vec(place).into(), kind))
}

/// The table writes spaces and the like as `\040`.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..3).filter(|_| *first == b'\\');
        let code = code.and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                plain.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] = b"\
        22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
        30 22 0:40 / /mnt rw - tmpfs none rw\n\
        31 30 0:41 / /mnt/a\\040b rw,nosuid shared:2 master:1 - nfs4 host:/x rw\n\
        32 30 0:42 / /mnt rw - fuse.sshfs host: rw\n";

    fn kind(path: &str) -> String {
        let table = MountTable::parse(TABLE);
        table.kind_of(Path::new(path)).unwrap().to_owned()
    }

    #[test]
    fn deepest_and_last_mount_counts() {
        assert_eq!(kind("/etc/c"), "ext4");
        assert_eq!(kind("/mntx/c"), "ext4");
        assert_eq!(kind("/mnt/c"), "fuse.sshfs");
        assert_eq!(kind("/mnt/a b/c"), "nfs4");
    }

    #[test]
    fn table_of_this_process_is_parsed() {
        let table = MountTable::read().unwrap();
        assert_eq!(table.kind_of(Path::new("/proc/self/stat")), Some("proc"));
    }
}
