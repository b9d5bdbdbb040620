//! The operations behind each kind of change. Renaming replaces an operation that the file system refuses.

use std::fs::{self, File, Permissions};
use std::io::{self, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, linkat, openat, renameat_with};
use rustix::process::{Signal, kill_process};

use crate::kind::Kind;
use crate::schedule::Step;
use crate::world::{World, now, pause, run};

impl World {
    /// There is a file, and nothing is mounted over it.
    pub(super) async fn operate(&mut self, step: &Step) -> io::Result<()> {
        let &Step {
            kind, size, inner, ..
        } = step;
        let path = self.file();
        match kind {
            Kind::InPlace => self.write(&path, size),
            Kind::TargetWritten => self.write(&self.target(), size),
            Kind::Chunks => self.write_in_parts(&path, size, inner).await,
            Kind::EmptiedFirst => {
                let start = now();
                fs::write(&path, "")?;
                pause(inner).await;
                let text = self.next(size);
                let written = fs::write(&path, text);
                self.judge.was_empty(start.elapsed());
                written
            }
            Kind::SameTime => self.write_over(inner).await,
            Kind::OldTime => {
                let (start, text) = (now(), self.next(size));
                let mut file = File::create(&path)?;
                file.write_all(&text)?;
                self.judge.was_empty(start.elapsed());
                file.set_modified(long_ago(size))
            }
            Kind::OtherName => {
                let other = self.attic()?;
                fs::hard_link(self.target(), &other)?;
                pause(inner).await;
                self.write(&other, size)
            }
            Kind::NeverClosed => {
                let (start, text) = (now(), self.next(size));
                let mut file = File::create(&path)?;
                file.write_all(&text)?;
                self.judge.was_empty(start.elapsed());
                self.held.push(file);
                Ok(())
            }
            Kind::Forbidden => {
                let target = self.target();
                fs::set_permissions(&target, Permissions::from_mode(0o000))?;
                pause(inner).await;
                // Only root may.
                let written = self.write(&target, size);
                fs::set_permissions(&target, Permissions::from_mode(0o644))?;
                written.or_else(|_| self.write(&target, size))
            }
            Kind::Touched => {
                fs::set_permissions(&path, Permissions::from_mode(0o600))?;
                pause(inner).await;
                File::open(&path)?.set_modified(long_ago(size))
            }
            Kind::RenameBeside => {
                let draft = self.draft("outer/inner", size)?;
                fs::rename(draft, path)
            }
            Kind::RenameFrom => self.rename_to(&path, size),
            Kind::TargetRenamed => self.rename_to(&self.target(), size),
            Kind::StaleWriter => {
                let stale = File::options().write(true).open(&path)?;
                self.rename_to(&path, size)?;
                pause(inner).await;
                let decoy = self.decoy(size);
                stale.set_len(0)?;
                stale.write_all_at(&decoy, 0)
            }
            Kind::Exchange => {
                let draft = self.draft("attic", size)?;
                renameat_with(CWD, &draft, CWD, &path, RenameFlags::EXCHANGE)
                    .or_else(|_| fs::rename(draft, path))
            }
            Kind::Recreate => {
                fs::remove_file(&path)?;
                pause(inner / 4).await;
                self.write(&path, size)
            }
            Kind::Remove => fs::remove_file(path),
            Kind::HardLink => {
                let draft = self.draft("attic", size)?;
                fs::remove_file(&path)?;
                fs::hard_link(draft, path)
            }
            Kind::Tmpfile => self.link_nameless(&path, size, inner).await,
            Kind::FolderBetween => {
                fs::remove_file(&path)?;
                fs::create_dir(&path)?;
                pause(inner / 4).await;
                fs::remove_dir(&path)?;
                self.write(&path, size)
            }
            Kind::LinkSwap => {
                let target = self.draft("targets", size)?;
                self.point(&path, &target)
            }
            Kind::Generation => {
                let name = format!("targets/generation-{}", self.number());
                let draft = self.draft("attic", size)?;
                let generation = self.folder(&name)?;
                fs::rename(draft, generation.join("c"))?;
                let data = self.path("data");
                // If the path leads through the link already, only the link changes.
                self.point(&data, &generation)?;
                if fs::read_link(&path).is_ok_and(|target| target == data.join("c")) {
                    return Ok(());
                }
                self.point(&path, &data.join("c"))
            }
            Kind::Layout => self.bring_out(size),
            Kind::ParentReplaced => {
                let next = self.path("outer/next");
                let draft = self.draft("outer/next", size)?;
                fs::rename(draft, next.join("c"))?;
                self.replace(&self.path("outer/inner"), &next, "c", size)
            }
            Kind::GrandparentReplaced => {
                let draft = self.draft("next/inner", size)?;
                fs::rename(draft, self.path("next/inner/c"))?;
                self.replace(&self.path("outer"), &self.path("next"), "inner/c", size)
            }
            Kind::ParentAnew => {
                self.remove_all(&self.path("outer/inner"))?;
                pause(inner / 4).await;
                fs::create_dir(self.path("outer/inner"))?;
                self.write(&path, size)
            }
            Kind::MissingParents => {
                self.remove_all(&self.path("outer"))?;
                pause(inner / 4).await;
                self.folder("outer/inner")?;
                self.write(&path, size)
            }
            Kind::MountOver => {
                run("mount", &["-t", "tmpfs", "none"], &self.path("outer/inner"))?;
                self.mounted = true;
                pause(inner).await;
                self.write(&path, size)
            }
            Kind::Stopped => {
                let process = self.sleeper.ok_or(io::ErrorKind::Unsupported)?;
                kill_process(process, Signal::STOP)?;
                tokio::spawn(async move {
                    pause(inner).await;
                    kill_process(process, Signal::CONT)
                });
                Ok(())
            }
            Kind::Overflow => {
                let process = self.sleeper.ok_or(io::ErrorKind::Unsupported)?;
                kill_process(process, Signal::STOP)?;
                let written = flood(&path).and_then(|()| self.rename_to(&path, size));
                kill_process(process, Signal::CONT)?;
                written
            }
        }
    }

    fn write(&mut self, path: &Path, size: usize) -> io::Result<()> {
        let text = self.next(size);
        let start = now();
        let written = fs::write(path, text);
        self.judge.was_empty(start.elapsed());
        written
    }

    async fn write_in_parts(
        &mut self,
        path: &Path,
        size: usize,
        inner: Duration,
    ) -> io::Result<()> {
        let (text, start) = (self.next(size), now());
        let mut file = File::create(path)?;
        for part in text.chunks(text.len().div_ceil(4)) {
            if file.stream_position()? > 0 {
                pause(inner).await;
            }
            file.write_all(part)?;
            if file.stream_position()? == part.len() as u64 {
                self.judge.was_empty(start.elapsed());
            }
        }
        Ok(())
    }

    /// Also in four parts; neither size nor time show the write.
    async fn write_over(&mut self, inner: Duration) -> io::Result<()> {
        let file = File::options().write(true).open(self.file())?;
        let before = file.metadata()?;
        let text = self.next(before.len() as usize);
        let part = text.len().div_ceil(4);
        for (index, bytes) in text.chunks(part).enumerate() {
            file.write_all_at(bytes, (index * part) as u64)?;
            pause(inner.min(SHORT)).await;
        }
        file.set_modified(before.modified()?)
    }

    fn rename_to(&mut self, path: &Path, size: usize) -> io::Result<()> {
        let draft = self.draft("attic", size)?;
        fs::rename(draft, path)
    }

    /// A file is written before it has a name, and closed a while after it was given one.
    async fn link_nameless(&mut self, path: &Path, size: usize, inner: Duration) -> io::Result<()> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        let inner_folder = self.path("outer/inner");
        let Ok(file) = openat(CWD, &inner_folder, flags, Mode::from_raw_mode(0o644)) else {
            return self.rename_to(path, size);
        };
        let mut file = File::from(file);
        let text = self.next(size);
        file.write_all(&text)?;
        fs::remove_file(path)?;
        let nameless = format!("/proc/self/fd/{}", file.as_raw_fd());
        linkat(CWD, nameless, CWD, path, AtFlags::SYMLINK_FOLLOW)?;
        pause(inner).await;
        Ok(())
    }

    /// Another folder takes the place of this one, whose file is written to once more.
    fn replace(&mut self, folder: &Path, next: &Path, file: &str, size: usize) -> io::Result<()> {
        let attic = self.attic()?;
        fs::rename(folder, &attic)?;
        fs::rename(next, folder)?;
        let old = attic.join(file);
        if fs::symlink_metadata(&old).is_ok_and(|old| old.is_file()) {
            let decoy = self.decoy(size);
            fs::write(old, decoy)?;
        }
        Ok(())
    }
}

/// More happens beside the file than the kernel keeps.
fn flood(path: &Path) -> io::Result<()> {
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events")?;
    let limit: usize = limit.trim().parse().map_err(io::Error::other)?;
    // Each makes three events at least: made, closed, removed.
    for number in 0..limit / 2 {
        let other = path.with_file_name(format!("other-{}", number % 2));
        fs::write(&other, "")?;
        fs::remove_file(other)?;
    }
    Ok(())
}

/// Another time each time.
fn long_ago(size: usize) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + size as u64)
}

/// The longest time for which an overwritten file is half-written.
const SHORT: Duration = Duration::from_millis(20);
