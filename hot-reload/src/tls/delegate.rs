//! What the certificates of servers and of clients have in common.
//!
//! - [`options_of_certificates`]: the options of both;
//! - [`source_of_certificates`]: passes the calls of a service to the opened files.

/// Implements [`Reload`](crate::Reload), [`RealtimeWatch`](crate::RealtimeWatch), [`DecodeFiles`](crate::source::files::DecodeFiles),
/// `Clone` and `Debug` for a type with [`options_of_certificates`].
macro_rules! source_of_certificates {
    ($type:ident, of $value:ty) => {
        #[async_trait::async_trait]
        impl $crate::Reload<$value, String> for $type {
            type Source = Self;

            async fn new(source: &Self) -> $crate::ReloadResult<Self, $value, String> {
                Ok(source.clone())
            }

            async fn reload(&self) -> $crate::ReloadResult<Option<$value>, $value, String> {
                self.opened().reload().await
            }

            fn source_name(&self) -> Option<String> {
                self.opened().source_name()
            }

            fn source_status(&self) -> Option<$crate::status::SourceStatus> {
                self.opened().source_status()
            }

            fn published(&self, visible: &$crate::Snapshot<$value>) {
                self.decoder().expiry().published(visible.dates());
            }

            async fn reload_since(
                &self,
                seen: Option<&$crate::Revision>,
            ) -> $crate::ReloadResult<$crate::Loaded<$value>, $value, String> {
                self.opened().reload_since(seen).await
            }

            async fn plan_since(
                &self,
                seen: Option<&$crate::Revision>,
            ) -> $crate::ReloadResult<$crate::Loaded<$value>, $value, String> {
                self.opened().plan_since(seen).await
            }
        }

        /// A clone has the same options, and a state of its own. So two services of clones do not share dates or sessions.
        impl Clone for $type {
            fn clone(&self) -> Self {
                Self::of(self.spec.clone())
            }
        }

        impl $crate::source::files::DecodeFiles for $type {
            type Value = $value;

            fn decode_files(
                &self,
                files: &$crate::source::files::Files,
                name: &str,
            ) -> Result<$value, $crate::Error> {
                self.decoder().decode_files(files, name)
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($type)).field(&self.spec).finish()
            }
        }

        #[async_trait::async_trait]
        impl $crate::RealtimeWatch<$value, String> for $type {
            async fn watch_realtime(
                &self,
            ) -> $crate::ReloadResult<$crate::RealtimeWatchHandle<$value>, $value, String> {
                self.opened().watch_realtime().await
            }

            async fn watch_hints(
                &self,
                hints: $crate::source::HintSender,
            ) -> $crate::ReloadResult<Option<$crate::source::Subscription>, $value, String> {
                self.opened().watch_hints(hints).await
            }

            fn profile(&self) -> $crate::source::WatchProfile {
                $crate::RealtimeWatch::profile(self.opened())
            }
        }
    };
}

/// Implements the options that certificates of servers and of clients have in common, for a source with a `$spec` and its
/// `$decoder`.
macro_rules! options_of_certificates {
    ($type:ident, $spec:ident, $decoder:ident) => {
        impl $type {
            fn of(spec: $spec) -> Self {
                Self {
                    spec,
                    decoder: std::sync::OnceLock::new(),
                    opened: std::sync::OnceLock::new(),
                }
            }

            /// A changed or cloned source has neither a decoder nor open files yet.
            fn with(mut self, change: impl FnOnce(&mut $spec)) -> Self {
                change(&mut self.spec);
                Self::of(self.spec)
            }

            /// Sets the application protocols, the preferred one first, such as `h2` and `http/1.1`.
            pub fn alpn<P: Into<Vec<u8>>>(self, protocols: impl IntoIterator<Item = P>) -> Self {
                let protocols = protocols.into_iter().map(Into::into).collect();
                self.with(|spec| spec.common.alpn = protocols)
            }

            /// Sets the provider of cryptography. Default: [`CryptoProvider::get_default`](rustls::crypto::CryptoProvider::get_default)
            /// at each load.
            pub fn provider(
                self,
                provider: std::sync::Arc<rustls::crypto::CryptoProvider>,
            ) -> Self {
                self.with(|spec| spec.common.provider = Some(provider))
            }

            /// Sets the versions of TLS.
            pub fn protocol_versions(
                self,
                versions: &'static [&'static rustls::SupportedProtocolVersion],
            ) -> Self {
                self.with(|spec| spec.common.versions = versions)
            }

            /// Sets the clock that the dates of certificates are compared with, also during a handshake. Default: that of the
            /// system.
            pub fn time_provider(
                self,
                clock: std::sync::Arc<dyn rustls::time_provider::TimeProvider>,
            ) -> Self {
                self.with(|spec| spec.common.clock = clock)
            }

            /// Reads the parts of this source instead of files, such as the keys of a store. The paths are the keys of its
            /// parts.
            pub fn read_from(self, source: impl $crate::source::Source) -> Self {
                let source = source.boxed();
                self.with(|spec| spec.common.source = Some(source))
            }

            fn decoder(&self) -> &$decoder {
                self.decoder
                    .get_or_init(|| $decoder::new(self.spec.clone()))
            }

            fn opened(&self) -> &$crate::source::files::DecodedFiles<$decoder> {
                self.opened.get_or_init(|| {
                    let decoder = self.decoder();
                    let files = self.spec.common.source(self.spec.paths(), decoder.expiry());
                    $crate::source::Source::decode_files(files, decoder.clone())
                })
            }
        }
    };
}

pub(super) use {options_of_certificates, source_of_certificates};
