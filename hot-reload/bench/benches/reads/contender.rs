//! [`Contender`]: a way to share a value that is replaced from time to time.

/// Holds one value, which threads read while another may replace it.
pub(crate) trait Contender<V>: Send + Sync {
    /// How the files and tables of a run call it.
    const NAME: &'static str;

    /// What a thread reads through.
    type Handle;

    fn handle(&self) -> Self::Handle;

    /// Reads the newest value, and takes the number out of it.
    fn read(handle: &mut Self::Handle) -> u64;

    fn publish(&self, value: V);
}
