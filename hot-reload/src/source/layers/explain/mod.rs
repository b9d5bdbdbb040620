//! [`Explain`]: where a value comes from, for each published generation.

mod answer;
mod history;
mod show;
mod view;

use std::sync::{Arc, Mutex};

pub use self::answer::KeyAnswer;
pub(super) use self::history::History;
use self::view::View;
use crate::error::Error;
use crate::generation::Generation;
use crate::locks::lock;
use crate::revision::Revision;
use crate::scope::pattern::parse;
use crate::snapshot::Snapshot;

/// Explains where the values of [`Layers`](crate::source::Layers) come from: from [`Layers::explain`](crate::source::Layers::explain).
///
/// It knows the layers of 16 loads that could be decoded, and finds them by the revision of a snapshot. So the answer is that of
/// the snapshot's generation, also after a rollback, and not that of later content which was rejected. The load of the visible
/// value is always among the 16. Of the others, loads whose value was visible stay longer than those whose value never was.
/// Cloning is cheap.
///
/// It explains the merged layers and does not know the type of the value. If a later layer selects another variant of an enum, the
/// keys of the earlier variant are still shown.
///
/// ```
/// use hot_reload::ReloaderService;
/// use hot_reload::source::Layers;
///
/// #[derive(PartialEq, serde::Serialize, serde::Deserialize)]
/// struct AppConfig {
///     port: u16,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), hot_reload::Error> {
/// let layers = Layers::<AppConfig>::new()
///     .defaults(&AppConfig { port: 80 })?
///     .env_from("APP_", || [("APP_PORT", "8080")]);
/// let explain = layers.explain();
/// let (config, _control) = ReloaderService::builder(layers).start().await?;
///
/// let port = explain.key(&config.get(), "port")?.expect("it is the newest load");
/// assert_eq!(
///     port.to_string(),
///     "port is 8080 in generation 1, from APP_*\n  APP_*: 8080 (APP_PORT), which wins\n  defaults: 80"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Explain {
    history: Arc<Mutex<History>>,
}

/// Where the value of one key comes from. `Display` writes a few lines for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KeyExplanation {
    /// The path of the key.
    pub path: String,
    /// The generation that is explained.
    pub generation: Generation,
    /// The effective value. `None` if the key has none. Secrets are masked.
    pub value: Option<String>,
    /// The first of the given generations in which the key had this value from this layer, without a change since. With
    /// [`key`](Explain::key), the explained generation.
    pub since: Generation,
    /// The value in the generation before `since`. `None` if that one was not given, or if the key had no value.
    pub before: Option<String>,
    /// The answers of the layers, the last layer first. Layers without the key are left out.
    pub answers: Vec<KeyAnswer>,
}

impl Explain {
    pub(super) fn new(history: Arc<Mutex<History>>) -> Self {
        Self { history }
    }

    /// Explains a key in one published value. Returns `None` if the load of the snapshot is not among the 16 that are
    /// known, or did not come from these layers. A key without a value is `Some` with `value: None`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`](crate::error::ErrorKind::Misconfigured) if this is no path, such as `server.port` or
    /// `routes[0].to`.
    pub fn key<V>(
        &self,
        snapshot: &Snapshot<V>,
        path: &str,
    ) -> Result<Option<KeyExplanation>, Error> {
        self.key_in(std::slice::from_ref(snapshot), path)
    }

    /// Explains a key in the newest of several published values, such as those of [`Control::history`](crate::Control::history),
    /// in any order. `since` and `before` come from the others.
    ///
    /// # Errors
    ///
    /// As [`key`](Self::key).
    pub fn key_in<V>(
        &self,
        snapshots: &[Snapshot<V>],
        path: &str,
    ) -> Result<Option<KeyExplanation>, Error> {
        let steps = parse(path)?;
        let mut given: Vec<_> = snapshots
            .iter()
            .map(|snapshot| (snapshot.generation(), snapshot.revision()))
            .collect();
        given.sort_unstable_by_key(|(generation, _)| std::cmp::Reverse(*generation));
        given.dedup_by_key(|(generation, _)| *generation);
        let history = lock(&self.history).loads();
        let found = |revision: Option<&Revision>| {
            let load = history
                .iter()
                .find(|load| Some(&load.revision) == revision)?;
            Some(View::of(load, &steps))
        };
        let mut given = given.into_iter();
        let Some((generation, revision)) = given.next() else {
            return Ok(None);
        };
        let Some(view) = found(revision) else {
            return Ok(None);
        };
        let (mut since, mut before) = (generation, None);
        for (earlier, revision) in given {
            match found(revision) {
                Some(other) if other.is_same(&view) => since = earlier,
                Some(other) => {
                    before = other.shown();
                    break;
                }
                None => break,
            }
        }
        Ok(Some(KeyExplanation {
            path: path.to_owned(),
            generation,
            value: view.shown(),
            since,
            before,
            answers: view.answers(),
        }))
    }
}
