//! Start and stop of a service, and the panics that it survives.

mod bugs;
mod life;
mod stops;
