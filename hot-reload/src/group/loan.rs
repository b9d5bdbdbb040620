//! [`Loan`]: a value of a member that its group uses.

use std::sync::{Arc, Weak};

use crate::live::Live;
use crate::service::control::Control;
use crate::service::shared::Shared;
use crate::snapshot::{EngineShare, Snapshot};

impl<V> Control<V> {
    /// Lends the newest value, which only the group sees.
    pub(crate) fn lend(&self) -> Option<Loan<V>> {
        let newest = self.shared().publisher.current()?;
        Some(Loan {
            value: EngineShare::of(&newest),
            notice: ReturnNotice(Arc::downgrade(self.shared())),
        })
    }
}

/// A value of a member, borrowed by the group; the member does not count it as read. When the group drops it, the member frees
/// it.
pub(crate) struct Loan<V> {
    // Dropped in this order: the value is released first, then the member is notified.
    value: EngineShare<V>,
    notice: ReturnNotice<V>,
}

/// Notifies the member when it is dropped.
struct ReturnNotice<V>(Weak<Shared<V>>);

impl<V> Loan<V> {
    /// The loan of a value that no member has, for tests.
    pub(crate) fn fixed(value: V) -> Self {
        Self {
            value: EngineShare::of(&Live::fixed(value).get()),
            notice: ReturnNotice(Weak::new()),
        }
    }

    pub(crate) fn snapshot(&self) -> &Snapshot<V> {
        self.value.snapshot()
    }

    /// Borrows the same value once more.
    pub(crate) fn share(&self) -> Self {
        Self {
            value: EngineShare::of(self.snapshot()),
            notice: ReturnNotice(Weak::clone(&self.notice.0)),
        }
    }
}

impl<V> Drop for ReturnNotice<V> {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.inbox.loan_returned();
        }
    }
}
