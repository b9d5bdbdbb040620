//! [`Progress`]: the stage of a connection's request, and the deadline of that stage.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::heads::{Heads, is_line_break};
use crate::config::Limits;
use crate::connection_limit::{Class, ConnectionPermit};

/// The bytes of a response that a client has to take within one send timeout.
const SEND_PORTION: usize = 64 * 1024;

/// The time left for a half-sent head once the server stops.
const STOP_HEAD_TIMEOUT: Duration = Duration::from_millis(500);

/// The stage of a connection's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// No byte has arrived yet.
    Silent,
    /// Part of a head has arrived.
    Head,
    /// The body is being read. The request has timeouts of its own.
    Body,
    /// The request is in progress.
    Work,
    /// The response is being sent.
    Send,
    /// The last response was sent, and no byte of the next request has arrived.
    Idle,
}

/// The stage of a connection's request. Its transport and its service write it; its task reads it.
pub(crate) struct Progress {
    state: Mutex<State>,
    pub(super) permit: ConnectionPermit,
}

#[derive(Debug)]
struct State {
    stage: Stage,
    /// When the stage began, or the last portion of a response was taken.
    since: Instant,
    /// The bytes sent of the current portion.
    sent: usize,
    /// Whether the transport's next flush ends the response.
    is_handed_over: bool,
    /// When the server started to stop.
    stopping: Option<Instant>,
    /// Whether part of the request's body may be unread.
    is_unread: bool,
    heads: Heads,
}

impl Progress {
    pub(super) fn new(permit: ConnectionPermit) -> Self {
        Self {
            state: Mutex::new(State {
                stage: Stage::Silent,
                since: Instant::now(),
                sent: 0,
                is_handed_over: false,
                stopping: None,
                is_unread: false,
                heads: Heads::default(),
            }),
            permit,
        }
    }

    /// Whether the connection is beyond the limit of connections, so that it gets one response only.
    pub(crate) fn is_over_limit(&self) -> bool {
        self.permit.over_limit
    }

    /// Enters [`Stage::Silent`] anew: a TLS handshake is over, if there was one.
    pub(super) fn open(&self) {
        self.state().enter(Stage::Silent);
    }

    /// Notes that a request begins, with a body of this length, `None` if it comes in chunks.
    pub(crate) fn begin(&self, body: Option<u64>) {
        self.state().heads.request(body);
        self.work();
    }

    /// Enters [`Stage::Work`]: the head is complete and there is no body to read.
    pub(crate) fn work(&self) {
        self.state().enter(Stage::Work);
        self.permit.mark_busy();
    }

    /// Enters the stage in which the body is read.
    pub(crate) fn read_body(&self) {
        self.state().enter(Stage::Body);
        self.permit.mark_evictable(Class::Body);
    }

    /// Enters the stage in which the response is sent.
    pub(crate) fn respond(&self) {
        let mut state = self.state();
        state.enter(Stage::Send);
        state.sent = 0;
        state.is_handed_over = false;
    }

    /// Notes that the connection has the whole response.
    pub(crate) fn handed_over(&self) {
        self.state().is_handed_over = true;
    }

    /// Notes that the rest of the request's body stays unread.
    pub(crate) fn leave_unread(&self) {
        self.state().is_unread = true;
    }

    pub(super) fn is_unread(&self) -> bool {
        self.state().is_unread
    }

    /// Notes bytes that have arrived. Empty lines before a request do not begin it.
    pub(super) fn read(&self, bytes: &[u8]) {
        let mut state = self.state();
        if matches!(state.stage, Stage::Silent | Stage::Idle) {
            if bytes.iter().copied().all(is_line_break) {
                return;
            }
            state.heads.begin();
            state.enter(Stage::Head);
        }
        state.heads.read(bytes);
    }

    pub(super) fn wrote(&self, bytes: usize) {
        let mut state = self.state();
        state.sent += bytes;
        if state.stage == Stage::Send && state.sent >= SEND_PORTION {
            state.sent = 0;
            state.since = Instant::now();
        }
    }

    pub(super) fn flushed(&self) {
        let mut state = self.state();
        if state.stage == Stage::Send && state.is_handed_over {
            let next = match state.heads.next_has_begun() {
                true => Stage::Head,
                false => Stage::Idle,
            };
            state.enter(next);
            drop(state);
            self.permit.mark_evictable(Class::Idle);
        }
    }

    /// Notes that the server stops.
    pub(super) fn stop(&self) {
        self.state().stopping.get_or_insert_with(Instant::now);
    }

    pub(super) fn stage(&self) -> Stage {
        self.state().stage
    }

    /// Whether the connection can end now without losing a request or a response.
    pub(super) fn is_waiting(&self) -> bool {
        !matches!(self.stage(), Stage::Work | Stage::Send)
    }

    /// The deadline of the current stage.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Instant> {
        let state = self.state();
        let time = match state.stage {
            Stage::Silent | Stage::Head => limits.head_timeout,
            Stage::Idle => limits.idle_timeout,
            Stage::Send => return Some(state.since + limits.send_timeout),
            Stage::Body | Stage::Work => return None,
        };
        let usual = state.since + time;
        Some(match state.stopping {
            // A response that ends after the stop leaves a moment, too, in which HTTP ends the connection in order.
            Some(stopping) => usual.min(stopping.max(state.since) + STOP_HEAD_TIMEOUT),
            None => usual,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code under the lock can panic halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::time::advance;

    use super::*;
    use crate::connection_limit::ConnectionLimit;

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

    fn progress() -> Progress {
        Progress::new(Arc::new(ConnectionLimit::default()).try_acquire(1).unwrap())
    }

    /// The seconds until the deadline.
    fn left(progress: &Progress) -> Option<u64> {
        let deadline = progress.deadline(&Limits::default())?;
        Some((deadline - Instant::now()).as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn each_stage_has_its_own_timeout() {
        let progress = progress();
        assert_eq!(left(&progress), Some(10), "the handshake");
        advance(Duration::from_secs(4)).await;
        progress.open();
        assert_eq!(left(&progress), Some(10), "silent");
        advance(Duration::from_secs(4)).await;
        progress.read(HEAD);
        assert_eq!(left(&progress), Some(10), "the head has begun");
        advance(Duration::from_secs(4)).await;
        progress.read(HEAD);
        assert_eq!(
            left(&progress),
            Some(6),
            "another part of the head does not extend the deadline"
        );
        progress.work();
        assert_eq!(left(&progress), None, "the request counts for itself");
        progress.respond();
        assert_eq!(left(&progress), Some(30), "the response is sent");
        progress.handed_over();
        progress.flushed();
        assert_eq!((left(&progress), progress.is_waiting()), (Some(60), true));
        progress.read(HEAD);
        assert_eq!(left(&progress), Some(10), "the next head");
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_pipelined_head_has_the_timeout_of_a_head() {
        for (next, seconds) in [("", 60), ("GET / HT", 10)] {
            let progress = progress();
            progress.read(&[HEAD, next.as_bytes()].concat());
            progress.begin(Some(0));
            progress.respond();
            progress.handed_over();
            progress.flushed();
            assert_eq!(left(&progress), Some(seconds), "{next}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn empty_line_between_requests_leaves_the_idle_timeout() {
        for blank in ["\r", "\n", "\r\n", "\r\n\r\n"] {
            let progress = progress();
            progress.read(&[HEAD, b"body", blank.as_bytes()].concat());
            progress.begin(Some(4));
            progress.respond();
            progress.handed_over();
            progress.flushed();
            assert_eq!(left(&progress), Some(60), "in the same bytes: {blank:?}");
            advance(Duration::from_secs(20)).await;
            progress.read(blank.as_bytes());
            assert_eq!(left(&progress), Some(40), "later: {blank:?}");
            progress.read(&[blank.as_bytes(), b"G"].concat());
            assert_eq!(left(&progress), Some(10), "with a head: {blank:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_whole_portion_extends_the_send_timeout() {
        let progress = progress();
        progress.work();
        progress.respond();
        advance(Duration::from_secs(20)).await;
        progress.wrote(SEND_PORTION - 1);
        assert_eq!(left(&progress), Some(10));
        progress.wrote(1);
        assert_eq!(left(&progress), Some(30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flush_before_the_end_of_a_response_does_not_end_it() {
        let progress = progress();
        progress.work();
        progress.respond();
        progress.flushed();
        assert_eq!(progress.stage(), Stage::Send);
    }

    #[tokio::test(start_paused = true)]
    async fn stop_shortens_the_deadline_of_a_head_but_not_of_a_response() {
        let progress = progress();
        progress.read(HEAD);
        progress.stop();
        assert_eq!(
            progress.deadline(&Limits::default()),
            Some(Instant::now() + STOP_HEAD_TIMEOUT)
        );
        progress.work();
        progress.respond();
        assert_eq!(left(&progress), Some(30));
        advance(Duration::from_secs(5)).await;
        progress.handed_over();
        progress.flushed();
        assert_eq!(
            progress.deadline(&Limits::default()),
            Some(Instant::now() + STOP_HEAD_TIMEOUT),
            "HTTP ends the connection"
        );
    }
}
