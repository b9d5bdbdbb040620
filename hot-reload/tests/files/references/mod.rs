//! References in values: real files, through services.

#[cfg(feature = "diff")]
mod layers;

use std::fs;
use std::time::Duration;

use hot_reload::source::{Decoded, Dir, Expand, File, Source, Toml};
use hot_reload::{Control, Live, Reload, ReloaderService};
use tokio::time::{sleep, timeout};

use crate::file::{DEADLINE, World};

#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "diff", derive(serde::Serialize))]
struct App {
    greeting: String,
    #[serde(default)]
    port: u32,
}

fn app(world: &World) -> Decoded<File, Expand<Toml<App>>> {
    File::new(world.path("app.toml")).decode(Expand::new(Toml::<App>::new()))
}

async fn until(what: &str, reached: impl Fn() -> bool) {
    let reached = timeout(DEADLINE, async {
        while !reached() {
            sleep(Duration::from_millis(5)).await;
        }
    });
    reached.await.unwrap_or_else(|_| panic!("never: {what}"));
}

fn error(control: &Control<App>) -> String {
    let error = control.status().last_error;
    error.map(|error| error.to_string()).unwrap_or_default()
}

async fn expect(live: &Live<App>, greeting: &str) {
    until(greeting, || live.load().greeting == greeting).await;
}

#[tokio::test]
async fn rotated_secret_is_a_new_value() {
    let world = World::new();
    world.folder("secrets");
    world.file("secrets/word", "one\n");
    let text = "greeting = \"<${file:secrets/word}>\"\nport = \"${file:secrets/port:-80}\"";
    world.file("app.toml", text);
    let (live, control) = ReloaderService::builder(app(&world))
        .hybrid()
        .start()
        .await
        .unwrap();
    assert_eq!((&*live.load().greeting, live.load().port), ("<one>", 80));
    // What would be syntax in the document is only text.
    let word = "t\"wo\"\nport = 1";
    world.rename_into("secrets/word", word);
    expect(&live, &format!("<{word}>")).await;
    world.file("secrets/port", "81");
    until("the port", || live.load().port == 81).await;
    fs::remove_file(world.path("secrets/word")).unwrap();
    until("the refusal", || error(&control).contains("does not exist")).await;
    let place = format!("{}:1:12: greeting: ", world.path("app.toml").display());
    assert!(error(&control).starts_with(&place), "{}", error(&control));
    assert_eq!(live.load().port, 81);
    world.file("secrets/word", "${HOME}");
    expect(&live, "<${HOME}>").await;
    control.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn secret_behind_the_link_of_a_volume_is_followed() {
    let world = World::new();
    let generation = |word: &str| {
        world.folder(&format!("..{word}"));
        world.file(&format!("..{word}/word"), word);
        world.relink("..data", format!("..{word}"));
    };
    generation("one");
    world.relink("word", "..data/word");
    world.file("app.toml", "greeting = '${file:word}'");
    let (live, control) = ReloaderService::builder(app(&world))
        .realtime()
        .start()
        .await
        .unwrap();
    for word in ["two", "three", "four"] {
        generation(word);
        expect(&live, word).await;
    }
    control.stop().await;
}

#[tokio::test]
async fn missing_secret_at_the_start_is_an_error_with_its_place() {
    let world = World::new();
    world.file("app.toml", "port = 1\ngreeting = 'a ${file:none}'");
    let refused = ReloaderService::builder(app(&world)).start().await;
    let text = format!(
        "{}:2:12: greeting: the file none does not exist",
        world.path("app.toml").display()
    );
    assert_eq!(refused.unwrap_err().to_string(), text);
}

#[tokio::test]
async fn files_of_a_directory_are_merged_with_their_references() {
    let world = World::new();
    world.folder("conf.d");
    world.file("conf.d/1.toml", "greeting = '${file:../word}'\nport = 1");
    world.file("conf.d/2.toml", "port = '${file:../port}'");
    world.file("word", "one");
    world.file("port", "2\r\n");
    let dir = Dir::new(world.path("conf.d")).merge(Expand::new(Toml::<App>::new()));
    let (live, control) = ReloaderService::builder(dir)
        .hybrid()
        .start()
        .await
        .unwrap();
    assert_eq!((&*live.load().greeting, live.load().port), ("one", 2));
    world.rename_into("port", "3");
    until("3", || live.load().port == 3).await;
    world.rename_into("port", "x");
    until("the refusal", || error(&control).contains("expected u32")).await;
    let name = world.path("conf.d/2.toml").display().to_string();
    let text = format!("{name}:1:8: port: expected u32, found a string (not shown)");
    assert_eq!(error(&control), text);
    control.stop().await;
}

/// Words that nothing recognizes as secrets, under an ordinary key.
#[cfg(feature = "diff")]
#[tokio::test]
async fn p18_secret_that_came_by_reference_is_shown_nowhere() {
    const WORDS: [&str; 3] = ["swordfish", "marmalade", "47110815"];
    let log = crate::log::log();
    let world = World::new();
    world.file("word", WORDS[0]);
    world.file("port", "1");
    let text = "greeting = 'say ${file:word}'\nport = '${file:port}'";
    world.file("app.toml", text);
    let (live, control) = ReloaderService::builder(app(&world))
        .hybrid()
        .changed_paths()
        .validate(|app: &App| match app.port {
            2 => Err(hot_reload::Error::new(
                hot_reload::error::ErrorKind::Invalid,
                "no port",
            )),
            _ => Ok(()),
        })
        .start()
        .await
        .unwrap();
    let mut events = control.events();
    let first = live.get();
    let mut shown = Vec::new();
    // Published; of a wrong type; refused; published as a number; a value that is missing.
    for (word, port) in [
        (WORDS[1], "1"),
        (WORDS[1], WORDS[0]),
        (WORDS[0], "2"),
        (WORDS[1], WORDS[2]),
        (WORDS[0], ""),
    ] {
        world.rename_into("word", word);
        world.rename_into("port", port);
        let receipt = control.reload().await;
        shown.push(format!("{receipt:?} {receipt}"));
        if let Some(error) = receipt.error() {
            shown.push(format!("{error} {error:?} {error:#?}"));
        }
        let status = control.status();
        shown.push(format!("{status} {status:?}"));
        shown.push(format!("{} {:?}", control.explain(), control.explain()));
    }
    assert_eq!(live.load().port, 47_110_815);
    let diff = hot_reload::diff::between(&*first, &*live.load()).unwrap();
    assert_eq!(diff.changes().len(), 2);
    shown.push(format!("{diff} {diff:?}"));
    for change in diff.changes() {
        shown.push(format!("{change} {change:?}"));
    }
    shown.push(format!("{:?}", app(&world).source_status()));
    control.stop().await;
    while let Some(event) = events.next().await {
        shown.push(format!("{event} {event:?}"));
    }
    shown.push(log.text());
    let all = shown.join("\n");
    assert!(all.contains("greeting") && all.contains("port: "), "{all}");
    for word in WORDS {
        assert!(!all.contains(word), "{word}: {all}");
    }
}

/// Values that a program holds in another spelling than their files have.
#[cfg(feature = "diff")]
#[tokio::test]
async fn p18_referenced_number_or_item_is_hidden_in_each_spelling() {
    #[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
    struct Doors {
        pin: u32,
        rate: f32,
        tags: Vec<String>,
        pins: Vec<u16>,
    }
    let world = World::new();
    let text =
        "pin = '${file:pin}'\nrate = '${file:rate}'\ntags = '${file:tags}'\npins = '${file:pins}'";
    world.file("app.toml", text);
    let write = |values: [&str; 4]| {
        for (name, value) in ["pin", "rate", "tags", "pins"].iter().zip(values) {
            world.rename_into(name, value);
        }
    };
    write(["47110815\n\n", "61.50", "alpha, beta", "[004711,00815]"]);
    let doors = File::new(world.path("app.toml")).decode(Expand::new(Toml::<Doors>::new()));
    let (live, control) = ReloaderService::builder(doors)
        .hybrid()
        .start()
        .await
        .unwrap();
    let first = live.get();
    write(["+0007345", "7.3e1", "gamma , delta", "1234"]);
    let _ = control.reload().await;
    let second = live.get();
    control.stop().await;
    assert_eq!((second.pin, second.pins.as_slice()), (7345, &[1234][..]));
    let diff = hot_reload::diff::between(&*first, &*second).unwrap();
    let shown = format!("{diff} {diff:?} {:?}", diff.changes());
    assert!(shown.contains("pin") && shown.contains("tags"), "{shown}");
    for word in [
        "47110815", "7345", "61.5", "73", "alpha", "beta", "gamma", "delta", "4711", "815", "1234",
    ] {
        assert!(!shown.contains(word), "{word}: {shown}");
    }
}
