//! P18: no output about content with a random secret contains a part of that secret.
//!
//! - `beside`: outputs of merged files and comparisons;
//! - `planted`: names and forms of secrets;
//! - `content`: documents and the types that refuse them;
//! - `outputs`: all texts of an error;
//! - `running`: outputs and logs of a running service.
//!
//! `REDACTION_SEED` repeats a run, `REDACTION_CASES` makes it longer.

#[cfg(all(feature = "dir", feature = "diff"))]
mod beside;
mod content;
mod dice;
mod outputs;
mod planted;
mod running;

use std::hash::{BuildHasher, RandomState};

use self::content::{KINDS, Refusing, document, refuse, text};
use self::dice::Dice;
use self::planted::{Planted, harmless, name, part_in, secret};

/// A number from the environment, or this one.
fn setting(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn seed() -> u64 {
    let seed = setting("REDACTION_SEED", RandomState::new().hash_one(0));
    eprintln!("REDACTION_SEED={seed}");
    seed
}

#[test]
fn p18_no_error_of_a_decoder_shows_a_planted_secret() {
    let seed = seed();
    for case in 0..setting("REDACTION_CASES", 6000) {
        let case = Case::new(seed.wrapping_add(case));
        if let Some(error) = refuse(case.format, case.kind, &case.text) {
            case.shows_nothing(&outputs::of(&error));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p18_no_output_of_a_service_shows_a_planted_secret() {
    let seed = seed();
    for case in 0..setting("REDACTION_CASES", 6000) / 30 {
        let case = Case::new(seed.wrapping_add(case));
        let (format, kind) = (case.format, case.kind);
        let refusing = Refusing { format, kind };
        case.shows_nothing(&running::outputs(refusing, case.text.clone()).await);
        if case.planted.is_marked && !case.planted.text.contains("from today") {
            case.shows_nothing(&running::sentences(&case.planted.text).await);
        }
    }
}

#[cfg(all(feature = "dir", feature = "diff"))]
#[tokio::test]
async fn p18_no_merge_and_no_comparison_shows_a_planted_secret() {
    let seed = seed();
    let folder = tempfile::tempdir().unwrap();
    for case in 0..setting("REDACTION_CASES", 6000) / 10 {
        let mut case = Case::new(seed.wrapping_add(case));
        let mut dice = Dice(case.seed.wrapping_mul(3));
        let name = name(&mut dice);
        case.shows_nothing(&beside::compare(&mut dice, &name, &case.planted));
        // Files that were just written are read only after a pause.
        if !case.seed.is_multiple_of(16) {
            continue;
        }
        let document = document(&mut dice, &name, &case.planted);
        case.format = dice.below(2);
        case.text = text(case.format, &document);
        let refused = beside::refuse_merged(&mut dice, case.format, &document, folder.path());
        if let Some(error) = refused.await {
            case.shows_nothing(&outputs::of(&error));
        }
    }
}

/// Harmless values are shown in every format, under every spelling of the key.
#[test]
fn identifiers_and_addresses_are_shown_under_fitting_keys() {
    let seed = seed();
    for case in 0..setting("REDACTION_CASES", 6000) / 10 {
        let mut dice = Dice(seed.wrapping_add(case));
        let (name, value) = harmless(&mut dice);
        for format in 0..3 {
            let text = text(format, &serde_json::json!({ name.as_str(): value }));
            // A number, a program's own type, and a program's own enum.
            for kind in [0, 1, 2] {
                let error = refuse(format, kind, &text)
                    .expect("it does not fit")
                    .to_string();
                let seed = seed.wrapping_add(case);
                assert!(
                    error.contains(&value),
                    "REDACTION_SEED={seed}: {error} about {text}"
                );
            }
        }
    }
}

/// One content with one secret.
struct Case {
    seed: u64,
    planted: Planted,
    format: usize,
    kind: usize,
    text: String,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let (name, planted) = (name(&mut dice), secret(&mut dice));
        let (format, kind) = (dice.below(3), dice.below(KINDS));
        let mut text = text(format, &document(&mut dice, &name, &planted));
        if dice.below(3) == 0 {
            let spoiled = spoil(&mut dice, &text);
            // A mutation keeps the name of the secret, or its mark if it has no name.
            let count = |text: &str, what: &str| text.matches(what).count();
            let is_named = count(&spoiled, &name) == count(&text, &name);
            let hearts = count(&text, &planted.heart);
            if is_named && (hearts == 1 || count(&spoiled, &planted.heart) == hearts) {
                text = spoiled;
            }
        }
        Self {
            seed,
            planted,
            format,
            kind,
            text,
        }
    }

    fn shows_nothing(&self, shown: &[String]) {
        for shown in shown {
            let part = part_in(&self.planted, shown);
            assert!(
                part.is_none(),
                "REDACTION_SEED={} REDACTION_CASES=30, kind {}: {part:?} of {:?} is in {shown:?} about\n{}",
                self.seed,
                self.kind,
                self.planted.text,
                self.text,
            );
        }
    }
}

/// Puts a character in the place of another, or of nothing.
fn spoil(dice: &mut Dice, text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let at = dice.below(letters.len());
    let with = *dice.pick(&[
        "", "\"", "'", "\n", ":", "=", "[", "}", ",", "#", "\\", "&", "*", "x", "\t",
    ]);
    let (before, behind) = (&letters[..at], &letters[at + 1..]);
    before
        .iter()
        .chain(with.chars().collect::<Vec<_>>().iter())
        .chain(behind)
        .collect()
}
