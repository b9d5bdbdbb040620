//! The methods that register a [`Callback`](super::Callback), once for all handles.

use futures_util::Stream;

use crate::runtime::callbacks::Callbacks;
use crate::snapshot::Generation;

/// A handle on which callbacks are registered. Its stream does not keep the service running.
pub(crate) trait Followed: 'static {
    /// What a function is called with.
    type Item: Clone + Send + Sync + 'static;

    /// Whether two publications are no change, if that can be.
    const IS_SAME: Option<IsSame<Self::Item>> = None;

    /// The visible item, which counts as seen, and the publications after it.
    fn publications(
        &self,
    ) -> (
        Option<Self::Item>,
        impl Stream<Item = Self::Item> + Send + 'static,
    );

    /// The callbacks of the service.
    fn callbacks(&self) -> &Callbacks;

    /// The generation of the publication.
    fn generation(item: &Self::Item) -> Generation;
}

pub(crate) type IsSame<T> = fn(&T, &T) -> bool;

/// Writes the methods of a handle that is [`Followed`]: its name, what a function is called with, and the line that makes
/// the handle of the examples, `handle`.
macro_rules! callback_methods {
    ($name:literal, $item:ty, $example:literal) => {
        /// Calls a function for the visible value and then for each change, as [`on_change`](Self::on_change) does.
        ///
        /// Use it to keep something in step with the value from the beginning. Reading the value first and calling
        /// `on_change` second may miss a change in between, or call the function with the older value last.
        ///
        /// ```
        /// # fn set_log_level(_: &str) {}
        #[doc = $example]
        /// handle.for_each(|level| set_log_level(level)).detach();
        /// # }
        /// ```
        ///
        /// # Panics
        ///
        /// Outside of a tokio runtime, unless the feature `blocking` is on. With that feature, a callback that was registered
        /// outside of a runtime runs on the engine's threads.
        #[track_caller]
        pub fn for_each<C>(&self, call: C) -> $crate::live::Callback
        where
            C: FnMut(&$item) + Send + 'static,
        {
            $crate::runtime::require_for_callback(concat!($name, "::for_each"));
            $crate::live::Callback::for_each(self, call)
        }

        /// Calls a function for each change from now on, until the [`Callback`](crate::live::Callback) is dropped or the
        /// service has stopped.
        ///
        /// Calls never overlap, follow the order of generations, and run on threads on which they may block. A slow function
        /// delays neither the service, nor readers, nor other callbacks: it misses values and is then called with the newest
        /// one. A panic is logged, and the next change calls the function again. The last value before the end of the service
        /// is not missed.
        ///
        /// A callback does not keep the service running, unless the function itself holds a handle. An async `stop` does not wait
        /// for its calls; [`Callback::finished`](crate::live::Callback::finished) does. The `stop` of a blocking service waits.
        ///
        /// ```
        #[doc = $example]
        /// let callback = handle.on_change(|motto| println!("{}: {}", motto.generation(), **motto));
        /// // Runs until the service stops. To end it earlier, keep the callback and drop it.
        /// callback.detach();
        /// # }
        /// ```
        ///
        /// # Panics
        ///
        /// Outside of a tokio runtime, unless the feature `blocking` is on. With that feature, a callback that was registered
        /// outside of a runtime runs on the engine's threads.
        #[track_caller]
        pub fn on_change<C>(&self, call: C) -> $crate::live::Callback
        where
            C: FnMut(&$item) + Send + 'static,
        {
            $crate::runtime::require_for_callback(concat!($name, "::on_change"));
            $crate::live::Callback::on_change(self, call)
        }

        /// Calls a function for each change from now on, with the old and the new value. Otherwise as
        /// [`on_change`](Self::on_change).
        ///
        /// `old` is the value that the previous call got as `new`, even if that call panicked. For the first call, it is the value
        /// that was visible at the registration; `None` if there was none. A slow function gets several changes as one
        /// step, from its last value to the newest.
        ///
        /// Between two calls, the callback keeps only the visible value in memory.
        ///
        /// ```
        #[doc = $example]
        /// let callback = handle.on_change_from(|old, new| match old {
        ///     Some(old) => println!("{} -> {}", **old, **new),
        ///     None => println!("begins with {}", **new),
        /// });
        /// # drop(callback);
        /// # }
        /// ```
        ///
        /// # Panics
        ///
        /// Outside of a tokio runtime, unless the feature `blocking` is on. With that feature, a callback that was registered
        /// outside of a runtime runs on the engine's threads.
        #[track_caller]
        pub fn on_change_from<C>(&self, call: C) -> $crate::live::Callback
        where
            C: FnMut(Option<&$item>, &$item) + Send + 'static,
        {
            $crate::runtime::require_for_callback(concat!($name, "::on_change_from"));
            $crate::live::Callback::on_change_from(self, call)
        }
    };
}

pub(crate) use callback_methods;
