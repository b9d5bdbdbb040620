//! Doubts of the member of a group: they go by what the group has made visible, whatever the member has published by itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::loan::Loan;
use crate::event::HoldReason;
use crate::locks::lock;
use crate::service::admission::Doubts;
use crate::snapshot::Snapshot;

/// The doubts of a member, and what they go by.
pub(crate) struct LentDoubts<V> {
    guards: Vec<Arc<dyn Doubts<V>>>,
    visible: Arc<Visible<V>>,
}

/// What of the member is visible now.
struct Visible<V>(Mutex<Option<Loan<V>>>);

impl<V> Visible<V> {
    fn snapshot(&self) -> Option<Snapshot<V>> {
        let loan = lock(&self.0);
        loan.as_ref().map(|loan| loan.snapshot().clone())
    }

    fn replace(&self, loan: Option<Loan<V>>) -> Option<Loan<V>> {
        let mut visible = lock(&self.0);
        std::mem::replace(&mut *visible, loan)
    }
}

/// What of a cut is asked for.
type Of<C, P> = Box<dyn Fn(&C) -> Option<P> + Send + Sync>;

impl<V: Send + Sync + 'static> LentDoubts<V> {
    /// What is to act for the group, and what stays with the member.
    pub(crate) fn split(guards: Vec<Box<dyn Doubts<V>>>) -> (Self, Vec<Box<dyn Doubts<V>>>) {
        let guards: Vec<Arc<_>> = guards.into_iter().map(Arc::from).collect();
        let visible = Arc::new(Visible(Mutex::new(None)));
        let left = guards.iter().map(|guard| -> Box<dyn Doubts<V>> {
            Box::new(Doubting {
                guard: Arc::clone(guard),
                visible: Arc::clone(&visible),
            })
        });
        let left = left.collect();
        (Self { guards, visible }, left)
    }

    /// The same as it acts for the group, unless there are none. `lent` is the member's part of a cut, and `good` the same if
    /// it is of the member's source.
    pub(crate) fn of<C: 'static>(
        self,
        lent: impl Fn(&C) -> Option<Loan<V>> + Send + Sync + 'static,
        good: impl Fn(&C) -> Option<Snapshot<V>> + Send + Sync + 'static,
    ) -> Option<Box<dyn Doubts<C>>> {
        if self.guards.is_empty() {
            return None;
        }
        Some(Box::new(Telling {
            of: self,
            lent: Box::new(lent),
            good: Box::new(good),
        }))
    }
}

/// What stays with the member.
struct Doubting<V> {
    guard: Arc<dyn Doubts<V>>,
    visible: Arc<Visible<V>>,
}

impl<V: Send + Sync> Doubts<V> for Doubting<V> {
    fn doubt(&self, _: &V, candidate: &V) -> Option<String> {
        let visible = self.visible.snapshot()?;
        self.guard.doubt(visible.value(), candidate)
    }

    fn reason(&self) -> HoldReason {
        self.guard.reason()
    }

    fn patience(&self) -> Duration {
        self.guard.patience()
    }

    fn accepted(&self, _: &V) {}
}

/// What acts for the group: it doubts nothing, and says what is visible.
struct Telling<C, V> {
    of: LentDoubts<V>,
    lent: Of<C, Loan<V>>,
    good: Of<C, Snapshot<V>>,
}

impl<C, V: Send + Sync> Doubts<C> for Telling<C, V> {
    fn doubt(&self, _: &C, _: &C) -> Option<String> {
        None
    }

    fn reason(&self) -> HoldReason {
        HoldReason::Shrunk
    }

    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    fn accepted(&self, cut: &C) {
        if let Some(part) = (self.good)(cut) {
            for guard in &self.of.guards {
                guard.accepted(&part);
            }
        }
    }

    fn shown(&self, cut: &C) {
        let before = self.of.visible.replace((self.lent)(cut));
        drop(before);
    }
}
