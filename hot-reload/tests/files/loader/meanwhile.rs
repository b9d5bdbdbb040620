//! Changes of a file during its load.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::source::{File, OpenFile};
use hot_reload::{Error, Reload};
use tokio::time::{Instant, timeout};

use super::rig::Rig;
use super::{Fallible, pause, text};
use crate::file::{DEADLINE, World, write};

/// Each call reports its begin and the content it has read, and waits for permission to end.
pub(crate) fn stepped() -> (
    impl Fn(&OpenFile) -> Fallible<String>,
    Receiver<String>,
    Sender<()>,
) {
    let ((begun, begins), (end, ends)) = (channel(), channel());
    let (begun, ends) = (Mutex::new(begun), Mutex::new(ends));
    let loader = move |open: &OpenFile| {
        let before = text(open)?;
        begun.lock().unwrap().send(before.clone())?;
        ends.lock().unwrap().recv()?;
        match before.starts_with("bad") {
            true => Err(before.into()),
            false => Ok(before),
        }
    };
    (loader, begins, end)
}

/// Loads once, with `change` made during the first call of the loader. Returns the contents that the calls have read.
async fn changed_meanwhile(path: &Path, change: impl FnOnce()) -> (Vec<String>, Vec<String>) {
    let (loader, begins, end) = stepped();
    let mut rig = Rig::poll(File::new(path).load_with(loader));
    let looking = tokio::spawn(async move {
        let _ = rig.load().await;
        rig.seen
    });
    let next = move || {
        let text = begins.recv_timeout(DEADLINE);
        (text, begins)
    };
    let (first, begins) = tokio::task::spawn_blocking(next).await.unwrap();
    change();
    end.send(()).unwrap();
    let mut read = vec![first.unwrap()];
    // All further calls may end as they like.
    (0..10).for_each(|_| end.send(()).unwrap());
    let seen = timeout(DEADLINE, looking).await.unwrap().unwrap();
    read.extend(begins.try_iter());
    (read, seen)
}

#[tokio::test]
async fn file_replaced_during_its_load_gives_way_to_the_newer_one() {
    let world = World::new();
    let path = world.file("c", "old");
    let (read, seen) = changed_meanwhile(&path, || world.rename_into("c", "new")).await;
    assert_eq!(
        (read, seen),
        (vec!["old".into(), "new".into()], vec!["new".into()])
    );
}

#[tokio::test]
async fn p05_file_written_to_during_its_load_is_loaded_again() {
    let world = World::new();
    let path = world.file("c", "old");
    let (read, seen) = changed_meanwhile(&path, || write(&path, "new")).await;
    assert_eq!(
        (read, seen),
        (vec!["old".into(), "new".into()], vec!["new".into()])
    );
}

/// As `rsync --inplace -t` does.
#[cfg(unix)]
#[tokio::test]
async fn p05_write_with_a_restored_timestamp_is_found() {
    let world = World::new();
    let path = world.file("c", "old");
    let (read, seen) = changed_meanwhile(&path, || {
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        let mut file = OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all(b"new").unwrap();
        file.set_modified(before).unwrap();
    })
    .await;
    assert_eq!(
        (read, seen),
        (vec!["old".into(), "new".into()], vec!["new".into()])
    );
}

#[tokio::test]
async fn t06_file_emptied_before_a_write_is_never_empty() {
    let world = World::new();
    let path = world.file("c", "0");
    let mut rig = Rig::watch(File::new(&path).load_with(text)).await;
    let mut for_good = 0;
    for round in 1..4 {
        let (path, start) = (path.clone(), Instant::now());
        let writer = thread::spawn(move || {
            write(&path, "");
            pause(30);
            write(&path, &round.to_string());
            start.elapsed()
        });
        rig.expect(&round.to_string()).await;
        // On a stalled machine, the file was empty for as long as an intended empty file.
        for_good += usize::from(writer.join().unwrap() >= EMPTY_GRACE);
    }
    let (empty, whole): (Vec<_>, Vec<_>) = rig.seen.into_iter().partition(|text| text.is_empty());
    assert!(empty.len() <= for_good, "it was seen empty");
    assert_eq!(whole, ["0", "1", "2", "3"]);
}

#[tokio::test]
async fn error_about_replaced_content_is_not_reported() {
    let world = World::new();
    let path = world.file("c", "bad");
    let (read, seen) = changed_meanwhile(&path, || world.rename_into("c", "good")).await;
    assert_eq!(
        (read, seen),
        (vec!["bad".into(), "good".into()], vec!["good".into()])
    );
}

#[tokio::test]
async fn t43_file_replaced_during_every_load_is_still_published() {
    let world = World::new();
    let path = world.file("c", "0");
    let (place, calls) = (path.clone(), AtomicUsize::new(0));
    let source = File::new(&path).load_with(move |open: &OpenFile| {
        let before = text(open)?;
        let draft = place.with_extension("draft");
        fs::write(
            &draft,
            (1 + calls.fetch_add(1, Ordering::Relaxed)).to_string(),
        )?;
        fs::rename(&draft, &place)?;
        Ok::<_, io::Error>(before)
    });
    let mut rig = Rig::poll(source);
    rig.load().await.unwrap();
    rig.load().await.unwrap();
    assert_eq!(rig.seen, ["2", "5"]);
}

#[tokio::test]
async fn p05_file_written_to_during_every_load_is_an_error() {
    let world = World::new();
    let path = world.file("c", "+");
    let place = path.clone();
    let source = File::new(&path).load_with(move |open: &OpenFile| {
        let before = text(open)?;
        let mut file = OpenOptions::new().append(true).open(&place)?;
        file.write_all(b"+")?;
        Ok::<_, io::Error>(before)
    });
    let error = Error::from(source.reload().await.unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("without a pause"), "{error}");
}

/// How long a file has to be empty to be meant so.
const EMPTY_GRACE: Duration = Duration::from_millis(100);
