//! [`WhenAway`]: the policy of a group for a member that is away.

/// The policy of a group for a member that is away.
///
/// A member is away if its last load failed or was rejected, or if its source has no content and it has no value.
///
/// A member is not away if its own policy replaces the content of its source. Such a value is the last good value or the default
/// after a [removal](crate::policy::RemovalPolicy), or the restored value of an earlier run. A restored value counts until the
/// source can be read.
///
/// # Default
///
/// [`Hold`](Self::Hold).
///
/// # Example
///
/// ```
/// use hot_reload::Coordinator;
/// use hot_reload::group::WhenAway;
///
/// let mut group = Coordinator::new();
/// group.when_away(WhenAway::LeaveOut);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WhenAway {
    /// The group keeps all its values, even if other members have new ones. Its outcome is that of the member, and the error
    /// begins with the name of the member. At the start, [`start`](crate::Builder::start) returns this error.
    #[default]
    Hold,
    /// The group continues without the member. The last good value of the member stays in the snapshot. If the member never had
    /// a value, it is absent. The [status](crate::Status::source_status) of the group and the log of the member report the
    /// cause.
    LeaveOut,
}
