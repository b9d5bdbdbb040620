//! The samples for mutations: one realistic configuration in each format, and its value.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::mutator::Format;

/// The value of the samples.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "decoded, and shown by `Debug`")]
pub(crate) struct Site {
    name: String,
    debug: bool,
    ratio: f64,
    server: Server,
    routes: Vec<Route>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "decoded, and shown by `Debug`")]
struct Server {
    host: String,
    port: u16,
    password: String,
    tags: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "decoded, and shown by `Debug`")]
struct Route {
    path: String,
    weight: Option<u8>,
    headers: BTreeMap<String, String>,
}

/// Each decodes into the same value.
pub(crate) const ALL: [(Format, &str); 3] = [
    (Format::Toml, TOML),
    (Format::Json, JSON),
    (Format::Yaml, YAML),
];

const TOML: &str = r#"# The server.
name = "web"
debug = false
ratio = 0.5

[server]
host = "ünter.example" # not only ASCII
port = 8080
password = "hunter2-hunter2"
tags = ["a", 'b', """c
d"""]

[[routes]]
path = "/"
headers = { "cache-control" = "no-store", vary = "accept" }

[[routes]]
path = "/health"
weight = 3
headers = {}
"#;

const JSON: &str = r#"{
  "name": "web",
  "debug": false,
  "ratio": 0.5,
  "server": {
    "host": "ünter.example",
    "port": 8080,
    "password": "hunter2-hunter2",
    "tags": ["a", "b", "c\nd"]
  },
  "routes": [
    {
      "path": "/",
      "headers": { "cache-control": "no-store", "vary": "accept" }
    },
    { "path": "/health", "weight": 3, "headers": {} }
  ]
}
"#;

const YAML: &str = r#"# The server.
name: web
debug: false
ratio: 0.5
server:
  host: ünter.example # not only ASCII
  port: 8080
  password: "hunter2-hunter2"
  tags: [a, 'b', "c\nd"]
routes:
  - path: /
    headers: &headers
      cache-control: no-store
      vary: accept
  - path: /health
    weight: 3
    headers:
      <<: *headers
"#;
