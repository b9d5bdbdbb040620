//! Several layers as one value, for [`Layers`](super::Layers): explanations and settings.
//!
//! - `builder`, `files`: what a program declares;
//! - `layer`: one layer, and how its content becomes a tree;
//! - `variables`, `dotenv`: variables of the environment and of a file;
//! - `insert`: puts a value at a path;
//! - `contents`, `memory`: reads all layers at one moment;
//! - `whole`, `watch`, `status`: all layers as one source;
//! - `expand`: references in documents;
//! - `load`: decodes for a service;
//! - `unknown`: what follows an unknown key;
//! - `explain`: where a value comes from.

pub(super) mod builder;
mod contents;
mod dotenv;
#[cfg(feature = "expand")]
mod expand;
mod explain;
mod files;
mod insert;
mod layer;
mod load;
mod memory;
mod status;
mod unknown;
mod variables;
mod watch;
mod whole;

pub use self::explain::{Explain, KeyAnswer, KeyExplanation};
pub use self::unknown::Unknown;
