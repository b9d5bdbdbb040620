//! The twin of `value_bound_to_its_thread`: `Arc` in the place of `Rc`, and nothing else.

use std::sync::Arc;
use std::thread;

use hot_reload::Live;

/// Takes to another thread whatever may go there. (A method, since of a missing bound of a function the compiler tells with
/// everything that the type is made of.)
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
