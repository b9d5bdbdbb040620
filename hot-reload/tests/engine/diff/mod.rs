//! What changed between two values: what is told, what is not, and what holds for any two values.
mod output;
mod paths;
mod properties;
mod restart;
mod secrets;
mod shapes;
