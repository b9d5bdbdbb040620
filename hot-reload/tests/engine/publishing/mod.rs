//! From a loaded value to a visible one: validators, participants, restarts, saving.

#[cfg(feature = "diff")]
mod changed;
#[cfg(feature = "last-good")]
mod kept;
#[cfg(feature = "last-good")]
mod kept_emptied;
mod overtaken;
mod plans;
#[cfg(feature = "diff")]
mod restart;
#[cfg(all(feature = "diff", feature = "json", feature = "toml"))]
mod revised;
pub(crate) mod swap;
mod validators;
