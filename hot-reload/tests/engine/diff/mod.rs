//! Differences of two values: output, redaction, and properties of any two values.
mod output;
mod paths;
mod properties;
mod restart;
mod secrets;
mod shapes;
