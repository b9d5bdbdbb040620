//! What happens to the files of a directory, seen through the traits alone: real files, no service, and nothing but
//! hints to find a change.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod file;
#[path = "file/many.rs"]
mod many;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use hot_reload::ErrorKind;
use hot_reload::source::{Dir, Files, Toml};
use tokio::time::sleep;

use self::file::{TextDecoder, World, write};
use self::many::{ManyRig, texts};

fn dir(world: &World) -> Dir {
    Dir::new(world.path("d"))
}

// ===== what happens to files =====

#[tokio::test]
async fn files_that_are_added_changed_renamed_and_removed_are_followed() {
    let world = World::new();
    world.folder("d");
    let mut rig = ManyRig::watch(dir(&world)).await;
    rig.expect(&[]).await;
    write(world.path("d/a"), "one");
    rig.expect(&[("a", "one")]).await;
    world.file("draft", "two");
    fs::rename(world.path("draft"), world.path("d/b")).unwrap();
    rig.expect(&[("a", "one"), ("b", "two")]).await;
    write(world.path("d/a"), "in place");
    rig.expect(&[("a", "in place"), ("b", "two")]).await;
    world.file("draft", "replaced");
    fs::rename(world.path("draft"), world.path("d/b")).unwrap();
    rig.expect(&[("a", "in place"), ("b", "replaced")]).await;
    fs::rename(world.path("d/a"), world.path("d/c")).unwrap();
    rig.expect(&[("b", "replaced"), ("c", "in place")]).await;
    fs::remove_file(world.path("d/b")).unwrap();
    rig.expect(&[("c", "in place")]).await;
    fs::remove_file(world.path("d/c")).unwrap();
    rig.expect(&[]).await;
    rig.settle().await;
    assert_eq!(rig.published.len(), 8, "{:?}", rig.published);
}

#[tokio::test]
async fn the_files_come_in_the_order_of_their_bytes() {
    let world = World::new();
    for name in ["b", "a-x", "a/x", "B", "10", "9"] {
        let path = world.path("d").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write(path, name);
    }
    let names = |files: &Files| {
        let names = files.iter().map(|file| file.path().display().to_string());
        Ok(names.collect::<Vec<_>>())
    };
    let mut rig = ManyRig::poll(dir(&world).recursive(1).decode_files(names));
    rig.look().await.unwrap();
    assert_eq!(
        rig.current.unwrap(),
        ["10", "9", "B", "a-x", "a/x", "b"].map(str::to_owned)
    );
}

#[tokio::test]
async fn a_file_that_an_editor_takes_away_for_a_moment_is_not_missed() {
    let world = World::new();
    world.folder("d");
    world.file("d/a", "one");
    world.file("d/b", "b");
    let mut rig = ManyRig::watch(dir(&world)).await;
    for text in ["two", "three"] {
        fs::rename(world.path("d/a"), world.path("d/a~")).unwrap();
        sleep(Duration::from_millis(20)).await;
        write(world.path("d/a"), text);
        fs::remove_file(world.path("d/a~")).unwrap();
        rig.expect(&[("a", text), ("b", "b")]).await;
    }
    rig.settle().await;
    assert_eq!(rig.published.len(), 3, "{:?}", rig.published);
}

#[tokio::test]
async fn p05_a_file_emptied_and_then_written_is_never_seen_empty() {
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
async fn p05_a_slow_writer_is_waited_for() {
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

// ===== what happens to directories =====

#[tokio::test]
async fn an_absent_directory_is_nothing_and_is_seen_when_it_comes() {
    let world = World::new();
    let mut rig = ManyRig::watch(Dir::new(world.path("x/y/d"))).await;
    rig.expect_absent().await;
    for text in ["one", "two"] {
        world.folder("x/y/d");
        write(world.path("x/y/d/a"), text);
        rig.expect(&[("a", text)]).await;
        fs::remove_dir_all(world.path("x")).unwrap();
        rig.expect_absent().await;
    }
}

#[tokio::test]
async fn a_directory_that_is_swapped_takes_the_watch_along() {
    let world = World::new();
    world.folder("d");
    world.file("d/a", "one");
    let mut rig = ManyRig::watch(dir(&world)).await;
    world.folder("next");
    world.file("next/a", "two");
    fs::rename(world.path("d"), world.path("gone")).unwrap();
    fs::rename(world.path("next"), world.path("d")).unwrap();
    rig.expect(&[("a", "two")]).await;
    rig.settle().await;
    let looks = rig.looks;
    write(world.path("gone/a"), "not this one");
    write(world.path("gone/b"), "nor this one");
    rig.settle().await;
    assert_eq!(rig.looks, looks, "the old directory is nobody's business");
    write(world.path("d/a"), "three");
    rig.expect(&[("a", "three")]).await;
}

#[tokio::test]
async fn what_is_no_directory_is_said_and_recovered_from() {
    let world = World::new();
    world.file("d", "a file");
    let mut rig = ManyRig::watch(dir(&world)).await;
    rig.expect_error("d: it is not a directory").await;
    fs::remove_file(world.path("d")).unwrap();
    world.folder("d");
    world.file("d/a", "one");
    rig.expect(&[("a", "one")]).await;
}

#[tokio::test]
async fn directories_below_are_read_down_to_the_limit() {
    let world = World::new();
    world.folder("d/1/2/3");
    for name in ["a", "1/b", "1/2/c", "1/2/3/e"] {
        world.file(&format!("d/{name}"), name);
    }
    for (depth, expected) in [(0, 1), (1, 2), (2, 3), (9, 4)] {
        let rig = ManyRig::watch(dir(&world).recursive(depth)).await;
        assert_eq!(rig.current.unwrap().len(), expected, "depth {depth}");
    }
    let mut rig = ManyRig::watch(dir(&world).recursive(2)).await;
    write(world.path("d/1/2/c"), "deep");
    rig.expect(&[("a", "a"), ("1/b", "1/b"), ("1/2/c", "deep")])
        .await;
    fs::remove_dir_all(world.path("d/1/2")).unwrap();
    rig.expect(&[("a", "a"), ("1/b", "1/b")]).await;
}

/// Five hundred times, a few in one directory each, since every look reads all that is there.
#[tokio::test]
async fn t49_directories_made_with_their_files_in_one_go_are_found() {
    for _ in 0..20 {
        let world = World::new();
        world.folder("d");
        let mut rig = ManyRig::watch(dir(&world).recursive(3)).await;
        for round in 0..25 {
            let path = world.path("d").join(format!("{round}/a/b"));
            let writer = std::thread::spawn(move || {
                fs::create_dir_all(&path).unwrap();
                write(path.join("c"), "whole");
            });
            let reached = |rig: &ManyRig<_>| {
                let files: &many::Texts = rig.current.as_ref().unwrap();
                files.len() == round + 1 && files.values().all(|text| text == "whole")
            };
            rig.until(reached, &format!("round {round}")).await;
            writer.join().unwrap();
        }
    }
}

#[tokio::test]
async fn p05_a_directory_that_never_rests_is_an_error_and_never_a_mixture() {
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
        match rig.look().await {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
            Ok(()) => seen.extend(rig.current.clone()),
        }
    }
    ending.store(true, std::sync::atomic::Ordering::Relaxed);
    let log = writer.join().unwrap();
    rig.look().await.unwrap();
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

// ===== links =====

#[cfg(unix)]
#[tokio::test]
async fn a_config_map_is_followed_and_its_generations_are_never_mixed() {
    let world = World::new();
    world.folder("d");
    let generation = |number: usize| {
        world.folder(&format!("d/..{number}"));
        for name in ["a", "b", "c"] {
            world.file(&format!("d/..{number}/{name}"), &number.to_string());
        }
        world.relink("d/..data", format!("..{number}"));
        if number > 0 {
            fs::remove_dir_all(world.path(&format!("d/..{}", number - 1))).unwrap();
        }
    };
    generation(0);
    for name in ["a", "b", "c"] {
        world.relink(&format!("d/{name}"), format!("..data/{name}"));
    }
    let mut rig = ManyRig::watch(dir(&world)).await;
    for number in 1..=20 {
        generation(number);
        let text = number.to_string();
        rig.expect(&[("a", &text), ("b", &text), ("c", &text)])
            .await;
    }
    for value in rig.published.iter().flatten() {
        let mut texts = value.values();
        let first = texts.next().unwrap();
        assert!(
            value.len() == 3 && texts.all(|text| text == first),
            "{value:?}"
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_and_those_that_lead_nowhere_yet_too() {
    let world = World::new();
    world.folder("d");
    world.folder("real");
    world.relink("d/below", world.path("real"));
    world.relink("d/later", world.path("later"));
    world.relink("d/masked", "/dev/null");
    world.relink("d/circle", "circle");
    world.file("real/x", "one");
    let mut rig = ManyRig::watch(dir(&world).recursive(1)).await;
    rig.expect(&[("below/x", "one")]).await;
    write(world.path("real/x"), "two");
    rig.expect(&[("below/x", "two")]).await;
    write(world.path("later"), "here");
    rig.expect(&[("below/x", "two"), ("later", "here")]).await;
    write(world.path("later"), "there");
    rig.expect(&[("below/x", "two"), ("later", "there")]).await;
}

// ===== errors and limits =====

#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
struct Db {
    port: u16,
}

#[tokio::test]
async fn a_broken_file_is_named_and_refuses_the_whole() {
    let world = World::new();
    world.folder("conf.d");
    world.file("conf.d/10-db.toml", "port = 1\n");
    world.file("conf.d/20-cache.toml", "port = 2\n");
    let source = Dir::new(world.path("conf.d")).each(Toml::<Db>::new());
    let mut rig = ManyRig::watch_source(source).await;
    let good = rig.current.clone();
    write(world.path("conf.d/20-cache.toml"), "\nport = \"x\"\n");
    rig.expect_error("conf.d/20-cache.toml:2:8: port: expected u16")
        .await;
    let error = rig.error.clone().unwrap();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.revision().is_some());
    assert_eq!(rig.current, good);
    write(world.path("conf.d/20-cache.toml"), "port = 3\n");
    rig.until(|rig| rig.current != good, "the repair").await;
}

#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct App {
    #[serde(default)]
    name: String,
    db: AppDb,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
struct AppDb {
    host: String,
    port: u16,
}

#[tokio::test]
async fn files_are_laid_over_each_other() {
    let world = World::new();
    world.folder("conf.d");
    world.file(
        "conf.d/10-base.toml",
        "name = 'base'\ntags = ['a', 'b']\n[db]\nhost = 'here'\nport = 1\n",
    );
    world.file("conf.d/20-site.toml", "tags = ['c']\n\n[db]\nport = 2\n");
    let dir = Dir::new(world.path("conf.d")).matching("*.toml");
    let mut rig = ManyRig::watch_source(dir.merge(Toml::<App>::new())).await;
    let app = App {
        name: "base".to_owned(),
        db: AppDb {
            host: "here".to_owned(),
            port: 2,
        },
        tags: vec!["c".to_owned()],
    };
    assert_eq!(rig.current, Some(app.clone()));
    for (text, message) in [
        (
            "[db]\nport = 'x'\n",
            "conf.d/20-site.toml:2:8: db.port: expected u16, found \"x\"",
        ),
        ("tags = [\n", "conf.d/20-site.toml:1:9: unclosed array"),
        (
            "tags = ['a', 1]\n",
            "conf.d/20-site.toml:1:14: tags[1]: expected",
        ),
        ("name = 'x'\nnom = 'y'\n", "conf.d/20-site.toml:2:1: "),
        // Alone, it would be refused for what it does not say.
        (
            "[db]\nport = 70000\n",
            "conf.d/20-site.toml:2:8: db.port: expected u16, found 70000",
        ),
    ] {
        write(world.path("conf.d/20-site.toml"), text);
        rig.expect_error(message).await;
        assert_eq!(rig.current, Some(app.clone()));
    }
    write(world.path("conf.d/20-site.toml"), "");
    rig.until(
        |rig| rig.current.as_ref().is_some_and(|app| app.db.port == 1),
        "the base",
    )
    .await;
    fs::remove_file(world.path("conf.d/10-base.toml")).unwrap();
    rig.expect_error("conf.d: missing").await;
}

#[cfg(feature = "json")]
#[tokio::test]
async fn json_is_laid_over_json() {
    let world = World::new();
    world.folder("conf.d");
    world.file(
        "conf.d/1.json",
        r#"{"db": {"host": "here", "port": 1}, "tags": ["a"]}"#,
    );
    world.file("conf.d/2.json", r#"{"db": {"port": 2}, "tags": []}"#);
    let source = Dir::new(world.path("conf.d")).merge(hot_reload::source::Json::<App>::new());
    let mut rig = ManyRig::watch_source(source).await;
    let app = rig.current.clone().unwrap();
    assert_eq!((&*app.db.host, app.db.port, app.tags.len()), ("here", 2, 0));
    write(world.path("conf.d/2.json"), "{\n\"db\": {\"port\": \"x\"}}");
    rig.expect_error("conf.d/2.json:2:18: db.port: expected u16, found \"x\"")
        .await;
    write(world.path("conf.d/2.json"), "[]");
    rig.expect_error("conf.d/2.json:1:").await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_directory_that_is_too_much_is_refused_once() {
    let world = World::new();
    world.folder("d");
    world.file("d/a", "12345");
    world.file("d/b", "12345");
    let limited = [
        (
            dir(&world).max_files(1),
            "d: it holds more than the limit of 1 files",
        ),
        (
            dir(&world).max_file_size(4),
            "d/a: it is larger than the limit of 4 bytes",
        ),
        (
            dir(&world).max_total_size(9),
            "d: its files have 10 bytes, and the limit for all is 9 bytes",
        ),
    ];
    for (dir, message) in limited {
        let mut rig = ManyRig::poll(dir.each(TextDecoder));
        let error = rig.look().await.unwrap_err();
        assert!(error.to_string().ends_with(message), "{error}");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        rig.look().await.unwrap();
        assert_eq!((rig.unchanged, &rig.current), (1, &None));
    }
    let mut rig = ManyRig::watch(dir(&world).max_files(1)).await;
    rig.expect_error("more than the limit").await;
    fs::remove_file(world.path("d/b")).unwrap();
    rig.expect(&[("a", "12345")]).await;
}

// ===== what it costs =====

#[tokio::test]
async fn a_thousand_files_are_one_value_and_each_change_is_seen() {
    let world = World::new();
    world.folder("d");
    for number in 0..1000 {
        world.file(&format!("d/{number:04}"), "old");
    }
    let mut rig = ManyRig::watch(dir(&world)).await;
    assert_eq!(rig.current.as_ref().unwrap().len(), 1000);
    for number in [0, 499, 999] {
        let name = format!("{number:04}");
        world.rename_into(&format!("d/{name}"), "new");
        rig.until(
            |rig| rig.current.as_ref().unwrap()[Path::new(&name)] == "new",
            &name,
        )
        .await;
    }
    for number in 0..1000 {
        world.rename_into(&format!("d/{number:04}"), "all");
    }
    let all = |rig: &ManyRig<_>| {
        let files: &many::Texts = rig.current.as_ref().unwrap();
        files.len() == 1000 && files.values().all(|text| text == "all")
    };
    rig.until(all, "all of them").await;
}

#[tokio::test]
async fn every_change_is_found_by_asking_too() {
    let world = World::new();
    let mut rig = ManyRig::poll(dir(&world).each(TextDecoder));
    rig.look().await.unwrap();
    assert_eq!(rig.current, None);
    world.folder("d");
    for text in ["one", "two", "six", ""] {
        write(world.path("d/a"), text);
        rig.look().await.unwrap();
        assert_eq!(rig.current, Some(texts(&[("a", text)])));
    }
    fs::rename(world.path("d/a"), world.path("d/b")).unwrap();
    rig.look().await.unwrap();
    assert_eq!(rig.current, Some(texts(&[("b", "")])));
    fs::remove_dir_all(world.path("d")).unwrap();
    rig.look().await.unwrap();
    assert_eq!(rig.current, None);
}
