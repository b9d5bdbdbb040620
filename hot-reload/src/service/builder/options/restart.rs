//! The option that declares which parts of a value need a restart of the process.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use crate::diff::RestartRequired;
use crate::reload::Reload;
use crate::service::builder::Builder;
use crate::service::policy::restart::required::Required;

impl<T, V, S> Builder<T, V, S>
where
    T: Reload<V, S> + Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: Into<Cow<'static, str>> + Display + 'static,
{
    /// Declares the parts of the value that a running process cannot apply.
    ///
    /// Each later value is compared with the first visible one, which the process started with. If a declared part differs, the
    /// [policy](crate::diff::RestartPolicy) decides:
    ///
    /// - by default, the value is published. A change of the pending parts is logged at WARN.
    ///   [`Status::needs_restart`](crate::Status::needs_restart) lists them until they equal the first value again;
    /// - or the value is refused, as by a [validator](Self::validate).
    ///
    /// A declared part that the first value does not have is logged once, because it may be a typo. Secrets are never shown. A
    /// second call replaces the first.
    ///
    /// # Errors
    ///
    /// [`start`](Self::start) refuses a declaration that cannot be parsed, with
    /// [`ErrorKind::Misconfigured`](crate::error::ErrorKind::Misconfigured), and a value that cannot be serialized. A later value
    /// that cannot be serialized is refused if the policy refuses changes. Otherwise it is published with a warning.
    ///
    /// ```
    /// # #[cfg(all(feature = "file", feature = "toml"))] mod example {
    /// use hot_reload::ReloaderService;
    /// use hot_reload::diff::RestartRequired;
    /// use hot_reload::source::{File, Source, Toml};
    ///
    /// #[derive(PartialEq, serde::Deserialize, serde::Serialize)]
    /// struct Config { listen: String, routes: Vec<String> }
    ///
    /// # async fn example() -> Result<(), hot_reload::Error> {
    /// let source = File::new("server.toml").decode(Toml::<Config>::new());
    /// let (config, control) = ReloaderService::builder(source)
    ///     .restart_required(RestartRequired::new(["listen"]))
    ///     .start()
    ///     .await?;
    /// for path in control.status().needs_restart {
    ///     println!("{path} waits for a restart");
    /// }
    /// # drop(config); Ok(()) }
    /// # }
    /// ```
    pub fn restart_required(mut self, required: RestartRequired) -> Self
    where
        V: Serialize,
    {
        self.validators.restarts = Some(Arc::new(Required {
            required,
            started_with: OnceLock::new(),
        }));
        self
    }
}
