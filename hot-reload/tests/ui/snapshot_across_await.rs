//! The twin of `guard_across_await`: `get()` in the place of `load()`, and nothing else.

use std::future::ready;

use hot_reload::Live;

/// What `tokio::spawn` asks for, written down here so that what is expected does not change with tokio's sources.
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    drop(task);
}

pub(crate) fn main() {
    let live = Live::fixed(8080);
    spawn(async move {
        let port = live.get();
        ready(()).await;
        assert_eq!(*port, 8080);
    });
}
