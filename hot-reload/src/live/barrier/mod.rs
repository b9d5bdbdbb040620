//! The barrier between readers and the publisher, in two halves.
//!
//! A reader fills its slot, then checks the newest pointer. The publisher replaces the newest pointer, then checks the slots. At
//! least one of the two must see the store of the other, which needs a barrier on both sides. Reads are frequent and
//! publications are rare, so where the kernel allows it, the publisher pays for both.
//!
//! | | reader | publisher |
//! |---|---|---|
//! | Linux 4.14 or newer | a compiler fence | `membarrier`, which interrupts the running threads |
//! | elsewhere, or if the kernel refuses | a fence | a fence |
//!
//! A seccomp filter may answer `membarrier` with success and do nothing. The process cannot detect that.
//! Readers then take no fence and the publisher's call has no effect, so a value may be freed while it is read.
//!
//! With `--cfg hot_reload_portable` Linux uses fences, too, for comparison and for tools that know no `membarrier`.

#[cfg(not(all(target_os = "linux", not(hot_reload_portable))))]
mod fences;
#[cfg(all(target_os = "linux", not(hot_reload_portable)))]
mod membarrier;

#[cfg(not(all(target_os = "linux", not(hot_reload_portable))))]
pub(super) use self::fences::{heavy, is_light_enough, light};
#[cfg(all(target_os = "linux", not(hot_reload_portable)))]
pub(super) use self::membarrier::{heavy, is_light_enough, light};
