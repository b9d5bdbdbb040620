//! A guard borrows from its handle, so the handle must outlive it.

use hot_reload::{Guard, Live};

fn port() -> Guard<'static, u16> {
    let live = Live::fixed(8080);
    live.load()
}

fn main() {
    let live = Live::fixed(8080_u16);
    let guard = live.load();
    drop(live);
    assert_eq!(*guard, *port());
}
