//! Errors of loaders, and limits of a load.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::event::Stage;
use hot_reload::source::{File, OpenFile};
use hot_reload::{Error, Loaded, Outcome, Reload, ReloaderService};
use tokio::time::{sleep, timeout};

use super::meanwhile::stepped;
use super::rig::Rig;
use super::{Fallible, counted, text};
use crate::file::{DEADLINE, World, write};

/// A number, from a file that may hold nonsense.
fn number(open: &OpenFile) -> Fallible<u32> {
    Ok(text(open)?.parse()?)
}

#[tokio::test]
async fn p01_p11_error_keeps_the_last_good_value_and_names_the_file() {
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
    let Outcome::Rejected { stage, error } = control.reload().await.outcome else {
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
    rig.load().await.unwrap_err();
    for _ in 0..10 {
        assert_eq!(rig.load().await.unwrap(), Loaded::Unchanged);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn system_error_does_not_reject_the_content() {
    let world = World::new();
    let path = world.file("c", "one");
    let other = world.path("beside");
    let source = File::new(&path).load_with(move |_: &OpenFile| fs::read_to_string(&other));
    let mut rig = Rig::poll(source);
    let error = rig.load().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        error.to_string().starts_with(path.to_str().unwrap()),
        "{error}"
    );
    // So it is tried again.
    write(world.path("beside"), "two");
    rig.load().await.unwrap();
    assert_eq!(rig.seen, ["two"]);
}

#[tokio::test]
async fn p07_panic_in_the_loader_is_an_outcome() {
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
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Published { .. }
    ));
    assert_eq!(*value.load(), 14);
    control.stop().await;
}

#[tokio::test]
async fn p08_hanging_loader_is_an_outcome_and_the_next_load_waits() {
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
async fn t39_path_that_is_no_regular_file_is_not_opened() {
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
async fn configured_size_limit_holds() {
    let world = World::new();
    let path = world.file("c", "12345");
    let calls = Arc::new(AtomicUsize::new(0));
    let mut rig = Rig::poll(File::new(&path).max_size(4).load_with(counted(&calls)));
    assert_eq!(rig.load().await.unwrap_err().kind(), ErrorKind::TooLarge);
    assert_eq!(rig.load().await.unwrap(), Loaded::Unchanged);
    world.rename_into("c", "1234");
    rig.load().await.unwrap();
    assert_eq!(
        (rig.seen, calls.load(Ordering::Relaxed)),
        (vec!["1234".into()], 1)
    );
}

/// A file of gigabytes, nearly all of it a hole: only what the loader reads of it is read.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn t40_p17_huge_file_costs_only_the_bytes_that_the_loader_reads() {
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
async fn old_value_stays_visible_during_a_load() {
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
