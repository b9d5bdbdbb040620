//! References in `Layers`: real files, through services that see changes only by their watch.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hot_reload::source::layers::Unknown;
use hot_reload::source::{Fetched, Format, Layers, Source};
use hot_reload::{Control, Error, Live, ReloaderService, Revision};

use super::{App, error, expect, until};
use crate::file::World;

fn layers(world: &World) -> Layers<App> {
    Layers::new()
        .file(world.path("app.toml"))
        .dir(world.path("conf.d"))
}

/// A service that never polls.
async fn start(layers: Layers<App>) -> (Live<App>, Control<App>) {
    let hour = Duration::from_secs(3600);
    let service = ReloaderService::builder(layers).realtime().interval(hour);
    service.start().await.unwrap()
}

fn world() -> World {
    let world = World::new();
    world.folder("secrets");
    world.folder("conf.d");
    world.file("app.toml", "greeting = '<${file:secrets/word}>'");
    world.file("secrets/word", "one\n");
    world
}

#[tokio::test]
async fn rotated_secret_of_layers_is_a_new_value() {
    let world = world();
    // The path is relative to the file that names it.
    let text = "port = '${file:../secrets/port:-80}'";
    world.file("conf.d/1.toml", text);
    let (live, control) = start(layers(&world).expand()).await;
    assert_eq!((&*live.load().greeting, live.load().port), ("<one>", 80));
    let word = "t\"wo\"\nport = 1";
    world.rename_into("secrets/word", word);
    expect(&live, &format!("<{word}>")).await;
    world.file("secrets/port", "81");
    until("the port", || live.load().port == 81).await;
    fs::remove_file(world.path("secrets/word")).unwrap();
    until("the refusal", || error(&control).contains("does not exist")).await;
    let place = format!("{}:1:12: greeting: ", world.path("app.toml").display());
    assert!(error(&control).starts_with(&place), "{}", error(&control));
    // A value is not expanded again.
    world.file("secrets/word", "${HOME}");
    expect(&live, "<${HOME}>").await;
    // A layer without the reference needs the file no more.
    world.file("app.toml", "greeting = '$$'");
    expect(&live, "$").await;
    fs::remove_file(world.path("secrets/word")).unwrap();
    assert!(control.reload().await.outcome.is_current());
    control.stop().await;
}

#[tokio::test]
async fn layers_expand_only_documents_and_only_if_asked() {
    let world = world();
    let (live, control) = start(layers(&world)).await;
    assert_eq!(live.load().greeting, "<${file:secrets/word}>");
    control.stop().await;
    let document = "greeting = '${NO_SUCH_WORD:-default}'";
    for (layers, greeting) in [
        (layers(&world).set("greeting", "${A}").unwrap(), "${A}"),
        (
            layers(&world).env_from("APP_", || [("APP_GREETING", "$$")]),
            "$$",
        ),
        (
            layers(&world)
                .document("built in", Format::Toml, document)
                .unwrap(),
            "default",
        ),
    ] {
        let (live, control) = start(layers.expand()).await;
        assert_eq!(live.load().greeting, greeting);
        control.stop().await;
    }
}

#[tokio::test]
async fn reference_of_a_layer_that_stands_for_nothing_has_its_place() {
    let world = world();
    let place = |name: &str| world.path(name).display().to_string();
    for (name, text, line) in [
        (
            "conf.d/1.toml",
            "\nport = '${HOT_RELOAD_NO_SUCH}'",
            format!(
                "{}:2:8: port: the environment variable HOT_RELOAD_NO_SUCH is not set; set it, or write ${{NAME:-default}}",
                place("conf.d/1.toml")
            ),
        ),
        (
            "conf.d/2.json",
            r#"{"port": "${file:none}"}"#,
            format!(
                "{}:1:10: port: the file none does not exist",
                place("conf.d/2.json")
            ),
        ),
    ] {
        world.file(name, text);
        let layers = layers(&world).expand();
        let refused = ReloaderService::builder(layers).start().await;
        assert_eq!(refused.unwrap_err().to_string(), line);
        fs::remove_file(world.path(name)).unwrap();
    }
    let text = "port = '${file:none}'";
    let layers = Layers::<App>::new().document("built in", Format::Toml, text);
    let layers = layers.unwrap().expand();
    let refused = ReloaderService::builder(layers).start().await.unwrap_err();
    let line = "built in:1:8: port: includes none, which is a relative path, but this source is no file; write an absolute path";
    assert_eq!(refused.to_string(), line);
}

/// The version of a layer, which names a file that should have the same version.
#[derive(Clone)]
struct Versions {
    now: Arc<Mutex<u64>>,
    file: std::path::PathBuf,
    /// How often an answer is out of date as soon as it is given.
    edits: Arc<Mutex<u32>>,
}

impl Source for Versions {
    fn name(&self) -> String {
        "versions".to_owned()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let mut now = self.now.lock().unwrap();
        let revision = Revision::from(*now);
        if seen != Some(&revision) {
            let text = format!("layer = {now}\nfile = '${{file:{}}}'", self.file.display());
            let bytes = text.into_bytes();
            return Ok(Fetched::Content { bytes, revision });
        }
        let mut edits = self.edits.lock().unwrap();
        if *edits > 0 {
            *edits -= 1;
            *now += 1;
            fs::write(&self.file, now.to_string()).unwrap();
        }
        Ok(Fetched::Unchanged)
    }
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Pair {
    layer: u64,
    file: u64,
}

/// The layers are read, then both are edited, then the file is read.
#[tokio::test]
async fn p05_edit_between_layers_and_references_is_not_published_half() {
    let world = World::new();
    world.file("version", "1");
    let versions = Versions {
        now: Arc::new(Mutex::new(1)),
        file: world.path("version"),
        edits: Arc::new(Mutex::new(3)),
    };
    let layers = Layers::<Pair>::new().source(versions.clone(), Format::Toml);
    let service = ReloaderService::builder(layers.expand()).validate(|pair: &Pair| {
        match pair.layer == pair.file {
            true => Ok(()),
            false => Err("torn"),
        }
    });
    let (live, control) = service.start().await.unwrap();
    assert_eq!(*live.load(), Pair { layer: 4, file: 4 });
    *versions.edits.lock().unwrap() = 2;
    let _ = control.reload().await;
    let _ = control.reload().await;
    assert_eq!(*live.load(), Pair { layer: 6, file: 6 });
    assert_eq!(control.status().counters.rejected, 0);
    control.stop().await;
}

/// Words that nothing recognizes as secrets, under ordinary and unknown keys.
#[tokio::test]
async fn p18_secret_that_came_by_reference_into_a_layer_is_shown_nowhere() {
    const WORDS: [&str; 3] = ["swordfish", "marmalade", "47110815"];
    let log = crate::log::log();
    let world = world();
    world.file("secrets/word", WORDS[0]);
    world.file("port", "1");
    let text = "port = '${file:../port}'\nunknown = '${file:../secrets/word}'";
    world.file("conf.d/1.toml", text);
    for unknown in [Unknown::Warn, Unknown::Refuse] {
        let layers = layers(&world).expand().unknown_keys(unknown);
        let explain = layers.explain();
        let mut shown = vec![format!("{layers:?} {explain:?}")];
        let service = ReloaderService::builder(layers).hybrid().changed_paths();
        let (live, control) = match service.start().await {
            Ok(started) => started,
            Err(error) => {
                let error = format!("{error} {error:?}");
                assert!(error.contains("unknown key"), "{error}");
                shown.push(error);
                check(&shown, &WORDS);
                continue;
            }
        };
        let mut events = control.events();
        let first = live.get();
        // Published; of a wrong type; published as a number; a value that is missing.
        for (word, port) in [
            (WORDS[1], "1"),
            (WORDS[1], WORDS[0]),
            (WORDS[0], WORDS[2]),
            (WORDS[1], ""),
        ] {
            world.rename_into("secrets/word", word);
            world.rename_into("port", port);
            let receipt = control.reload().await;
            shown.push(format!("{receipt:?} {receipt}"));
            if let Some(error) = receipt.error() {
                shown.push(format!("{error} {error:?} {error:#?}"));
            }
            let status = control.status();
            shown.push(format!("{status} {status:?}"));
            shown.push(format!("{} {:?}", control.explain(), control.explain()));
            for path in ["greeting", "port", "unknown"] {
                let answer = explain.key(&live.get(), path).unwrap().unwrap();
                assert_eq!(answer.value.as_deref(), Some("(not shown)"), "{path}");
                shown.push(format!("{answer} {answer:?}"));
            }
        }
        assert_eq!(live.load().port, 47_110_815);
        let diff = hot_reload::diff::between(&*first, &*live.load()).unwrap();
        shown.push(format!("{diff} {diff:?} {:?}", diff.changes()));
        control.stop().await;
        while let Some(event) = events.next().await {
            shown.push(format!("{event} {event:?}"));
        }
        shown.push(log.text());
        check(&shown, &WORDS);
        world.rename_into("port", "1");
    }
}

fn check(shown: &[String], words: &[&str]) {
    let all = shown.join("\n");
    for word in words {
        assert!(!all.contains(word), "{word}: {all}");
    }
}
