//! The asymmetric barrier without its heavy half: the stores of readers may not be visible yet.

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
