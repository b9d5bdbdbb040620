//! Which connections are evicted, and what the reserve permits.

use std::pin::pin;
use std::task::{Context, Waker};

use tokio::time::advance;

use super::*;

/// Whether a future is ready without waiting.
fn now(work: impl Future) -> bool {
    pin!(work)
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_ready()
}

fn limit() -> Arc<ConnectionLimit> {
    Arc::default()
}

#[tokio::test(start_paused = true)]
async fn silent_connections_are_evicted_first_then_the_longest_idle() {
    let limit = limit();
    let served = limit.try_acquire(4).unwrap();
    served.mark_busy();
    served.mark_evictable(Class::Idle);
    let silent = limit.try_acquire(4).unwrap();
    let busy = limit.try_acquire(4).unwrap();
    busy.mark_busy();
    let body = limit.try_acquire(4).unwrap();
    body.mark_evictable(Class::Body);
    advance(GRACE).await;

    let first = limit.try_acquire(4).unwrap();
    first.mark_busy();
    assert!(!first.over_limit && now(silent.evicted()));
    assert!(!now(served.evicted()));
    let second = limit.try_acquire(4).unwrap();
    second.mark_busy();
    assert!(!second.over_limit && now(served.evicted()));
    assert!(!now(body.evicted()));
    let third = limit.try_acquire(4).unwrap();
    third.mark_busy();
    assert!(!third.over_limit && now(body.evicted()));
    let fourth = limit.try_acquire(4).unwrap();
    assert!(fourth.over_limit, "no connection can be evicted");
    assert!(!now(busy.evicted()));
}

#[test]
fn reserve_is_bounded_and_released_again() {
    let limit = limit();
    let mut permits: Vec<_> = (0..2 + RESERVE)
        .map(|_| {
            let permit = limit.try_acquire(2).unwrap();
            permit.mark_busy();
            permit
        })
        .collect();
    assert_eq!(
        permits.iter().filter(|permit| permit.over_limit).count(),
        RESERVE
    );
    assert!(limit.try_acquire(2).is_none());
    permits.truncate(1);
    assert!(!limit.try_acquire(2).unwrap().over_limit);
    drop(permits);
    let state = limit.state();
    assert_eq!(
        (state.open, state.evicted, state.evictable.len()),
        (0, 0, 0)
    );
}

#[test]
fn limit_below_the_open_connections_permits_only_the_reserve() {
    let limit = limit();
    let permits: Vec<_> = (0..100)
        .map(|_| {
            let permit = limit.try_acquire(100).unwrap();
            permit.mark_busy();
            permit
        })
        .collect();
    assert!(limit.try_acquire(1).is_none());
    drop(permits);
    assert!(!limit.try_acquire(1).unwrap().over_limit);
}

#[tokio::test(start_paused = true)]
async fn new_connection_stays_while_others_are_idle_for_longer() {
    let limit = limit();
    let served = limit.try_acquire(2).unwrap();
    served.mark_busy();
    served.mark_evictable(Class::Idle);
    let body = limit.try_acquire(2).unwrap();
    body.mark_busy();
    body.mark_evictable(Class::Body);
    advance(GRACE).await;

    let first = limit.try_acquire(2).unwrap();
    assert!(!first.over_limit && now(served.evicted()));
    let second = limit.try_acquire(2).unwrap();
    assert!(!second.over_limit && now(body.evicted()));
    assert!(!now(first.evicted()));
    let third = limit.try_acquire(2).unwrap();
    assert!(!third.over_limit, "one has to be evicted");
    assert!(now(first.evicted()) && !now(second.evicted()));
}

#[test]
fn lowered_limit_evicts_all_idle_connections_beyond_it() {
    let limit = limit();
    let idle: Vec<_> = (0..100).map(|_| limit.try_acquire(100).unwrap()).collect();
    assert!(
        limit.try_acquire(10).is_none(),
        "their permits are not released yet"
    );
    let evicted = idle.iter().filter(|permit| permit.is_evicted()).count();
    assert_eq!(evicted, 91);
    drop(idle);
    assert!(!limit.try_acquire(10).unwrap().over_limit);
}

#[test]
fn no_more_connections_are_evicted_than_necessary() {
    let limit = limit();
    let idle: Vec<_> = (0..100).map(|_| limit.try_acquire(100).unwrap()).collect();
    let new: Vec<_> = (0..RESERVE)
        .map(|_| limit.try_acquire(100).unwrap())
        .collect();
    assert!(new.iter().all(|permit| !permit.over_limit));
    assert!(limit.try_acquire(100).is_none());
    let evicted = idle.iter().filter(|permit| permit.is_evicted()).count();
    assert_eq!(evicted, RESERVE + 1);
}

#[test]
fn connection_evicted_during_a_request_is_not_evictable_again() {
    let limit = limit();
    let permit = limit.try_acquire(1).unwrap();
    let _other = limit.try_acquire(1).unwrap();
    permit.mark_busy();
    permit.mark_evictable(Class::Idle);
    assert!(now(permit.evicted()));
    assert_eq!(limit.state().evictable.len(), 1);
}
