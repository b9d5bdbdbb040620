//! The option to compute a revision of each published value.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

use serde::Serialize;

use crate::diff::RevisionKey;
use crate::reload::Reload;
use crate::service::builder::Builder;
use crate::service::policy::digest::keyed::Keyed;

impl<T, V, S> Builder<T, V, S>
where
    T: Reload<V, S> + Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: Into<Cow<'static, str>> + Display + 'static,
{
    /// Computes a [revision](crate::diff::value_revision) of each published value, which does not depend on the format of its
    /// content.
    ///
    /// [`Snapshot::value_revision`](crate::Snapshot::value_revision), [`Status`](crate::Status) and
    /// [`Event`](crate::Event) have it. With one key in all processes of a fleet, it shows which of them serve the same value.
    /// It reveals nothing about the value to those who do not have the key.
    ///
    /// The value is serialized once for each publication, before it is visible. If its `Serialize` fails or panics, it is
    /// published without a value revision, and the log has a warning. A member of a [group](crate::Coordinator) has its own
    /// value revision, in the member's snapshot.
    ///
    /// ```
    /// # #[cfg(all(feature = "file", feature = "toml"))] mod example {
    /// use hot_reload::diff::RevisionKey;
    /// use hot_reload::source::{File, Source, Toml};
    /// use hot_reload::{ReloaderService, Snapshot};
    ///
    /// #[derive(PartialEq, serde::Deserialize, serde::Serialize)]
    /// struct Config { listen: String, routes: Vec<String> }
    ///
    /// # async fn example() -> Result<(), hot_reload::Error> {
    /// let source = File::new("server.toml").decode(Toml::<Config>::new());
    /// let (config, control) = ReloaderService::builder(source)
    ///     .value_revisions(RevisionKey::random())
    ///     .start()
    ///     .await?;
    /// if let Some(revision) = Snapshot::value_revision(&config.get()) {
    ///     println!("serving {revision}");
    /// }
    /// # drop(control); Ok(()) }
    /// # }
    /// ```
    pub fn value_revisions(mut self, key: RevisionKey) -> Self
    where
        V: Serialize,
    {
        self.validators.digest = Some(Arc::new(Keyed(key)));
        self
    }
}
