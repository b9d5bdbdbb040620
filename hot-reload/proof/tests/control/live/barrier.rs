//! The asymmetric form without its heavy half: nobody interrupts the readers, whose processors may still be about to
//! show what they have announced.

use std::sync::atomic::compiler_fence;

use super::sync::Ordering;

pub(super) fn light() {
    compiler_fence(Ordering::SeqCst);
}

pub(super) fn is_light_enough() -> bool {
    true
}

pub(super) fn heavy() -> bool {
    compiler_fence(Ordering::SeqCst);
    true
}
