//! What readers see, and when values are freed.

mod callbacks;
mod changes;
mod freed;
mod guards;
mod many;
mod projections;
mod retired;
