//! Loaders that are given an open file: real files, through the traits, and through services where those have a say.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod file;

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use hot_reload::source::file::LoadedFile;
use hot_reload::source::{File, LoadFile, OpenFile};
use hot_reload::{
    Error, ErrorKind, Loaded, Outcome, RealtimeWatch, RealtimeWatchHandle, Reload, ReloaderService,
    Revision, Stage, WatchEvent,
};
use tokio::time::{sleep, timeout};

use self::file::{DEADLINE, World, write};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Reads the whole through the descriptor that it was given.
fn text(open: &OpenFile) -> io::Result<String> {
    let mut text = String::new();
    open.file().read_to_string(&mut text)?;
    assert_eq!(text.len() as u64, open.len());
    Ok(text)
}

/// What counts how often it was asked.
fn counted(calls: &Arc<AtomicUsize>) -> impl Fn(&OpenFile) -> io::Result<String> + use<> {
    let calls = Arc::clone(calls);
    move |open: &OpenFile| {
        calls.fetch_add(1, Ordering::Relaxed);
        text(open)
    }
}

/// A source that is looked at as a service would, and all that was seen.
struct Rig<L: LoadFile> {
    source: LoadedFile<L>,
    handle: Option<RealtimeWatchHandle<L::Value>>,
    revision: Option<Revision>,
    seen: Vec<L::Value>,
}

impl<L: LoadFile> Rig<L>
where
    L::Value: Clone + PartialEq + std::fmt::Debug,
{
    fn poll(source: LoadedFile<L>) -> Self {
        Self {
            source,
            handle: None,
            revision: None,
            seen: Vec::new(),
        }
    }

    async fn watch(source: LoadedFile<L>) -> Self {
        let mut rig = Self::poll(source);
        rig.handle = Some(rig.source.watch_realtime().await.unwrap());
        rig.look().await.unwrap();
        rig
    }

    async fn look(&mut self) -> Result<Loaded<()>, Error> {
        let look = self.source.reload_since(self.revision.as_ref());
        match timeout(DEADLINE, look)
            .await
            .expect("a look takes too long")
        {
            Ok(Loaded::Value { value, revision }) => {
                self.revision.clone_from(&revision);
                if self.seen.last() != Some(&value) {
                    self.seen.push(value);
                }
                let value = ();
                Ok(Loaded::Value { value, revision })
            }
            Ok(Loaded::Unchanged) => Ok(Loaded::Unchanged),
            Ok(_) => {
                self.revision = None;
                Ok(Loaded::Missing)
            }
            Err(error) => {
                let error = Error::from(error);
                self.revision = error.revision().cloned().or_else(|| self.revision.take());
                Err(error)
            }
        }
    }

    /// Waits for hints until this is seen.
    async fn expect(&mut self, value: &L::Value) {
        while self.seen.last() != Some(value) {
            let rx = &mut self.handle.as_mut().expect("a watch").rx;
            let event = timeout(DEADLINE, rx.recv()).await;
            assert!(
                matches!(event, Ok(Some(WatchEvent::Hint))),
                "{event:?} before {value:?}, but {:?}",
                self.seen
            );
            let _ = self.look().await;
        }
    }
}

/// A pause between two steps of somebody else's, which is what is tested.
#[allow(
    clippy::disallowed_methods,
    reason = "the writer is a thread of its own"
)]
fn pause(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}

#[tokio::test]
async fn a_value_is_loaded_from_the_descriptor_and_follows_the_file() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(File::new(&path).load_with(text)).await;
    world.rename_into("c", "two");
    rig.expect(&"two".to_owned()).await;
    write(&path, "three");
    rig.expect(&"three".to_owned()).await;
    fs::remove_file(&path).unwrap();
    assert_eq!(rig.look().await.unwrap(), Loaded::Missing);
    write(&path, "four");
    rig.expect(&"four".to_owned()).await;
    assert_eq!(rig.seen, ["one", "two", "three", "four"]);
}

#[tokio::test]
async fn the_direct_path_leads_to_the_file_that_was_opened() {
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
async fn p10_p15_a_file_that_stays_is_not_loaded_again() {
    let world = World::new();
    let path = world.file("c", "one");
    let calls = Arc::new(AtomicUsize::new(0));
    let mut rig = Rig::poll(File::new(&path).load_with(counted(&calls)));
    rig.look().await.unwrap();
    for _ in 0..100 {
        assert_eq!(rig.look().await.unwrap(), Loaded::Unchanged);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    // One from the future is no reason to doubt it.
    let later = fs::metadata(&path).unwrap().modified().unwrap() + Duration::from_secs(86_400);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_modified(later).unwrap();
    drop(file);
    rig.look().await.unwrap();
    for _ in 0..100 {
        assert_eq!(rig.look().await.unwrap(), Loaded::Unchanged);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

/// Nothing is read to find out, so the stamp has to tell.
#[tokio::test]
async fn t35_a_rewrite_of_the_same_size_right_after_a_load_is_seen() {
    let world = World::new();
    let path = world.file("c", "00");
    for leases in [true, false] {
        let mut rig = Rig::poll(File::new(&path).leases(leases).load_with(text));
        rig.look().await.unwrap();
        for round in 0..30 {
            let text = format!("{round:02}");
            write(&path, &text);
            rig.look().await.unwrap();
            assert_eq!(rig.seen.last(), Some(&text));
        }
    }
}

#[tokio::test]
async fn t09_p05_a_slow_writer_is_waited_for() {
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

/// Each call says that it has begun, with what it has read, and ends when it is told to.
fn stepped() -> (
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

/// Looks once, with `change` made while the first call is loading, and returns what the calls have read.
async fn changed_meanwhile(path: &Path, change: impl FnOnce()) -> (Vec<String>, Vec<String>) {
    let (loader, begins, end) = stepped();
    let mut rig = Rig::poll(File::new(path).load_with(loader));
    let looking = tokio::spawn(async move {
        let _ = rig.look().await;
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
async fn a_file_that_is_replaced_while_it_is_loaded_gives_way_to_the_newer_one() {
    let world = World::new();
    let path = world.file("c", "old");
    let (read, seen) = changed_meanwhile(&path, || world.rename_into("c", "new")).await;
    assert_eq!(
        (read, seen),
        (vec!["old".into(), "new".into()], vec!["new".into()])
    );
}

#[tokio::test]
async fn p05_a_file_that_is_written_to_while_it_is_loaded_is_loaded_again() {
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
async fn p05_a_write_that_hides_behind_an_old_time_is_found_all_the_same() {
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
async fn t06_a_file_that_is_emptied_before_it_is_written_is_never_empty() {
    let world = World::new();
    let path = world.file("c", "0");
    let mut rig = Rig::watch(File::new(&path).load_with(text)).await;
    for round in 1..4 {
        let writer = {
            let path = path.clone();
            thread::spawn(move || {
                write(&path, "");
                pause(30);
                write(&path, &round.to_string());
            })
        };
        rig.expect(&round.to_string()).await;
        writer.join().unwrap();
    }
    assert_eq!(rig.seen, ["0", "1", "2", "3"]);
}

#[tokio::test]
async fn an_error_about_content_that_is_gone_is_not_told() {
    let world = World::new();
    let path = world.file("c", "bad");
    let (read, seen) = changed_meanwhile(&path, || world.rename_into("c", "good")).await;
    assert_eq!(
        (read, seen),
        (vec!["bad".into(), "good".into()], vec!["good".into()])
    );
}

#[tokio::test]
async fn t43_a_file_that_is_replaced_during_every_load_is_published_all_the_same() {
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
    rig.look().await.unwrap();
    rig.look().await.unwrap();
    assert_eq!(rig.seen, ["2", "5"]);
}

#[tokio::test]
async fn p05_a_file_that_is_written_to_during_every_load_is_an_error() {
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

/// A number, from a file that may hold nonsense.
fn number(open: &OpenFile) -> Fallible<u32> {
    Ok(text(open)?.parse()?)
}

#[tokio::test]
async fn p01_p11_an_error_keeps_the_last_good_value_and_names_the_file() {
    let world = World::new();
    let path = world.file("c", "1");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let source = File::new(&path).load_with(move |open: &OpenFile| {
        counted.fetch_add(1, Ordering::Relaxed);
        number(open)
    });
    let (value, control) = ReloaderService::builder(source)
        .hybrid()
        .start()
        .await
        .unwrap();
    world.rename_into("c", "nonsense");
    let Outcome::Rejected { stage, error } = control.reload().await else {
        panic!("nonsense is accepted");
    };
    assert_eq!((stage, error.kind()), (Stage::Decode, ErrorKind::Decode));
    let expected = format!("{}: invalid digit found in string", path.display());
    assert_eq!(error.to_string(), expected);
    assert_eq!(*value.load(), 1);
    world.rename_into("c", "2");
    let mut changes = value.subscribe();
    let now = timeout(DEADLINE, changes.changed()).await.unwrap().unwrap();
    assert_eq!(*now, 2);
    control.stop().await;
}

#[tokio::test]
async fn p11_refused_content_is_loaded_once() {
    let world = World::new();
    let path = world.file("c", "nonsense");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let mut rig = Rig::poll(File::new(&path).load_with(move |open: &OpenFile| {
        counted.fetch_add(1, Ordering::Relaxed);
        number(open)
    }));
    rig.look().await.unwrap_err();
    for _ in 0..10 {
        assert_eq!(rig.look().await.unwrap(), Loaded::Unchanged);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_the_system_refuses_is_no_fault_of_the_content() {
    let world = World::new();
    let path = world.file("c", "one");
    let other = world.path("beside");
    let source = File::new(&path).load_with(move |_: &OpenFile| fs::read_to_string(&other));
    let mut rig = Rig::poll(source);
    let error = rig.look().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        error.to_string().starts_with(path.to_str().unwrap()),
        "{error}"
    );
    // So it is tried again.
    write(world.path("beside"), "two");
    rig.look().await.unwrap();
    assert_eq!(rig.seen, ["two"]);
}

#[tokio::test]
async fn p07_a_panic_of_the_loader_is_an_outcome() {
    let world = World::new();
    let path = world.file("c", "1");
    let source = File::new(&path).load_with(|open: &OpenFile| {
        let number = number(open);
        assert!(!matches!(number, Ok(13)), "no thirteen");
        number
    });
    let (value, control) = ReloaderService::builder(source).start().await.unwrap();
    world.rename_into("c", "13");
    let outcome = control.reload().await;
    let error = outcome.error().expect("an error");
    assert_eq!(error.kind(), ErrorKind::Panicked);
    assert!(error.to_string().contains("no thirteen"), "{error}");
    assert_eq!(*value.load(), 1);
    world.rename_into("c", "14");
    assert!(matches!(control.reload().await, Outcome::Published { .. }));
    assert_eq!(*value.load(), 14);
    control.stop().await;
}

#[tokio::test]
async fn p08_a_loader_that_hangs_is_an_outcome_and_the_next_look_waits_for_its_end() {
    let world = World::new();
    let path = world.file("c", "one");
    let (loader, begins, end) = stepped();
    end.send(()).unwrap();
    let (value, control) = ReloaderService::builder(File::new(&path).load_with(loader))
        .load_deadline(Duration::from_millis(300))
        .start()
        .await
        .unwrap();
    world.rename_into("c", "two");
    let outcome = control.reload().await;
    assert_eq!(outcome.error().unwrap().kind(), ErrorKind::Timeout);
    assert_eq!(*value.load(), "one");
    (0..2).for_each(|_| end.send(()).unwrap());
    let mut changes = value.subscribe();
    let now = timeout(DEADLINE, changes.changed()).await.unwrap().unwrap();
    assert_eq!(*now, "two");
    control.stop().await;
    drop(end);
    assert_eq!(
        begins.iter().take(3).collect::<Vec<_>>(),
        ["one", "two", "two"]
    );
}

#[tokio::test]
async fn t39_what_is_no_regular_file_is_not_even_opened() {
    let world = World::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let path = world.folder("c");
    let source = File::new(&path).load_with(counted(&calls));
    let error = Error::from(source.reload().await.unwrap_err());
    assert!(error.to_string().contains("it is a directory"), "{error}");
    #[cfg(unix)]
    {
        let source = File::new("/dev/zero").load_with(counted(&calls));
        let error = Error::from(source.reload().await.unwrap_err());
        assert!(error.to_string().contains("a device"), "{error}");
    }
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_limit_that_was_asked_for_holds() {
    let world = World::new();
    let path = world.file("c", "12345");
    let calls = Arc::new(AtomicUsize::new(0));
    let mut rig = Rig::poll(File::new(&path).max_size(4).load_with(counted(&calls)));
    assert_eq!(rig.look().await.unwrap_err().kind(), ErrorKind::TooLarge);
    assert_eq!(rig.look().await.unwrap(), Loaded::Unchanged);
    world.rename_into("c", "1234");
    rig.look().await.unwrap();
    assert_eq!(
        (rig.seen, calls.load(Ordering::Relaxed)),
        (vec!["1234".into()], 1)
    );
}

/// A file of gigabytes, nearly all of it a hole: only what the loader reads of it is read.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn t40_p17_a_file_of_gigabytes_costs_only_what_the_loader_takes_of_it() {
    use std::os::unix::fs::FileExt;

    const SIZE: u64 = 8 << 30;
    let world = World::new();
    let make = |name: &str, mark: &[u8; 4]| {
        let file = fs::File::create(world.path(name)).unwrap();
        file.set_len(SIZE).unwrap();
        file.write_all_at(mark, SIZE - 4).unwrap();
    };
    make("c", b"1111");
    let mut rig = Rig::watch(File::new(world.path("c")).load_with(|open: &OpenFile| {
        assert_eq!(open.len(), SIZE);
        let mut mark = [0; 4];
        open.file().read_exact_at(&mut mark, SIZE - 4)?;
        Ok::<_, io::Error>(mark)
    }))
    .await;
    let before = peak_memory();
    for mark in [b"2222", b"3333"] {
        make("draft", mark);
        fs::rename(world.path("draft"), world.path("c")).unwrap();
        rig.expect(mark).await;
    }
    assert_eq!(rig.seen, [*b"1111", *b"2222", *b"3333"]);
    let grown = peak_memory() - before;
    assert!(grown < 256 << 10, "{grown} KiB more than before");
}

/// In KiB, of this process, since it began.
#[cfg(target_os = "linux")]
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}

/// The threads of a service go on reading the old value until the new one is complete.
#[tokio::test]
async fn the_old_value_stays_while_the_new_one_is_loaded() {
    let world = World::new();
    let path = world.file("c", "one");
    let (loader, begins, end) = stepped();
    end.send(()).unwrap();
    let (value, control) = ReloaderService::builder(File::new(&path).load_with(loader))
        .hybrid()
        .start()
        .await
        .unwrap();
    let mut changes = value.subscribe();
    world.rename_into("c", "two");
    let begun = tokio::task::spawn_blocking(move || {
        (0..2)
            .map(|_| begins.recv_timeout(DEADLINE).unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!(begun.await.unwrap(), ["one", "two"]);
    sleep(Duration::from_millis(50)).await;
    assert_eq!(*value.load(), "one");
    end.send(()).unwrap();
    let now = timeout(DEADLINE, changes.changed()).await.unwrap().unwrap();
    assert_eq!(*now, "two");
    control.stop().await;
}
