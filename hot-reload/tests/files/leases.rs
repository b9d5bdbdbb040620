//! A file that is open for writing is not read, with or without a watch.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hot_reload::event::{EventKind, HoldReason, Trigger};
use hot_reload::source::{File, Source};
use hot_reload::{Outcome, ReloaderService};
use tokio::time::{Instant, sleep, timeout};

use crate::file::{DEADLINE, Rig, TextDecoder, World, write};

/// Writes in place, a quarter at a time, with pauses in which nothing at all happens to the file.
fn slow_writer(path: &Path, text: &str) -> JoinHandle<()> {
    let (path, text) = (path.to_owned(), text.to_owned());
    thread::spawn(move || {
        let mut file = fs::File::create(path).unwrap();
        for chunk in text.as_bytes().chunks(text.len().div_ceil(4)) {
            file.write_all(chunk).unwrap();
            pause(Duration::from_millis(150));
        }
    })
}

/// The pause is the subject of this test, not a guess at a duration.
#[allow(
    clippy::disallowed_methods,
    reason = "the writer is a thread of its own"
)]
fn pause(time: Duration) {
    thread::sleep(time);
}

#[tokio::test]
async fn t09_p05_polling_a_slow_writer_never_publishes_half_a_file() {
    let world = World::new();
    let path = world.file("c", "0000|the first|0000");
    let mut rig = Rig::poll(File::new(&path));
    rig.load().await.unwrap();
    let mut whole = vec!["0000|the first|0000".to_owned()];
    for round in 1..=3 {
        let text = format!("{round:04}|{}|{round:04}", "x".repeat(round * 100));
        let writer = slow_writer(&path, &text);
        while !writer.is_finished() {
            rig.load().await.unwrap();
            sleep(Duration::from_millis(5)).await;
        }
        writer.join().unwrap();
        rig.load().await.unwrap();
        assert_eq!(rig.current.as_ref(), Some(&text));
        whole.push(text);
    }
    assert_eq!(rig.texts(), whole);
}

#[tokio::test]
async fn t09_p05_watched_slow_writer_is_published_once_and_whole() {
    let world = World::new();
    let path = world.file("c", "the first");
    let mut rig = Rig::watch(&path).await;
    let writer = slow_writer(&path, "the second");
    rig.expect("the second").await;
    writer.join().unwrap();
    rig.settle().await;
    assert_eq!(rig.texts(), ["the first", "the second"]);
}

/// The watch opens during the write, so no event reports its beginning.
#[tokio::test]
async fn t48_p05_watch_opened_during_a_write_waits_for_the_end() {
    let world = World::new();
    let path = world.file("c", "the first");
    let mut writer = fs::File::create(&path).unwrap();
    writer.write_all(b"the ").unwrap();
    let finish = thread::spawn(move || {
        pause(Duration::from_millis(300));
        writer.write_all(b"second").unwrap();
    });
    let mut rig = Rig::watch(&path).await;
    rig.expect("the second").await;
    finish.join().unwrap();
    assert_eq!(rig.texts(), ["the second"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t10_p05_large_file_overwritten_in_place_is_never_mixed() {
    let world = World::new();
    let path = world.file("c", &version(0));
    let mut rig = Rig::watch(&path).await;
    let writer = {
        let path = path.clone();
        thread::spawn(move || {
            for number in 1..=ROUNDS {
                let mut file = OpenOptions::new().write(true).open(&path).unwrap();
                file.seek(SeekFrom::Start(0)).unwrap();
                for chunk in version(number).as_bytes().chunks(1 << 20) {
                    file.write_all(chunk).unwrap();
                }
            }
        })
    };
    rig.converge(Some(&version(ROUNDS)), "the last version")
        .await;
    writer.join().unwrap();
    for text in rig.texts() {
        let first = text.as_bytes()[0];
        assert!(text.bytes().all(|byte| byte == first), "a mix of versions");
    }
}

const ROUNDS: u8 = 20;

/// All the same letter.
fn version(number: u8) -> String {
    char::from(b'a' + number).to_string().repeat(4 << 20)
}

#[tokio::test]
async fn t11_p05_second_writer_is_waited_for() {
    let world = World::new();
    let path = world.file("c", "the first");
    let mut rig = Rig::watch(&path).await;
    let mut other = OpenOptions::new().append(true).open(&path).unwrap();
    // Its closing says nothing about the other one.
    write(&path, "the ");
    let finish = thread::spawn(move || {
        pause(Duration::from_millis(200));
        other.write_all(b"second").unwrap();
    });
    rig.expect("the second").await;
    finish.join().unwrap();
    assert_eq!(rig.texts(), ["the first", "the second"]);
}

#[tokio::test]
async fn t42_writer_that_never_closes_is_waited_for_once() {
    let world = World::new();
    for (watched, leases) in [(true, true), (false, true), (true, false)] {
        let path = world.file("c", "one");
        let source = File::new(&path).leases(leases);
        let source = source.wait_for_writers(Duration::from_secs(3));
        let mut rig = match watched {
            true => Rig::watch_source(source).await,
            false => Rig::poll(source),
        };
        rig.load_until_ready().await;
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        let mut taken = Vec::new();
        for text in ["one+", "one++", "one+++"] {
            file.write_all(b"+").unwrap();
            let start = Instant::now();
            match watched {
                true => rig.expect(text).await,
                false => rig.load_until_ready().await,
            }
            taken.push(start.elapsed());
            assert_eq!(rig.current.as_deref(), Some(text));
            assert_eq!(rig.degraded(), ["never_closed"], "{watched} {leases}");
        }
        let [first, later @ ..] = &taken[..] else {
            panic!("no change was made");
        };
        assert!(
            later.iter().all(|time| time < first),
            "watched {watched}, leases {leases}: {taken:?}"
        );
        drop(file);
        rig.load().await.unwrap();
        rig.until_well().await;
    }
}

/// Longer than one load waits.
const LONG_PAUSE: Duration = Duration::from_millis(2_500);

/// Writes the first half, and the second one after a long pause.
fn pausing_writer(path: &Path, halves: [&'static str; 2]) -> JoinHandle<()> {
    let mut file = fs::File::create(path).unwrap();
    file.write_all(halves[0].as_bytes()).unwrap();
    thread::spawn(move || {
        pause(LONG_PAUSE);
        file.write_all(halves[1].as_bytes()).unwrap();
    })
}

#[tokio::test]
async fn p05_writer_that_pauses_longer_than_a_load_is_waited_for_and_named() {
    let world = World::new();
    for (watched, leases) in [(true, true), (false, true), (true, false)] {
        let path = world.file("c", "the first");
        let source = File::new(&path).leases(leases);
        let mut rig = match watched {
            true => Rig::watch_source(source).await,
            false => Rig::poll(source),
        };
        rig.load_until_ready().await;
        let writer = pausing_writer(&path, ["the ", "second"]);
        // A manual reload meanwhile gets the same answer.
        rig.load().await.unwrap();
        let hold = rig.hold.clone().expect("somebody writes");
        assert_eq!(hold.reason, HoldReason::BeingWritten);
        let says = match leases {
            true => "is open for writing",
            false => "was written to and not closed",
        };
        assert!(hold.message.contains(says), "{}", hold.message);
        match watched {
            true => rig.expect("the second").await,
            false => rig.load_until_ready().await,
        }
        writer.join().unwrap();
        assert_eq!(
            rig.texts(),
            ["the first", "the second"],
            "{watched} {leases}"
        );
        assert_eq!(rig.failures, 0);
    }
}

#[tokio::test]
async fn p05_service_waits_for_a_writer_at_any_time_and_logs_it_once() {
    for watched in [true, false] {
        let world = World::new();
        let path = world.path("c");
        let writer = pausing_writer(&path, ["the ", "first"]);
        let source = ReloaderService::builder(File::new(&path).decode(TextDecoder));
        let source = source.interval(Duration::from_secs(1));
        let started = match watched {
            true => source.hybrid().start().await,
            false => source.start().await,
        };
        let (live, control) = started.unwrap();
        assert_eq!(*live.load(), "the first");
        writer.join().unwrap();

        let mut changes = live.subscribe();
        let mut events = control.events();
        let writer = pausing_writer(&path, ["the ", "second"]);
        let receipt = timeout(DEADLINE, control.reload()).await.unwrap();
        assert!(matches!(receipt.outcome, Outcome::Held), "{receipt}");
        assert_eq!(receipt.hold, control.status().hold);
        assert_eq!(*live.load(), "the first");
        let change = timeout(DEADLINE, changes.changed()).await.unwrap();
        assert_eq!(*change.unwrap(), "the second");
        assert_eq!(control.status().hold, None);
        writer.join().unwrap();
        control.stop().await;
        let mut held = 0;
        while let Some(event) = events.next().await {
            held += u32::from(matches!(
                event.kind,
                EventKind::Load { outcome: Outcome::Held, trigger, .. } if trigger != Trigger::Manual
            ));
        }
        assert!(held <= 1, "{held}");
    }
}

/// The file stays open for longer than a load waits, and the next part follows soon after it was closed.
#[tokio::test]
async fn p05_file_written_in_parts_settles_after_a_long_part() {
    let world = World::new();
    let path = world.file("c", "");
    let source = File::new(&path).settle(Duration::from_secs(1));
    let mut rig = Rig::watch_source(source).await;
    let writer = pausing_writer(&path, ["one ", "two "]);
    let append = thread::spawn({
        let path = path.clone();
        move || {
            writer.join().unwrap();
            pause(Duration::from_millis(200));
            let mut file = OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(b"three").unwrap();
        }
    });
    rig.expect("one two three").await;
    append.join().unwrap();
    assert_eq!(rig.texts(), ["", "one two three"]);
}

#[tokio::test]
async fn wait_ends_when_the_writer_dies() {
    let world = World::new();
    for leases in [true, false] {
        let path = world.file("c", "one");
        let mut rig = Rig::watch_source(File::new(&path).leases(leases)).await;
        let mut writer = Command::new("sh")
            .args(["-c", "exec 3>\"$0\"; printf half >&3; echo; read nothing"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let said = writer.stdout.take().unwrap();
        BufReader::new(said).read_line(&mut line).unwrap();
        rig.load().await.unwrap();
        assert!(rig.hold.is_some());
        writer.kill().unwrap();
        writer.wait().unwrap();
        // The decoder judges the half-written content.
        rig.expect("half").await;
        assert_eq!(rig.texts(), ["one", "half"]);
        assert!(rig.degraded().is_empty());
    }
}

#[tokio::test]
async fn file_renamed_while_open_is_read_when_closed() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    let draft = world.path("draft");
    let mut file = fs::File::create(&draft).unwrap();
    file.write_all(b"two").unwrap();
    fs::rename(&draft, &path).unwrap();
    let finish = thread::spawn(move || {
        pause(Duration::from_millis(100));
        file.write_all(b" and more").unwrap();
    });
    rig.expect("two and more").await;
    finish.join().unwrap();
    assert_eq!(rig.texts(), ["one", "two and more"]);
}

#[tokio::test]
async fn events_alone_decide_without_leases() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch_source(File::new(&path).leases(false)).await;
    rig.expect("one").await;
    for text in ["two", "three"] {
        write(&path, text);
        rig.expect(text).await;
        world.rename_into("c", "renamed");
        rig.expect("renamed").await;
    }
    let writer = slow_writer(&path, "by and by");
    rig.expect("by and by").await;
    writer.join().unwrap();
    rig.settle().await;
    assert_eq!(
        rig.texts(),
        ["one", "two", "renamed", "three", "renamed", "by and by"]
    );
}

/// A lease must delay neither the loads of this process nor the writes of another program.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writer_that_must_not_wait_is_not_delayed_by_loads_at_rest() {
    let world = World::new();
    let path: PathBuf = world.file("c", "one");
    let mut rig = Rig::poll(File::new(&path));
    rig.load().await.unwrap();
    sleep(Duration::from_millis(30)).await;
    rig.load().await.unwrap();
    for _ in 0..100 {
        rig.load().await.unwrap();
        let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
        rustix::fs::open(&path, flags, rustix::fs::Mode::empty()).unwrap();
    }
}

/// Threads for what blocks may be scarce, and a process may be stopped: that time was not waited.
#[test]
fn p05_load_that_begins_late_waits_for_the_writer() {
    let one_at_a_time = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    one_at_a_time.block_on(async {
        let world = World::new();
        let path = world.file("c", "old-old");
        let (release, held) = std::sync::mpsc::channel();
        let busy = tokio::task::spawn_blocking(move || held.recv());
        let mut rig = Rig::poll(File::new(&path));
        let writer = async {
            // Longer than the wait of a load.
            sleep(Duration::from_millis(2_100)).await;
            let mut file = OpenOptions::new().write(true).open(&path).unwrap();
            file.write_all(b"new").unwrap();
            release.send(()).unwrap();
            sleep(Duration::from_millis(300)).await;
            file.write_all(b"-new").unwrap();
        };
        let (looked, ()) = tokio::join!(rig.load(), writer);
        looked.unwrap();
        assert_eq!(rig.texts(), ["new-new"]);
        let _ = busy.await.unwrap();
    });
}
