//! [`Unknown`]: what follows a key that the value does not know.

/// What follows a key that the value does not know.
///
/// A struct with `#[serde(flatten)]` takes all keys, and one with `#[serde(deny_unknown_fields)]` refuses them whatever is set here.
///
/// ```
/// use hot_reload::ReloaderService;
/// use hot_reload::source::Layers;
/// use hot_reload::source::layers::Unknown;
///
/// #[derive(Debug, PartialEq, serde::Deserialize)]
/// struct AppConfig {
///     #[serde(default)]
///     port: u16,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let layers = Layers::<AppConfig>::new()
///     .env_from("APP_", || [("APP_PRT", "80")])
///     .unknown_keys(Unknown::Refuse);
/// let error = ReloaderService::builder(layers).start().await.unwrap_err();
/// let line = "APP_PRT: unknown key \"prt\", expected \"port\" (did you mean \"port\"?)";
/// assert_eq!(error.to_string(), line);
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unknown {
    /// The load is rejected, with the layer, the place and the key that is probably meant.
    Refuse,
    /// The value is published. The status lists the first keys of the content that was decoded last, and the log has a line.
    ///
    /// The status lists them too if that content is then rejected or held, or if its value is the visible one. They stay until other
    /// content is decoded.
    #[default]
    Warn,
    /// The value is published.
    Ignore,
}
