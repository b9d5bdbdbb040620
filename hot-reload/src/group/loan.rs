//! [`Loan`]: a value of a member that its group uses.

use std::sync::{Arc, Weak};

use crate::service::control::Control;
use crate::service::shared::Shared;
use crate::snapshot::{Keepsake, Snapshot};

impl<V> Control<V> {
    /// Lends the newest value, which only the group sees.
    pub(crate) fn lend(&self) -> Option<Loan<V>> {
        let newest = self.shared().publisher.current()?;
        Some(Loan {
            value: Keepsake::of(&newest),
            back: Back(Arc::downgrade(self.shared())),
        })
    }
}

/// A value of a member, borrowed by the group; the member does not count it as read. When the group drops it, the member frees
/// it.
pub(crate) struct Loan<V> {
    // Dropped in this order: the value is given back first, then the member is notified.
    value: Keepsake<V>,
    back: Back<V>,
}

/// Notifies the member when it is dropped.
struct Back<V>(Weak<Shared<V>>);

impl<V> Loan<V> {
    pub(crate) fn snapshot(&self) -> &Snapshot<V> {
        self.value.snapshot()
    }

    /// Borrows the same value once more.
    pub(crate) fn again(&self) -> Self {
        Self {
            value: Keepsake::of(self.snapshot()),
            back: Back(Weak::clone(&self.back.0)),
        }
    }
}

impl<V> Drop for Back<V> {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.inbox.give_back();
        }
    }
}
