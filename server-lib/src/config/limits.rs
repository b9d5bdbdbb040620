//! [`Limits`]: sizes, counts and timeouts for clients.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::number::number;

/// Sizes, counts and timeouts for clients.
///
/// A change in the configuration takes effect while the server runs. A limit that cuts clients off is logged under the
/// name of its key, at most once in ten seconds, with the number of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Limits {
    /// The most open connections. Beyond it, the one that has waited longest without a request is closed. Default: 4096,
    /// which takes some 40 MiB. The limit of open files lowers it, so that loads always have descriptors.
    pub max_connections: usize,
    /// The most requests in progress; beyond it the response is 503. A request that waits for its client does not count.
    /// Default: 1024.
    pub max_concurrent_requests: usize,
    /// The largest head of a request; beyond it the response is 431. Default: 32 KiB, as in common proxies.
    pub max_head_bytes: usize,
    /// The largest body of a request; beyond it the response is 413. Bodies are discarded. Default: 1 MiB.
    pub max_body_bytes: usize,
    /// The time for the TLS handshake, and again for the head of a request. The response to an incomplete head is 408.
    /// Default: 10 s, enough for the slowest handshake over a bad mobile link.
    pub head_timeout: Duration,
    /// The longest pause within a body; after it the response is 408. Default: 5 s, enough for several retransmissions.
    pub body_timeout: Duration,
    /// The time from the end of a request's head to its response; after it the response is 408. Default: 10 s.
    pub request_timeout: Duration,
    /// How long a connection may wait for its next request. Default: 60 s, longer than the connection pools of common
    /// clients wait.
    pub idle_timeout: Duration,
    /// The time for each 64 KiB of a response, and for the rest. A slower client is cut off, since it keeps replaced content
    /// in memory. Default: 30 s, which requires 2 KiB a second.
    pub send_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            max_concurrent_requests: 1024,
            max_head_bytes: 32 * 1024,
            max_body_bytes: 1024 * 1024,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            send_timeout: Duration::from_secs(30),
        }
    }
}

/// The table `[limits]` of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsTable {
    max_connections: Option<Count>,
    max_concurrent_requests: Option<Count>,
    max_head_bytes: Option<HeadBytes>,
    max_body_bytes: Option<Count>,
    head_timeout_ms: Option<Milliseconds>,
    body_timeout_ms: Option<Milliseconds>,
    request_timeout_ms: Option<Milliseconds>,
    idle_timeout_ms: Option<Milliseconds>,
    send_timeout_ms: Option<Milliseconds>,
}

impl From<LimitsTable> for Limits {
    fn from(table: LimitsTable) -> Self {
        let default = Self::default();
        let count = |given: Option<Count>, otherwise| given.map_or(otherwise, |count| count.0);
        let time = |given: Option<Milliseconds>, otherwise| given.map_or(otherwise, |time| time.0);
        Self {
            max_connections: count(table.max_connections, default.max_connections),
            max_concurrent_requests: count(
                table.max_concurrent_requests,
                default.max_concurrent_requests,
            ),
            max_head_bytes: table
                .max_head_bytes
                .map_or(default.max_head_bytes, |bytes| bytes.0),
            max_body_bytes: count(table.max_body_bytes, default.max_body_bytes),
            head_timeout: time(table.head_timeout_ms, default.head_timeout),
            body_timeout: time(table.body_timeout_ms, default.body_timeout),
            request_timeout: time(table.request_timeout_ms, default.request_timeout),
            idle_timeout: time(table.idle_timeout_ms, default.idle_timeout),
            send_timeout: time(table.send_timeout_ms, default.send_timeout),
        }
    }
}

/// A count, at least 1.
#[derive(Debug, Clone, Copy)]
struct Count(usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // 2^32 - 1 exceeds every real use, and arithmetic with it cannot overflow.
        number(
            deserializer,
            1..=u64::from(u32::MAX),
            "a whole number from 1 to 4294967295",
        )
        .map(Self)
    }
}

/// The size of a head. The parser needs at least 8 KiB; no client sends more than 1 MiB.
#[derive(Debug, Clone, Copy)]
struct HeadBytes(usize);

impl<'de> Deserialize<'de> for HeadBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number(
            deserializer,
            8192..=1024 * 1024,
            "a number of bytes from 8192 to 1048576",
        )
        .map(Self)
    }
}

/// A time of at most a day.
#[derive(Debug, Clone, Copy)]
struct Milliseconds(Duration);

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number(
            deserializer,
            1..=86_400_000,
            "a number of milliseconds from 1 to 86400000",
        )
        .map(|number: u64| Self(Duration::from_millis(number)))
    }
}
