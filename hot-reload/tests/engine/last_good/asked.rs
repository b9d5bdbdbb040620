//! Overlapping saves, saves with a dropped future, and saves without a thread.

use std::task::Poll;

use futures_util::{FutureExt, poll};
use hot_reload::error::ErrorKind;

use super::{published, texts};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn last_of_many_concurrent_saves_remains() {
    for _ in 0..20 {
        let (last_good, _folder) = texts();
        // Each is asked for in turn, and done whenever a thread comes to it, some at once.
        let mut begun = Vec::new();
        for number in 0..8 {
            let last_good = last_good.clone();
            let text = format!("value {number}");
            let mut save = Box::pin(async move { last_good.save(published(text)).await });
            match poll!(&mut save) {
                Poll::Ready(saved) => saved.unwrap(),
                Poll::Pending => begun.push(save),
            }
        }
        begun.truncate(4);
        for save in begun {
            save.await.unwrap();
        }
        // Saves with dropped futures continue; a later save comes last.
        last_good.save(published("newest")).await.unwrap();
        let restored = last_good.restore().await.unwrap().unwrap();
        assert_eq!(restored.value(), "newest");
    }
}

#[test]
fn save_with_a_dropped_future_still_completes() {
    let (last_good, _folder) = texts();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut save = Box::pin(last_good.save(published("value")));
        let _ = poll!(&mut save);
    });
    // Waits for the threads that are at work.
    drop(runtime);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let restored = runtime.block_on(last_good.restore()).unwrap().unwrap();
    assert_eq!(restored.value(), "value");
}

#[test]
fn save_without_a_runtime_is_an_error() {
    let (last_good, _folder) = texts();
    let saved = last_good.save(published("value")).now_or_never().unwrap();
    assert_eq!(saved.unwrap_err().kind(), ErrorKind::Unavailable);
    let restored = last_good.restore().now_or_never().unwrap();
    assert_eq!(restored.unwrap_err().kind(), ErrorKind::Unavailable);
}
