//! Plans of real files: a source that remembers its last load answers the next one as if there had been no plan.

use std::time::Duration;

use hot_reload::source::files::{Files, Part};
use hot_reload::source::{Dir, File, Source};
use hot_reload::{Control, Error, Live, Plan, Reload, ReloaderService};

use crate::file::{World, write};

/// The lines of a file. `include FILE` stands for the lines of another one.
fn lines(part: &Part) -> Result<Vec<String>, Error> {
    let text = std::str::from_utf8(part.bytes()).map_err(|error| part.refuse(error))?;
    let mut all = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("include ") {
            Some(path) => all.extend(lines(&part.include(path)?)?),
            None => all.push(line.to_owned()),
        }
    }
    Ok(all)
}

fn of_all(files: &Files) -> Result<Vec<String>, Error> {
    let all: Result<Vec<_>, _> = files.iter().map(lines).collect();
    Ok(all?.concat())
}

/// A service that loads on request only.
async fn start<T, V>(source: T) -> (Live<V>, Control<V>)
where
    T: Reload<V, String> + Send + Sync + 'static,
    V: PartialEq + Send + Sync + 'static,
{
    let hour = Duration::from_secs(3600);
    let builder = ReloaderService::builder(source).interval(hour);
    builder.start().await.unwrap()
}

async fn outcome<V>(control: &Control<V>) -> String {
    control.reload().await.outcome.as_str().to_owned()
}

fn expect(plan: &Plan, outcome: &str) {
    assert_eq!(plan.outcome.as_str(), outcome, "{plan}");
}

#[tokio::test]
async fn file_is_published_by_apply_after_a_plan() {
    let world = World::new();
    world.file("main", "one");
    let (live, control) = start(File::new(world.path("main")).decode_files(of_all)).await;
    world.rename_into("main", "two");
    let plan = control.plan().await;
    expect(&plan, "published");
    assert_eq!(*live.load(), ["one"]);
    world.rename_into("main", "three");
    let receipt = control.apply(plan.token.as_deref().unwrap()).await;
    assert!(receipt.error().is_some(), "{receipt}");
    assert_eq!(*live.load(), ["one"]);
    world.rename_into("main", "two");
    let receipt = control.apply(plan.token.as_deref().unwrap()).await;
    assert!(receipt.is_current(), "{receipt}");
    assert_eq!(*live.load(), ["two"]);
    assert_eq!(outcome(&control).await, "unchanged");
}

#[tokio::test]
async fn included_files_of_the_last_load_stay_after_a_plan() {
    let world = World::new();
    world.file("a", "1");
    world.file("b", "2");
    world.file("main", "include a");
    let (live, control) = start(File::new(world.path("main")).decode_files(of_all)).await;
    world.rename_into("main", "include b");
    expect(&control.plan().await, "published");
    world.rename_into("main", "include a");
    assert_eq!(outcome(&control).await, "unchanged");
    world.rename_into("b", "3");
    assert_eq!(outcome(&control).await, "unchanged", "b is not included");
    world.rename_into("a", "4");
    expect(&control.plan().await, "published");
    assert_eq!(outcome(&control).await, "published");
    assert_eq!(*live.load(), ["4"]);
}

#[tokio::test]
async fn part_that_only_a_plan_has_seen_full_does_not_count_as_emptied() {
    for planned in [false, true] {
        let world = World::new();
        let folder = world.folder("parts");
        write(folder.join("a"), "");
        write(folder.join("b"), "1");
        let (live, control) = start(Dir::new(&folder).decode_files(of_all)).await;
        world.rename_into("parts/a", "2");
        if planned {
            expect(&control.plan().await, "published");
        }
        world.rename_into("parts/a", "");
        world.rename_into("parts/b", "3");
        assert_eq!(outcome(&control).await, "published", "{planned}");
        assert_eq!(*live.load(), ["3"]);
    }
}

#[cfg(all(feature = "json", feature = "layers"))]
#[tokio::test]
async fn unknown_keys_that_only_a_plan_has_seen_are_not_in_the_status() {
    use hot_reload::source::Layers;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct App {
        port: u16,
    }

    let world = World::new();
    world.file("app.json", r#"{"port": 1}"#);
    let layers = Layers::<App>::new().file(world.path("app.json"));
    let (live, control) = start(layers).await;
    let before = format!("{:?}", control.status().source_status);
    world.rename_into("app.json", r#"{"port": 2, "prot": 3}"#);
    expect(&control.plan().await, "published");
    world.rename_into("app.json", r#"{"port": 1}"#);
    assert_eq!(outcome(&control).await, "unchanged");
    let degraded = control.status().source_status.unwrap().degraded;
    assert!(degraded.is_empty(), "{degraded:?}, before: {before}");
    assert_eq!(live.load().port, 1);
}
