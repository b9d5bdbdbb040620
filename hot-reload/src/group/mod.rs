//! [`Coordinator`]: several services as one group, whose values become visible together or not at all.
//!
//! ```text
//!   member ─▶ its own service ─ private snapshot ─┐
//!   member ─▶ its own service ─ private snapshot ─┼─▶ Members ─ GroupSnapshot ─▶ one more service ─▶ Live<GroupSnapshot>
//!   member ─▶ its own service ─ private snapshot ─┘      ▲
//!              └───────────── hint ──────────────────────┘
//! ```

mod away;
mod coordinator;
pub(crate) mod guards;
mod handles;
mod hooks;
pub(crate) mod link;
mod loan;
mod member;
mod members;
mod reading;
mod roster;
mod snapshot;
mod start;
mod when_away;

pub use self::coordinator::Coordinator;
pub use self::handles::MemberOf;
pub use self::member::{MemberKey, MemberValue};
pub use self::members::Members;
pub use self::snapshot::{GroupSnapshot, MemberVersion};
pub use self::when_away::WhenAway;
