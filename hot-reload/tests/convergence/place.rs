//! [`Place`]: the file systems of the worlds. Mounting some of them needs a privileged process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apart::not_run;
use crate::namespace::{Mounted, has, mount};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileSystem {
    /// That of the folder for temporary files.
    Disk,
    Tmpfs,
    Overlay,
    /// Timestamps are whole seconds.
    Ext4Coarse,
    /// The kernel believes no lease, and one name at a time.
    Fuse,
}

/// A folder on such a file system, removed in the end.
pub(crate) struct Place {
    base: PathBuf,
    root: PathBuf,
    mounted: Option<Mounted>,
}

impl Place {
    /// `None` where that is not to be had, which is reported in the name of this test.
    pub(crate) fn on(file_system: FileSystem, test: &str) -> Option<Self> {
        let base = std::env::temp_dir().join(format!("convergence-{}", std::process::id()));
        let _ = fs::remove_dir_all(&base);
        let folder = |name: &str| {
            let path = base.join(name);
            fs::create_dir_all(&path).expect("a folder");
            path
        };
        let root = folder("root");
        let mut mounted = None;
        match file_system {
            FileSystem::Disk => {}
            FileSystem::Tmpfs => mount(&["-t", "tmpfs", "none"], &root),
            FileSystem::Overlay => {
                // An overlay cannot be the upper layer of another one, and the disk may be one.
                mount(&["-t", "tmpfs", "none"], &folder("layers"));
                let layers = ["lower", "upper", "work"];
                let layers = layers.map(|name| {
                    format!("{name}dir={}", folder(&format!("layers/{name}")).display())
                });
                mount(&["-t", "overlay", "none", "-o", &layers.join(",")], &root);
            }
            FileSystem::Ext4Coarse => {
                if !has("mke2fs", test) {
                    return None;
                }
                let image = make_image(&base);
                // Not all machines that let one mount have devices for this.
                let mut mount = Command::new("mount");
                mount.args(["-o", "loop"]).args([&image, &root]);
                if !mount.output().is_ok_and(|output| output.status.success()) {
                    not_run(test, "it takes a loop device");
                    return None;
                }
            }
            FileSystem::Fuse => {
                if !has("bindfs", test) {
                    return None;
                }
                let behind = folder("behind");
                mounted = Some(Mounted::by("bindfs", &[text(&behind)], &root));
            }
        }
        Some(Self {
            base,
            root,
            mounted,
        })
    }

    /// A folder of its own for each, with nothing in it.
    pub(crate) fn create(&self, name: &str) -> PathBuf {
        let path = self.root.join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        path
    }
}

/// With inodes that have no room for more than seconds.
fn make_image(folder: &Path) -> PathBuf {
    let image = folder.join("image");
    let file = fs::File::create(&image).expect("an image");
    file.set_len(IMAGE).expect("an image");
    let made = Command::new("mke2fs")
        .args(["-q", "-F", "-t", "ext4", "-I", "128", text(&image)])
        .output()
        .expect("mke2fs");
    let what = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{what}");
    image
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

impl Drop for Place {
    fn drop(&mut self) {
        self.mounted = None;
        for name in ["root", "layers"] {
            // An error says that nothing is mounted there.
            let _ = Command::new("umount")
                .arg("--lazy")
                .arg(self.base.join(name))
                .output();
        }
        let _ = fs::remove_dir_all(&self.base);
    }
}

/// More than all that lies about at one time.
const IMAGE: u64 = 128 << 20;
