//! Tests with a process that aborts at each step of a save.

use std::os::unix::process::ExitStatusExt;

use super::rig::{Mishap, Place, Step, Unlucky};
use super::twin;

const ABORTED: i32 = 6;

#[test]
fn abort_at_any_step_leaves_the_old_or_the_new_file() {
    if let Some(task) = twin::task() {
        die(&task);
    }
    for (number, step) in Unlucky::steps_of_a_save().into_iter().enumerate() {
        for (which, mishap) in Mishap::DEATHS.into_iter().enumerate() {
            for before in [None, Some(1)] {
                if mishap.fits(step) {
                    dies_at(number, step, which, before);
                }
            }
        }
    }
}

fn dies_at(number: usize, step: Step, which: usize, before: Option<u64>) {
    let mishap = Mishap::DEATHS[which];
    let case = format!("step {number}, {step:?} {mishap:?}, before: {before:?}");
    let place = Place::new();
    if let Some(before) = before {
        place.save(before).unwrap();
    }
    let test = "dying::abort_at_any_step_leaves_the_old_or_the_new_file";
    let task = format!("{number} {which} {}", place.path().display());
    // A core dump, if the system writes one, is not a leftover of a save.
    let elsewhere = tempfile::tempdir().unwrap();
    let output = twin::command(test, task, elsewhere.path())
        .output()
        .unwrap();
    assert_eq!(output.status.signal(), Some(ABORTED), "{case}: {output:?}");

    let is_done =
        step == Step::SyncFolder || (step == Step::Rename && mishap == Mishap::DiesAfterwards);
    assert_eq!(
        place.restored(),
        if is_done { Some(2) } else { before },
        "{case}"
    );
    let has_begun = (step, mishap) != (Step::Create, Mishap::DiesBefore);
    let leftovers = place.others();
    assert_eq!(
        leftovers.len(),
        usize::from(has_begun && !is_done),
        "{case}: {leftovers:?}"
    );

    place.save(3).unwrap();
    assert_eq!(place.restored(), Some(3), "{case}");
    assert_eq!(place.others().len(), 0, "{case}");
}

fn die(task: &str) -> ! {
    let mut words = task.splitn(3, ' ');
    let number = words.next().unwrap().parse().unwrap();
    let which: usize = words.next().unwrap().parse().unwrap();
    let place = Place::at(words.next().unwrap());
    let saved = place.save_with(&Unlucky::at(number, Mishap::DEATHS[which]), 2);
    panic!("the process did not abort: {saved:?}");
}
