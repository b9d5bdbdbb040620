//! The values of a group of services, which become visible together or not at all. A [`Coordinator`](crate::Coordinator) makes
//! a group.
//!
//! - [`GroupSnapshot`]: one consistent set of the values of all members, with the [`MemberVersion`] of each;
//! - [`MemberKey`], [`MemberValue`]: how to find the value of a member in it;
//! - [`MemberLive`], [`MemberChanges`]: the read handle of one member, and its subscription;
//! - [`WhenAway`]: the policy for a member without a good value;
//! - [`Members`]: the source of a group, a type parameter of its builder and its service.
//!
//! ```text
//!   member ─▶ its own service ─ private snapshot ─┐
//!   member ─▶ its own service ─ private snapshot ─┼─▶ Members ─ GroupSnapshot ─▶ one more service ─▶ Live<GroupSnapshot>
//!   member ─▶ its own service ─ private snapshot ─┘      ▲
//!              └───────────── hint ──────────────────────┘
//! ```

mod away;
mod changes;
pub(crate) mod coordinator;
pub(crate) mod guards;
mod handles;
mod hooks;
pub(crate) mod link;
mod loan;
mod member;
mod member_live;
mod members;
mod reading;
mod roster;
mod snapshot;
mod start;
mod when_away;

pub use self::member::{MemberKey, MemberValue};
pub use self::member_live::{MemberChanges, MemberLive};
pub use self::members::Members;
pub use self::snapshot::{GroupSnapshot, MemberVersion};
pub use self::when_away::WhenAway;
