//! The symmetric barrier: a fence on both sides.

use super::super::sync::{Ordering, fence};

/// The reader's half.
#[inline(always)]
pub(in crate::live) fn light() {
    fence(Ordering::SeqCst);
}

/// Whether [`light`] suffices. Always, here.
pub(in crate::live) fn is_light_enough() -> bool {
    true
}

/// The publisher's half. Always succeeds.
pub(in crate::live) fn heavy() -> bool {
    fence(Ordering::SeqCst);
    true
}
