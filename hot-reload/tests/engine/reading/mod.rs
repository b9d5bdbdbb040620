//! The read side: accessors, changes, and the freeing of values.

mod callbacks;
mod changes;
mod freed;
mod guards;
mod many;
mod projections;
mod retired;
