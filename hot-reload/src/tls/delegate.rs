//! [`source_of_certificates`]: passes the calls of a service to the opened files.

/// Implements [`Reload`](crate::Reload) and [`RealtimeWatch`](crate::RealtimeWatch) for a type with the methods `opened()`,
/// which returns the decoded files, and `decoder()`.
macro_rules! source_of_certificates {
    ($type:ty, of $value:ty) => {
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

            fn published(&self, value: &$value) {
                self.decoder().expiry().published(value.dates());
            }

            async fn reload_since(
                &self,
                seen: Option<&$crate::Revision>,
            ) -> $crate::ReloadResult<$crate::Loaded<$value>, $value, String> {
                self.opened().reload_since(seen).await
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

pub(super) use source_of_certificates;
