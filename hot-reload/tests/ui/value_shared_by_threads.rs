//! The twin of `value_bound_to_its_thread`, with `Arc` in place of `Rc`.

use std::sync::Arc;
use std::thread;

use hot_reload::Live;

/// Takes to another thread whatever may go there. (A method, because the compiler's message for a function lists all parts
/// of the type.)
trait Away {
    fn away(self);
}

impl<T: Send + 'static> Away for T {
    fn away(self) {
        thread::spawn(move || drop(self));
    }
}

pub(crate) fn main() {
    let live = Live::fixed(Arc::new(8080));
    live.away();
}
