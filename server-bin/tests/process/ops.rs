//! The files in `ops/`: accepted by the tools that read them, and true to the metrics and the documents.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// Runs a tool in the folder `ops`. `None` if it is not installed, which is a failure where all tests must run.
fn tool(name: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(name)
        .args(args)
        .current_dir(root().join("ops"))
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            assert!(
                std::env::var_os("HOT_RELOAD_REQUIRE").is_none(),
                "{name}: {error}"
            );
            eprintln!("skipped: {name} is not installed");
            return None;
        }
    };
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{name} {args:?}: {text}");
    Some(text)
}

/// The names of metrics in a text, without the prefix of the server.
fn metrics(text: &str) -> BTreeSet<&str> {
    let words = text.split(|character: char| !character.is_alphanumeric() && character != '_');
    words
        .filter_map(|word| word.strip_prefix("server_config_"))
        .collect()
}

#[test]
fn alert_rules_pass_their_tests() {
    tool("promtool", &["check", "rules", "alerts.yml"]);
    tool("promtool", &["test", "rules", "alerts.test.yml"]);
}

#[test]
fn each_alert_has_a_test_and_a_section_of_the_runbook() {
    let (rules, tests) = (text("ops/alerts.yml"), text("ops/alerts.test.yml"));
    let runbook = text("docs/OPERATIONS.md");
    let alerts: Vec<_> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(alerts.len() > 5, "{alerts:?}");
    for alert in alerts {
        assert!(
            tests.contains(&format!(
                "alertname: {alert}\n        exp_alerts:\n          - "
            )),
            "{alert}"
        );
        assert!(runbook.contains(&format!("\n### {alert}\n")), "{alert}");
        let link = format!("docs/OPERATIONS.md#{}\n", alert.to_lowercase());
        assert!(rules.contains(&link), "{alert}");
    }
}

#[test]
fn alerts_and_dashboard_name_metrics_that_exist() {
    let table = text("hot-reload/src/measure/metrics.md");
    for file in ["ops/alerts.yml", "ops/grafana/dashboard.json"] {
        for metric in metrics(&text(file)) {
            let name = metric.strip_suffix("_bucket").unwrap_or(metric);
            assert!(
                table.contains(&format!("| `config_{name}` |")),
                "{file}: {metric}"
            );
        }
    }
}

#[test]
fn unit_files_are_valid() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["server", "server-before-253"] {
        let unit = text(&format!("ops/systemd/{name}.service"));
        let unit = unit.replace("/usr/bin/server-bin", env!("CARGO_BIN_EXE_server-bin"));
        let file = folder.path().join(format!("{name}.service"));
        std::fs::write(&file, unit).unwrap();
        let Some(said) = tool("systemd-analyze", &["verify", &file.display().to_string()]) else {
            return;
        };
        // An older systemd says so, and takes the rest.
        let unknown =
            |line: &&str| line.ends_with("Failed to parse service type, ignoring: notify-reload");
        let others: Vec<_> = said
            .lines()
            .filter(|line| !(name == "server" && unknown(line)))
            .collect();
        assert!(others.is_empty(), "{others:#?}");
    }
}
