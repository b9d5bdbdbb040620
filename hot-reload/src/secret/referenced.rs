//! Texts that came from references such as `${NAME}`. Differences do not show them.
//!
//! Only hashes are kept, with a key of this process.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::keyed;

#[derive(Default)]
#[cfg_attr(
    not(feature = "expand"),
    allow(dead_code, reason = "nothing is learned")
)]
struct Known {
    hashes: HashSet<u128>,
    /// The same, the oldest first.
    order: VecDeque<u128>,
}

static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

/// Remembers a text that came from a reference, in all its spellings. Empty texts and switches are in every content, so they are
/// not remembered.
#[cfg(feature = "expand")]
pub(crate) fn learn(text: &str) {
    let spellings = super::spellings(text);
    let kept = spellings.filter(|text| !text.is_empty() && !super::is_switch(text));
    let hashes: Vec<_> = kept.map(|text| hash(&text)).collect();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    for hash in hashes {
        if known.hashes.insert(hash) {
            known.order.push_back(hash);
            if known.order.len() > MOST
                && let Some(oldest) = known.order.pop_front()
            {
                known.hashes.remove(&oldest);
            }
        }
    }
}

/// Whether a text came from a reference.
pub(crate) fn is_referenced(text: &str) -> bool {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    match &*known {
        Some(known) => known.hashes.contains(&hash(text)),
        None => false,
    }
}

fn hash(text: &str) -> u128 {
    keyed(|hasher| hasher.write(text.as_bytes()))
}

/// More references than any process has. They take some megabytes.
#[cfg(feature = "expand")]
const MOST: usize = 65_536;
