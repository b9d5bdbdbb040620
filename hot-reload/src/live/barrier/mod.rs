//! The two halves of one barrier between those who read and the one who publishes.
//!
//! A reader announces what it reads, then looks whether that is still the newest. A publisher replaces the newest, then
//! looks who has announced what. At least one of the two must see what the other did, which takes a barrier on both
//! sides. Reading is frequent and publishing is rare, so where the system allows it the publisher pays for both.
//!
//! | | a reader | a publisher |
//! |---|---|---|
//! | Linux since 4.14 | nothing but an order for the compiler | `membarrier`, which interrupts the threads that run |
//! | elsewhere, or where that is refused | a fence | a fence |
//!
//! A seccomp filter may answer `membarrier` with success and do nothing. The process cannot detect that.
//! Readers then take no fence and the publisher's call has no effect, so a value may be freed while it is read.
//!
//! With `--cfg hot_reload_portable` Linux takes the form of the others, for comparison and for tools that know fences only.

#[cfg(not(all(target_os = "linux", not(hot_reload_portable))))]
mod fences;
#[cfg(all(target_os = "linux", not(hot_reload_portable)))]
mod membarrier;

#[cfg(not(all(target_os = "linux", not(hot_reload_portable))))]
pub(super) use self::fences::{heavy, is_light_enough, light};
#[cfg(all(target_os = "linux", not(hot_reload_portable)))]
pub(super) use self::membarrier::{heavy, is_light_enough, light};
