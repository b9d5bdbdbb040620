//! [`LastGood::json`]: saved values in JSON.

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::LastGood;

impl<V: Serialize + DeserializeOwned + Send + Sync + 'static> LastGood<V> {
    /// A saved value in JSON, for types with `Serialize` and `DeserializeOwned`.
    ///
    /// Each save decodes the encoded value once, because some values cannot be restored: a NaN, a skipped field without a
    /// default. So this error shows while the source is still available. The last digit of a fraction may change.
    ///
    /// No error quotes the content, not even a key.
    ///
    /// ```
    /// use hot_reload::Live;
    /// use hot_reload::policy::LastGood;
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Limits {
    ///     requests_per_second: u32,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), hot_reload::Error> {
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let state = folder.path();
    /// let last_good = LastGood::json(state.join("limits.last-good")).schema(1);
    /// let limits = Live::fixed(Limits { requests_per_second: 100 });
    /// last_good.save(limits.get()).await?;
    ///
    /// let restored = last_good.restore().await?.expect("it was saved");
    /// assert_eq!(restored.value().requests_per_second, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn json(path: impl Into<PathBuf>) -> Self {
        Self::new(path, encode, decode)
    }
}

fn encode<V: Serialize + DeserializeOwned>(value: &V) -> Result<Vec<u8>, String> {
    let bytes = serde_json::to_vec(value).map_err(|error| error.to_string())?;
    match decode::<V>(&bytes) {
        Ok(_) => Ok(bytes),
        Err(why) => Err(format!("it could not be decoded again: {why}")),
    }
}

/// Decodes JSON. The error omits the parser's text, because that quotes values.
fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, String> {
    serde_json::from_slice(bytes).map_err(|error| {
        let what = match error.classify() {
            Category::Data => "the JSON does not fit the type",
            Category::Syntax | Category::Eof | Category::Io => "it is not valid JSON",
        };
        format!("{what}, at line {} column {}", error.line(), error.column())
    })
}
