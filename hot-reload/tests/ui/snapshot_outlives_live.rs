//! The twin of `guard_outlives_live`: a snapshot is owned, so it may outlive its handle.

use hot_reload::{Live, Snapshot};

fn port() -> Snapshot<u16> {
    let live = Live::fixed(8080);
    live.get()
}

pub(crate) fn main() {
    let live = Live::fixed(8080_u16);
    let snapshot = live.get();
    drop(live);
    assert_eq!(*snapshot, *port());
}
