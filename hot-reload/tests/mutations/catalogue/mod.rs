//! Common mistakes, each with the error line that an operator reads.
//!
//! Each entry is a content and the whole line. Another line for a mistake is a change that users see.

mod json;
mod toml;
mod yaml;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;

use hot_reload::source::{Decode, Json, Toml, Yaml};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(dead_code, reason = "only its errors are checked")]
struct App {
    name: String,
    port: u16,
    debug: bool,
    ratio: f64,
    workers: Option<NonZeroUsize>,
    addr: Option<IpAddr>,
    listen: Option<SocketAddr>,
    mode: Option<Mode>,
    server: Option<Server>,
    tags: Vec<String>,
    limits: BTreeMap<String, u8>,
    pair: Option<(u8, u8)>,
    mark: Option<char>,
    huge: Option<u128>,
    either: Option<Either>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "only its errors are checked")]
enum Mode {
    Fast,
    Safe,
    Sized(u8),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its errors are checked")]
struct Server {
    host: String,
    port: u16,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its errors are checked")]
enum Either {
    Number(u8),
    Flag(bool),
}

fn holds<D: Decode>(decoder: &D, entries: &[(&str, &str)]) {
    let mut others = Vec::new();
    for (content, line) in entries {
        let shown = match decoder.decode(content.as_bytes(), "app") {
            Ok(_) => "is decoded".to_owned(),
            Err(error) => error.to_string(),
        };
        let shown = shown.strip_prefix("app:").unwrap_or(&shown);
        if shown != *line {
            others.push(format!("        ({content:?}, {shown:?}),"));
        }
    }
    assert!(
        others.is_empty(),
        "these have other lines:\n{}",
        others.join("\n")
    );
}

#[test]
fn each_common_mistake_in_toml_has_its_line() {
    holds(&Toml::<App>::new(), toml::LINES);
}

#[test]
fn each_common_mistake_in_json_has_its_line() {
    holds(&Json::<App>::new(), json::LINES);
}

#[test]
fn each_common_mistake_in_yaml_has_its_line() {
    holds(&Yaml::<App>::new(), yaml::LINES);
}
