//! Includes that are refused: cycles, too many of them, impossible paths.

use super::*;

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
