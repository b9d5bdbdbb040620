//! The option that declares which parts of a value take a restart of the process.

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
    /// The parts of the value that a running process cannot take over.
    ///
    /// What is in effect is the value that the process has started with: the first that became visible. Each later one is
    /// compared with that, and by the [policy](crate::diff::RestartPolicy) a value in which such a part differs
    ///
    /// - is published, by default. What waits for a restart is logged at WARN when it changes, and stands in
    ///   [`Status::needs_restart`](crate::Status::needs_restart) until the parts are as they were;
    /// - or is refused, as by a [validator](Self::validate).
    ///
    /// A declared part that the first value does not have is logged once, because it may be a typo. Secrets are shown nowhere.
    /// Called again, it takes the place of what was declared before.
    ///
    /// # Errors
    ///
    /// A declaration that cannot be read, and a value that cannot be serialized, are refused by the
    /// [start](Self::start), the former with [`ErrorKind::Misconfigured`](crate::ErrorKind::Misconfigured). A later value
    /// that cannot be serialized is refused if the policy is to refuse, and otherwise published with a warning.
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
