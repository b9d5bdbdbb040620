//! Tests with several processes that save to one path.

use std::io::Read;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};

use super::rig::{Mishap, Place, Step, Unlucky};
use super::twin;

/// How many files of each writer the test must see.
const OFTEN: usize = 30;

#[test]
fn two_processes_that_save_to_one_path_do_not_tear_the_file() {
    if let Some(task) = twin::task() {
        return save_until_stopped(&task);
    }
    let place = Place::new();
    place.save(1).unwrap();
    // One writer saves even generations, the other odd ones.
    let mut writers = [2, 3].map(|first| {
        let test = "sharing::two_processes_that_save_to_one_path_do_not_tear_the_file";
        let task = format!("{first} {}", place.path().display());
        twin::command(test, task, place.folder()).spawn().unwrap()
    });

    let (mut last, mut seen) = (1, [0, 0]);
    while seen.iter().any(|seen| *seen < OFTEN) {
        let restored = place.restored().expect("a file always exists");
        if restored != last {
            last = restored;
            seen[(restored % 2) as usize] += 1;
        }
        for writer in &mut writers {
            assert_eq!(writer.try_wait().unwrap(), None, "a writer has ended");
        }
    }
    for writer in writers {
        end(writer);
    }
    place.restored().unwrap();
    assert_eq!(place.others().len(), 0);
}

#[test]
fn file_is_created_again_when_another_writer_removes_it() {
    let place = Place::new();
    place.save(1).unwrap();
    let create = |step: &Step| *step == Step::Create;
    let first = Unlucky::steps_of_a_save().iter().position(create);
    let disk = Unlucky::at(first.unwrap(), Mishap::IsUndone);
    place.save_with(&disk, 2).unwrap();
    assert_eq!(place.restored(), Some(2));
    assert_eq!(place.others().len(), 0);
    assert_eq!(disk.steps().into_iter().filter(create).count(), 2);
}

fn save_until_stopped(task: &str) {
    let (first, path) = task.split_once(' ').unwrap();
    let (place, first) = (Place::at(path), first.parse::<u64>().unwrap());
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _ = std::io::stdin().read(&mut [0]);
            stopped.store(true, Ordering::Relaxed);
        });
        let generations = (first..).step_by(2);
        for generation in generations.take_while(|_| !stopped.load(Ordering::Relaxed)) {
            place.save(generation).unwrap();
        }
    });
}

/// Closes the writer's input, and checks that it ends without an error.
fn end(mut writer: Child) {
    drop(writer.stdin.take());
    let output = writer.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
