//! `open`: the decoder by the extension, and services of one type side by side.

use hot_reload::Registry;
use hot_reload::error::ErrorKind;

use crate::file::{World, write};

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Limits {
    users: u32,
}

#[tokio::test]
async fn extension_decides_the_decoder_and_names_do_not_collide() {
    let world = World::new();
    let registry = Registry::new();
    let mut services = Vec::new();
    for (name, text) in [
        ("a.toml", "users = 1"),
        ("b.json", r#"{"users": 2}"#),
        ("c.yaml", "users: 3"),
        ("d.YML", "users: 4"),
    ] {
        let path = world.path(name);
        write(&path, text);
        let service = hot_reload::open::<Limits>(&path).register(&registry);
        services.push((service.start().await.unwrap(), path));
    }
    let users = services.iter().map(|((live, _), _)| live.load().users);
    assert_eq!(users.collect::<Vec<_>>(), [1, 2, 3, 4]);

    let ((live, _), path) = &services[0];
    let mut changes = live.subscribe();
    write(path, "users = 5");
    assert_eq!(changes.changed().await.unwrap().users, 5);
}

#[tokio::test]
async fn unknown_extension_is_an_error_at_start() {
    let world = World::new();
    for name in ["app.ini", "app", "app.toml.bak"] {
        let path = world.path(name);
        write(&path, "users = 1");
        let error = hot_reload::open::<Limits>(&path).start().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        let expected = "has no extension of a known format: expected .toml, .json, .yaml or .yml";
        assert_eq!(error.to_string(), format!("{}: {expected}", path.display()));
    }
}

#[tokio::test]
async fn bad_content_at_start_has_its_location() {
    let world = World::new();
    let path = world.path("app.toml");
    write(&path, "\nusers = \"many\"");
    let error = hot_reload::open::<Limits>(&path).start().await.unwrap_err();
    let expected = "2:9: users: expected u32, found \"many\"";
    assert_eq!(error.to_string(), format!("{}:{expected}", path.display()));
}
