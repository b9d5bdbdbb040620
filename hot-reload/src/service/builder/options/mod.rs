//! The options of a [`Builder`], by subject: time, checks, and the values beside the visible one.

mod checks;
#[cfg(feature = "last-good")]
mod last_good;
mod observers;
#[cfg(feature = "diff")]
mod restart;
mod timing;
mod values;

use super::Builder;

impl<T, V, S> Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// What logs and the status call the value.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    /// How many entries [`Control::explain`](crate::Control::explain) goes back: 32, unless this says otherwise, and 4096 at
    /// most. With 0 nothing is recorded, and no memory taken.
    ///
    /// What only repeats itself is one entry, so a service to which nothing happens keeps about five of them.
    pub fn flight_recorder(mut self, entries: usize) -> Self {
        self.flight = entries;
        self
    }
}
