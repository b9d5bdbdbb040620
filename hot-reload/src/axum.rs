//! [`Current`]: an extractor for axum, with one snapshot for each request.
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! use hot_reload::Live;
//! use hot_reload::axum::Current;
//!
//! struct AppConfig {
//!     greeting: String,
//! }
//!
//! async fn greet(config: Current<AppConfig>) -> String {
//!     format!("generation {}: {}", config.generation(), config.greeting)
//! }
//!
//! fn router(config: Live<AppConfig>) -> Router {
//!     Router::new().route("/", get(greet)).with_state(config)
//! }
//! # drop(router(Live::fixed(AppConfig { greeting: "hello".to_owned() })));
//! ```
//!
//! A state with more in it says where the handle is, by [`FromRef`]:
//!
//! ```
//! use axum::extract::FromRef;
//! use hot_reload::Live;
//!
//! # struct AppConfig;
//! # #[derive(Clone)] struct Pool;
//! #[derive(Clone)]
//! struct App {
//!     config: Live<AppConfig>,
//!     pool: Pool,
//! }
//!
//! impl FromRef<App> for Live<AppConfig> {
//!     fn from_ref(app: &App) -> Self {
//!         app.config.clone()
//!     }
//! }
//! # let app = App { config: Live::fixed(AppConfig), pool: Pool };
//! # drop(Live::from_ref(&app)); drop(app.pool);
//! ```

use std::convert::Infallible;
use std::fmt;
use std::ops::Deref;

use axum_core::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::live::Live;
use crate::snapshot::Snapshot;

/// The value of one request: the [`Snapshot`] of the [`Live`] that the router's state has. It dereferences to the value.
///
/// All extractions in one request give the same snapshot, in middleware and in handlers, even if a value is published
/// meanwhile. The first one stores it in the extensions of the request. So a state has one `Live` for each type of value.
///
/// While there is no value, the request is answered with 503 and [`NoValue`]. As `Option<Current<C>>`, it is `None` then. After
/// [`start`](crate::Builder::start) there always is a value.
///
/// ```
/// use hot_reload::Snapshot;
/// use hot_reload::axum::Current;
///
/// # struct AppConfig { greeting: String }
/// # async fn work(_: Snapshot<AppConfig>) {}
/// async fn handle(Current(config): Current<AppConfig>) -> String {
///     let greeting = config.greeting.clone();
///     tokio::spawn(work(config));
///     greeting
/// }
/// ```
#[allow(
    clippy::exhaustive_structs,
    reason = "a handler takes an extractor apart in its parameter"
)]
pub struct Current<C>(pub Snapshot<C>);

impl<C, S> FromRequestParts<S> for Current<C>
where
    C: Send + Sync + 'static,
    S: Sync,
    Live<C>: FromRef<S>,
{
    type Rejection = NoValue;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, NoValue> {
        Self::of(parts, state).ok_or(NoValue(()))
    }
}

impl<C, S> OptionalFromRequestParts<S> for Current<C>
where
    C: Send + Sync + 'static,
    S: Sync,
    Live<C>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Infallible> {
        Ok(Self::of(parts, state))
    }
}

impl<C: Send + Sync + 'static> Current<C> {
    fn of<S>(parts: &mut Parts, state: &S) -> Option<Self>
    where
        Live<C>: FromRef<S>,
    {
        if let Some(taken) = parts.extensions.get::<Snapshot<C>>() {
            return Some(Self(taken.clone()));
        }
        let snapshot = Live::from_ref(state).try_get()?;
        parts.extensions.insert(snapshot.clone());
        Some(Self(snapshot))
    }
}

impl<C> Deref for Current<C> {
    type Target = Snapshot<C>;

    fn deref(&self) -> &Snapshot<C> {
        &self.0
    }
}

impl<C> Clone for Current<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<C: fmt::Debug> fmt::Debug for Current<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Current").field(&self.0).finish()
    }
}

/// The answer of a handler that needs a value before there is one: 503, with this text.
#[derive(Debug, thiserror::Error)]
#[error("no value has been loaded yet")]
pub struct NoValue(());

impl IntoResponse for NoValue {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, self.to_string()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::live::Publisher;

    fn parts() -> Parts {
        Request::new(()).into_parts().0
    }

    async fn extract<E>(parts: &mut Parts, live: &Live<&'static str>) -> Result<E, E::Rejection>
    where
        E: FromRequestParts<Live<&'static str>>,
    {
        E::from_request_parts(parts, live).await
    }

    async fn current(parts: &mut Parts, live: &Live<&'static str>) -> &'static str {
        let current: Current<&str> = extract(parts, live).await.unwrap();
        **current
    }

    #[tokio::test]
    async fn request_keeps_its_snapshot_and_the_next_one_is_new() {
        let publisher = Publisher::new();
        let live = publisher.live();
        publisher.publish_fixed("first");
        let mut request = parts();
        assert_eq!(current(&mut request, &live).await, "first");
        publisher.publish_fixed("second");
        assert_eq!(current(&mut request, &live).await, "first");
        assert_eq!(current(&mut parts(), &live).await, "second");
    }

    #[tokio::test]
    async fn request_before_the_first_value_is_answered_with_503() {
        let publisher = Publisher::<&str>::new();
        let live = publisher.live();
        let mut request = parts();
        let refused: Result<Current<&str>, _> = extract(&mut request, &live).await;
        let response = refused.unwrap_err().into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let optional: Option<Current<&str>> = extract(&mut request, &live).await.unwrap();
        assert!(optional.is_none());
        publisher.publish_fixed("first");
        let optional: Option<Current<&str>> = extract(&mut request, &live).await.unwrap();
        assert_eq!(**optional.unwrap(), "first");
    }
}
