//! [`Route`]: one response.

use std::fmt;
use std::path::Path;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::file::RouteTable;
use super::methods::Methods;

/// The response to one path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The methods that it serves; all others are 405.
    pub methods: Methods,
    /// Its status.
    pub status: StatusCode,
    /// Settings that most routes of a large configuration do not have.
    content: Option<Box<Content>>,
    /// Whether it is a health check: `max_connections` and `max_concurrent_requests` do not apply to it. Default: true for
    /// `/health`, `/healthz`, `/livez`, `/readyz`, `/-/healthy` and `/-/ready`.
    pub health: bool,
}

#[derive(Clone, PartialEq, Eq)]
struct Content {
    headers: Box<[(HeaderName, HeaderValue)]>,
    /// The content type, if it is not among the headers and there is a body.
    kind: Option<&'static str>,
    body: Bytes,
}

/// Shows only the names of the headers and the size of the body: header values and body may be secret.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Content")
            .field("headers", &names)
            .field("kind", &self.kind)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

impl Route {
    /// Makes the route of a table. `read` gives the content of the file that it names. An error has the key and the
    /// reason.
    pub(super) fn build(
        table: RouteTable,
        read: impl FnOnce(&Path) -> Result<Bytes, String>,
    ) -> Result<Self, (String, String)> {
        if table.headers.len() > MOST_HEADERS {
            let message = format!("a response has at most {MOST_HEADERS} headers; remove some");
            return Err(("headers".to_owned(), message));
        }
        let mut headers = HeaderMap::with_capacity(table.headers.len());
        for (name, value) in &table.headers {
            let refuse = |why| (format!("headers.{name}"), why);
            let (known, value) = header(name, value).map_err(refuse)?;
            if headers.insert(known, value).is_some() {
                let why = "this header is given twice, since upper and lower case are the same; keep one of the two";
                return Err(refuse(why.to_owned()));
            }
        }
        let status = table.status.0;
        let (body, kind) = match (table.body, table.file) {
            (Some(_), Some(_)) => {
                let message = "there is a body too; keep one of the two".to_owned();
                return Err(("file".to_owned(), message));
            }
            (Some(text), None) => (
                Bytes::from(text.into_boxed_str().into_boxed_bytes()),
                "text/plain; charset=utf-8",
            ),
            (None, Some(path)) => {
                let content = read(&path).map_err(|why| ("file".to_owned(), why))?;
                (content, content_type(&path))
            }
            (None, None) => (Bytes::new(), ""),
        };
        if !body.is_empty() && BODILESS.contains(&status) {
            let message = format!(
                "a response of status {} has no body; remove it",
                status.as_u16()
            );
            return Err(("status".to_owned(), message));
        }
        let kind = Some(kind).filter(|kind| !kind.is_empty());
        let kind = kind.filter(|_| !headers.contains_key(header::CONTENT_TYPE));
        let content = Content {
            headers: headers
                .into_iter()
                .filter_map(|(name, value)| Some((name?, value)))
                .collect(),
            kind,
            body,
        };
        let is_empty = content.headers.is_empty() && content.body.is_empty() && kind.is_none();
        Ok(Self {
            methods: table.methods,
            status,
            content: (!is_empty).then(|| Box::new(content)),
            health: table
                .health
                .unwrap_or_else(|| HEALTH.contains(&table.path.0.as_str())),
        })
    }

    /// The response, without the headers that all responses share.
    pub(crate) fn response(&self) -> (Response<()>, Bytes) {
        let mut head = Response::new(());
        *head.status_mut() = self.status;
        let Some(content) = &self.content else {
            return (head, Bytes::new());
        };
        let headers = head.headers_mut();
        headers.extend(content.headers.iter().cloned());
        if let Some(kind) = content.kind {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        (head, content.body.clone())
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let Ok(name) = name.parse::<HeaderName>() else {
        return Err(format!(
            "{name:?} is not the name of a header; use letters, digits and \"-\""
        ));
    };
    let own = [
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        header::DATE,
    ];
    if own.contains(&name) || name.as_str().starts_with("x-config-") {
        return Err("the server sets this header itself; remove it".to_owned());
    }
    match HeaderValue::from_str(value) {
        Ok(value) => Ok((name, value)),
        Err(_) => Err(
            "the value has a character that a header cannot hold; remove line breaks and the like"
                .to_owned(),
        ),
    }
}

/// More than any response needs, and as many as clients take.
const MOST_HEADERS: usize = 100;

/// The common paths of health checks.
const HEALTH: [&str; 6] = [
    "/health",
    "/healthz",
    "/livez",
    "/readyz",
    "/-/healthy",
    "/-/ready",
];

/// The statuses of responses that have no body.
const BODILESS: [StatusCode; 3] = [
    StatusCode::NO_CONTENT,
    StatusCode::RESET_CONTENT,
    StatusCode::NOT_MODIFIED,
];

/// The content type of a file that was given none, by its ending.
fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("txt" | "md" | "toml") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
