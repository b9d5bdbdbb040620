//! The symmetric barrier; a model can leave out one half.

use super::sync::{Ordering, fence};
use super::world::Fault;

pub(super) fn light() {
    // Left out by `fence` itself, which the longer way of reading has for its half.
    fence(Ordering::SeqCst);
}

pub(super) fn is_light_enough() -> bool {
    true
}

pub(super) fn heavy() -> bool {
    if !Fault::NoHeavyBarrier.is_planted() {
        loom::sync::atomic::fence(Ordering::SeqCst);
    }
    true
}
