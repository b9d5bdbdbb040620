//! [`open`]: the one-line way to a service of a file.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::service::{Builder, ReloaderService};
use crate::source::{ByFormat, Decoded, File, Source};

/// Configures a service that keeps a value in step with a file: watched, and polled with a heartbeat.
///
/// The extension decides the decoder: `.toml`, `.json`, `.yaml` or `.yml`. For other formats and more options of the file, use
/// [`File`] with a decoder, and [`ReloaderService::watch`].
///
/// # Errors
///
/// [`Builder::start`] returns an error if the extension is not one of these, or if the feature of its decoder is off.
///
/// ```no_run
/// #[derive(PartialEq, serde::Deserialize)]
/// struct AppConfig {
///     greeting: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), hot_reload::Error> {
/// let (config, control) = hot_reload::open::<AppConfig>("app.toml").start().await?;
/// println!("{}", config.load().greeting);
/// # drop(control);
/// # Ok(())
/// # }
/// ```
pub fn open<V>(path: impl AsRef<Path>) -> Builder<Decoded<File, ByFormat<V>>, V, String>
where
    V: DeserializeOwned + PartialEq + Send + Sync + 'static,
{
    let path = path.as_ref();
    ReloaderService::watch(File::new(path).decode(ByFormat::of_path(path)))
}
