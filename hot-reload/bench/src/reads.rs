//! The loop in which reads are repeated: the same for all that are compared, and for the count of instructions.

use std::hint::black_box;

/// Reads so many times. None of the reads is left out, and none is drawn out of the loop.
///
/// Eight reads stand in a row, so that the loop itself costs a quarter of an instruction per read, and the use of what
/// was read one. Both count as part of a read.
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
