//! The read side: accessors, changes, and the freeing of values.

mod callbacks;
mod changes;
#[cfg(feature = "test-util")]
mod derived;
mod freed;
mod guards;
mod many;
#[cfg(feature = "test-util")]
mod old_and_new;
mod projections;
mod retired;
