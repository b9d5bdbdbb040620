//! Admission holds, pauses, rollbacks and probations.

mod guards;
mod holds;
mod probation;
mod rollback;
