//! The way from a good value to a visible one.

#[cfg(feature = "last-good")]
mod kept;
mod overtaken;
#[cfg(feature = "diff")]
mod restart;
mod swap;
mod validators;
