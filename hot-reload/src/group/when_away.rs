//! [`WhenAway`]: what a group does while a member has nothing to offer.

/// What becomes of a group when a member is away: when its last load failed or was rejected, or its source holds nothing and
/// it has no value.
///
/// A member is not away whose value stands in for what its source should hold, by a policy of its own: the last good value or
/// the default after a [removal](crate::RemovalPolicy), or what was kept of an earlier run while its source has not been
/// read.
///
/// # Default
///
/// [`Hold`](Self::Hold).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WhenAway {
    /// The group stays as it is, also in what its other members have new. The outcome is the member's, and its error begins
    /// with the name of the member. At the start it is the error of [`start`](crate::Builder::start).
    #[default]
    Hold,
    /// The group goes on without it: the member's last good value stays in the cut, or, if it never had one, the member is
    /// absent from it. What is wrong is told by the [status](crate::Status::source_status), and by the member's own lines in
    /// the log.
    LeaveOut,
}
