//! Files that a decoder includes: real files, through the traits and through services.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::source::files::{DecodeFiles, DecodedFiles, Files, Part};
use hot_reload::source::{Decode, Dir, Fetched, File, Group, HintSender, Source, Subscription};
use hot_reload::{Error, Reload, ReloaderService, Revision};
use tokio::time::timeout;

use crate::file::{DEADLINE, World, write};
use crate::many::ManyRig;

/// The lines of a file. `include FILE` and `all PATTERN` stand for the lines of other files.
fn lines(part: &Part) -> Result<Vec<String>, Error> {
    let text = std::str::from_utf8(part.bytes()).map_err(|error| part.refuse(error))?;
    let mut all = Vec::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("include ") {
            all.extend(lines(&part.include(path)?)?);
        } else if let Some(pattern) = line.strip_prefix("all ") {
            for part in part.include_glob(pattern)? {
                all.extend(lines(&part)?);
            }
        } else if line == "bad" {
            return Err(part.refuse("is bad"));
        } else {
            all.push(line.to_owned());
        }
    }
    Ok(all)
}

fn of_all(files: &Files) -> Result<Vec<String>, Error> {
    let all: Result<Vec<_>, _> = files.iter().map(lines).collect();
    Ok(all?.concat())
}

type Lines = DecodedFiles<fn(&Files) -> Result<Vec<String>, Error>>;

fn file(world: &World) -> Lines {
    File::new(world.path("main")).decode_files(of_all)
}

async fn expect<D: DecodeFiles<Value = Vec<String>>>(rig: &mut ManyRig<D>, lines: &[&str]) {
    let what = format!("{lines:?}");
    rig.until(
        |rig| rig.error.is_none() && rig.current.as_ref().is_some_and(|now| now == lines),
        &what,
    )
    .await;
}

#[tokio::test]
async fn included_file_is_read_and_watched_like_the_source() {
    let world = World::new();
    world.file("main", "a\ninclude below/part\nz");
    world.folder("below");
    // Relative to itself, and nested.
    world.file("below/part", "b\ninclude inner");
    world.file("below/inner", "c");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert_eq!(rig.current.clone().unwrap(), ["a", "b", "c", "z"]);
    world.rename_into("below/inner", "d");
    expect(&mut rig, &["a", "b", "d", "z"]).await;
    write(world.path("below/part"), "e");
    expect(&mut rig, &["a", "e", "z"]).await;
    write(world.path("main"), "f\ninclude below/inner");
    expect(&mut rig, &["f", "d"]).await;
    rig.settle().await;
    let unchanged = rig.unchanged;
    rig.load().await.unwrap();
    assert_eq!(rig.unchanged, unchanged + 1);
}

/// An idle source takes the stamps of its files, and reads none.
#[tokio::test]
async fn p15_unchanged_includes_are_not_read_again() {
    let world = World::new();
    world.file("main", "include part\nall conf.d/*");
    world.file("part", "1");
    world.folder("conf.d");
    world.file("conf.d/x", "2");
    let source = file(&world);
    let mut rig = ManyRig::watch_source(source.clone()).await;
    rig.settle().await;
    rig.load().await.unwrap();
    let reads = || source.source_status().unwrap().counter("reads");
    let (before, unchanged) = (reads(), rig.unchanged);
    assert!(before >= Some(2));
    for _ in 0..20 {
        rig.load().await.unwrap();
    }
    assert_eq!((reads(), rig.unchanged), (before, unchanged + 20));
    // Only names that match are worth a load.
    let loads = rig.loads;
    world.file("conf.d/.x.swp", "3");
    rig.settle().await;
    assert_eq!(rig.loads, loads);
}

/// A load that fails reads fewer files. The next one must watch all of them again.
#[tokio::test]
async fn p04_pattern_is_watched_again_after_a_failed_load() {
    let world = World::new();
    world.file("main", "include part\nall conf.d/*");
    world.file("part", "1");
    world.folder("conf.d");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert_eq!(rig.current.clone().unwrap(), ["1"]);
    rig.settle().await;
    fs::remove_file(world.path("part")).unwrap();
    fs::create_dir(world.path("part")).unwrap();
    let error = rig.load().await.unwrap_err();
    assert!(error.revision().is_none(), "{error}");
    fs::remove_dir(world.path("part")).unwrap();
    world.file("part", "1");
    let unchanged = rig.unchanged;
    rig.load().await.unwrap();
    assert_eq!(rig.unchanged, unchanged + 1);
    rig.settle().await;
    world.file("conf.d/x", "2");
    expect(&mut rig, &["1", "2"]).await;
}

#[tokio::test]
async fn missing_include_names_both_files_and_is_awaited() {
    let world = World::new();
    world.file("main", "a\ninclude below/part");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    let error = rig.error.clone().unwrap();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let name = |name: &str| world.path(name).display().to_string();
    let text = format!(
        "{}: includes {}, which does not exist",
        name("main"),
        name("below/part")
    );
    assert_eq!(error.to_string(), text);
    rig.settle().await;
    // The same state is refused once.
    rig.load().await.unwrap();
    world.folder("below");
    world.file("below/part", "b");
    expect(&mut rig, &["a", "b"]).await;
    fs::remove_file(world.path("below/part")).unwrap();
    rig.expect_error("which does not exist").await;
    assert_eq!(rig.current.clone().unwrap(), ["a", "b"]);
    world.file("below/part", "b");
    expect(&mut rig, &["a", "b"]).await;
}

#[tokio::test]
async fn bad_include_is_watched_until_it_is_fixed() {
    let world = World::new();
    world.file("main", "include part\ninclude next");
    world.file("part", "bad");
    world.file("next", "n");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert!(
        rig.error
            .take()
            .unwrap()
            .to_string()
            .ends_with("part: is bad")
    );
    world.rename_into("part", "good");
    expect(&mut rig, &["good", "n"]).await;
    world.rename_into("part", "bad");
    rig.expect_error("part: is bad").await;
    fs::remove_file(world.path("part")).unwrap();
    fs::create_dir(world.path("part")).unwrap();
    rig.expect_error("part: it is a directory").await;
    // The source need not include it.
    world.rename_into("main", "include next");
    expect(&mut rig, &["n"]).await;
}

#[tokio::test]
async fn replaced_include_is_never_seen_as_absent() {
    let world = World::new();
    world.file("main", "include part");
    world.file("part", "0");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    for number in 1..=5 {
        fs::remove_file(world.path("part")).unwrap();
        let pause = Duration::from_millis(20);
        let _ = timeout(pause, rig.until(|_| false, "the pause")).await;
        let text = number.to_string();
        write(world.path("part"), &text);
        expect(&mut rig, &[&*text]).await;
        assert!(rig.error.is_none());
    }
    let count = rig.published.len();
    assert_eq!(count, 6, "{:?}", rig.published);
}

#[tokio::test]
async fn p12_emptied_include_is_reported_by_its_name() {
    let world = World::new();
    world.file("main", "a\ninclude part");
    world.file("part", "b");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    write(world.path("part"), "");
    rig.until(|rig| !rig.emptied.is_empty(), "the report").await;
    let name = world.path("part").display().to_string();
    assert_eq!(rig.emptied, [Some(name)]);
}

#[tokio::test]
async fn p12_emptied_include_is_noticed_after_a_bad_source() {
    let world = World::new();
    world.file("main", "a\ninclude part");
    world.file("part", "b");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    // Decoding fails before it includes anything, and so does a blank source.
    for text in ["bad\ninclude part", ""] {
        world.rename_into("main", text);
        let _ = rig.load().await;
    }
    let count = rig.emptied.len();
    write(world.path("part"), "");
    world.rename_into("main", "a\ninclude part");
    rig.until(|rig| rig.emptied.len() > count, "the report")
        .await;
    let name = world.path("part").display().to_string();
    assert_eq!(rig.emptied.last(), Some(&Some(name)));
}

#[tokio::test]
async fn p12_emptied_include_is_named_among_blank_ones() {
    let world = World::new();
    world.file("main", "a\ninclude blank\ninclude part");
    world.file("blank", "");
    world.file("part", "b");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert!(rig.emptied.is_empty());
    write(world.path("part"), "");
    rig.until(|rig| !rig.emptied.is_empty(), "the report").await;
    let name = world.path("part").display().to_string();
    assert_eq!(rig.emptied, [Some(name)]);
}

#[tokio::test]
async fn pattern_gains_and_loses_files() {
    let world = World::new();
    world.file("main", "all conf.d/*.txt");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert_eq!(rig.current.clone(), Some(Vec::new()));
    world.folder("conf.d");
    world.file("conf.d/2.txt", "two");
    expect(&mut rig, &["two"]).await;
    world.rename_into("conf.d/1.txt", "one");
    expect(&mut rig, &["one", "two"]).await;
    world.file("conf.d/0.other", "none");
    world.file("conf.d/.3.txt", "none");
    world.rename_into("conf.d/3.txt", "three");
    expect(&mut rig, &["one", "two", "three"]).await;
    fs::remove_file(world.path("conf.d/2.txt")).unwrap();
    expect(&mut rig, &["one", "three"]).await;
    fs::remove_dir_all(world.path("conf.d")).unwrap();
    expect(&mut rig, &[]).await;
}

#[tokio::test]
async fn pattern_of_directories_finds_their_files() {
    let world = World::new();
    world.file("main", "all sites/*/site");
    for site in ["a", "b"] {
        world.folder(&format!("sites/{site}"));
    }
    world.file("sites/a/site", "a");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert_eq!(rig.current.clone().unwrap(), ["a"]);
    world.file("sites/b/site", "b");
    expect(&mut rig, &["a", "b"]).await;
    world.folder("sites/c");
    world.file("sites/c/site", "c");
    expect(&mut rig, &["a", "b", "c"]).await;
}

#[tokio::test]
async fn cycle_is_an_error_with_its_chain() {
    let world = World::new();
    world.file("main", "include b");
    world.file("b", "include c");
    world.file("c", "include b");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    let name = |name: &str| world.path(name).display().to_string();
    let chain = format!(
        "{}: includes itself: {} → {} → {}",
        name("c"),
        name("b"),
        name("c"),
        name("b")
    );
    assert_eq!(rig.error.take().unwrap().to_string(), chain);
    world.rename_into("c", "include main");
    rig.expect_error("includes itself: ").await;
    world.rename_into("c", "c");
    expect(&mut rig, &["c"]).await;
}

#[cfg(unix)]
#[tokio::test]
async fn link_that_gives_a_file_ever_more_paths_is_refused() {
    let world = World::new();
    world.relink("here", ".");
    world.file("main", "include here/part");
    world.file("part", "include here/part");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    let error = rig.error.take().unwrap();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.message().contains("more than 32 files"), "{error}");
    world.rename_into("part", "p");
    expect(&mut rig, &["p"]).await;
}

#[tokio::test]
async fn p17_includes_are_bounded() {
    let world = World::new();
    let all = |count: usize| {
        let line = |number| format!("all {number}.txt\n");
        (0..count).map(line).collect::<String>()
    };
    world.file("main", &all(256));
    let mut rig = ManyRig::watch_source(file(&world)).await;
    assert_eq!(rig.current, Some(Vec::new()));
    write(world.path("main"), &all(257));
    rig.expect_error("main: includes more than the limit of 256 files and patterns")
        .await;
    assert_eq!(rig.error.as_ref().unwrap().kind(), ErrorKind::TooLarge);
}

/// Each file includes the next one twice, which is 2²⁰ times the last one.
#[tokio::test]
async fn p17_repeated_includes_are_bounded() {
    let world = World::new();
    world.file("main", "include 0");
    for number in 0..20 {
        let text = format!("include {0}\ninclude {0}", number + 1);
        world.file(&number.to_string(), &text);
    }
    world.file("20", "x");
    let mut rig = ManyRig::watch_source(file(&world)).await;
    let error = rig.error.take().expect("an error");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(
        error.message().ends_with("the limit of 20000 times"),
        "{error}"
    );
}

#[tokio::test]
async fn p17_rounds_of_an_inconstant_decoder_are_bounded() {
    let world = World::new();
    world.file("main", "a");
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let source = File::new(world.path("main")).decode_files(move |files: &Files| {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        // What was read is never what it wants next.
        match number % 2 {
            0 => files.include_glob(&format!("{number}.txt")).map(drop),
            _ => Ok(()),
        }
    });
    let result = timeout(DEADLINE, source.reload()).await.unwrap();
    let error = Error::from(result.unwrap_err());
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(
        error.message().contains("each time that it runs"),
        "{error}"
    );
    assert_eq!(runs.load(Ordering::Relaxed), 258);
    // The same state is refused once.
    let again = source.reload_since(error.revision()).await;
    assert!(matches!(again, Ok(hot_reload::Loaded::Unchanged)));
}

#[tokio::test]
async fn impossible_path_is_refused_at_its_place() {
    let world = World::new();
    let name = world.path("main").display().to_string();
    let long = "x".repeat(300);
    let deep = "y/".repeat(3000);
    for (text, message) in [
        ("include a\0b", "contains a zero byte"),
        ("all a\0*", "contains a zero byte"),
        (&*format!("include {long}"), "is too long"),
        (&*format!("all {long}/*"), "is too long"),
        (&*format!("include {deep}"), "is too long"),
    ] {
        world.file("main", text);
        let error = Error::from(file(&world).reload().await.unwrap_err());
        assert_eq!(error.kind(), ErrorKind::Decode);
        let text = format!("{name}: includes a path that {message}");
        assert_eq!(error.to_string(), text);
    }
    world.file("main", &format!("all [{}]", "a".repeat(300)));
    assert!(file(&world).reload().await.is_ok());
}

/// A source that records the revisions that it was asked about.
struct Recorder(Mutex<(String, Vec<Revision>)>);

impl Recorder {
    fn is_asked_about(&self, revision: &Revision) -> bool {
        self.0.lock().unwrap().1.contains(revision)
    }
}

impl Source for &'static Recorder {
    fn name(&self) -> String {
        "store/key".to_owned()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let mut state = self.0.lock().unwrap();
        state.1.extend(seen.cloned());
        let revision = Revision::new(&state.0);
        Ok(match seen == Some(&revision) {
            true => Fetched::Unchanged,
            false => Fetched::Content {
                bytes: state.0.clone().into(),
                revision,
            },
        })
    }
}

#[tokio::test]
async fn source_is_asked_only_about_revisions_that_it_returned() {
    use hot_reload::Loaded;
    let world = World::new();
    let part = world.file("part", "1");
    let text = format!("include {}", part.display());
    let recorder: &Recorder = Box::leak(Box::new(Recorder(Mutex::new((text, Vec::new())))));
    let source = recorder.decode_files(of_all);
    let of = |loaded| match loaded {
        Ok(Loaded::Value { revision, .. }) => revision.unwrap(),
        other => panic!("{other:?}"),
    };
    let first = of(source.reload_since(None).await);
    write(&part, "2");
    let second = of(source.reload_since(Some(&first)).await);
    assert_ne!(first, second);
    assert_eq!(of(source.reload_since(Some(&first)).await), second);
    let same = source.reload_since(Some(&second)).await;
    assert!(matches!(same, Ok(Loaded::Unchanged)));
    // It includes nothing any more.
    recorder.0.lock().unwrap().0 = "3".to_owned();
    let third = of(source.reload_since(Some(&second)).await);
    assert_eq!(third, Revision::new("3"));
    assert_eq!(of(source.reload_since(Some(&second)).await), third);
    let same = source.reload_since(Some(&third)).await;
    assert!(matches!(same, Ok(Loaded::Unchanged)));
    assert!(recorder.is_asked_about(&third));
    for revision in [first, second] {
        assert!(!recorder.is_asked_about(&revision));
    }
}

/// The link of a volume is swapped, so the source and its includes change at one moment.
#[cfg(unix)]
#[tokio::test]
async fn p05_swapped_volume_is_never_read_in_two_generations() {
    let world = World::new();
    let generation = |number: u32| {
        let folder = format!("..{number}");
        world.folder(&folder);
        let text = number.to_string();
        let path = |name| world.path(&folder).join(name);
        write(path("main"), &format!("{text}\ninclude part\nall conf.d/*"));
        write(path("part"), &text);
        world.folder(&format!("{folder}/conf.d"));
        write(path("conf.d/x"), &text);
        world.relink("..data", folder);
    };
    generation(0);
    for name in ["main", "part", "conf.d"] {
        world.relink(name, format!("..data/{name}"));
    }
    let mut rig = ManyRig::watch_source(file(&world)).await;
    for number in 1..=20 {
        generation(number);
        let text = number.to_string();
        expect(&mut rig, &[&text, &text, &text]).await;
    }
    for value in rig.published.iter().flatten() {
        assert!(value.iter().all(|text| *text == value[0]), "{value:?}");
    }
}

#[tokio::test]
async fn parts_of_a_directory_include_files_beside_them() {
    let world = World::new();
    world.folder("conf.d");
    world.folder("shared");
    world.file("conf.d/a", "include ../shared/x");
    world.file("conf.d/b", "b");
    world.file("shared/x", "1");
    let dir = Dir::new(world.path("conf.d")).decode_files(|files: &Files| {
        let mut all = of_all(files)?;
        all.extend(lines(&files.include("../shared/y")?)?);
        Ok(all)
    });
    let mut rig = ManyRig::watch_source(dir).await;
    assert!(rig.error.is_some());
    world.file("shared/y", "2");
    expect(&mut rig, &["1", "b", "2"]).await;
    world.rename_into("shared/x", "3");
    expect(&mut rig, &["3", "b", "2"]).await;
    world.rename_into("conf.d/c", "c\ninclude ../shared/x");
    expect(&mut rig, &["3", "b", "c", "3", "2"]).await;
}

#[tokio::test]
async fn members_of_a_group_include_files_beside_them() {
    let world = World::new();
    world.folder("far");
    world.file("far/main", "include part");
    world.file("near", "n");
    world.file("far/part", "1");
    let group = Group::new([
        ("near", world.path("near")),
        ("far", world.path("far/main")),
    ]);
    let mut rig = ManyRig::watch_source(group.decode_files(of_all)).await;
    assert_eq!(rig.current.clone().unwrap(), ["n", "1"]);
    world.rename_into("far/part", "2");
    expect(&mut rig, &["n", "2"]).await;
}

/// A store whose value names files.
struct Store(String, AtomicUsize);

impl Source for Store {
    fn name(&self) -> String {
        "store/key".to_owned()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let revision = Revision::new(&self.0);
        Ok(match seen == Some(&revision) {
            true => Fetched::Unchanged,
            false => Fetched::Content {
                bytes: self.0.clone().into(),
                revision,
            },
        })
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        Ok(Subscription::new(hints))
    }
}

#[tokio::test]
async fn value_of_a_store_includes_files_by_absolute_paths() {
    let world = World::new();
    let part = world.file("part", "1");
    let text = format!("include {}", part.display());
    let source = Store(text, Default::default()).decode_files(of_all);
    let mut rig = ManyRig::watch_source(source).await;
    assert_eq!(rig.current.clone().unwrap(), ["1"]);
    world.rename_into("part", "2");
    expect(&mut rig, &["2"]).await;

    let relative = Store("include part".to_owned(), Default::default()).decode_files(of_all);
    let rig = ManyRig::watch_source(relative).await;
    let error = rig.error.unwrap().to_string();
    assert_eq!(
        error,
        "store/key: includes part, which is a relative path, but this source is no file; write an absolute path"
    );
}

/// A decoder of one content that includes files.
struct Lined;

impl Decode for Lined {
    type Value = Vec<String>;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<Vec<String>, Error> {
        self.decode_part(&Part::new(name, bytes))
    }

    fn decode_part(&self, part: &Part) -> Result<Vec<String>, Error> {
        lines(part)
    }
}

#[tokio::test]
async fn decoder_of_one_content_includes_files_through_a_service() {
    let world = World::new();
    world.file("main", "include part");
    world.file("part", "1");
    let source = File::new(world.path("main")).decode(Lined.optional());
    let (live, control) = ReloaderService::builder(source)
        .hybrid()
        .start()
        .await
        .unwrap();
    let mut changes = live.subscribe();
    assert_eq!(live.load().as_deref(), Some(&["1".to_owned()][..]));
    world.rename_into("part", "2");
    let now = timeout(DEADLINE, changes.changed()).await.unwrap().unwrap();
    assert_eq!(now.as_deref(), Some(&["2".to_owned()][..]));
    control.stop().await;

    let outside = Lined.decode(b"include part", "text").unwrap_err();
    assert_eq!(outside.kind(), ErrorKind::Misconfigured);
}

#[tokio::test]
async fn content_from_the_watch_of_a_store_is_loaded_if_it_includes_files() {
    use hot_reload::RealtimeWatch;
    use hot_reload::source::Content;
    let world = World::new();
    let part = world.file("part", "1");
    let source = Store(String::new(), Default::default()).decode(Lined);
    let content = |text: String| Content::new(text.clone(), Revision::new(text));
    let plain = source.decode_content(content("a".to_owned())).unwrap();
    assert!(matches!(plain, Some(hot_reload::Loaded::Value { value, .. }) if value == ["a"]));
    let text = format!("include {}", part.display());
    assert!(source.decode_content(content(text)).unwrap().is_none());
}
