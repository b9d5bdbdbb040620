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
/// Errors quote no value that looks like a [secret](crate::source::Decode#secrets). To declare other values secret, or to hide all,
/// write the same service with a decoder of your own:
///
/// ```
/// # #[cfg(feature = "toml")] {
/// use hot_reload::ReloaderService;
/// use hot_reload::source::{File, Source, Toml};
///
/// # fn example() {
/// let doors = Toml::<std::collections::BTreeMap<String, u16>>::new().secret(&["main"]);
/// let service = ReloaderService::watch(File::new("doors.toml").decode(doors));
/// # }
/// # }
/// ```
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
