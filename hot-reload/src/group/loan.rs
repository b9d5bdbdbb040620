//! [`Loan`]: a value of a member that its group uses.

use std::sync::{Arc, Weak};

use crate::service::control::Control;
use crate::service::shared::Board;
use crate::snapshot::{Keepsake, Snapshot};

impl<V> Control<V> {
    /// The newest value, which nobody else sees.
    pub(crate) fn lend(&self) -> Option<Loan<V>> {
        let newest = self.board().publisher.current()?;
        Some(Loan {
            value: Keepsake::of(&newest),
            back: Back(Arc::downgrade(self.board())),
        })
    }
}

/// A value of a member in the hands of its group. To the member nobody reads it who is to be asked after; when the group gives
/// it back, the member sees to it.
pub(crate) struct Loan<V> {
    // In this order: it is given back, and then the member is told.
    value: Keepsake<V>,
    back: Back<V>,
}

/// The way back to the member.
struct Back<V>(Weak<Board<V>>);

impl<V> Loan<V> {
    pub(crate) fn snapshot(&self) -> &Snapshot<V> {
        self.value.snapshot()
    }

    /// The same once more.
    pub(crate) fn again(&self) -> Self {
        Self {
            value: Keepsake::of(self.snapshot()),
            back: Back(Weak::clone(&self.back.0)),
        }
    }
}

impl<V> Drop for Back<V> {
    fn drop(&mut self) {
        if let Some(board) = self.0.upgrade() {
            board.inbox.give_back();
        }
    }
}
