//! The ways to write a file: each version is seen whole, in order, and the last one always.

use std::fs;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use hot_reload::source::File;
use hot_reload::testing::files::vim_save;
use tokio::time::{Instant, sleep};

use super::versions::{Dice, numbers, version};
use crate::file::{Rig, World, write};

#[tokio::test]
async fn t01_file_renamed_into_place_is_seen_once_every_time() {
    let world = World::new();
    let mut rig = Rig::watch(world.file("c", "one")).await;
    rig.expect("one").await;
    for text in ["two", "three", "four"] {
        world.rename_into("c", text);
        rig.expect(text).await;
    }
    rig.settle().await;
    assert_eq!(rig.texts(), ["one", "two", "three", "four"]);
    assert_eq!((rig.contents, rig.failures), (4, 0));
}

#[tokio::test]
async fn t02_p05_hundred_renames_are_whole_ordered_and_the_last_wins() {
    let world = Arc::new(World::new());
    let mut rig = Rig::watch(world.file("c", &version(0, 9000))).await;
    let writer = tokio::spawn({
        let (world, mut dice) = (Arc::clone(&world), Dice::new());
        async move {
            for number in 1..=100 {
                world.rename_into("c", &version(number, 9000));
                sleep(dice.pause(Duration::from_millis(5))).await;
            }
        }
    });
    rig.expect(&version(100, 9000)).await;
    writer.await.unwrap();
    rig.settle().await;
    assert_eq!(numbers(&rig.texts()).last(), Some(&100));
    assert!(!rig.published.contains(&None));
    assert_eq!(rig.failures, 0);
}

#[tokio::test]
async fn t02_many_renames_without_a_pause_end_at_the_last() {
    let world = World::new();
    let mut rig = Rig::watch(world.file("c", "0")).await;
    for number in 1..=300 {
        world.rename_into("c", &number.to_string());
    }
    rig.expect("300").await;
    rig.settle().await;
    assert_eq!(rig.current.as_deref(), Some("300"));
}

#[tokio::test]
async fn t03_file_moved_from_another_folder_is_seen() {
    let world = World::new();
    world.folder("elsewhere");
    let mut rig = Rig::watch(world.file("c", "one")).await;
    for text in ["two", "three", "four"] {
        let draft = world.file("elsewhere/draft", text);
        fs::rename(draft, world.path("c")).unwrap();
        rig.expect(text).await;
    }
    rig.settle().await;
    assert_eq!(rig.texts(), ["one", "two", "three", "four"]);
}

/// The tests with a service cover the gap.
#[tokio::test]
async fn t04_editor_that_moves_the_old_file_away_is_followed() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three", "four"] {
        vim_save(&path, text).unwrap();
        rig.expect(text).await;
    }
}

#[tokio::test]
async fn t05_p05_write_in_place_is_seen_whole() {
    let world = World::new();
    let path = world.file("c", &version(0, 10));
    let mut rig = Rig::watch(&path).await;
    for number in 1..=20 {
        let text = version(number, 100_000);
        write(&path, &text);
        rig.expect(&text).await;
    }
    rig.settle().await;
    let expected: Vec<_> = (0..=20).collect();
    assert_eq!(numbers(&rig.texts()), expected, "each of them once");
}

#[tokio::test]
async fn t06_p05_emptied_then_written_file_is_never_seen_empty() {
    let world = World::new();
    let path = world.file("c", &version(0, 10));
    let mut rig = Rig::watch(&path).await;
    let mut for_good = 0;
    for number in 1..=20 {
        let (path, start) = (path.clone(), Instant::now());
        let writer = tokio::spawn(async move {
            write(&path, "");
            sleep(Duration::from_millis(3)).await;
            write(&path, &version(number, 10));
            start.elapsed()
        });
        rig.expect(&version(number, 10)).await;
        // On a stalled machine, the file was empty for as long as an intended empty file.
        for_good += usize::from(writer.await.unwrap() >= EMPTY_GRACE);
    }
    rig.settle().await;
    let texts = rig.texts();
    let (empty, whole): (Vec<_>, Vec<_>) = texts.into_iter().partition(|text| text.is_empty());
    assert!(empty.len() <= for_good, "it was seen empty");
    assert_eq!(numbers(&whole).last(), Some(&20));
}

#[tokio::test]
async fn t07_p12_permanently_emptied_file_is_reported_after_a_delay() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch(&path).await;
    for text in ["two", "three"] {
        let start = Instant::now();
        write(&path, "");
        rig.expect("").await;
        let taken = start.elapsed();
        assert!(taken >= EMPTY_GRACE, "after {taken:?}");
        write(&path, text);
        rig.expect(text).await;
    }
    rig.settle().await;
    assert_eq!(rig.texts(), ["one", "", "two", "", "three"]);
    assert_eq!(rig.emptied, 2);
}

#[tokio::test]
async fn p12_blank_file_is_reported_as_emptied_even_if_it_began_blank() {
    let world = World::new();
    let path = world.file("c", " \n");
    let mut rig = Rig::watch(&path).await;
    world.rename_into("c", "\u{feff}\n");
    rig.expect("\u{feff}\n").await;
    assert_eq!(
        rig.emptied, 2,
        "the service knows whether there was content"
    );
    world.rename_into("c", "one");
    rig.expect("one").await;
    world.rename_into("c", "\u{feff}\n");
    rig.expect("\u{feff}\n").await;
    assert_eq!(rig.emptied, 3);
}

#[tokio::test]
async fn p12_file_that_may_be_empty_is_never_reported_as_emptied() {
    let world = World::new();
    let path = world.file("c", "one");
    let mut rig = Rig::watch_source(File::new(&path).empty_is_content(true)).await;
    write(&path, "");
    rig.expect("").await;
    assert_eq!(rig.emptied, 0);
}

/// Other systems do not report the end of a write.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn t08_p05_file_written_in_pieces_is_seen_once_and_whole() {
    let world = World::new();
    let path = world.file("c", &version(0, 10));
    let mut rig = Rig::watch(&path).await;
    for number in 1..=10 {
        let (path, text) = (path.clone(), version(number, 4000));
        let writer = write_slowly(path, text.clone(), Duration::from_millis(2));
        rig.expect(&text).await;
        writer.await.unwrap();
    }
    rig.settle().await;
    let expected: Vec<_> = (0..=10).collect();
    assert_eq!(numbers(&rig.texts()), expected, "each of them once");
}

/// Elsewhere a pause of 100 ms passes for the end.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn t09_p05_slow_writer_is_waited_for() {
    let world = World::new();
    let path = world.file("c", &version(0, 10));
    let mut rig = Rig::watch(&path).await;
    for number in 1..=2 {
        let (path, text) = (path.clone(), version(number, 10));
        let writer = write_slowly(path, text.clone(), Duration::from_millis(150));
        rig.expect(&text).await;
        writer.await.unwrap();
    }
    rig.settle().await;
    assert_eq!(numbers(&rig.texts()), [0, 1, 2]);
}

/// Writes in place, in four steps with a pause after each.
#[cfg(target_os = "linux")]
fn write_slowly(
    path: std::path::PathBuf,
    text: String,
    pause: Duration,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut file = fs::File::create(path).unwrap();
        for chunk in text.as_bytes().chunks(text.len().div_ceil(4)) {
            file.write_all(chunk).unwrap();
            sleep(pause).await;
        }
    })
}

#[tokio::test]
async fn t42_writer_that_never_closes_is_read_after_the_longest_wait() {
    let world = World::new();
    let path = world.file("c", "one");
    let source = File::new(&path).wait_for_writers(Duration::from_secs(1));
    let mut rig = Rig::watch_source(source).await;
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    for text in ["one+", "one++", "one+++"] {
        file.write_all(b"+").unwrap();
        rig.expect(text).await;
    }
}

#[tokio::test]
async fn t43_p05_endless_writes_in_place_do_not_postpone_a_load() {
    rewrite_without_end(|world, text| write(world.path("c"), text)).await;
}

#[tokio::test]
async fn t43_p05_endless_renames_do_not_postpone_a_load() {
    rewrite_without_end(|world, text| world.rename_into("c", text)).await;
}

/// Every 20 ms for 10 s. A version must be seen at least every two seconds, the longest wait of a load.
async fn rewrite_without_end(rewrite: fn(&World, &str)) {
    let world = Arc::new(World::new());
    let mut rig = Rig::watch(world.file("c", &version(0, 1000))).await;
    let start = Instant::now();
    let writer = tokio::spawn({
        let world = Arc::clone(&world);
        async move {
            let mut last = 0;
            while start.elapsed() < Duration::from_secs(10) {
                last += 1;
                rewrite(&world, &version(last, 1000));
                sleep(Duration::from_millis(20)).await;
            }
            last
        }
    });
    let (mut seen, mut longest) = (Instant::now(), Duration::ZERO);
    while start.elapsed() < Duration::from_secs(9) {
        let count = rig.published.len();
        rig.until(|rig| rig.published.len() > count, "another version")
            .await;
        longest = longest.max(seen.elapsed());
        seen = Instant::now();
    }
    // As much again for a busy machine; a postponed load would take all of the ten seconds.
    assert!(longest < 2 * MAX_WAIT, "nothing was seen for {longest:?}");
    let last = writer.await.unwrap();
    rig.expect(&version(last, 1000)).await;
    let seen = numbers(&rig.texts());
    assert!(seen.len() > 5, "{seen:?} of {last}");
}

const EMPTY_GRACE: Duration = Duration::from_millis(100);
const MAX_WAIT: Duration = Duration::from_secs(2);
