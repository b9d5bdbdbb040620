//! [`Tag`]: the entity tag of a status, `"GENERATION-HASH"`, and the headers that name tags.
//!
//! The hash covers the whole status: a rejected edit changes it and keeps the generation.

use std::hash::{DefaultHasher, Hasher};

use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::admin::refusal::Refusal;
use crate::snapshot::Generation;

pub(super) struct Tag(String);

impl Tag {
    pub(super) fn of(generation: Option<Generation>, answer: &Value) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(answer.to_string().as_bytes());
        let hash = hasher.finish();
        Self(match generation {
            Some(generation) => format!("\"{generation}-{hash:016x}\""),
            None => format!("\"{hash:016x}\""),
        })
    }
}

/// The answer with its tag; 304 if the client has this answer.
pub(super) fn tagged(
    tag: &Tag,
    headers: &HeaderMap,
    answer: impl FnOnce() -> Response,
) -> Response {
    // A comparison of this header ignores whether a tag is weak.
    let is_same = |given: &str| given == "*" || given.trim_start_matches("W/") == tag.0;
    let mut response = match listed(headers, &IF_NONE_MATCH).any(is_same) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => answer(),
    };
    if let Ok(tag) = HeaderValue::from_str(&tag.0) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// Checks that the request knows the visible generation.
pub(super) fn if_match(headers: &HeaderMap, visible: Option<Generation>) -> Result<(), Refusal> {
    if !headers.contains_key(IF_MATCH) {
        return Err(Refusal::new(
            StatusCode::PRECONDITION_REQUIRED,
            "name the generation that is visible now: `If-Match: \"7\"`",
        ));
    }
    let visible = visible.map(|visible| visible.to_string());
    let is_visible = |given: &str| {
        let tag = given
            .strip_prefix('"')
            .and_then(|tag| tag.strip_suffix('"'));
        let generation = tag.map(|tag| tag.split_once('-').map_or(tag, |(number, _)| number));
        given == "*" || (generation.is_some() && generation == visible.as_deref())
    };
    match listed(headers, &IF_MATCH).any(is_visible) {
        true => Ok(()),
        false => Err(Refusal::new(
            StatusCode::PRECONDITION_FAILED,
            match visible {
                Some(visible) => format!("generation {visible} is visible now"),
                None => "no value is visible yet".to_owned(),
            },
        )),
    }
}

/// The tags in a header.
fn listed<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).into_iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',').map(str::trim))
}
