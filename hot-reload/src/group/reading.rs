//! [`Reading`]: the last read state of a member, so that an unchanged member is not read again.

use std::sync::Arc;

use super::roster::Running;
use super::snapshot::Slot;
use crate::group::link::MemberState;

pub(super) struct Reading {
    /// The version of the member at that time. `None` if the member must be read again in any case.
    version: Option<u64>,
    pub(super) member_state: MemberState,
    pub(super) slot: Option<Arc<Slot>>,
}

/// Reads the members whose version has changed. Returns whether there was one. Replaced readings go into `before`.
///
/// If no version has changed during a whole pass, the readings are consistent: they are of one moment.
pub(super) fn refresh(
    members: &[Box<dyn Running>],
    readings: &mut Vec<Reading>,
    before: &mut Vec<Reading>,
) -> bool {
    let mut moved = false;
    for (place, member) in members.iter().enumerate() {
        // The version is read before the state, so a later change of the state is a newer version.
        let version = member.version();
        let last = readings.get_mut(place);
        if last
            .as_ref()
            .is_some_and(|last| last.version == Some(version))
        {
            continue;
        }
        moved = true;
        let member_state = member.member_state();
        let slot = member.slot(member_state.is_fallback);
        let generation = slot.as_ref().map(|slot| slot.generation);
        // The state does not yet describe a value that is just being published.
        let version = (generation == member_state.generation).then_some(version);
        let reading = Reading {
            version,
            member_state,
            slot,
        };
        match last {
            None => readings.push(reading),
            Some(last) => before.push(std::mem::replace(last, reading)),
        }
    }
    moved
}
