//! A sender and its receiver, without a service.

use futures_util::{FutureExt, StreamExt};

use super::*;
use crate::error::{Error, ErrorKind};
use crate::revision::Revision;

fn gone() -> Error {
    Error::new(ErrorKind::Denied, "gone")
}

#[test]
fn many_hints_are_one_and_the_end_follows() {
    let (sender, mut hints) = HintSender::pair();
    (0..100_000).for_each(|_| sender.hint());
    sender.lost(&gone());
    sender.lost(&Error::new(ErrorKind::Other, "a second reason"));
    assert_eq!(
        hints.next().now_or_never().unwrap().ok(),
        Some(Signal::Hint)
    );
    for _ in 0..2 {
        let end = hints.next().now_or_never().unwrap().unwrap_err();
        assert_eq!((end.kind(), end.message()), (ErrorKind::Denied, "gone"));
    }
}

#[test]
fn stream_ends_after_the_error() {
    let (sender, mut hints) = HintSender::pair();
    sender.hint();
    sender.lost(&gone());
    assert!(
        matches!(&all(&mut hints)[..], [Ok(Signal::Hint), Err(error)] if error.message() == "gone")
    );
}

#[test]
fn dropping_the_last_sender_ends_the_watch() {
    let (sender, mut hints) = HintSender::pair();
    let other = sender.clone();
    drop(sender);
    assert!(hints.next().now_or_never().is_none());
    other.hint();
    drop(other);
    assert!(hints.next().now_or_never().unwrap().is_ok());
    let end = hints.next().now_or_never().unwrap().unwrap_err();
    assert_eq!(end.kind(), ErrorKind::Unavailable);
}

#[test]
fn sender_sees_that_the_receiver_is_gone() {
    let (sender, hints) = HintSender::pair();
    assert!(!sender.is_closed());
    drop(hints);
    assert!(sender.is_closed());
    sender.hint();
    sender.lost(&gone());
}

#[tokio::test]
async fn receiver_is_woken_by_hint_loss_and_drop() {
    let ways: [fn(HintSender); 3] = [
        |sender| sender.hint(),
        |sender| sender.lost(&gone()),
        |sender| drop(sender),
    ];
    for way in ways {
        let (sender, mut hints) = HintSender::pair();
        let (waiting, ()) = tokio::join!(hints.next(), async {
            tokio::task::yield_now().await;
            way(sender);
        });
        // A hint before the end is still returned.
        assert!(waiting.is_ok() || hints.next().await.is_err());
    }
}

fn content(text: &str) -> Content {
    Content::new(text, Revision::new(text))
}

fn send(sender: &HintSender, text: &str) {
    sender.content(text, Revision::new(text));
}

fn all(hints: &mut Hints) -> Vec<Result<Signal, Error>> {
    std::iter::from_fn(|| StreamExt::next(hints).now_or_never().flatten()).collect()
}

#[test]
fn latest_content_replaces_older_content_and_hints() {
    let (sender, mut hints) = HintSender::pair();
    sender.hint();
    (0..1000).for_each(|number| send(&sender, &number.to_string()));
    send(&sender, "latest");
    sender.lost(&gone());
    assert!(matches!(
        &all(&mut hints)[..],
        [Ok(Signal::Content(latest)), Err(_)] if *latest == content("latest")
    ));
}

#[test]
fn hint_after_content_replaces_the_content() {
    let (sender, mut hints) = HintSender::pair();
    send(&sender, "older");
    sender.hint();
    assert!(matches!(&all(&mut hints)[..], [Ok(Signal::Hint)]));
}

#[test]
fn sign_of_life_is_seen_if_nothing_else_came() {
    let (sender, mut hints) = HintSender::pair();
    sender.alive();
    sender.alive();
    assert!(matches!(&all(&mut hints)[..], [Ok(Signal::Alive)]));
    sender.alive();
    sender.hint();
    assert!(matches!(&all(&mut hints)[..], [Ok(Signal::Hint)]));
}

#[test]
fn content_after_the_end_of_the_receiver_is_dropped() {
    let (sender, hints) = HintSender::pair();
    drop(hints);
    let bytes = vec![0; 1 << 20];
    sender.content(bytes, Revision::new("1"));
    assert!(sender.is_closed());
}

#[test]
fn p18_debug_output_hides_the_bytes_of_content() {
    let shown = format!("{:?}", Signal::Content(content("canary")));
    assert!(!shown.contains("canary"), "{shown}");
    assert!(shown.contains("len: 6"), "{shown}");
}

#[test]
fn unread_signal_is_noticed_without_being_taken() {
    let ways: [fn(&HintSender); 3] = [
        |sender| sender.hint(),
        |sender| sender.content("a", Revision::from(1_u64)),
        |sender| sender.alive(),
    ];
    for way in ways {
        let (sender, mut hints) = HintSender::pair();
        assert!(!hints.has_unread());
        way(&sender);
        assert!(hints.has_unread() && hints.has_unread());
        assert!(hints.next().now_or_never().unwrap().is_ok());
        assert!(!hints.has_unread());
    }
}
