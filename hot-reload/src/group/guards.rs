//! [`MemberGuards`]: guards of a member that compare with the value that the group has published.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::loan::Loan;
use crate::event::HoldReason;
use crate::locks::lock;
use crate::service::admission::Admission;
use crate::snapshot::Snapshot;

/// The guards of a member, and the value of the member that the group has published.
pub(crate) struct MemberGuards<V> {
    guards: Vec<Arc<dyn Admission<V>>>,
    visible: Arc<Visible<V>>,
}

/// The value of the member that is visible through the group.
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

/// Finds something of the member in a value of the group.
type Find<C, P> = Box<dyn Fn(&C) -> Option<P> + Send + Sync>;

impl<V: Send + Sync + 'static> MemberGuards<V> {
    /// Splits guards into the half that acts for the group, and the guards that stay with the member.
    pub(crate) fn split(guards: Vec<Box<dyn Admission<V>>>) -> (Self, Vec<Box<dyn Admission<V>>>) {
        let guards: Vec<Arc<_>> = guards.into_iter().map(Arc::from).collect();
        let visible = Arc::new(Visible(Mutex::new(None)));
        let left = guards.iter().map(|guard| -> Box<dyn Admission<V>> {
            Box::new(MemberGuard {
                guard: Arc::clone(guard),
                visible: Arc::clone(&visible),
            })
        });
        let left = left.collect();
        (Self { guards, visible }, left)
    }

    /// Returns the half that acts for the group, or `None` without guards. `loan` finds the value of the member in a value of
    /// the group. `good` does the same, but only for a value of the member's source.
    pub(crate) fn for_group<C: 'static>(
        self,
        loan: impl Fn(&C) -> Option<Loan<V>> + Send + Sync + 'static,
        good: impl Fn(&C) -> Option<Snapshot<V>> + Send + Sync + 'static,
    ) -> Option<Box<dyn Admission<C>>> {
        if self.guards.is_empty() {
            return None;
        }
        Some(Box::new(GroupGuards {
            guards: self,
            loan: Box::new(loan),
            good: Box::new(good),
        }))
    }
}

/// The half of a guard that stays with the member: it objects.
struct MemberGuard<V> {
    guard: Arc<dyn Admission<V>>,
    visible: Arc<Visible<V>>,
}

impl<V: Send + Sync> Admission<V> for MemberGuard<V> {
    fn objection(&self, _: &V, candidate: &V) -> Option<String> {
        let visible = self.visible.snapshot()?;
        self.guard.objection(visible.value(), candidate)
    }

    fn reason(&self) -> HoldReason {
        self.guard.reason()
    }

    fn confirm_after(&self) -> Duration {
        self.guard.confirm_after()
    }

    fn accepted(&self, _: &V) {}
}

/// The half that acts for the group: it holds nothing, and notifies the guards of visible values.
struct GroupGuards<C, V> {
    guards: MemberGuards<V>,
    loan: Find<C, Loan<V>>,
    good: Find<C, Snapshot<V>>,
}

impl<C, V: Send + Sync> Admission<C> for GroupGuards<C, V> {
    fn objection(&self, _: &C, _: &C) -> Option<String> {
        None
    }

    fn reason(&self) -> HoldReason {
        HoldReason::Shrunk
    }

    fn confirm_after(&self) -> Duration {
        Duration::ZERO
    }

    fn accepted(&self, group: &C) {
        if let Some(value) = (self.good)(group) {
            for guard in &self.guards.guards {
                guard.accepted(&value);
            }
        }
    }

    fn published(&self, group: &C) {
        let before = self.guards.visible.replace((self.loan)(group));
        drop(before);
    }
}
