//! [`World`]: a folder with the changing file `outer/inner/c`, which is a file or a symbolic link.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Pid;

use crate::judge::Judge;
use crate::schedule::Round;
use crate::version::{self, Published};

/// Where the bytes are, and how a new version is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A file that is replaced by renaming.
    Plain,
    /// `c -> ..data/c`, `..data -> ..7`: a ConfigMap, which switches to a new generation.
    Kubernetes,
    /// `c -> ../../archive/7`: a certificate that was renewed.
    Certbot,
}

pub(crate) struct World {
    root: PathBuf,
    pub(super) layout: Layout,
    pub(crate) judge: Judge,
    version: u64,
    number: u64,
    last_change: Instant,
    /// Files that stay open until the file was seen.
    pub(super) held: Vec<File>,
    pub(super) mounted: bool,
    /// The process that watches, if it may be stopped.
    pub(crate) sleeper: Option<Pid>,
}

impl World {
    /// In this folder, which exists.
    pub(crate) fn new(root: &Path, layout: Layout) -> Self {
        let mut world = Self {
            root: root.to_owned(),
            layout,
            judge: Judge::default(),
            version: 0,
            number: 0,
            last_change: now(),
            held: Vec::new(),
            mounted: false,
            sleeper: None,
        };
        world.bring_out(500).expect("a world");
        world
    }

    /// The watched path.
    pub(crate) fn file(&self) -> PathBuf {
        self.path("outer/inner/c")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Does it all, one after the other.
    pub(crate) async fn act(&mut self, round: &Round) -> io::Result<()> {
        self.judge.new_round();
        for (index, step) in round.0.iter().enumerate() {
            if index > 0 {
                pause(round.0[index - 1].gap).await;
            }
            self.restore()?;
            let named = |error| io::Error::other(format!("{}: {error}", step.kind.name()));
            self.operate(step).await.map_err(named)?;
            if step.kind.changes_bytes() {
                self.last_change = now();
            }
        }
        Ok(())
    }

    /// When the last change was over.
    pub(crate) fn last_change(&self) -> Instant {
        self.last_change
    }

    /// The content on disk.
    pub(crate) fn truth(&self) -> Published {
        match fs::read(self.file()) {
            Ok(bytes) => Published::of(&bytes),
            Err(_) => Published::Absent,
        }
    }

    /// Closes the files held open, and removes leftovers.
    pub(crate) fn clean(&mut self) {
        self.held.clear();
        let _ = fs::remove_dir_all(self.path("attic"));
        let (used, targets) = (self.target(), self.path("targets"));
        for entry in fs::read_dir(targets).into_iter().flatten().flatten() {
            let path = entry.path();
            if !used.starts_with(&path) {
                let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
            }
        }
    }

    /// Makes sure that there is a file to change.
    fn restore(&mut self) -> io::Result<()> {
        if self.mounted {
            self.unmount()?;
        }
        if !self.file().is_file() {
            let _ = fs::remove_dir_all(self.file());
            let _ = fs::remove_file(self.file());
            self.bring_out(64)?;
        }
        Ok(())
    }

    /// Releases a new version as the layout does.
    pub(super) fn bring_out(&mut self, size: usize) -> io::Result<()> {
        let inner = self.folder("outer/inner")?;
        match self.layout {
            Layout::Plain => {
                let draft = self.draft("outer/inner", size)?;
                fs::rename(draft, self.file())
            }
            Layout::Kubernetes => {
                let (name, text) = (format!("..{}", self.version + 1), self.next(size));
                fs::create_dir(inner.join(&name))?;
                fs::write(inner.join(&name).join("c"), text)?;
                let data = inner.join("..data");
                let before = fs::read_link(&data);
                self.point(&data, Path::new(&name))?;
                if fs::read_link(self.file()).ok() != Some(PathBuf::from("..data/c")) {
                    self.point(&self.file(), Path::new("..data/c"))?;
                }
                before.map_or(Ok(()), |before| self.remove_all(&inner.join(before)))
            }
            Layout::Certbot => {
                let archive = self.folder("archive")?;
                let (name, text) = (format!("{}", self.version + 1), self.next(size));
                fs::write(archive.join(&name), text)?;
                let target = Path::new("../../archive").join(&name);
                self.point(&self.file(), &target)?;
                let old = fs::read_dir(archive)?.flatten();
                old.filter(|entry| entry.file_name() != name.as_str())
                    .try_for_each(|entry| fs::remove_file(entry.path()))
            }
        }
    }

    fn unmount(&mut self) -> io::Result<()> {
        run("umount", &["--lazy"], &self.path("outer/inner"))?;
        self.mounted = false;
        // The file below the mount has the name again.
        if let Published::Whole(id) = self.truth() {
            self.judge.wrote(id);
        }
        Ok(())
    }

    /// The path of the bytes: the end of the links.
    pub(super) fn target(&self) -> PathBuf {
        fs::canonicalize(self.file()).unwrap_or_else(|_| self.file())
    }

    /// The next version, which is about to have the name.
    pub(super) fn next(&mut self, size: usize) -> Vec<u8> {
        self.version += 1;
        self.judge.wrote(self.version);
        version::content(self.version, size)
    }

    /// A version that must never be seen under the name.
    pub(super) fn decoy(&mut self, size: usize) -> Vec<u8> {
        self.version += 1;
        version::content(self.version, size)
    }

    /// A number for something new.
    pub(super) fn number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// A finished file in this folder.
    pub(super) fn draft(&mut self, folder: &str, size: usize) -> io::Result<PathBuf> {
        let name = format!("draft-{}", self.number());
        let path = self.folder(folder)?.join(name);
        fs::write(&path, self.next(size))?;
        Ok(path)
    }

    pub(super) fn folder(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.path(name);
        fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// The folder for discarded files.
    pub(super) fn attic(&mut self) -> io::Result<PathBuf> {
        let name = format!("old-{}", self.number());
        Ok(self.folder("attic")?.join(name))
    }

    /// Removes the folder and its content. A file that is still open is moved away.
    pub(super) fn remove_all(&mut self, folder: &Path) -> io::Result<()> {
        let attic = self.attic()?;
        fs::remove_dir_all(folder).or_else(|_| fs::rename(folder, attic))
    }

    /// Creates a link of this name, or changes its target, atomically.
    pub(super) fn point(&self, link: &Path, target: &Path) -> io::Result<()> {
        let draft = link.with_file_name("link-draft");
        let _ = fs::remove_file(&draft);
        symlink(target, &draft)?;
        fs::rename(draft, link)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if self.mounted {
            let _ = self.unmount();
        }
    }
}

/// The step of a round that is this operation.
pub(super) async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

pub(super) fn run(program: &str, arguments: &[&str], target: &Path) -> io::Result<()> {
    let output = Command::new(program).args(arguments).arg(target).output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(text))
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "files are real, and so is their time"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
