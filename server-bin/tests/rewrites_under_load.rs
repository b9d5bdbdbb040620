//! The server's file is rewritten 1,000 times under load, and no request fails or sees two generations.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use support::Program;
use support::load::{Plan, config, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_rewrites_under_load_fail_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    std::fs::write(&file, config(0, listen)).unwrap();
    let program = Program::start(&file, &[]);
    let address = program.address().await;

    let plan = Plan {
        rewrites: 1000,
        pause: Duration::from_millis(15),
        connections: 32,
        deadline: Duration::from_secs(20),
    };
    let report = run(plan, &file, listen, address).await;

    println!("{report}");
    assert_eq!(report.failures, 0, "{:#?}", report.examples);
    assert!(
        report.arrived,
        "the last rewrite was never served: {report}"
    );
    assert!(
        report.generations.len() > 50,
        "hardly any rewrite was served: {report}"
    );
    assert_eq!(
        program.count("ERROR"),
        0,
        "a half-written file was taken for a wrong one"
    );
}
