//! Admission holds, pauses, rollbacks and probations.

mod confirmed;
mod guards;
mod holds;
mod probation;
mod rollback;
