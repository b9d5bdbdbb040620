//! The options of a [`Builder`], one module for each subject.

#[cfg(feature = "diff")]
mod changes;
mod checks;
#[cfg(feature = "last-good")]
mod last_good;
mod limits;
mod observers;
#[cfg(feature = "diff")]
mod restart;
#[cfg(feature = "diff")]
mod revisions;
mod timing;
mod values;

use super::Builder;

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Sets the name of the service in logs, events, the status and a registry. Default: the name of the source; if it has none, the
    /// name of the value's type.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..self
        }
    }

    /// Sets how many entries [`Control::explain`](crate::Control::explain) keeps: 4096 at most. Default: 32. With 0, nothing is
    /// recorded and no memory is used.
    ///
    /// Repetitions share one entry, so an idle service keeps about five entries.
    pub fn flight_recorder(mut self, entries: usize) -> Self {
        self.flight = entries;
        self
    }
}
