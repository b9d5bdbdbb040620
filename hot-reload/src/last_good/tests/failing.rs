//! Tests with a disk that fails at each step of a save.

use super::rig::{Mishap, Place, Step, Unlucky};
use crate::error::ErrorKind;

#[test]
fn content_is_synced_before_the_rename() {
    let steps = Unlucky::steps_of_a_save();
    let mut once = steps.clone();
    once.dedup();
    assert_eq!(
        once,
        [
            Step::Create,
            Step::Claim,
            Step::Write,
            Step::Sync,
            Step::Rename,
            Step::SyncFolder
        ]
    );
    let writes = steps.iter().filter(|step| **step == Step::Write).count();
    assert!(writes >= 3, "{writes}");
}

#[test]
fn failure_at_any_step_is_reported_and_leaves_an_intact_file() {
    for (number, step) in Unlucky::steps_of_a_save().into_iter().enumerate() {
        for mishap in Mishap::FAILURES {
            for before in [None, Some(1)] {
                if mishap.fits(step) {
                    fails_at(number, step, mishap, before);
                }
            }
        }
    }
}

fn fails_at(number: usize, step: Step, mishap: Mishap, before: Option<u64>) {
    let case = format!("step {number}, {step:?} {mishap:?}, before: {before:?}");
    let place = Place::new();
    if let Some(before) = before {
        place.save(before).unwrap();
    }
    let saved = place.save_with(&Unlucky::at(number, mishap), 2);

    let is_done = match step {
        // A failing lock is ignored, because some file systems have no locks.
        Step::Claim => {
            saved.unwrap();
            true
        }
        _ => {
            let error = saved.expect_err(&case);
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{case}");
            assert!(error.is_retryable());
            let text = error.to_string();
            assert!(
                text.starts_with(&place.path().display().to_string()),
                "{text}"
            );
            let is_saved = error.message().starts_with("saved, but");
            assert_eq!(is_saved, step == Step::SyncFolder, "{case}: {text}");
            // The disk may have done the work although it reports a failure.
            is_saved || (step == Step::Rename && mishap == Mishap::FailsAfterwards)
        }
    };
    assert_eq!(
        place.restored(),
        if is_done { Some(2) } else { before },
        "{case}"
    );
    // A file that was created despite the reported failure stays for the next save.
    if (step, mishap) != (Step::Create, Mishap::FailsAfterwards) {
        assert_eq!(place.others().len(), 0, "{case}");
    }
    place.save(3).unwrap();
    assert_eq!(place.restored(), Some(3), "{case}");
    assert_eq!(place.others().len(), 0, "{case}");
}

#[test]
fn error_of_a_full_disk_names_the_remedy() {
    let place = Place::new();
    let error = place
        .save_with(&Unlucky::at(3, Mishap::Fails), 1)
        .unwrap_err();
    let message = error.message();
    assert!(
        message.starts_with("not saved: writing the temporary file: "),
        "{message}"
    );
    assert!(message.ends_with("; make room"), "{message}");
}

#[test]
fn leftover_that_cannot_be_removed_does_not_prevent_a_save() {
    let place = Place::new();
    let leftover = place
        .folder()
        .join(".app.last-good.0123456789abcdef.unfinished");
    std::fs::write(&leftover, "half").unwrap();
    // The first two steps are the lock and the removal of the leftover.
    for number in [0, 1] {
        place
            .save_with(&Unlucky::at(number, Mishap::Fails), 1)
            .unwrap();
        assert_eq!(place.others(), *std::slice::from_ref(&leftover));
    }
    place.save(2).unwrap();
    assert_eq!(place.others().len(), 0);
}

#[test]
fn missing_folder_is_reported() {
    let place = Place::new();
    let path = place.folder().join("no/such/folder/app.last-good");
    let error = Place::at(path).save(1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(
        error.message().ends_with("; create the directory"),
        "{error}"
    );
}

/// Root may write everywhere, and ends the test early.
#[test]
fn folder_without_write_permission_is_reported() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    place.save(1).unwrap();
    set_permissions(place.folder(), Permissions::from_mode(0o500)).unwrap();
    let is_root = std::fs::File::create(place.folder().join("probe")).is_ok();
    let saved = place.save(2);
    assert_eq!(place.restored(), Some(if is_root { 2 } else { 1 }));
    set_permissions(place.folder(), Permissions::from_mode(0o700)).unwrap();
    match saved {
        Ok(()) => assert!(is_root),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            let message = error.message();
            assert!(
                message.ends_with("; grant this process write access to the directory"),
                "{message}"
            );
        }
    }
}
