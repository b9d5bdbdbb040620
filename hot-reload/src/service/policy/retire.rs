//! [`Retirement`]: how long a replaced value is kept, and the hooks that run before it is freed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tracing::error;

use crate::live::Replaced;
use crate::panics::{discard, panic_text};
use crate::snapshot::Generation;

/// Facts about a value that is about to be freed, for [`Builder::on_retire`](crate::Builder::on_retire).
///
/// ```
/// use hot_reload::policy::Retired;
///
/// /// For `Builder::on_retire`.
/// fn retired(_: &String, facts: &Retired) {
///     println!("generation {} was replaced {:?} ago", facts.generation, facts.replaced_for);
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retired {
    /// The generation of the value.
    pub generation: Generation,
    /// How long ago another value took its place.
    pub replaced_for: Duration,
}

type Hook<V> = Box<dyn Fn(&V, &Retired) + Send + Sync>;

/// See the [module documentation](self).
pub(crate) struct Retirement<V> {
    /// The shortest time for which a replaced value is kept.
    pub(crate) grace: Duration,
    pub(crate) hooks: Vec<Hook<V>>,
}

impl<V> Retirement<V> {
    /// Frees values at once, without hooks.
    pub(crate) fn at_once() -> Self {
        Self {
            grace: Duration::ZERO,
            hooks: Vec::new(),
        }
    }

    /// Whether there are hooks, which may take long.
    pub(crate) fn takes_long(&self) -> bool {
        !self.hooks.is_empty()
    }

    /// Runs the hooks and frees the values, in panic boundaries.
    pub(crate) fn free(&self, values: Vec<Replaced<V>>) {
        for replaced in values {
            // At the end of a service, others may still hold some values. Those are not freed here.
            let is_freed = replaced.is_unshared();
            let Replaced { snapshot, since } = replaced;
            let retired = Retired {
                generation: snapshot.generation(),
                replaced_for: since.elapsed(),
            };
            for hook in self.hooks.iter().filter(|_| is_freed) {
                let call = || hook(snapshot.value(), &retired);
                if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
                    let (generation, text) = (retired.generation.get(), panic_text(&*panic));
                    error!(target: "hot_reload", generation, "an `on_retire` hook panicked: {text}");
                    discard(panic);
                }
            }
            // One boundary for each: after a panic, the other values are still freed.
            discard(snapshot);
        }
    }
}
