//! A handle goes to another thread only if its value may be read there.

use std::rc::Rc;
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

fn main() {
    let live = Live::fixed(Rc::new(8080));
    live.away();
}
