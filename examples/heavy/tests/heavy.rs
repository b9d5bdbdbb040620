//! Runs each example to its end.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::process::Command;

/// Runs the program. Returns its output after checking that it succeeded.
fn run(program: &str) -> Vec<String> {
    let mut command = Command::new(program);
    // Only the examples of layers read it.
    let output = command
        .env("APP_GREETING", "from a variable")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}\n{errors}");
    assert_eq!(errors, "");
    said.lines().map(str::to_owned).collect()
}

/// The numbers of a summary, and the words between them.
fn numbers(summary: &str) -> (Vec<u64>, String) {
    let words = summary.split(' ');
    let (numbers, words): (Vec<_>, Vec<_>) = words.partition(|word| word.parse::<u64>().is_ok());
    let numbers = numbers.iter().map(|number| number.parse().unwrap());
    (numbers.collect(), words.join(" "))
}

#[test]
fn geoip_serves_queries_and_rejects_an_incomplete_download() {
    let said = run(env!("CARGO_BIN_EXE_geoip"));
    let (numbers, words) = numbers(said.last().unwrap());
    assert_eq!(
        words,
        "done: databases, threads, lookups, of them mixed, download refused"
    );
    let [databases, threads, lookups, mixed, refused] = numbers[..] else {
        panic!("{numbers:?}");
    };
    assert_eq!((databases, threads, mixed, refused), (31, 4, 0, 1));
    assert!(lookups > 1_000, "{lookups}");

    let published = |generation: u64| {
        let part = format!("example.mmdb: published, generation {generation}, in ");
        said.iter().any(|line| line.contains(&part))
    };
    assert!((2..=31).all(published), "{said:#?}");
    let refused: Vec<_> = said
        .iter()
        .filter(|line| line.starts_with("rejected: "))
        .collect();
    assert_eq!(refused.len(), 1, "{refused:#?}");
    assert!(refused[0].contains("example.mmdb: "), "{refused:#?}");
}

#[test]
fn tls_certificates_are_rotated_without_a_failed_handshake() {
    let said = run(env!("CARGO_BIN_EXE_tls_certificates"));
    let (numbers, words) = numbers(said.last().unwrap());
    assert_eq!(
        words,
        "done: rotations, halves refused, certificates met in handshakes, failed"
    );
    let [rotations, halves, certificates, handshakes, failed] = numbers[..] else {
        panic!("{numbers:?}");
    };
    assert_eq!((rotations, halves, certificates, failed), (20, 20, 21, 0));
    assert!(handshakes >= certificates, "{handshakes}");
}

#[test]
fn p19_policies_schema_and_entities_change_together_and_no_decision_is_wrong() {
    let said = run(env!("CARGO_BIN_EXE_policy_engine"));
    let (numbers, words) = numbers(said.last().unwrap());
    assert_eq!(
        words,
        "done: releases, typos and halves refused, threads, decisions, wrong"
    );
    let [releases, typos, halves, threads, decisions, wrong] = numbers[..] else {
        panic!("{numbers:?}");
    };
    assert_eq!((releases, typos, halves), (1_000, 100, 100));
    assert_eq!((threads, wrong), (4, 0));
    // Each release has at least one decision.
    assert!(decisions >= releases, "{decisions}");

    // The error of each mistake has its location. One mistake shows only when all three files are combined.
    for place in [
        "policies.cedar:3:1: ",
        "schema.cedarschema:2:1: ",
        "entities.json:7:56: ",
        "policies.cedar:4:30: ",
    ] {
        let is_reported = |line: &String| line.starts_with("refused: ") && line.contains(place);
        assert!(said.iter().any(is_reported), "{place} in {said:#?}");
    }
}

#[test]
fn figment_as_a_decoder_keeps_watches_and_places() {
    let said = run(env!("CARGO_BIN_EXE_figment_layers"));
    check_layers(&said, "u16");
}

#[test]
fn config_as_a_decoder_keeps_watches_and_places() {
    let said = run(env!("CARGO_BIN_EXE_config_layers"));
    check_layers(&said, "an integer");
}

/// Checks the output of an example of layers. `expected`: the words for the type of a value.
fn check_layers(said: &[String], expected: &str) {
    let [first, changed, value, syntax, last] = said else {
        panic!("{said:#?}");
    };
    let config = |workers: u16| {
        format!(
            "AppConfig {{ greeting: \"from a variable\", server: Server {{ workers: {workers} }} }}"
        )
    };
    assert_eq!(*first, config(4));
    assert_eq!(*changed, config(9));
    assert!(value.starts_with("rejected: "), "{value}");
    let place = format!("/conf.d/20-mistake.toml:2:11: server.workers: expected {expected}");
    assert!(value.ends_with(&place), "{value}");
    assert!(
        syntax.contains("/conf.d/20-mistake.toml:2:11: "),
        "{syntax}"
    );
    assert_eq!(*last, format!("still {}", config(9)));
}
