//! A guard is for a few lines: a task that may move to another thread cannot keep one while it waits.

use std::future::ready;

use hot_reload::Live;

/// What `tokio::spawn` asks for, written down here so that what is expected does not change with tokio's sources.
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    drop(task);
}

fn main() {
    let live = Live::fixed(8080);
    spawn(async move {
        let port = live.load();
        ready(()).await;
        assert_eq!(*port, 8080);
    });
}
