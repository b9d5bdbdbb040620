//! The admin server over real connections.

use hot_reload::Registry;
use hot_reload::admin::Admin;
use tokio::net::TcpStream;

use super::client::exchange;
use crate::script::{Bad, Good, Script};

#[tokio::test]
async fn server_answers_status_and_reload_over_a_connection() {
    let registry = Registry::new();
    let script = Script::new(Good("first"));
    let builder = script.builder().name("motto").register(&registry);
    let (live, control) = builder.start().await.unwrap();
    let server = Admin::new(&registry).listen("127.0.0.1:0").await.unwrap();
    let address = server.address().to_owned();
    let ask = async |method: &str, path: &str, more: &str| {
        let connection = TcpStream::connect(&address).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{more}\r\n"
        );
        exchange(connection, &head).await
    };

    let status = ask("GET", "/debug/reload/status?target=motto", "").await;
    assert_eq!(
        (status.status, &status.json()["generation"]),
        (200, &1.into())
    );
    script.set(Good("second"));
    let reload = ask("POST", "/-/reload", "X-Reload: 1\r\n").await;
    assert_eq!(reload.status, 200);
    let receipt = &reload.json()["targets"][0];
    assert_eq!(
        (&receipt["target"], &receipt["outcome"]),
        (&"motto".into(), &"published".into())
    );
    assert_eq!(*live.load(), "second");
    script.set(Bad("typo"));
    let reload = ask("POST", "/-/reload", "X-Reload: 1\r\n").await;
    assert_eq!(
        (reload.status, &reload.json()["targets"][0]["stage"]),
        (422, &"decode".into())
    );
    assert_eq!(*live.load(), "second");

    server.stop().await;
    assert!(TcpStream::connect(&address).await.is_err());
    control.stop().await;
}
