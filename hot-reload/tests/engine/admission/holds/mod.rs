//! Holds that meet one another, or a person who is about to end them.

mod guards;
mod proofs;
mod rig;
mod rollbacks;
