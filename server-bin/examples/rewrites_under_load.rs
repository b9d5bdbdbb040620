//! Rewrites a server's file under load, as often as you like, and prints what came of it.
//!
//! ```text
//! cargo build --release -p server-bin
//! cargo run --release -p server-bin --example rewrites_under_load -- [REWRITES [PAUSE_MS [CONNECTIONS [SERVER'S ARGUMENTS…]]]]
//! ```

#[path = "../tests/support/mod.rs"]
mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use support::Program;
use support::load::{Plan, config, run};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut numbers = arguments.iter().take(3).map(|text| text.parse::<u64>());
    let mut number = |usual| numbers.next().unwrap_or(Ok(usual));
    let for_the_server: Vec<&str> = arguments.iter().skip(3).map(String::as_str).collect();
    let plan = Plan {
        rewrites: number(1000)?,
        pause: Duration::from_millis(number(15)?),
        connections: usize::try_from(number(32)?)?,
        deadline: Duration::from_secs(20),
    };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("config.toml");
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    std::fs::write(&file, config(0, listen))?;

    let program = Program::start(&file, &for_the_server);
    let address = program.address().await;
    let report = run(plan, &file, listen, address).await;
    eprintln!("{report}");
    if report.failures > 0 || !report.arrived {
        return Err(format!("not served as it should be: {:#?}", report.examples).into());
    }
    Ok(())
}
