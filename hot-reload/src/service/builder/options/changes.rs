//! The option to report the changed paths of each publication.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

use serde::Serialize;

use crate::reload::Reload;
use crate::service::builder::Builder;
use crate::service::policy::changes::serialized::Serialized;

impl<T, V, S> Builder<T, V, S>
where
    T: Reload<V, S> + Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: Into<Cow<'static, str>> + Display + 'static,
{
    /// Reports the paths at which each published value differs from the value that it replaced.
    ///
    /// [`EventKind::Load`](crate::event::EventKind::Load), the log line (field `changed`) and
    /// [`Control::explain`](crate::Control::explain) list [at most twenty](crate::event::ChangedPaths). The first value has no
    /// paths. They never contain a value, and a key is hidden if it is or may be a [secret](crate::diff#secrets).
    ///
    /// The service compares the values once for each publication, after the value is visible and its subscribers are woken. So
    /// no reader waits for it, but the next load does. The comparison serializes both values in memory. A value whose
    /// `Serialize` fails or panics is published all the same, and the log has a warning.
    ///
    /// For a member of a [group](crate::Coordinator), the events of the group list the paths as `member: path`.
    ///
    /// ```
    /// # #[cfg(all(feature = "file", feature = "toml"))] mod example {
    /// use hot_reload::ReloaderService;
    /// use hot_reload::event::EventKind;
    /// use hot_reload::source::{File, Source, Toml};
    ///
    /// #[derive(PartialEq, serde::Deserialize, serde::Serialize)]
    /// struct Config { listen: String, routes: Vec<String> }
    ///
    /// # async fn example() -> Result<(), hot_reload::Error> {
    /// let source = File::new("server.toml").decode(Toml::<Config>::new());
    /// let (config, control) = ReloaderService::builder(source)
    ///     .changed_paths()
    ///     .on_event(|event| match &event.kind {
    ///         EventKind::Load { changed: Some(changed), .. } => println!("changed: {changed}"),
    ///         _ => {}
    ///     })
    ///     .start()
    ///     .await?;
    /// # drop((config, control)); Ok(()) }
    /// # }
    /// ```
    pub fn changed_paths(mut self) -> Self
    where
        V: Serialize,
    {
        self.changes = Some(Arc::new(Serialized));
        self
    }
}
