//! Good edits change the server; bad ones do not.

use crate::support::{Rig, until};

fn config(id: u64, log: &str) -> String {
    format!(
        "id = {id}\nname = 'edits'\nlisten = '127.0.0.1:0'\nlog = '{log}'\n[[routes]]\npath = '/'\nbody = 'this is {id}.'\n"
    )
}

#[tokio::test]
async fn bad_edit_changes_nothing_and_the_next_good_one_does() {
    let rig = Rig::start(&config(1, "info")).await;
    rig.save(&config(2, "info").replace("id = 2", "id = 'two'"));
    let line = rig.until_refused().await;
    assert!(
        line.ends_with("config.toml:1:6: id: expected u64, found \"two\""),
        "{line}"
    );
    let reply = rig.get("/").await;
    assert_eq!((reply.id(), reply.body.as_str()), (1, "this is 1."));
    rig.save(&config(3, "info"));
    assert_eq!(rig.until_id(3).await.generation(), 2);
}

#[tokio::test]
async fn vanished_file_changes_nothing() {
    let rig = Rig::start(&config(1, "info")).await;
    std::fs::remove_file(rig.path("config.toml")).unwrap();
    until(async || {
        rig.control
            .status()
            .last_attempt
            .filter(|last| !last.outcome.is_current())
    })
    .await;
    assert_eq!(rig.get("/").await.id(), 1);
    rig.save(&config(2, "info"));
    rig.until_id(2).await;
}

#[tokio::test]
async fn log_filter_is_notified_of_changes() {
    let rig = Rig::start(&config(1, "info")).await;
    rig.save(&config(2, "info"));
    rig.until_id(2).await;
    rig.save(&config(3, "server_lib=debug"));
    rig.until_id(3).await;
    until(async || (*rig.logs.lock().unwrap() == ["info", "server_lib=debug"]).then_some(())).await;
}
