//! Merged files of a directory: later files override earlier ones.

use std::fs;

use hot_reload::source::{Dir, Toml};

use crate::file::{World, write};
use crate::many::ManyRig;

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
async fn later_files_override_earlier_ones() {
    let world = World::new();
    world.folder("conf.d");
    world.file(
        "conf.d/10-base.toml",
        "name = 'base'\ntags = ['a', 'b']\n[db]\nhost = 'here'\nport = 1\n",
    );
    world.file("conf.d/20-site.toml", "tags = ['c']\n\n[db]\nport = 2\n");
    let dir = Dir::new(world.path("conf.d")).matching("*.toml");
    let dir = dir.empty_is_content(true);
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
        (
            "tags = [\n",
            "conf.d/20-site.toml:1:8: this '[' is not closed",
        ),
        (
            "tags = ['a', 1]\n",
            "conf.d/20-site.toml:1:14: tags[1]: expected",
        ),
        ("name = 'x'\nnom = 'y'\n", "conf.d/20-site.toml:2:1: "),
        // Alone, it would be refused for its missing keys.
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
async fn json_files_are_merged() {
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

#[cfg(feature = "yaml")]
#[tokio::test]
async fn yaml_files_are_merged() {
    let world = World::new();
    world.folder("conf.d");
    world.file(
        "conf.d/1.yaml",
        "base: &base {host: here, port: 1}\ndb: *base\ntags: [a]\n",
    );
    world.file("conf.d/2.yaml", "db:\n  port: 2\ntags: []\n");
    world.file("conf.d/3.yaml", "# nothing yet\n");
    #[derive(Debug, Clone, PartialEq, serde::Deserialize)]
    struct Layered {
        db: AppDb,
        tags: Vec<String>,
    }
    let source = Dir::new(world.path("conf.d")).merge(hot_reload::source::Yaml::<Layered>::new());
    let mut rig = ManyRig::watch_source(source).await;
    let app = rig.current.clone().unwrap();
    assert_eq!((&*app.db.host, app.db.port, app.tags.len()), ("here", 2, 0));
    write(world.path("conf.d/2.yaml"), "db:\n  port: many\n");
    rig.expect_error("conf.d/2.yaml:2:9: db.port: expected u16, found \"many\"")
        .await;
    write(world.path("conf.d/2.yaml"), "db: [\n");
    rig.expect_error("conf.d/2.yaml:1:5: this '[' is not closed")
        .await;
}
