//! Admin endpoints over a [`Registry`](crate::Registry): health, status, reload, rollback, and a stream of events.
//!
//! [`Admin::router`] is a router that an application merges into its own or nests; [`Admin::listen`] serves it alone, on a
//! loopback address or a unix socket.
//!
//! ```
//! use hot_reload::Registry;
//! use hot_reload::admin::Admin;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), hot_reload::Error> {
//! let registry = Registry::new();
//! let admin = Admin::new(&registry);
//! // Services are built with `.register(&registry)`.
//!
//! let server = admin.listen("127.0.0.1:0").await?;
//! println!("curl http://{}/debug/reload/status", server.address());
//! server.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Endpoints
//!
//! `TARGET` is the name of a service. Without `?target=`, an endpoint is about all services. `explain`, `rollback`, `plan` and
//! `apply` then need the registry to have exactly one. A query with an unknown field is refused with 400, so that a typing error
//! does not reload everything.
//!
//! | endpoint | answer |
//! |---|---|
//! | `GET /-/healthy` | 200 while the process serves |
//! | `GET /-/ready` | 200 once every service has a value; 503 before that, when a service has stopped, and without a service. A rejected edit does not change it, but with `?strict=1` it does: every service must be fresh. `?revision=X` is 503 until the revision `X`, as `status` shows it, is in force |
//! | `POST`, `PUT /-/reload` | loads the sources and waits: 200 `published` or `unchanged`, 409 `held`, 422 `rejected`, 502 `failed` or `missing`, 503 stopped. Of several services, the worst counts: 503, 502, 422, 409, 200. The body has a receipt for each |
//! | `POST /debug/reload/trigger` | the same |
//! | `GET /debug/reload/status` | the [`Status`](crate::Status) of each service; of one, the status itself. `ETag`, and 304 for `If-None-Match` |
//! | `GET /debug/reload/components` | one short row for each service |
//! | `GET /debug/reload/explain` | the state and the recent loads of one service: [`Explanation`](crate::status::Explanation) |
//! | `GET /debug/reload/events` | the recent events, the newest last. `?limit=` of at most 256, 50 by default; `?since=ID`: the events after this one |
//! | `GET /debug/reload/stream` | server-sent events: `snapshot`, then each event under its kind. `Last-Event-ID` resumes. A client that is too slow gets `lagged` in place of the events that it has lost |
//! | `POST /debug/reload/rollback` | publishes the value before the visible one |
//! | `POST /debug/reload/rollback/GENERATION` | publishes this earlier value; 404 if it is not retained |
//! | `POST /debug/reload/plan` | what a load would do, without an effect, with the codes of a reload: outcome, changed paths, and a `token`. Of one service |
//! | `POST /debug/reload/apply?token=TOKEN` | publishes the content of that plan; 409 if the content or the visible generation is another one by now |
//! | `POST /debug/reload/confirm/GENERATION` | ends the probation of a value that must be confirmed; 409 if it is not on probation |
//! | `POST /debug/reload/pause` | publishes nothing until `resume` |
//! | `POST /debug/reload/resume` | ends every hold and loads, with the answers of a reload |
//!
//! A rollback needs `If-Match` with the visible generation, such as `If-Match: "7"`, or with the `ETag` of a `status`. It is
//! refused with 412 if another generation is visible, and with 428 without the header. A value that is published between
//! this comparison and the rollback is not noticed.
//!
//! An error has the form `{"error": "…"}`. A list has the form `{"targets": […]}`. The fields are those of the types, which
//! [`Status`](crate::Status) explains.
//!
//! A revision of 16 bytes or more may be a hash of content, so it is shown as a keyed hash: with a plain one, anybody who sees it
//! can test guesses of a weak secret. [`Admin::revision_key`] gives all processes of a fleet one key. A shorter revision is
//! shown as it is, because it is a number or a name. A source must not make one from a shorter hash of secret content.
//!
//! Events of the list and of the stream have an `id`. Ids increase, also across restarts of the process. Loads without a request that
//! find nothing new are not listed.
//!
//! # Access
//!
//! Every request passes these checks, also in a nested router. A `GET` or `HEAD` of a health endpoint needs no token and
//! may name any host, unless `?revision=` or `?target=` is given. Its answer names no service.
//!
//! - `Host` names a loopback address, `localhost`, or a host of [`Admin::allow_host`]; otherwise 403. So a foreign name that
//!   resolves to this machine is refused.
//! - `Origin` is absent, or is the origin of the request's own host with its port; otherwise 403. A browser sends no `Origin` for
//!   an image or a script in a page of another site. `Sec-Fetch-Site` shows such a request, which gets 403, too.
//! - With [`Admin::token_file`], `Authorization: Bearer TOKEN`; otherwise 401.
//! - Other methods than `GET` and `HEAD` need the header `X-Reload: 1` or a bearer token; otherwise 403. A page of another
//!   site can send neither.
//! - A body has the type `application/json`, otherwise 415, and at most 64 KiB, otherwise 413.
//! - Requests with other methods than `GET` and `HEAD` are rate-limited: [`Admin::rate_limit`]; otherwise 429 with `Retry-After`.
//!
//! ```sh
//! curl -X POST -H 'X-Reload: 1' 'http://127.0.0.1:9000/-/reload?target=app.toml'
//! ```

mod answer;
mod builder;
mod context;
mod endpoints;
mod guard;
mod layers;
mod listen;
mod options;
mod query;
mod refusal;
mod revisions;
mod ring;
mod targets;

pub use self::builder::Admin;
pub use self::listen::AdminServer;
