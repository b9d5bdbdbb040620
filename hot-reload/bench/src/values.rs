//! The values for reading.

use std::fmt::Debug;

/// A value with one number that its readers read.
pub trait Value: Clone + Debug + Eq + Send + Sync + 'static {
    fn sample() -> Self;

    /// The part that is read. It is zero in every sample, so that the next read can be made to depend on it.
    fn part(&self) -> &u64;

    #[inline(always)]
    fn number(&self) -> u64 {
        *self.part()
    }
}

/// What the configuration of a server looks like: a few numbers and five strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub listen: String,
    pub certificate: String,
    pub key: String,
    pub upstream: String,
    pub log: String,
    pub workers: usize,
    pub timeout_ms: u64,
    pub compress: bool,
    pub limits: Limits,
}

/// A part of a [`Config`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub body: u64,
    pub delay_ms: u64,
}

impl Value for Config {
    fn sample() -> Self {
        Self {
            listen: "127.0.0.1:8443".to_owned(),
            certificate: "/etc/server/tls/certificate.pem".to_owned(),
            key: "/etc/server/tls/key.pem".to_owned(),
            upstream: "http://backend.internal:8080".to_owned(),
            log: "info,server=debug".to_owned(),
            workers: 8,
            timeout_ms: 30_000,
            compress: true,
            limits: Limits {
                body: 1 << 20,
                delay_ms: 0,
            },
        }
    }

    fn part(&self) -> &u64 {
        &self.limits.delay_ms
    }
}

/// A value of 4 KiB: a thousand of them do not fit into the nearest cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    number: u64,
    rest: [u64; 511],
}

impl Value for Page {
    fn sample() -> Self {
        Self {
            number: 0,
            rest: [7; 511],
        }
    }

    fn part(&self) -> &u64 {
        &self.number
    }
}
