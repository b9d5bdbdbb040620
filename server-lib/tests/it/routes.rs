//! Routes: the responses follow the file.

use hot_reload::Outcome;
use hot_reload::event::{EventKind, Trigger};

use crate::support::client::Client;
use crate::support::{Rig, until, within};

const CONFIG: &str = r#"
id = 7
name = "routes"
listen = "127.0.0.1:0"

[[routes]]
path = "/"
body = "home"

[[routes]]
path = "/teapot"
status = 418
headers = { content-type = "application/json", x-tea = "green" }
body = '{"tea": true}'

[[routes]]
path = "/page"
file = "page.html"

[[routes]]
path = "/empty"
status = 204
"#;

async fn rig() -> Rig {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.html"), "<p>first</p>").unwrap();
    Rig::start_in(folder, CONFIG).await
}

#[tokio::test]
async fn route_has_its_status_headers_and_body() {
    let rig = rig().await;
    let home = rig.get("/").await;
    assert_eq!((home.status, home.body.as_str()), (200, "home"));
    assert_eq!(home.header("content-type"), "text/plain; charset=utf-8");
    let teapot = rig.get("/teapot?milk=no").await;
    assert_eq!(
        (teapot.status, teapot.body.as_str()),
        (418, r#"{"tea": true}"#)
    );
    assert_eq!(
        (teapot.header("content-type"), teapot.header("x-tea")),
        ("application/json", "green")
    );
    assert_eq!(rig.get("/empty").await.status, 204);
    assert_eq!(rig.get("/nowhere").await.status, 404);
}

#[tokio::test]
async fn every_response_names_its_generation() {
    let rig = rig().await;
    for path in ["/", "/empty", "/nowhere"] {
        let reply = rig.get(path).await;
        assert_eq!((reply.id(), reply.generation()), (7, 1), "{path}");
    }
}

#[tokio::test]
async fn file_belongs_to_the_generation_that_read_it() {
    let rig = rig().await;
    let page = rig.get("/page").await;
    assert_eq!(
        (page.body.as_str(), page.header("content-type")),
        ("<p>first</p>", "text/html; charset=utf-8")
    );
    rig.put("page.html", "<p>second</p>");
    let page =
        until(async || Some(rig.get("/page").await).filter(|page| page.generation() == 2)).await;
    assert_eq!(page.body, "<p>second</p>");
}

#[tokio::test]
async fn kept_connection_is_answered_from_the_newest_configuration() {
    let rig = rig().await;
    let mut client = Client::connect(rig.address()).await;
    assert_eq!(client.get("/").await.body, "home");
    rig.save(&CONFIG.replace("id = 7", "id = 8").replace("home", "house"));
    rig.until_id(8).await;
    let reply = client.get("/").await;
    assert_eq!(
        (reply.id(), reply.generation(), reply.body.as_str()),
        (8, 2, "house")
    );
}

#[tokio::test]
async fn route_file_created_after_the_edit_is_served_at_once() {
    let rig = rig().await;
    let edited = CONFIG.replace("id = 7", "id = 8");
    rig.save(&edited.replace("page.html", "new/page.html"));
    let line = rig.until_refused().await;
    assert!(line.contains("new/page.html"), "{line}");
    let mut events = rig.control.events();
    std::fs::create_dir(rig.path("new")).unwrap();
    rig.put("new/page.html", "<p>new</p>");
    let published = within(async {
        loop {
            if let Some(EventKind::Load {
                trigger,
                outcome: Outcome::Published { .. },
                ..
            }) = events.next().await.map(|event| event.kind)
            {
                return trigger;
            }
        }
    });
    assert_eq!(published.await, Trigger::Watch, "not by the interval");
    assert_eq!(rig.get("/page").await.body, "<p>new</p>");
}

/// The error line for a route with this file, without the folder's path.
#[cfg(unix)]
fn refused(folder: &std::path::Path, head: &str, file: &str) -> Option<String> {
    let path = folder.join("config.toml");
    let text = format!("id = 1\nname = 'a'\n{head}[[routes]]\npath = '/'\nfile = '{file}'\n");
    std::fs::write(&path, text).unwrap();
    let error = server_lib::ServerConfig::load(&path).err()?.to_string();
    let folder = std::fs::canonicalize(folder).unwrap();
    Some(error.replace(&folder.display().to_string(), "."))
}

#[cfg(unix)]
#[test]
fn file_outside_the_root_is_refused() {
    use std::os::unix::fs::symlink;
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("site");
    std::fs::create_dir_all(folder.join("below")).unwrap();
    std::fs::create_dir(outer.path().join("site-two")).unwrap();
    for name in ["site/page", "site/below/page", "secret", "site-two/secret"] {
        std::fs::write(outer.path().join(name), "content").unwrap();
    }
    symlink(outer.path().join("secret"), folder.join("link")).unwrap();
    symlink("below/page", folder.join("inner-link")).unwrap();
    symlink(outer.path(), folder.join("way")).unwrap();
    for inside in [
        "page",
        "below/page",
        "below/../page",
        "inner-link",
        "way/site/page",
    ] {
        assert_eq!(refused(&folder, "", inside), None, "{inside}");
    }
    let absolute = folder.join("page").display().to_string();
    assert_eq!(refused(&folder, "", &absolute), None);
    let secret = outer.path().join("secret").display().to_string();
    for outside in [
        "../secret",
        "link",
        "way/secret",
        "../site-two/secret",
        &secret,
    ] {
        let line = refused(&folder, "", outside).unwrap();
        assert!(
            line.contains("which lies outside of .; move it there, or allow it with root = "),
            "{line}"
        );
        assert_eq!(
            refused(&folder, "root = '..'\n", outside),
            None,
            "{outside}"
        );
    }
    let line = refused(&folder, "root = 'below'\n", "page").unwrap();
    assert!(line.contains("which lies outside of ./below; "), "{line}");
}

#[cfg(target_os = "linux")]
#[test]
fn environment_of_the_process_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let line = refused(folder.path(), "", "/proc/self/environ").unwrap();
    assert!(line.contains("which lies outside of "), "{line}");
    assert_eq!(
        refused(folder.path(), "root = '/'\n", "/proc/self/environ"),
        None
    );
}
