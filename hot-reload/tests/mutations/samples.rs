//! The samples for mutations: one realistic configuration in each format.

use super::mutator::Format;

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
