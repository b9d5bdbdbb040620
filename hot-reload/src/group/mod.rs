//! The values of a group of services, which become visible together or not at all. A [`Coordinator`](crate::Coordinator) makes
//! a group.
//!
//! - [`GroupSnapshot`]: one consistent set of the values of all members, with the [`MemberVersion`] of each;
//! - [`MemberKey`], [`MemberValue`]: how to find the value of a member in it;
//! - [`MemberLive`], [`MemberChanges`]: the read handle of one member, and its subscription;
//! - [`typed!`], [`Typed`], [`Member`]: a group whose value is a struct;
//! - [`WhenAway`]: the policy for a member without a good value;
//! - [`Members`]: the source of a group, a type parameter of its builder and its service.
//!
//! ```text
//!   member ─▶ its own service ─ private snapshot ─┐
//!   member ─▶ its own service ─ private snapshot ─┼─▶ Members ─ GroupSnapshot ─▶ one more service ─▶ Live<GroupSnapshot>
//!   member ─▶ its own service ─ private snapshot ─┘      ▲
//!              └───────────── hint ──────────────────────┘
//! ```
//!
//! # Typed groups
//!
//! The value of a group is a [`GroupSnapshot`], in which a [`MemberKey`] finds the value of a member: the members may be known at
//! run time only. If they are known when the program is written, [`typed!`] declares a struct with one field for each member. The
//! group then is a [`Live`](crate::Live) and a [`Control`](crate::Control) of that struct, without keys. Everything else is the same:
//! one pointer store makes all values visible, an unchanged member keeps its value, and the options and commands are those of
//! a [`Coordinator`](crate::Coordinator). Two differences:
//!
//! - No member of a typed group is ever absent. While one has never had a value, [`WhenAway::LeaveOut`] acts like
//!   [`WhenAway::Hold`].
//! - `live.map(|state| &state.field)` is the read handle of one member. Its subscribers are woken only when that member has
//!   changed.

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
mod participants;
mod reading;
mod roster;
mod snapshot;
mod start;
mod typed;
mod when_away;

pub use self::member::{MemberKey, MemberValue};
pub use self::member_live::{MemberChanges, MemberLive};
pub use self::members::Members;
pub use self::snapshot::{GroupSnapshot, MemberVersion};
pub use self::typed::{__TypedMembers, Member, Typed, typed};
pub use self::when_away::WhenAway;
