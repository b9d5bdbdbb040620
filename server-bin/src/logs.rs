//! The log: lines on standard error, through a filter that follows the configuration.

use std::env;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::{info, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

use crate::args::LogFormat;

/// The variables that win over the configuration at the start, the first one first.
const VARIABLES: [&str; 2] = ["SERVER_LOG", "RUST_LOG"];

/// The filter, to be changed.
pub(crate) struct Logs {
    filter: reload::Handle<EnvFilter, Registry>,
    /// Whether the first filter of the configuration gives way to the environment's.
    environment: AtomicBool,
}

impl Logs {
    /// Starts to log, with the environment's filter or this one.
    ///
    /// # Errors
    ///
    /// One line, if the environment's filter is none.
    pub(crate) fn start(format: LogFormat, otherwise: &str) -> Result<Self, String> {
        let variable = VARIABLES.into_iter().find_map(|name| {
            env::var(name)
                .ok()
                .filter(|text| !text.is_empty())
                .map(|text| (name, text))
        });
        let (environment, filter) = match variable {
            None => (false, EnvFilter::new(otherwise)),
            Some((name, text)) => match EnvFilter::try_new(&text) {
                Ok(filter) => (true, filter),
                Err(error) => {
                    return Err(format!(
                        "{name}: {text:?} is not a log filter: {error}; write it like \"info\""
                    ));
                }
            },
        };
        let (filter, handle) = reload::Layer::new(filter);
        let registry = tracing_subscriber::registry().with(filter);
        match format {
            LogFormat::Text => registry
                .with(fmt::layer().with_writer(io::stderr).with_ansi(colours()))
                .init(),
            LogFormat::Json => registry
                .with(fmt::layer().json().with_writer(io::stderr))
                .init(),
        }
        Ok(Self {
            filter: handle,
            environment: AtomicBool::new(environment),
        })
    }

    /// Takes on the filter of a configuration.
    pub(crate) fn follow(&self, filter: &str) {
        if self.environment.swap(false, Ordering::Relaxed) {
            return;
        }
        match EnvFilter::try_new(filter).map(|filter| self.filter.reload(filter)) {
            Ok(Ok(())) => info!(filter, "log filter applied"),
            // The configuration was checked, so this is for whoever changes one of the two.
            Ok(Err(error)) => warn!(filter, %error, "the log filter could not be applied"),
            Err(error) => warn!(filter, %error, "the log filter could not be read"),
        }
    }
}

/// Whether somebody looks who wants colours.
fn colours() -> bool {
    use io::IsTerminal;
    io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
