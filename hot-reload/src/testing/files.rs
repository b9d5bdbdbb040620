//! Changes files as editors and tools do, for tests.
//!
//! The functions block. A test that checks several ways to save a file calls each of them:
//!
//! ```
//! use std::time::Duration;
//!
//! use hot_reload::testing::files;
//!
//! # fn main() -> std::io::Result<()> {
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("app.toml");
//! files::atomic_save(&path, "port = 80")?;
//! files::vim_save(&path, "port = 81")?;
//! files::truncate_then_write(&path, "port = 82", Duration::from_millis(20))?;
//! assert_eq!(std::fs::read_to_string(path)?, "port = 82");
//! # Ok(()) }
//! ```

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Writes a finished file beside the path, and renames it into place. No reader sees a part.
///
/// # Errors
///
/// Those of the file system.
pub fn atomic_save(path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> io::Result<()> {
    let draft = beside(path.as_ref(), ".draft");
    fs::write(&draft, content)?;
    fs::rename(draft, path)
}

/// Saves as vim does with `backupcopy=no`: the file is renamed to a backup, a new file is written, and the backup is removed.
/// In between, there is no file of that name. If there is no file yet, it is only written.
///
/// # Errors
///
/// Those of the file system.
pub fn vim_save(path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> io::Result<()> {
    let path = path.as_ref();
    let backup = beside(path, "~");
    let has_backup = match fs::rename(path, &backup) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    fs::write(path, content)?;
    match has_backup {
        true => fs::remove_file(backup),
        false => Ok(()),
    }
}

/// Empties the file, waits for this time, and writes the content in place. The thread waits.
///
/// # Errors
///
/// Those of the file system.
pub fn truncate_then_write(
    path: impl AsRef<Path>,
    content: impl AsRef<[u8]>,
    pause: Duration,
) -> io::Result<()> {
    fs::write(&path, "")?;
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    // Nobody sends, so this waits for the whole pause.
    let _ = receiver.recv_timeout(pause);
    drop(sender);
    fs::write(path, content)
}

/// Updates a folder as the kubelet updates a volume of a ConfigMap: the files are in a new folder, the link `..data` is pointed
/// at it in one step, and the old folder is removed. `files` are all files of the volume, each with its name and its content.
///
/// The first call makes the volume. A name that is new gets its link to `..data`; the link of a name that is gone is removed.
///
/// ```
/// use hot_reload::testing::files::configmap_swap;
///
/// # fn main() -> std::io::Result<()> {
/// let volume = tempfile::tempdir()?;
/// configmap_swap(&volume, [("app.toml", "port = 80")])?;
/// configmap_swap(&volume, [("app.toml", "port = 81")])?;
/// assert_eq!(std::fs::read_to_string(volume.path().join("app.toml"))?, "port = 81");
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// Those of the file system.
#[cfg(unix)]
pub fn configmap_swap<N: AsRef<OsStr>, C: AsRef<[u8]>>(
    volume: impl AsRef<Path>,
    files: impl IntoIterator<Item = (N, C)>,
) -> io::Result<()> {
    use std::os::unix::fs::symlink;

    let volume = volume.as_ref();
    let (data, draft) = (volume.join("..data"), volume.join("..data_tmp"));
    let old = fs::read_link(&data).ok();
    let (name, folder) = new_generation(volume)?;
    let mut names = Vec::new();
    for (name, content) in files {
        fs::write(folder.join(name.as_ref()), content)?;
        names.push(name.as_ref().to_owned());
    }
    symlink(&name, &draft)?;
    fs::rename(draft, data)?;
    for name in &names {
        match symlink(Path::new("..data").join(name), volume.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            linked => linked?,
        }
    }
    let Some(old) = old.map(|old| volume.join(old)) else {
        return Ok(());
    };
    for entry in fs::read_dir(&old)? {
        let name = entry?.file_name();
        if !names.contains(&name) {
            fs::remove_file(volume.join(name))?;
        }
    }
    fs::remove_dir_all(old)
}

/// Makes the folder of the next generation. Returns its name and its path.
#[cfg(unix)]
fn new_generation(volume: &Path) -> io::Result<(String, PathBuf)> {
    fs::create_dir_all(volume)?;
    for number in 0_u64.. {
        let name = format!("..generation_{number}");
        let folder = volume.join(&name);
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| (name, folder)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The path with this ending of its name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}
