//! Loaders that read an open file: real files, through the traits and through services.

mod faults;
mod meanwhile;
mod rig;

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use hot_reload::source::{File, OpenFile};
use hot_reload::{Error, Loaded, Reload};

use self::rig::Rig;
use crate::file::{World, write};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Reads the whole through the descriptor that it was given.
fn text(open: &OpenFile) -> io::Result<String> {
    let mut text = String::new();
    open.file().read_to_string(&mut text)?;
    assert_eq!(text.len() as u64, open.len());
    Ok(text)
}

/// A loader that counts its calls.
fn counted(calls: &Arc<AtomicUsize>) -> impl Fn(&OpenFile) -> io::Result<String> + use<> {
    let calls = Arc::clone(calls);
    move |open: &OpenFile| {
        calls.fetch_add(1, Ordering::Relaxed);
        text(open)
    }
}

/// The pause between two steps of another program is the subject of the test.
#[allow(
    clippy::disallowed_methods,
    reason = "the writer is a thread of its own"
)]
fn pause(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}

#[tokio::test]
async fn value_is_loaded_from_the_descriptor_and_follows_the_file() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(File::new(&path).load_with(text)).await;
    world.rename_into("c", "two");
    rig.expect(&"two".to_owned()).await;
    write(&path, "three");
    rig.expect(&"three".to_owned()).await;
    fs::remove_file(&path).unwrap();
    assert_eq!(rig.load().await.unwrap(), Loaded::Missing);
    write(&path, "four");
    rig.expect(&"four".to_owned()).await;
    assert_eq!(rig.seen, ["one", "two", "three", "four"]);
}

#[tokio::test]
async fn direct_path_leads_to_the_opened_file() {
    let world = World::new();
    let path = world.file("c", "one");
    let (place, draft) = (path.clone(), world.file("draft", "two"));
    let renamed = AtomicUsize::new(0);
    let source = File::new(&path).load_with(move |open: &OpenFile| {
        assert_eq!(open.path(), place);
        if renamed.fetch_add(1, Ordering::Relaxed) == 0 {
            let inside = fs::read_to_string(open.direct_path())?;
            fs::rename(&draft, &place)?;
            // Only where the system has such a path is it still the same file.
            let direct = fs::read_to_string(open.direct_path())?;
            let expected = match open.direct_path() == place {
                true => "two",
                false => "one",
            };
            assert_eq!((&*inside, &*direct), ("one", expected));
        }
        fs::read_to_string(open.direct_path())
    });
    assert_eq!(source.reload().await.unwrap().as_deref(), Some("two"));
    #[cfg(target_os = "linux")]
    {
        let source = File::new(&path).load_with(|open: &OpenFile| {
            Ok::<_, Error>(open.direct_path().starts_with("/proc/self/fd"))
        });
        assert_eq!(source.reload().await.unwrap(), Some(true));
    }
}

#[tokio::test]
async fn p10_p15_unchanged_file_is_not_loaded_again() {
    let world = World::new();
    let path = world.file("c", "one");
    let calls = Arc::new(AtomicUsize::new(0));
    let mut rig = Rig::poll(File::new(&path).load_with(counted(&calls)));
    rig.load().await.unwrap();
    for _ in 0..100 {
        assert_eq!(rig.load().await.unwrap(), Loaded::Unchanged);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    // A time in the future is accepted.
    let later = fs::metadata(&path).unwrap().modified().unwrap() + Duration::from_secs(86_400);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_modified(later).unwrap();
    drop(file);
    rig.load().await.unwrap();
    for _ in 0..100 {
        assert_eq!(rig.load().await.unwrap(), Loaded::Unchanged);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

/// Nothing is read for the comparison, so the stamp has to differ.
#[tokio::test]
async fn t35_rewrite_of_the_same_size_right_after_a_load_is_seen() {
    let world = World::new();
    let path = world.file("c", "00");
    for leases in [true, false] {
        let mut rig = Rig::poll(File::new(&path).leases(leases).load_with(text));
        rig.load().await.unwrap();
        for round in 0..30 {
            let text = format!("{round:02}");
            write(&path, &text);
            rig.load().await.unwrap();
            assert_eq!(rig.seen.last(), Some(&text));
        }
    }
}

#[tokio::test]
async fn t09_p05_slow_writer_is_waited_for() {
    let world = World::new();
    let path = world.file("c", "the first version");
    let mut rig = Rig::watch(File::new(&path).load_with(text)).await;
    let writer = {
        let path = path.clone();
        thread::spawn(move || {
            let mut file = fs::File::create(path).unwrap();
            for part in ["the ", "second ", "version"] {
                file.write_all(part.as_bytes()).unwrap();
                pause(150);
            }
        })
    };
    rig.expect(&"the second version".to_owned()).await;
    writer.join().unwrap();
    assert_eq!(rig.seen, ["the first version", "the second version"]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn p05_file_being_written_is_held_without_a_call_of_the_loader() {
    use hot_reload::RealtimeWatch;
    use hot_reload::event::HoldReason;
    use tokio::time::timeout;

    use crate::file::DEADLINE;
    for watched in [true, false] {
        let world = World::new();
        let path = world.file("c", "one");
        let calls = Arc::default();
        let source = File::new(&path).load_with(counted(&calls));
        let handle = match watched {
            true => Some(source.watch_realtime().await.unwrap()),
            false => None,
        };
        let load = async || {
            let load = timeout(DEADLINE, source.reload_since(None)).await;
            load.unwrap().unwrap()
        };
        assert!(matches!(load().await, Loaded::Value { .. }));
        let before = calls.load(Ordering::Relaxed);
        let mut writer = fs::File::create(&path).unwrap();
        writer.write_all(b"tw").unwrap();
        let Loaded::Held { hold, .. } = load().await else {
            panic!("it was loaded");
        };
        assert_eq!(hold.reason, HoldReason::BeingWritten);
        assert!(
            hold.message.contains("c is open for writing"),
            "{}",
            hold.message
        );
        assert_eq!(calls.load(Ordering::Relaxed), before);
        // Another file that takes the name is whole, even if the old one is still being written.
        world.rename_into("c", "three");
        let Loaded::Value { value, .. } = load().await else {
            panic!("it is complete");
        };
        assert_eq!(value, "three");
        drop((writer, handle));
    }
}
