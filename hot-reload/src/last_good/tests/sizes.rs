//! Tests of payloads of all sizes around the limit.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::rig::{Place, facts};
use crate::error::ErrorKind;
use crate::last_good::disk::System;
use crate::last_good::format::{self, OVERHEAD};
use crate::last_good::store::Store;

const LIMIT: usize = 200_000;

#[test]
fn payload_of_any_size_up_to_the_limit_is_restored() {
    let seed = std::env::var("HOT_RELOAD_SEED").map_or(1, |seed| seed.parse().unwrap());
    let largest = LIMIT - OVERHEAD;
    let edges = [
        0,
        1,
        8,
        68,
        84,
        65_535,
        65_536,
        65_537,
        131_072,
        largest - 1,
        largest,
    ];
    let random = (0..40_u64).map(|round| {
        // Draws small sizes as often as large ones.
        let dice = xxh3_64_with_seed(&round.to_le_bytes(), seed);
        (dice >> 8) as usize % (largest >> (dice % 16)).max(1)
    });
    let place = place();
    for (number, size) in edges.into_iter().chain(random).enumerate() {
        let payload: Vec<_> = (0..size).map(|at| (at * 31 + number) as u8).collect();
        let facts = facts(number as u64 + 1);
        place.store.write(&System, &facts, &payload).unwrap();
        let bytes = place.store.read().unwrap().unwrap();
        let parsed = format::parse(&bytes, 0);
        assert!(parsed == Ok((facts, &payload)), "seed {seed}, {size} bytes");
    }
}

#[test]
fn payload_above_the_limit_is_neither_saved_nor_restored() {
    let place = place();
    place.store.write(&System, &facts(1), b"small").unwrap();
    let before = std::fs::read(place.path()).unwrap();
    let payload = vec![0; LIMIT - OVERHEAD + 1];
    let error = place.store.write(&System, &facts(2), &payload).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.message().contains("200001 bytes"), "{error}");
    assert_eq!(std::fs::read(place.path()).unwrap(), before);

    let larger = Store {
        max_size: LIMIT as u64 + 1,
        ..place.store.clone()
    };
    larger.write(&System, &facts(2), &payload).unwrap();
    assert!(larger.read().unwrap().is_some());
    assert_eq!(place.store.read().unwrap_err().kind(), ErrorKind::TooLarge);
    // The larger file can still be replaced.
    place.store.write(&System, &facts(3), b"small").unwrap();
}

fn place() -> Place {
    let mut place = Place::new();
    place.store.max_size = LIMIT as u64;
    place
}
