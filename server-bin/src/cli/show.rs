//! Shows the JSON of the admin endpoints as lines for people.

use std::fmt::Write;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The lines of one status. Returns whether the service is healthy.
pub(super) fn status(status: &Value, now: OffsetDateTime, page: &mut String) -> bool {
    let text = |field: &str| status[field].as_str().unwrap_or("none");
    let mut problems = Vec::new();
    let name = text("name");
    let generation = match status["generation"].as_u64() {
        Some(generation) => format!("generation {generation}"),
        None => "no value yet".to_owned(),
    };
    let published = ago(&status["last_published"], now);
    let published = published.map(|ago| format!(", published {ago}"));
    let data = text("data");
    let _ = writeln!(
        page,
        "{name}  {generation}, {data}{}",
        published.unwrap_or_default()
    );

    if status["stopped"] == true {
        problems.push("STOPPED: nothing is published any more".to_owned());
    }
    if let Some(message) = status["hold"]["message"].as_str() {
        let since = ago(&status["hold"]["since"], now).unwrap_or_default();
        problems.push(format!(
            "HELD ({}), {since}: {message}",
            word(&status["hold"]["reason"])
        ));
    }
    let attempt = &status["last_attempt"];
    let outcome = word(&attempt["outcome"]);
    let is_bad = matches!(outcome, "rejected" | "failed" | "missing");
    if !attempt.is_null() {
        let at = ago(&attempt["at"], now).unwrap_or_default();
        let outcome = match is_bad {
            true => self::outcome(attempt).replacen(outcome, &outcome.to_uppercase(), 1),
            false => self::outcome(attempt),
        };
        let times = match attempt["times"].as_u64() {
            Some(times) if times > 1 => format!(", {times} times"),
            _ => String::new(),
        };
        let line = format!(
            "last load {at} ({}){times}: {outcome}",
            word(&attempt["trigger"])
        );
        match is_bad {
            true => problems.push(line),
            false => {
                let _ = writeln!(page, "  {line}");
            }
        }
    }
    let watch = text("watch");
    let why = status["watch_error"]
        .as_object()
        .map(|_| error(&status["watch_error"]));
    let line = match why {
        Some(why) => format!("watch {watch}: {why}"),
        None => format!("watch {watch}"),
    };
    match watch {
        "down" | "parked" | "untrusted" => problems.push(format!("{line}; the service polls")),
        _ => {
            let _ = writeln!(page, "  {line}");
        }
    }
    if let Some(generation) = status["on_probation"].as_u64() {
        let by = status["confirm_by"].as_str();
        let by =
            by.map(|by| format!("; `confirm {generation}` keeps it, at {by} it is rolled back"));
        problems.push(format!(
            "ON PROBATION: generation {generation}{}",
            by.unwrap_or_default()
        ));
    }
    if status["given_up"] == true {
        problems.push("GIVEN UP: the bound of attempts is reached; retries go on".to_owned());
    }
    if status["enabled"] == false {
        problems.push("DISABLED: only requests load the source".to_owned());
    }
    for degradation in list(&status["source_status"]["degraded"]) {
        let line = format!(
            "degraded ({}): {}; {}",
            word(&degradation["reason"]),
            word(&degradation["message"]),
            word(&degradation["remedy"])
        );
        match degradation["inherent"] == true {
            true => {
                let _ = writeln!(page, "  {}", line.trim_end_matches("; "));
            }
            false => problems.push(line.trim_end_matches("; ").to_owned()),
        }
    }
    let parts: Vec<_> = list(&status["needs_restart"]).iter().map(word).collect();
    if !parts.is_empty() {
        let _ = writeln!(page, "  needs a restart for: {}", parts.join(", "));
    }
    for problem in &problems {
        let _ = writeln!(page, "  {problem}");
    }
    problems.is_empty() && matches!(data, "fresh")
}

/// The line of a plan. Its generation is the visible one.
pub(super) fn plan(row: &Value) -> String {
    let would = match word(&row["outcome"]) {
        "failed" => "",
        _ => "would be ",
    };
    with_hold(row, would, "")
}

/// The line of a receipt.
pub(super) fn receipt(row: &Value) -> String {
    with_hold(row, "", &generation(row))
}

fn with_hold(row: &Value, would: &str, generation: &str) -> String {
    let outcome = outcome(row);
    let mut line = format!("{}: {would}{outcome}{generation}", word(&row["target"]));
    if let Some(message) = row["hold"]["message"].as_str() {
        let _ = write!(line, ": {message}");
    }
    line
}

/// The line of an event.
pub(super) fn event(event: &Value) -> String {
    let kind = word(&event["kind"]);
    let text = match kind {
        "load" => {
            let trigger = word(&event["trigger"]);
            format!("{}{} ({trigger})", outcome(event), generation(event))
        }
        "watch" => format!("watch {}", word(&event["to"])),
        "missed" => "the watch missed a change".to_owned(),
        "degraded" | "resolved" => format!("{kind}: {}", word(&event["message"])),
        kind => kind.replace('_', " "),
    };
    let text = match event["error"].as_object() {
        Some(_) if kind != "load" => format!("{text}: {}", error(&event["error"])),
        _ => text,
    };
    let changed: Vec<_> = list(&event["changed"]["paths"]).iter().map(word).collect();
    let changed = match changed.is_empty() {
        true => String::new(),
        false => format!(" [changed: {}]", changed.join(", ")),
    };
    format!(
        "{} {}: {text}{changed}",
        word(&event["at"]),
        word(&event["target"])
    )
}

/// The generation of a published value, for the end of its outcome.
fn generation(row: &Value) -> String {
    match (row["generation"].as_u64(), word(&row["outcome"])) {
        (Some(generation), "published") => format!(" as generation {generation}"),
        _ => String::new(),
    }
}

/// An outcome with its stage and error.
fn outcome(row: &Value) -> String {
    let mut line = word(&row["outcome"]).to_owned();
    if let Some(stage) = row["stage"].as_str() {
        let _ = write!(line, " at stage {stage}");
    }
    if row["error"].is_object() {
        let _ = write!(line, ": {}", error(&row["error"]));
    }
    line
}

/// An error on one line, with its place.
fn error(error: &Value) -> String {
    let mut line = String::new();
    if let Some(file) = error["file"].as_str() {
        line.push_str(file);
        for number in ["line", "column"] {
            if let Some(number) = error[number].as_u64() {
                let _ = write!(line, ":{number}");
            }
        }
        line.push_str(": ");
    }
    if let Some(path) = error["path"].as_str() {
        let _ = write!(line, "{path}: ");
    }
    line + word(&error["message"])
}

/// A text, or nothing.
pub(super) fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// How long ago a time of RFC 3339 was: `3m ago`.
fn ago(time: &Value, now: OffsetDateTime) -> Option<String> {
    let time = OffsetDateTime::parse(time.as_str()?, &Rfc3339).ok()?;
    let seconds = (now - time).whole_seconds().max(0);
    Some(match seconds {
        0..60 => format!("{seconds}s ago"),
        60..3600 => format!("{}m ago", seconds / 60),
        3600..86400 => format!("{}h ago", seconds / 3600),
        _ => format!("{}d ago", seconds / 86400),
    })
}
