//! Limits of decoders: large everyday files load, and small files that expand without bound are refused early.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::thread;

use hot_reload::source::{Decode, Json, Toml, Yaml};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::alone;

/// A value of any shape.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Tree {
    Table(BTreeMap<String, Self>),
    List(Vec<Self>),
    Text(String),
    Number(f64),
    Bool(bool),
    Nothing(Option<()>),
}

#[derive(Debug, Deserialize)]
struct Compose {
    services: BTreeMap<String, Service>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    image: String,
    restart: String,
    environment: BTreeMap<String, String>,
    logging: Logging,
    #[serde(default)]
    ports: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Logging {
    driver: String,
    options: BTreeMap<String, String>,
}

/// A compose file with as many services, each with two merge keys and an alias.
fn compose(services: usize) -> String {
    let mut text = "\
x-common: &common
  restart: unless-stopped
  image: registry.example/app:1.2
  logging: &logging
    driver: json-file
    options: {max-size: 10m, max-file: '3'}
x-environment: &environment
  TZ: Europe/Berlin
  LOG_LEVEL: info
services:
"
    .to_owned();
    for service in 0..services {
        write!(
            text,
            "  service-{service}:\n    <<: *common\n    environment:\n      <<: *environment\n      NAME: \"{service}\"\n    ports: ['{}:80']\n    logging: *logging\n",
            8_000 + service
        )
        .unwrap();
    }
    text
}

#[test]
fn compose_file_with_anchors_used_by_every_service_loads() {
    let value = Yaml::<Compose>::new()
        .decode(compose(500).as_bytes(), "compose.yaml")
        .unwrap();
    assert_eq!(value.services.len(), 500);
    let last = &value.services["service-499"];
    assert_eq!((&*last.restart, last.ports.len()), ("unless-stopped", 1));
    assert_eq!(last.image, "registry.example/app:1.2");
    assert_eq!(last.environment["NAME"], "499");
    assert_eq!(last.environment["LOG_LEVEL"], "info");
    assert_eq!(last.logging.driver, "json-file");
    assert_eq!(last.logging.options["max-size"], "10m");
}

#[derive(Debug, Deserialize)]
struct Prometheus {
    scrape_configs: Vec<Job>,
}

#[derive(Debug, Deserialize)]
struct Job {
    job_name: String,
    static_configs: Vec<Static>,
    relabel_configs: Vec<BTreeMap<String, IgnoredAny>>,
}

#[derive(Debug, Deserialize)]
struct Static {
    targets: Vec<String>,
    labels: BTreeMap<String, String>,
}

#[test]
fn prometheus_file_with_an_anchor_used_by_every_job_loads() {
    let mut text = "\
x-relabel: &relabel
  - source_labels: [__address__]
    regex: '(.*):\\d+'
    target_label: instance
  - action: labeldrop
    regex: tmp_.*
scrape_configs:
"
    .to_owned();
    for job in 0..200 {
        write!(text, "  - job_name: job-{job}\n    static_configs:\n      - labels: {{dc: eu, rack: r{job}}}\n        targets:\n").unwrap();
        for target in 0..20 {
            writeln!(text, "          - host-{job}-{target}.example:9100").unwrap();
        }
        text.push_str("    relabel_configs: *relabel\n");
    }
    let value = Yaml::<Prometheus>::new()
        .decode(text.as_bytes(), "prometheus.yml")
        .unwrap();
    assert_eq!(value.scrape_configs.len(), 200);
    let last = &value.scrape_configs[199];
    assert_eq!(last.job_name, "job-199");
    assert_eq!(last.relabel_configs.len(), 2);
    assert_eq!(last.static_configs[0].targets.len(), 20);
    assert_eq!(last.static_configs[0].labels["rack"], "r199");
}

#[test]
fn only_the_file_size_limits_values_anchors_and_merge_keys() {
    #[derive(Deserialize)]
    struct Many {
        values: Vec<IgnoredAny>,
        anchors: Vec<u8>,
        aliases: Vec<u8>,
        merged: Vec<IgnoredAny>,
    }
    let anchors: String = (0..51_000).map(|at| format!("&a{at} 1, ")).collect();
    let text = format!(
        "values: [{}]\nanchors: [{anchors}]\naliases: [{}]\nmerged:\n  - &m {{x: 1}}\n{}",
        "1, ".repeat(251_000),
        "*a1, ".repeat(51_000),
        "  - <<: *m\n".repeat(10_100)
    );
    let many = Yaml::<Many>::new()
        .decode(text.as_bytes(), "many.yaml")
        .unwrap();
    assert_eq!(many.values.len(), 251_000);
    assert_eq!(many.anchors.len(), 51_000);
    assert_eq!(many.aliases.len(), 51_000);
    assert_eq!(many.merged.len(), 10_101);
}

/// Deep nesting in blocks and in brackets, as in custom resources with an embedded schema.
#[test]
fn file_of_ninety_levels_loads() {
    let mut text = "kind: CustomResourceDefinition\nspec:\n".to_owned();
    for level in 1..90 {
        writeln!(text, "{}properties:", "  ".repeat(level)).unwrap();
    }
    writeln!(text, "{}type: object", "  ".repeat(90)).unwrap();
    let in_brackets = format!("spec: {}type{}", "[".repeat(90), "]".repeat(90));
    for text in [text, in_brackets] {
        on_a_worker(move || {
            let value = Yaml::<BTreeMap<String, Tree>>::new().decode(text.as_bytes(), "crd.yaml");
            assert!(value.unwrap().contains_key("spec"));
        });
    }
}

/// Each level expands to ten copies of the level below.
fn laughs(levels: usize, of: impl Fn(&str) -> String) -> String {
    let mut text = "a0: &a0 {lol: lol}\n".to_owned();
    for level in 1..levels {
        let below = format!("*a{}", level - 1);
        writeln!(text, "a{level}: &a{level} {}", of(&below)).unwrap();
    }
    text
}

#[test]
fn p17_alias_bomb_is_refused_before_it_takes_memory() {
    let test = "limits::p17_alias_bomb_is_refused_before_it_takes_memory";
    alone::within(
        test,
        32 << 20,
        Path::new("."),
        |_| String::new(),
        |_| refuses_bombs(),
    );
}

fn refuses_bombs() {
    let list = |below: &str| format!("[{}]", [below; 10].join(", "));
    let entries = |value: String| {
        let entries: Vec<_> = (0..10).map(|key| format!("k{key}: {value}")).collect();
        format!("{{{}}}", entries.join(", "))
    };
    let table = |below: &str| entries(below.to_owned());
    let merge = |below: &str| entries(format!("{{<<: {below}}}"));
    let texts = format!(
        "text: &text {}\nall:\n{}",
        "x".repeat(1 << 20),
        "  - *text\n".repeat(100_000)
    );
    let keys: String = (0..10_000).map(|key| format!("k{key}: 1, ")).collect();
    let merges = format!(
        "base: &base {{{keys}}}\nall:\n{}",
        "  - <<: [*base, *base]\n".repeat(10_000)
    );
    let open: String = (0..100).map(|level| format!("&a{level} [")).collect();
    let anchors = format!("all: {open}{}{}", "1, ".repeat(100_000), "]".repeat(100));
    for (name, text) in [
        ("lists", laughs(12, list)),
        ("tables", laughs(12, table)),
        ("merges in tables", laughs(12, merge)),
        ("a long text", texts),
        ("merge keys", merges),
        ("anchors in anchors", anchors),
    ] {
        let decoded = Yaml::<Tree>::new().decode(text.as_bytes(), "bomb.yaml");
        let line = decoded.unwrap_err().to_string();
        assert!(
            line.starts_with("bomb.yaml:")
                && line.ends_with(
                    ": anchors and aliases add more than 16 MiB to this document; use fewer aliases or raise the limit"
                ),
            "{name}: {line}"
        );
    }
}

#[test]
fn limits_of_yaml_are_configurable() {
    let text = "a: &a [1, 2, 3]\nb: [*a, *a]\n";
    let tight = Yaml::<Tree>::new().max_expansion(200);
    assert_eq!(
        tight
            .decode(text.as_bytes(), "app.yaml")
            .unwrap_err()
            .to_string(),
        "app.yaml:2:9: anchors and aliases add more than 200 bytes to this document; use fewer aliases or raise the limit"
    );
    assert!(
        tight
            .max_expansion(300)
            .decode(text.as_bytes(), "app.yaml")
            .is_ok()
    );
    // The list in the list, and the table around both.
    let flat = Yaml::<Tree>::new().max_depth(2);
    assert_eq!(
        flat.decode(text.as_bytes(), "app.yaml")
            .unwrap_err()
            .to_string(),
        "app.yaml:2:5: tables and lists are nested deeper than 2 levels"
    );
    assert!(
        flat.max_depth(3)
            .decode(text.as_bytes(), "app.yaml")
            .is_ok()
    );
    let deepest = Yaml::<Tree>::new().max_depth(usize::MAX);
    let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(deepest.decode(nested(1_000).as_bytes(), "app.yaml").is_ok());
    assert!(
        deepest
            .decode(nested(1_001).as_bytes(), "app.yaml")
            .is_err()
    );
}

#[test]
fn too_deep_nesting_is_refused_on_a_small_stack() {
    const N: usize = 100_000;
    let dots = "a.".repeat(70);
    let yaml = [
        "[".repeat(N),
        "{a: ".repeat(N),
        "- ".repeat(2_000),
        (0..2_000)
            .map(|level| format!("{}a:\n", " ".repeat(level)))
            .collect(),
        format!("{}1{}", "{a: ".repeat(N), "}".repeat(N)),
        (1..300).fold("a0: &a0 [1]\n".to_owned(), |text, level| {
            format!("{text}a{level}: &a{level} [*a{}]\n", level - 1)
        }),
    ];
    let json = ["[".repeat(N), "{\"a\":".repeat(N)];
    let closed = format!("{}1{}", "[".repeat(N), "]".repeat(N));
    refused_as_deep(Json::<Tree>::new(), closed, 127);
    let toml = [
        format!("a = {}", "[".repeat(N)),
        format!("a = {}1{}", "[".repeat(N), "]".repeat(N)),
        format!("a = {}", "{a = ".repeat(N)),
        format!("{}a = 1", "a.".repeat(N)),
        format!("[{}a]", "a.".repeat(N)),
        format!("[[{}a]]", "a.".repeat(N)),
        format!(
            "a = {}1{}",
            format!("{{ {dots}a = ").repeat(70),
            "}".repeat(70)
        ),
        format!(
            "[{dots}a]\n{dots}a = {}1{}",
            format!("{{ {dots}a = ").repeat(70),
            "}".repeat(70)
        ),
    ];
    for text in yaml {
        refused_as_deep(Yaml::<Tree>::new(), text.clone(), 128);
        refused_as_deep(Yaml::<IgnoredAny>::new(), text, 128);
    }
    for text in json {
        refused_as_deep(Json::<Tree>::new(), text.clone(), 127);
        refused_as_deep(Json::<IgnoredAny>::new(), text, 127);
    }
    for text in toml {
        refused_as_deep(Toml::<Tree>::new(), text.clone(), 80);
        refused_as_deep(Toml::<IgnoredAny>::new(), text, 80);
    }
}

fn refused_as_deep<D: Decode>(decoder: D, text: String, levels: usize) {
    on_a_worker(move || {
        let shown = text[..text.len().min(40)].to_owned();
        let Err(error) = decoder.decode(text.as_bytes(), "deep") else {
            panic!("{shown} is decoded")
        };
        let line = error.to_string();
        assert!(
            line.ends_with(&format!("nested deeper than {levels} levels")),
            "{shown}: {line}"
        );
        assert!(line.starts_with("deep:"), "{shown}: {line}");
    });
}

/// On a stack as small as that of a tokio worker.
fn on_a_worker(run: impl FnOnce() + Send + 'static) {
    let worker = thread::Builder::new().stack_size(2 << 20).spawn(run);
    worker.unwrap().join().unwrap();
}
