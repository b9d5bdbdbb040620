//! [`Roster`]: counts open connections, and chooses the one that gives way to a new one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// Connections beyond the limit. Each gets one response at once, so that a server at its limit still answers health
/// checks.
pub(crate) const RESERVE: usize = 8;

/// How long a new connection waits for another one to give way.
const PATIENCE: Duration = Duration::from_millis(50);

/// A connection that waits for less than this gives way last. It is enough for a TLS handshake and the head of a request.
const GRACE: Duration = Duration::from_secs(1);

/// All open connections.
#[derive(Default)]
pub(crate) struct Roster {
    book: Mutex<Book>,
    freed: Notify,
}

#[derive(Default)]
struct Book {
    seated: usize,
    /// The number of connections that were asked to give way.
    leaving: usize,
    next: u64,
    /// The connections without a request, in the order in which they give way.
    waiting: BTreeMap<Turn, Waiting>,
}

/// The order in which connections give way. Within a class, the longest wait comes first.
type Turn = (Class, u64);

struct Waiting {
    since: Instant,
    give_way: Arc<GiveWay>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// The connection has never sent a request.
    Silent,
    /// The connection waits for its next request.
    Served,
    /// The client sends a body, which the server discards.
    Body,
    /// The connection is beyond the limit and ends soon.
    Over,
}

#[derive(Default)]
struct GiveWay {
    asked: AtomicBool,
    notify: Notify,
}

/// The place of an open connection.
pub(crate) struct Seat {
    roster: Arc<Roster>,
    /// Whether the connection is beyond the limit.
    pub(crate) over: bool,
    turn: Mutex<Option<Turn>>,
    give_way: Arc<GiveWay>,
}

impl Roster {
    /// Admits a connection. Beyond `most`, it asks a waiting connection to give way. `None` if the reserve is full too.
    pub(crate) fn admit(self: &Arc<Self>, most: usize) -> Option<Seat> {
        let mut book = self.book();
        // Usually one goes, and more after a lowered limit.
        while book.staying() >= most && book.evict(&[Class::Silent, Class::Served, Class::Body]) {}
        let all = most.saturating_add(RESERVE);
        if book.seated >= all {
            if book.staying() >= all {
                book.evict(&[Class::Over]);
            }
            return None;
        }
        let over = book.staying() >= most;
        book.seated += 1;
        drop(book);
        let seat = Seat {
            roster: Arc::clone(self),
            over,
            turn: Mutex::new(None),
            give_way: Arc::default(),
        };
        seat.wait(Class::Silent);
        Some(seat)
    }

    /// Like [`admit`](Self::admit), but waits a moment until the asked connection has given way. Cancel safe.
    pub(crate) async fn admit_soon(self: &Arc<Self>, most: usize) -> Option<Seat> {
        let admitted = async {
            loop {
                let freed = self.freed.notified();
                if let Some(seat) = self.admit(most) {
                    return seat;
                }
                freed.await;
            }
        };
        timeout(PATIENCE, admitted).await.ok()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn staying(&self) -> usize {
        self.seated - self.leaving
    }

    /// Asks the first waiting connection of these classes to give way. Returns whether there is one.
    fn evict(&mut self, classes: &[Class]) -> bool {
        let now = Instant::now();
        let firsts = classes.iter().filter_map(|class| {
            let (turn, first) = self
                .waiting
                .range((*class, 0)..=(*class, u64::MAX))
                .next()?;
            Some((now < first.since + GRACE, *turn))
        });
        let Some(first) = firsts
            .min()
            .and_then(|(_, turn)| self.waiting.remove(&turn))
        else {
            return false;
        };
        first.give_way.asked.store(true, Ordering::Relaxed);
        first.give_way.notify.notify_one();
        self.leaving += 1;
        true
    }
}

impl Seat {
    /// Notes that the connection has a request in progress, so that it does not give way.
    pub(crate) fn busy(&self) {
        if let Some(turn) = self.turn().take() {
            self.roster.book().waiting.remove(&turn);
        }
    }

    /// Waits until the connection is asked to give way. Cancel safe.
    pub(crate) async fn asked_to_give_way(&self) {
        self.give_way.notify.notified().await;
    }

    /// Notes that the connection waits for its client, so that it may give way.
    pub(crate) fn wait(&self, class: Class) {
        self.busy();
        let mut book = self.roster.book();
        if self.is_asked() {
            return;
        }
        let turn = (if self.over { Class::Over } else { class }, book.next);
        book.next += 1;
        let waiting = Waiting {
            since: Instant::now(),
            give_way: Arc::clone(&self.give_way),
        };
        book.waiting.insert(turn, waiting);
        drop(book);
        *self.turn() = Some(turn);
    }

    /// Written and read under the lock of the book.
    fn is_asked(&self) -> bool {
        self.give_way.asked.load(Ordering::Relaxed)
    }

    fn turn(&self) -> MutexGuard<'_, Option<Turn>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.busy();
        let mut book = self.roster.book();
        book.seated -= 1;
        if self.is_asked() {
            book.leaving -= 1;
        }
        drop(book);
        self.roster.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
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

    fn roster() -> Arc<Roster> {
        Arc::default()
    }

    #[tokio::test(start_paused = true)]
    async fn silent_connections_give_way_first_then_the_longest_waiting() {
        let roster = roster();
        let served = roster.admit(4).unwrap();
        served.busy();
        served.wait(Class::Served);
        let silent = roster.admit(4).unwrap();
        let busy = roster.admit(4).unwrap();
        busy.busy();
        let body = roster.admit(4).unwrap();
        body.wait(Class::Body);
        advance(GRACE).await;

        let first = roster.admit(4).unwrap();
        first.busy();
        assert!(!first.over && now(silent.asked_to_give_way()));
        assert!(!now(served.asked_to_give_way()));
        let second = roster.admit(4).unwrap();
        second.busy();
        assert!(!second.over && now(served.asked_to_give_way()));
        assert!(!now(body.asked_to_give_way()));
        let third = roster.admit(4).unwrap();
        third.busy();
        assert!(!third.over && now(body.asked_to_give_way()));
        let fourth = roster.admit(4).unwrap();
        assert!(fourth.over, "no connection can give way");
        assert!(!now(busy.asked_to_give_way()));
    }

    #[test]
    fn reserve_is_bounded_and_freed_again() {
        let roster = roster();
        let mut seats: Vec<_> = (0..2 + RESERVE)
            .map(|_| {
                let seat = roster.admit(2).unwrap();
                seat.busy();
                seat
            })
            .collect();
        assert_eq!(seats.iter().filter(|seat| seat.over).count(), RESERVE);
        assert!(roster.admit(2).is_none());
        seats.truncate(1);
        assert!(!roster.admit(2).unwrap().over);
        drop(seats);
        let book = roster.book();
        assert_eq!((book.seated, book.leaving, book.waiting.len()), (0, 0, 0));
    }

    #[test]
    fn limit_below_the_open_connections_admits_only_the_reserve() {
        let roster = roster();
        let seats: Vec<_> = (0..100)
            .map(|_| {
                let seat = roster.admit(100).unwrap();
                seat.busy();
                seat
            })
            .collect();
        assert!(roster.admit(1).is_none());
        drop(seats);
        assert!(!roster.admit(1).unwrap().over);
    }

    #[tokio::test(start_paused = true)]
    async fn new_connection_keeps_its_place_while_others_wait_for_longer() {
        let roster = roster();
        let served = roster.admit(2).unwrap();
        served.busy();
        served.wait(Class::Served);
        let body = roster.admit(2).unwrap();
        body.busy();
        body.wait(Class::Body);
        advance(GRACE).await;

        let first = roster.admit(2).unwrap();
        assert!(!first.over && now(served.asked_to_give_way()));
        let second = roster.admit(2).unwrap();
        assert!(!second.over && now(body.asked_to_give_way()));
        assert!(!now(first.asked_to_give_way()));
        let third = roster.admit(2).unwrap();
        assert!(!third.over, "somebody has to go");
        assert!(now(first.asked_to_give_way()) && !now(second.asked_to_give_way()));
    }

    #[test]
    fn lowered_limit_closes_all_waiting_connections_beyond_it() {
        let roster = roster();
        let idle: Vec<_> = (0..100).map(|_| roster.admit(100).unwrap()).collect();
        assert!(roster.admit(10).is_none(), "their places are not free yet");
        let asked = idle.iter().filter(|seat| seat.is_asked()).count();
        assert_eq!(asked, 91);
        drop(idle);
        assert!(!roster.admit(10).unwrap().over);
    }

    #[test]
    fn no_more_connections_are_asked_than_necessary() {
        let roster = roster();
        let idle: Vec<_> = (0..100).map(|_| roster.admit(100).unwrap()).collect();
        let new: Vec<_> = (0..RESERVE).map(|_| roster.admit(100).unwrap()).collect();
        assert!(new.iter().all(|seat| !seat.over));
        assert!(roster.admit(100).is_none());
        let asked = idle.iter().filter(|seat| seat.is_asked()).count();
        assert_eq!(asked, RESERVE + 1);
    }

    #[test]
    fn connection_asked_during_a_request_does_not_wait_again() {
        let roster = roster();
        let seat = roster.admit(1).unwrap();
        let _other = roster.admit(1).unwrap();
        seat.busy();
        seat.wait(Class::Served);
        assert!(now(seat.asked_to_give_way()));
        assert_eq!(roster.book().waiting.len(), 1);
    }
}
