//! Contents with a number and a checksum, so that torn and reordered versions are detected; and random pauses.

use std::time::Duration;

/// A content with its number at both ends.
pub(crate) fn version(number: u64, size: usize) -> String {
    format!("{number}|{}|{number}", "x".repeat(size))
}

/// The numbers of these contents. None may be torn, older than the one before, or empty.
pub(crate) fn numbers(texts: &[&str]) -> Vec<u64> {
    let numbers: Vec<_> = texts.iter().map(|text| number(text)).collect();
    assert!(numbers.is_sorted(), "out of order: {numbers:?}");
    numbers
}

fn number(text: &str) -> u64 {
    let parts: Vec<_> = text.split('|').collect();
    match parts[..] {
        [first, _, last] if first == last => first.parse().unwrap(),
        _ => panic!("torn: {text:.40}… of {} bytes", text.len()),
    }
}

/// Random numbers. `HOT_RELOAD_SEED` chooses them; a failing test shows the seed that was used.
pub(crate) struct Dice(u64);

impl Dice {
    #[allow(clippy::print_stdout, reason = "it is shown if the test fails")]
    pub(crate) fn new() -> Self {
        let seed = std::env::var("HOT_RELOAD_SEED").ok();
        let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or(1);
        println!("seed {seed}");
        Self(seed)
    }

    /// A pause of up to so long.
    pub(crate) fn pause(&mut self, longest: Duration) -> Duration {
        self.0 = self
            .0
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        // The upper bits are the random ones.
        let share = (self.0 >> 40) as f64 / f64::from(1 << 24);
        longest.mul_f64(share)
    }
}
