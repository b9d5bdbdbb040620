//! The loop that repeats a read: the same for all contenders, and for the count of instructions.

use std::hint::black_box;

/// Repeats a read. The compiler cannot remove a read or move it out of the loop.
///
/// The loop is unrolled eight times, so that it costs a quarter of an instruction per read. Using the result costs one more.
/// Both count as part of a read.
#[inline(always)]
pub fn repeat(reads: u64, mut read: impl FnMut() -> u64) {
    for _ in 0..reads / IN_A_ROW {
        black_box(read());
        black_box(read());
        black_box(read());
        black_box(read());
        black_box(read());
        black_box(read());
        black_box(read());
        black_box(read());
    }
    for _ in 0..reads % IN_A_ROW {
        black_box(read());
    }
}

const IN_A_ROW: u64 = 8;
