//! From a loaded value to a visible one: validators, participants, restarts, saving.

#[cfg(feature = "diff")]
mod changed;
#[cfg(feature = "last-good")]
mod kept;
mod kept_emptied;
mod overtaken;
#[cfg(feature = "diff")]
mod restart;
mod swap;
mod validators;
