//! A group of four files whose value is one struct: all become visible together, and a test needs no service.
//!
//! `cargo run --example typed_group` edits its own files and ends automatically.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, ensure};
use hot_reload::source::{File, Source, Toml};
use hot_reload::{Live, ReloaderService};
use serde::Deserialize;

#[derive(Debug, PartialEq, Deserialize)]
struct Limits {
    users: usize,
}

type Table = BTreeMap<String, String>;

hot_reload::group::typed! {
    /// The values that one request reads.
    #[derive(Clone, Debug)]
    struct State {
        limits: Limits,
        users: Table,
        routes: Table,
        upstreams: Table,
    }
}

/// Validates the rules that span several files.
fn check(state: &State) -> anyhow::Result<()> {
    ensure!(state.users.len() <= state.limits.users, "too many users");
    for (path, upstream) in &*state.routes {
        let is_known = state.upstreams.contains_key(upstream);
        ensure!(is_known, "{path} goes nowhere");
    }
    Ok(())
}

/// The address for a request. All values are of one publication, so each route has an address.
fn resolve(state: &Live<State>, user: &str, path: &str) -> Option<String> {
    let state = state.load();
    state.users.get(user)?;
    Some(state.upstreams[state.routes.get(path)?].clone())
}

#[allow(clippy::print_stdout, reason = "the output is for a person")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join("hot_reload-typed_group");
    fs::create_dir_all(&folder)?;
    let write = |name: &str, text: &str| fs::write(folder.join(name), text);
    write("limits.toml", "users = 2\n")?;
    write("users.toml", "ann = \"admin\"\nbob = \"guest\"\n")?;
    write("routes.toml", "\"/shop\" = \"blue\"\n")?;
    write("upstreams.toml", "blue = \"10.0.0.1:80\"\n")?;

    let file = |name: &str| File::new(folder.join(name));
    let (state, control) = State::group(
        ReloaderService::builder(file("limits.toml").decode(Toml::new())).hybrid(),
        ReloaderService::builder(file("users.toml").decode(Toml::new())).hybrid(),
        ReloaderService::builder(file("routes.toml").decode(Toml::new())).hybrid(),
        ReloaderService::builder(file("upstreams.toml").decode(Toml::new())).hybrid(),
    )
    .into_builder()
    .validate(check)
    .start()
    .await?;
    ensure!(resolve(&state, "ann", "/shop").as_deref() == Some("10.0.0.1:80"));

    write(
        "users.toml",
        "ann = \"admin\"\nbob = \"guest\"\neve = \"guest\"\n",
    )?;
    let receipt = control.reload().await;
    let error = receipt.error().context("it was accepted")?;
    println!("{}: {error}", receipt.outcome);
    control.stop().await;
    Ok(fs::remove_dir_all(&folder)?)
}

#[test]
fn request_of_a_user_is_resolved() {
    let table = |key: &str, value: &str| Table::from([(key.to_owned(), value.to_owned())]);
    let (users, routes) = (table("ann", "admin"), table("/", "a"));
    let state = State::fixed(Limits { users: 1 }, users, routes, table("a", "b:80"));
    assert!(check(&state).is_ok());
    assert!(resolve(&Live::fixed(state), "ann", "/").is_some());
}
