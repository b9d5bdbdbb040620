//! The commands that send requests to the admin endpoints of a running server.

use std::io::{self, Write};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::Method;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::timeout;

use super::client::{Answer, Client, Failure};
use super::show::{self, word};
use crate::args::Ask;

/// The exit code of a request that did not have its effect.
const FAILED: u8 = 1;
/// The exit code of `status` if a target is degraded.
const DEGRADED: u8 = 3;
/// The exit code if the server cannot be reached.
const UNREACHABLE: u8 = 4;

/// The longest silence of a stream of events.
const SILENCE: Duration = Duration::from_secs(45);

/// The pause between two requests of `status --watch`.
const WATCH: Duration = Duration::from_secs(1);

/// The exit code of a request, whose failure is printed to standard error.
pub(super) fn code(ended: Result<u8, Failure>) -> u8 {
    let (code, line) = match ended {
        Ok(code) => return code,
        Err(Failure::Refused(line)) => (FAILED, line),
        Err(Failure::Unreachable(line)) => (UNREACHABLE, line),
    };
    // An error means that the reader has closed the stream.
    let _ = writeln!(io::stderr().lock(), "error: {line}");
    code
}

pub(super) async fn run(ask: &Ask) -> Result<u8, Failure> {
    match ask {
        Ask::Status {
            remote,
            watch,
            json,
        } => status(&Client::new(remote)?, *watch, *json).await,
        Ask::Reload { remote } => request(&Client::new(remote)?, "/-/reload").await,
        Ask::Plan { remote } => plan(&Client::new(remote)?).await,
        Ask::Rollback { remote, generation } => rollback(&Client::new(remote)?, *generation).await,
        Ask::Confirm { remote, generation } => confirm(&Client::new(remote)?, *generation).await,
        Ask::Pause { remote } => pause(&Client::new(remote)?).await,
        Ask::Resume { remote } => request(&Client::new(remote)?, "/debug/reload/resume").await,
        Ask::Events {
            remote,
            follow,
            json,
        } => {
            let client = Client::new(remote)?;
            match follow {
                true => self::follow(&client, *json).await,
                false => events(&client, *json).await.map(|_| 0),
            }
        }
        Ask::Explain { remote } => explain(&Client::new(remote)?).await,
    }
}

async fn status(client: &Client, watch: bool, json: bool) -> Result<u8, Failure> {
    loop {
        let answer = client.send(Method::GET, "/debug/reload/status").await?;
        let mut page = String::new();
        let mut is_healthy = true;
        for status in targets(&answer) {
            is_healthy &= show::status(status, OffsetDateTime::now_utc(), &mut page);
        }
        if targets(&answer).is_empty() {
            page += "no service is registered: the server starts or stops\n";
            is_healthy = false;
        }
        if json {
            page = format!("{}\n", answer.body);
        }
        if watch {
            // Moves the cursor home, then clears the screen.
            page = format!("\x1b[H\x1b[J{page}");
        }
        if print(&page).is_err() || !watch {
            return Ok(if is_healthy { 0 } else { DEGRADED });
        }
        tokio::time::sleep(WATCH).await;
    }
}

/// Requests an effect, and prints the receipt of each target.
async fn request(client: &Client, path: &str) -> Result<u8, Failure> {
    let answer = client.send(Method::POST, path).await?;
    Ok(receipts(&answer))
}

async fn plan(client: &Client) -> Result<u8, Failure> {
    let answer = client.send(Method::POST, "/debug/reload/plan").await?;
    for row in targets(&answer) {
        let mut page = show::plan(row) + "\n";
        for path in row["changed"]["paths"].as_array().into_iter().flatten() {
            page += &format!("  changes {}\n", word(path));
        }
        let _ = print(&page);
    }
    Ok(if answer.is_success { 0 } else { FAILED })
}

/// Rolls back, unless another generation becomes visible meanwhile.
async fn rollback(client: &Client, generation: Option<u64>) -> Result<u8, Failure> {
    let answer = client.send(Method::GET, "/debug/reload/status").await?;
    let visible = match targets(&answer) {
        [status] => status["generation"].as_u64(),
        statuses => {
            let names: Vec<_> = statuses
                .iter()
                .map(|status| word(&status["name"]))
                .collect();
            let names = names.join(", ");
            return Err(Failure::Refused(format!(
                "name one target with --target: {names}"
            )));
        }
    };
    let path = match generation {
        Some(generation) => format!("/debug/reload/rollback/{generation}"),
        None => "/debug/reload/rollback".to_owned(),
    };
    let answer = client.send_if(Method::POST, &path, visible).await?;
    Ok(receipts(&answer))
}

async fn confirm(client: &Client, generation: u64) -> Result<u8, Failure> {
    let path = format!("/debug/reload/confirm/{generation}");
    let answer = client.send(Method::POST, &path).await?;
    for row in targets(&answer) {
        let target = word(&row["target"]);
        let _ = print(&format!("{target}: generation {generation} confirmed\n"));
    }
    Ok(0)
}

async fn pause(client: &Client) -> Result<u8, Failure> {
    let answer = client.send(Method::POST, "/debug/reload/pause").await?;
    for row in targets(&answer) {
        let target = word(&row["target"]);
        let _ = print(&format!("{target}: paused; `resume` ends it\n"));
    }
    Ok(0)
}

async fn explain(client: &Client) -> Result<u8, Failure> {
    let answer = client.send(Method::GET, "/debug/reload/explain").await?;
    let page = serde_json::to_string_pretty(&answer.body).unwrap_or_default();
    let _ = print(&format!("{page}\n"));
    Ok(0)
}

/// Prints the recent events. Returns the id of the newest.
async fn events(client: &Client, json: bool) -> Result<u64, Failure> {
    let answer = client.get_all("/debug/reload/events").await?;
    let events = answer.body["events"].as_array();
    let mut newest = 0;
    for event in events.into_iter().flatten() {
        newest = event["id"].as_u64().unwrap_or(newest);
        if client.is_wanted(event) {
            let _ = print_event(event, json);
        }
    }
    Ok(newest)
}

/// Prints the recent events, then each further one.
async fn follow(client: &Client, json: bool) -> Result<u8, Failure> {
    // Opened first, so that no event is missed between the two.
    let mut stream = client.stream().await?;
    let newest = events(client, json).await?;
    let mut text = Vec::new();
    // The server sends a comment after 15 s without an event.
    while let Ok(Some(Ok(frame))) = timeout(SILENCE, stream.frame()).await {
        text.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
            let message: Vec<u8> = text.drain(..end + 2).collect();
            let message = String::from_utf8_lossy(&message);
            let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name));
            let id = field("id: ").and_then(|id| id.parse::<u64>().ok());
            let data = field("data: ").and_then(|data| serde_json::from_str::<Value>(data).ok());
            let Some(data) = data else { continue };
            let printed = match field("event: ") {
                Some("snapshot") => Ok(()),
                Some("lagged") => print(&format!("{} events were lost\n", data["lost"])),
                _ if id.is_some_and(|id| id <= newest) || !client.is_wanted(&data) => Ok(()),
                _ => print_event(&data, json),
            };
            if printed.is_err() {
                return Ok(0);
            }
        }
    }
    let text = "the server has ended the stream of events";
    Err(Failure::Unreachable(text.to_owned()))
}

fn print_event(event: &Value, json: bool) -> io::Result<()> {
    match json {
        true => print(&format!("{event}\n")),
        false => print(&format!("{}\n", show::event(event))),
    }
}

/// Prints receipts. Returns the exit code.
fn receipts(answer: &Answer) -> u8 {
    for row in targets(answer) {
        let _ = print(&format!("{}\n", show::receipt(row)));
    }
    if answer.is_success { 0 } else { FAILED }
}

/// The rows of an answer. That about one target may be the row itself.
fn targets(answer: &Answer) -> &[Value] {
    match answer.body["targets"].as_array() {
        Some(rows) => rows,
        None => std::slice::from_ref(&answer.body),
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut stream = io::stdout().lock();
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
