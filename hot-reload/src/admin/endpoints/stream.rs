//! `/debug/reload/stream`: server-sent events. First a snapshot of all statuses, then each event.
//!
//! A client has a cursor into the ring and no queue. So a slow client costs no memory and delays nobody. It loses the oldest
//! events, and learns how many.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use futures_util::future::select;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;

use super::status::statuses;
use crate::admin::answer::shown;
use crate::admin::context::Context;
use crate::admin::query::Query;
use crate::admin::refusal::Refusal;
use crate::event::EventKind;

/// A comment is sent after this time without an event, because proxies close a silent connection after 30 to 60 s.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The number of events that a client gets at once.
const AT_ONCE: usize = 16;

pub(super) async fn stream(
    State(context): State<Arc<Context>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    Query::of(&uri, &[])?;
    let seen = match headers.get("last-event-id") {
        Some(id) => {
            let id = id.to_str().ok().and_then(|id| id.parse().ok());
            Some(id.ok_or_else(|| Refusal::bad_request("`Last-Event-ID` must be a number"))?)
        }
        None => None,
    };
    let permit = Arc::clone(&context.streams).try_acquire_owned();
    let permit = permit.map_err(|_| {
        let text = "too many streams of events are open";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text).retry_after(10)
    })?;
    let client = Client::new(context, seen, permit);
    let frames = stream::unfold(client, Client::next);
    let mut response = Response::new(Body::from_stream(frames));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

struct Client {
    context: Arc<Context>,
    newest: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    /// The id of the last event that it got.
    cursor: u64,
    /// What it gets next.
    frames: VecDeque<Bytes>,
    is_last: bool,
    _permit: OwnedSemaphorePermit,
}

impl Client {
    fn new(context: Arc<Context>, seen: Option<u64>, permit: OwnedSemaphorePermit) -> Self {
        let newest = context.ring.subscribe();
        // Before the snapshot, so that no event is missed between the two.
        let cursor = seen.unwrap_or_else(|| context.ring.newest());
        let snapshot = statuses(&context, &context.registry.targets());
        Self {
            newest,
            closing: context.closing.subscribe(),
            cursor,
            frames: [frame(cursor, "snapshot", &snapshot)].into(),
            is_last: false,
            _permit: permit,
            context,
        }
    }

    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        while self.frames.is_empty() {
            if self.is_last || *self.closing.borrow() {
                return None;
            }
            self.newest.mark_unchanged();
            self.read();
            if self.frames.is_empty() && !self.is_last {
                self.wait().await;
            }
        }
        let frame = self.frames.pop_front()?;
        Some((Ok(frame), self))
    }

    /// Reads the next events.
    fn read(&mut self) {
        let page = self.context.ring.after(self.cursor, AT_ONCE);
        let Some(first) = page.entries.first() else {
            return;
        };
        if page.lost > 0 {
            let lost = json!({"lost": page.lost});
            let lagged = EventKind::Lagged(page.lost);
            let frame = frame(first.id - 1, lagged.as_str(), &lost);
            self.frames.push_back(frame);
        }
        for entry in &page.entries {
            let json = shown(&self.context, &entry.json);
            self.frames.push_back(frame(entry.id, entry.kind, &json));
            self.cursor = entry.id;
        }
        // Nothing follows the stop of the last service, and a server that waits for its clients must end.
        let has_stopped = page
            .entries
            .iter()
            .any(|entry| entry.kind == EventKind::Stopped.as_str());
        self.is_last = has_stopped && self.context.registry.targets().is_empty();
    }

    /// Waits for an event or the end of the server. Without one, the next frame is a comment.
    async fn wait(&mut self) {
        let event = pin!(self.newest.changed());
        let end = pin!(self.closing.changed());
        if timeout(KEEP_ALIVE, select(event, end)).await.is_err() {
            self.frames
                .push_back(Bytes::from_static(b": keep-alive\n\n"));
        }
    }
}

fn frame(id: u64, name: &str, data: &Value) -> Bytes {
    format!("id: {id}\nevent: {name}\ndata: {data}\n\n").into()
}
