//! A secret is planted, everything is read that a program can print, and no part of the secret may be in it.
//!
//! - `planted`: names and shapes of secrets;
//! - `content`: documents and the types that refuse them;
//! - `outputs`: what a program can print.
//!
//! `REDACTION_SEED` repeats a run, `REDACTION_CASES` makes it longer.

mod content;
mod dice;
mod outputs;
mod planted;

use self::content::{KINDS, document, refuse, text};
use self::dice::Dice;
use self::planted::{name, part_in, secret};

/// A number from the environment, or this one.
fn setting(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn seed() -> u64 {
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = setting("REDACTION_SEED", clock.unwrap().as_nanos() as u64);
    eprintln!("REDACTION_SEED={seed}");
    seed
}

#[test]
fn p18_no_error_of_a_decoder_shows_a_planted_secret() {
    let seed = seed();
    for case in 0..setting("REDACTION_CASES", 6000) {
        let mut dice = Dice(seed.wrapping_add(case));
        let (name, planted) = (name(&mut dice), secret(&mut dice));
        let (format, kind) = (dice.below(3), dice.below(KINDS));
        let mut text = text(format, &document(&mut dice, &name, &planted));
        if dice.below(3) == 0 {
            let spoiled = spoil(&mut dice, &text);
            // What names the secret, or marks it where nothing names it, stays.
            let count = |text: &str, what: &str| text.matches(what).count();
            let is_named = count(&spoiled, &name) == count(&text, &name);
            let hearts = count(&text, &planted.heart);
            if is_named && (hearts == 1 || count(&spoiled, &planted.heart) == hearts) {
                text = spoiled;
            }
        }
        let Some(error) = refuse(format, kind, &text) else {
            continue;
        };
        for shown in outputs::of(&error) {
            let part = part_in(&planted, &shown);
            assert!(
                part.is_none(),
                "REDACTION_SEED={} REDACTION_CASES=1, kind {kind}: {part:?} of {:?} is in {shown:?} about\n{text}",
                seed.wrapping_add(case),
                planted.text,
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
