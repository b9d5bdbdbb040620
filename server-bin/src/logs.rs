//! The log: lines on standard error, through a filter that follows the configuration.
//!
//! The first filter comes from the environment, or else from the first configuration. Until then, lines wait. A refused
//! start writes its reason, and only those waiting lines that the environment's filter allows.

use std::env;
use std::io;
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};

use hot_reload::Error;
use hot_reload::error::ErrorKind;
use server_lib::LogFilter;
use tracing::level_filters::LevelFilter;
use tracing::{Level, error, info, warn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt, reload};

use crate::args::LogFormat;
use crate::early::Early;
use crate::output::Output;

/// The variables that win over the configuration at the start, the first one first.
const VARIABLES: [&str; 2] = ["SERVER_LOG", "RUST_LOG"];

/// The target of panics, which no filter silences.
const PANICS: &str = "server_bin::panics";

/// The log, whose filter can be changed.
pub(crate) struct Logs {
    format: LogFormat,
    output: Output,
    early: Early,
    filter: reload::Handle<Targets, Registry>,
    /// The environment's filter, until it has replaced that of the first configuration.
    environment: Mutex<Option<LogFilter>>,
}

impl Logs {
    /// Starts to log. Panics are logged as well, each as one line.
    pub(crate) fn start(format: LogFormat) -> Self {
        let report = move |lost: usize| {
            form(format, || {
                warn!(
                    lost,
                    "{lost} log lines were dropped because standard error did not take them"
                );
            })
        };
        let output = Output::start(io::stderr(), report);
        let early = Early::new(output.clone());
        // All levels are buffered; `decide` filters them later.
        let (filter, handle) = reload::Layer::new(Targets::new().with_default(LevelFilter::TRACE));
        tracing_subscriber::registry()
            .with(filter)
            .with(lines(format, early.clone()))
            .init();
        log_panics(early.clone());
        Self {
            format,
            output,
            early,
            filter: handle,
            environment: Mutex::new(None),
        }
    }

    /// Reads the environment's filter, which wins over that of the first configuration.
    ///
    /// # Errors
    ///
    /// An error is one line: the variable holds no filter.
    pub(crate) fn read_environment(&self) -> Result<(), String> {
        let variable = VARIABLES.into_iter().find_map(|name| {
            let text = env::var_os(name).filter(|text| !text.is_empty())?;
            Some((name, text.to_string_lossy().into_owned()))
        });
        if let Some((name, text)) = variable {
            let filter = text.parse().map_err(|expected| {
                without_secrets(&format!("{name}: expected {expected}, found {text:?}"))
            })?;
            *self.lock() = Some(filter);
        }
        Ok(())
    }

    /// Takes on the filter of a configuration.
    pub(crate) fn follow(&self, text: &str) {
        if let Some(environment) = self.lock().take() {
            return self.apply(&environment);
        }
        match text.parse() {
            Ok(filter) => {
                let first = self.early.is_waiting();
                self.apply(&filter);
                if !first {
                    info!(filter = text, "log filter applied");
                }
            }
            // The configuration was checked, so this happens only if the two checks differ.
            Err(expected) => warn!(
                filter = text,
                "the log filter is not applied, the previous one stays: expected {expected}"
            ),
        }
    }

    fn apply(&self, filter: &LogFilter) {
        let targets = filter.targets().with_target(PANICS, LevelFilter::ERROR);
        self.early
            .decide(|target, level| targets.would_enable(target, level));
        if let Err(error) = self.filter.reload(targets) {
            warn!(%error, "the log filter could not be applied, the previous one stays");
        }
    }

    /// Logs why the program ends. In the text format this is the bare line, as for any command.
    pub(crate) fn fail(&self, line: &str) {
        let asked = self.lock().take().map(|environment| environment.targets());
        self.early.decide(|target, level| {
            // The service has logged the reason at one of the two upper levels.
            let asked = asked.as_ref().filter(|_| *level > Level::WARN);
            asked.is_some_and(|asked| asked.would_enable(target, level))
        });
        match self.format {
            LogFormat::Text => self.output.line(format!("{line}\n").as_bytes()),
            LogFormat::Json => self.output.line(&form(self.format, || error!("{line}"))),
        }
    }

    /// Writes the remaining lines, but does not wait long for a hung reader.
    pub(crate) fn finish(&self) {
        // The server may have stopped before it had a configuration.
        self.early.decide(|_, level| *level <= Level::INFO);
        self.output.finish();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<LogFilter>> {
        self.environment
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lines of this format.
fn lines<S, W>(format: LogFormat, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = fmt::layer()
        .with_writer(writer)
        .with_ansi(colours())
        // Failures to write are not logged: the output counts them.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().with_ansi(false).boxed(),
    }
}

/// The bytes that this closure logs, formatted without a filter.
fn form(format: LogFormat, log: impl FnOnce()) -> Vec<u8> {
    let buffer = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&buffer);
    let subscriber =
        tracing_subscriber::registry().with(lines(format, move || Buffer(Arc::clone(&writer))));
    tracing::subscriber::with_default(subscriber, log);
    let buffer = buffer.lock().unwrap_or_else(PoisonError::into_inner);
    buffer.clone()
}

struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Installs a panic hook that logs. The default hook writes to standard error and would wait for its reader.
fn log_panics(early: Early) {
    panic::set_hook(Box::new(move |panic| {
        // This may be the last line, so it does not wait for the filter.
        early.decide(|_, level| *level <= Level::WARN);
        let place = panic.location().map(ToString::to_string);
        let place = place.as_deref().unwrap_or("an unknown place");
        let payload = panic.payload();
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        let message = without_secrets(message);
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        let trace = std::backtrace::Backtrace::capture();
        match trace.status() {
            std::backtrace::BacktraceStatus::Captured => {
                error!(target: PANICS, thread, "panicked at {place}: {message:?}\n{trace}");
            }
            _ => error!(target: PANICS, thread, "panicked at {place}: {message:?}"),
        }
    }));
}

/// The text with secrets redacted, as in an error.
fn without_secrets(text: &str) -> String {
    Error::new(ErrorKind::Other, text).message().to_owned()
}

/// Whether standard error is a terminal whose user wants colors.
fn colours() -> bool {
    use io::IsTerminal;
    io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
