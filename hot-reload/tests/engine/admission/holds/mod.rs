//! Several holds at once, and commands that end them.

mod guards;
mod proofs;
mod rig;
mod rollbacks;
