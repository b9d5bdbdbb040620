//! Tests of what may be at the path and beside it, and of permissions.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use super::rig::Place;
#[cfg(target_os = "linux")]
use super::twin;
use crate::error::{Error, ErrorKind};
use crate::last_good::disk::{Disk, System};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn check_error(error: Error, kind: ErrorKind, words: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(error.location().is_some(), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn file_is_private_to_its_user_under_any_umask() {
    use rustix::fs::Mode;
    use rustix::process::umask;

    if let Some(task) = twin::task() {
        let (mask, path) = task.split_once(' ').unwrap();
        umask(Mode::from_raw_mode(mask.parse().unwrap()));
        let place = Place::at(path);
        place.save(1).unwrap();
        return assert_eq!(mode(place.path()), 0o600);
    }
    for mask in [0, 0o022, 0o777] {
        let place = Place::new();
        let test = "places::file_is_private_to_its_user_under_any_umask";
        let task = format!("{mask} {}", place.path().display());
        let output = twin::command(test, task, place.folder()).output().unwrap();
        assert!(output.status.success(), "umask {mask:o}: {output:?}");
        assert_eq!(place.restored(), Some(1));
    }
}

#[test]
fn permissions_of_the_previous_file_are_not_kept() {
    let place = Place::new();
    place.save(1).unwrap();
    assert_eq!(mode(place.path()), 0o600);
    for before in [0o666, 0o444, 0o400] {
        fs::set_permissions(place.path(), Permissions::from_mode(before)).unwrap();
        place.save(2).unwrap();
        assert_eq!(mode(place.path()), 0o600);
    }
}

#[test]
fn symbolic_link_is_neither_followed_nor_replaced() {
    let place = Place::new();
    let other = Place::at(place.folder().join("other"));
    other.save(1).unwrap();
    symlink(other.path(), place.path()).unwrap();
    let words = "it is a symbolic link";
    check_error(place.save(2).unwrap_err(), ErrorKind::Misconfigured, words);
    check_error(
        place.store.read().unwrap_err(),
        ErrorKind::Misconfigured,
        words,
    );
    assert_eq!(fs::read_link(place.path()).unwrap(), other.path());
    assert_eq!(other.restored(), Some(1));
    // A dangling link is refused too.
    fs::remove_file(other.path()).unwrap();
    check_error(place.save(2).unwrap_err(), ErrorKind::Misconfigured, words);
    assert!(!other.path().exists());
}

#[test]
fn symbolic_link_to_the_folder_is_followed() {
    let place = Place::new();
    let real = place.folder().join("real");
    fs::create_dir(&real).unwrap();
    symlink(&real, place.folder().join("link")).unwrap();
    Place::at(place.folder().join("link/app")).save(1).unwrap();
    assert_eq!(Place::at(real.join("app")).restored(), Some(1));
}

#[test]
fn path_that_is_no_regular_file_is_left_alone() {
    let place = Place::new();
    let words = "it is a directory, a pipe or a device";
    fs::create_dir(place.path()).unwrap();
    check_error(place.save(1).unwrap_err(), ErrorKind::Misconfigured, words);
    check_error(
        place.store.read().unwrap_err(),
        ErrorKind::Misconfigured,
        words,
    );
    fs::remove_dir(place.path()).unwrap();

    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        mknodat(
            CWD,
            place.path(),
            FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        )
        .unwrap();
        check_error(place.save(1).unwrap_err(), ErrorKind::Misconfigured, words);
        check_error(
            place.store.read().unwrap_err(),
            ErrorKind::Misconfigured,
            words,
        );
    }
}

#[test]
fn foreign_file_is_not_replaced_but_an_empty_or_damaged_one_is() {
    let place = Place::new();
    for foreign in ["port = 80\n", "x"] {
        fs::write(place.path(), foreign).unwrap();
        let words = "is not a saved value";
        check_error(place.save(1).unwrap_err(), ErrorKind::Misconfigured, words);
        assert_eq!(fs::read(place.path()).unwrap(), foreign.as_bytes());
    }
    fs::write(place.path(), "").unwrap();
    place.save(1).unwrap();
    assert_eq!(place.restored(), Some(1));
    let whole = fs::read(place.path()).unwrap();
    for cut in [3, 8, 60, whole.len() - 1] {
        fs::write(place.path(), &whole[..cut]).unwrap();
        place.save(2).unwrap();
        assert_eq!(place.restored(), Some(2));
    }
}

#[test]
fn path_without_a_file_name_is_reported() {
    for path in ["", "/", ".."] {
        let words = "this path names no file";
        check_error(
            Place::at(path).save(1).unwrap_err(),
            ErrorKind::Misconfigured,
            words,
        );
        check_error(
            Place::at(path).store.read().unwrap_err(),
            ErrorKind::Misconfigured,
            words,
        );
    }
}

#[test]
fn missing_file_is_no_error() {
    let place = Place::new();
    assert_eq!(place.restored(), None);
    assert_eq!(
        Place::at(place.folder().join("no/such/folder")).restored(),
        None
    );
}

#[test]
fn only_leftovers_without_a_living_writer_are_removed() {
    let place = Place::new();
    let beside = |name: &str| place.folder().join(name);
    let dead = beside(".app.last-good.0123456789abcdef.unfinished");
    let living = beside(".app.last-good.fedcba9876543210.unfinished");
    let folder = beside(".app.last-good.0000000000000000.unfinished");
    let link = beside(".app.last-good.1111111111111111.unfinished");
    let others = [
        beside(".other.0123456789abcdef.unfinished"),
        beside(".app.last-good.0123456789abcdef.unfinished.bak"),
        beside("app.last-good.old"),
    ];
    for file in others.iter().chain([&dead, &living]) {
        fs::write(file, "half").unwrap();
    }
    fs::create_dir(&folder).unwrap();
    symlink(&others[2], &link).unwrap();
    let writer = super::super::disk::open(&living, true).unwrap();
    assert!(System.claim(&writer).unwrap());

    place.save(1).unwrap();
    let mut kept = vec![living, folder, link];
    kept.extend(others.clone());
    let mut found = place.others();
    kept.sort();
    found.sort();
    assert_eq!(found, kept);
    assert_eq!(fs::read(&others[2]).unwrap(), b"half");

    drop(writer);
    place.save(2).unwrap();
    assert_eq!(place.others().len(), kept.len() - 1);
}
