//! [`Contender`]: a way to share a value that is replaced from time to time.

/// Holds one value, which threads read while another may replace it.
pub(crate) trait Contender<V>: Send + Sync {
    /// Its name in the files and tables of a run.
    const NAME: &'static str;

    /// The handle through which a thread reads.
    type Handle;

    fn handle(&self) -> Self::Handle;

    /// Reads the newest value, and returns its number.
    fn read(handle: &mut Self::Handle) -> u64;

    fn publish(&self, value: V);
}
