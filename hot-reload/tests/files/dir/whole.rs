//! Slow and endless writers in a directory: each seen listing is whole and of one moment.

use std::fs;
#[cfg(target_os = "linux")]
use std::io::Write;
#[cfg(target_os = "linux")]
use std::path::Path;
use std::time::Duration;

use hot_reload::error::ErrorKind;
use tokio::time::sleep;

use super::dir;
use crate::file::{TextDecoder, World, write};
use crate::many::ManyRig;

#[tokio::test]
async fn p05_emptied_then_written_file_is_never_seen_empty() {
    let world = World::new();
    world.folder("d");
    world.file("d/a", "one");
    let mut rig = ManyRig::watch(dir(&world)).await;
    for text in ["two", "three", "four"] {
        write(world.path("d/a"), "");
        sleep(Duration::from_millis(2)).await;
        write(world.path("d/a"), text);
        rig.expect(&[("a", text)]).await;
    }
    rig.settle().await;
    assert_eq!(rig.published.len(), 4, "{:?}", rig.published);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn p05_slow_writer_is_waited_for() {
    let world = World::new();
    world.folder("d");
    world.file("d/a", "old-old-old");
    world.file("d/b", "b");
    let mut rig = ManyRig::watch(dir(&world)).await;
    let (slow, draft, quick) = (world.path("d/a"), world.path("draft"), world.path("d/b"));
    let writer = tokio::spawn(async move {
        let mut file = fs::File::create(slow).unwrap();
        for (index, chunk) in ["new-", "new-", "new"].into_iter().enumerate() {
            file.write_all(chunk.as_bytes()).unwrap();
            // Another file that is finished meanwhile does not vouch for this one.
            write(&draft, &index.to_string());
            fs::rename(&draft, &quick).unwrap();
            sleep(Duration::from_millis(150)).await;
        }
    });
    rig.expect(&[("a", "new-new-new"), ("b", "2")]).await;
    writer.await.unwrap();
    rig.settle().await;
    for value in rig.published.iter().flatten() {
        let text = &value[Path::new("a")];
        assert!(["old-old-old", "new-new-new"].contains(&&**text), "{text}");
    }
}

/// A file that is new, one that is changed, and one below; watched and polled.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn p05_directory_with_a_file_being_written_is_held_and_names_it() {
    use hot_reload::event::HoldReason;
    use hot_reload::{Loaded, RealtimeWatch, Reload};
    use tokio::time::timeout;

    use crate::file::DEADLINE;
    for (name, watched) in [("a", true), ("a", false), ("new", true), ("below/c", false)] {
        let world = World::new();
        world.folder("d/below");
        world.file("d/a", "1");
        world.file("d/below/c", "1");
        let source = dir(&world).recursive(1).each(TextDecoder);
        let handle = match watched {
            true => Some(source.watch_realtime().await.unwrap()),
            false => None,
        };
        let load = async || {
            let load = timeout(DEADLINE, source.reload_since(None)).await;
            load.unwrap().unwrap()
        };
        assert!(matches!(load().await, Loaded::Value { .. }));
        let mut writer = fs::File::create(world.path("d").join(name)).unwrap();
        writer.write_all(b"4").unwrap();
        let Loaded::Held { hold, .. } = load().await else {
            panic!("{name} was loaded");
        };
        assert_eq!(hold.reason, HoldReason::BeingWritten);
        let says = format!("{name} is open for writing");
        assert!(hold.message.contains(&says), "{}", hold.message);
        // Another file that is finished meanwhile does not end it.
        write(world.path("d/b"), "2");
        let Loaded::Held { hold: still, .. } = load().await else {
            panic!("{name} was loaded");
        };
        assert_eq!(still.since, hold.since);
        writer.write_all(b"2").unwrap();
        drop(writer);
        let Loaded::Value { value, .. } = load().await else {
            panic!("{name} is complete");
        };
        assert_eq!(value[Path::new(name)], "42");
        assert_eq!(value[Path::new("b")], "2");
        drop(handle);
    }
}

#[tokio::test]
async fn p05_directory_that_keeps_changing_is_an_error_and_never_mixed() {
    let world = World::new();
    world.folder("d");
    for number in 0..200 {
        world.file(&format!("d/{number:03}"), "0");
    }
    let mut rig = ManyRig::poll(dir(&world).each(TextDecoder));
    let (draft, folder) = (world.path("draft"), world.path("d"));
    let ending = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let ended = std::sync::Arc::clone(&ending);
    let writer = std::thread::spawn(move || {
        // Which file was the n-th to be replaced. It holds n.
        let mut log: Vec<u64> = Vec::new();
        let mut random = 1_u64;
        while !ended.load(std::sync::atomic::Ordering::Relaxed) {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            log.push((random >> 33) % 200);
            write(&draft, &log.len().to_string());
            let number = log[log.len() - 1];
            fs::rename(&draft, folder.join(format!("{number:03}"))).unwrap();
        }
        log
    });
    let mut seen = Vec::new();
    for _ in 0..2 {
        match rig.load().await {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
            Ok(()) => seen.extend(rig.current.clone()),
        }
    }
    ending.store(true, std::sync::atomic::Ordering::Relaxed);
    let log = writer.join().unwrap();
    rig.load().await.unwrap();
    seen.extend(rig.current.clone());
    for texts in &seen {
        let numbers: Vec<usize> = texts.values().map(|text| text.parse().unwrap()).collect();
        let moment = numbers.iter().copied().max().unwrap();
        let mut expected = vec![0; 200];
        for (index, file) in log.iter().take(moment).enumerate() {
            expected[*file as usize] = index + 1;
        }
        assert_eq!(numbers, expected, "not of one moment");
    }
    let last = log.len().to_string();
    assert!(seen.pop().unwrap().values().any(|text| *text == last));
}
