//! A guard is not `Send`: a spawned task cannot keep it across an `.await`.

use std::future::ready;

use hot_reload::Live;

/// The bounds of `tokio::spawn`, repeated here so that the expected message does not change with tokio.
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
