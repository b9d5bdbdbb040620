//! Checks that each scenario of file changes has a test with its number: `t01_…` to `t68_…`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const SCENARIOS: u32 = 68;

#[test]
fn every_scenario_has_a_test() {
    let mut found = BTreeSet::new();
    for folder in ["src", "tests"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        collect(&folder, &mut found);
    }
    let missing: Vec<_> = (1..=SCENARIOS)
        .filter(|number| !found.contains(number))
        .collect();
    assert!(missing.is_empty(), "no test for {missing:?}");
    let unknown: Vec<_> = found.iter().filter(|number| **number > SCENARIOS).collect();
    assert!(unknown.is_empty(), "no such scenario: {unknown:?}");
}

fn collect(folder: &Path, found: &mut BTreeSet<u32>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let lines: Vec<_> = text.lines().map(str::trim).collect();
            let tests = lines.iter().enumerate().filter(|(number, _)| {
                // Between the attribute and the function there are other attributes at most.
                lines[..*number]
                    .iter()
                    .rev()
                    .take_while(|line| line.starts_with("#["))
                    .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
            });
            found.extend(tests.filter_map(|(_, line)| scenario(line)));
        }
    }
}

/// The scenario of a test whose first line is this.
fn scenario(line: &str) -> Option<u32> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    let (number, _) = line.strip_prefix("fn t")?.split_once('_')?;
    number.parse().ok()
}

#[test]
fn scenario_number_is_found_in_a_test_name() {
    assert_eq!(scenario("fn t07_a_file() {"), Some(7));
    assert_eq!(scenario("async fn t43_p05_writes() {"), Some(43));
    assert_eq!(scenario("fn target() {"), None);
    assert_eq!(scenario("fn table_t07_of() {"), None);
}
