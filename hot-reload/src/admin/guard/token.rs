//! [`Token`]: the token that requests must have, from a file that is kept fresh.

use std::path::Path;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use subtle::ConstantTimeEq;

use crate::admin::refusal::Refusal;
use crate::error::Error;
use crate::live::Live;
use crate::runtime;
use crate::service::{Builder, Control, ReloaderService};
use crate::source::{DecodeWith, File, Source};
use crate::watch::RealtimeWatch;

/// The fewest and the most characters. Sixteen random ones cannot be guessed.
const LENGTH: (usize, usize) = (16, 1024);

pub(in crate::admin) struct Token {
    live: Live<Secret>,
    /// Keeps the service running.
    _control: Control<Secret>,
}

#[derive(PartialEq)]
struct Secret(Box<[u8]>);

impl Token {
    /// Returns after the first token.
    pub(in crate::admin) async fn start(path: &Path) -> Result<Self, Error> {
        Ok(service(path).start().await?.into())
    }

    /// Until the first token, no request is accepted.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[track_caller]
    pub(in crate::admin) fn start_in_background(path: &Path) -> Self {
        runtime::require("Admin::router");
        service(path).start_in_background().into()
    }

    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let refused = |text| Err(Refusal::new(StatusCode::UNAUTHORIZED, text));
        let Some(given) = bearer(headers) else {
            return refused("a token is needed: `Authorization: Bearer TOKEN`");
        };
        let Some(expected) = self.live.try_get() else {
            return refused("the token file has not been loaded yet");
        };
        match bool::from(expected.0.ct_eq(given)) {
            true => Ok(()),
            false => refused("the token is wrong"),
        }
    }
}

impl From<(Live<Secret>, Control<Secret>)> for Token {
    fn from((live, _control): (Live<Secret>, Control<Secret>)) -> Self {
        Self { live, _control }
    }
}

fn service(path: &Path) -> Builder<impl RealtimeWatch<Secret, String> + use<>, Secret, String> {
    let file = File::new(path).max_size(4 * LENGTH.1 as u64);
    let decoder = DecodeWith::new(decode);
    ReloaderService::watch(file.decode(decoder)).name("admin token")
}

/// The bearer token of a request. Other schemes do not count, because a browser sends a password that it knows to a page of any
/// site.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

fn decode(bytes: &[u8]) -> Result<Secret, String> {
    let (fewest, most) = LENGTH;
    let token = bytes.trim_ascii();
    match token.len() {
        length if length < fewest => Err(format!("the token has fewer than {fewest} characters")),
        length if length > most => Err(format!("the token has more than {most} characters")),
        _ if !token.iter().all(u8::is_ascii_graphic) => {
            Err("the token has other than visible ASCII characters".to_owned())
        }
        _ => Ok(Secret(token.into())),
    }
}
