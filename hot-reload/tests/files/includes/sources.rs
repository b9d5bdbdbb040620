//! Includes of several kinds of sources: directories, groups, stores, swapped volumes.

use super::*;

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
    // As after a restart, with the revision of the run before.
    let restarted = recorder.decode_files(of_all);
    let same = restarted.reload_since(Some(&second)).await;
    assert!(matches!(same, Ok(Loaded::Unchanged)));
    write(&part, "1");
    let restarted = recorder.decode_files(of_all);
    assert_eq!(of(restarted.reload_since(Some(&second)).await), first);
    write(&part, "2");
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
