//! [`source_of_values`]: implements the two traits for sources that load values and send hints.

/// Implements [`Reload`](crate::Reload) and [`RealtimeWatch`](crate::RealtimeWatch) for a type with these methods:
/// `name()`, `status()`, `profile()`, `load(seen).await`, `plan(seen).await`, `decode_content(content)` and `open(hints).await`,
/// which returns a [`Subscription`](crate::source::Subscription). Its watches only send hints and content. `published` names a
/// method that gets the visible snapshot.
macro_rules! source_of_values {
    (
        impl<$($param:ident: $bound:path),+> for $type:ty, of $value:ty
        $(, published $published:ident)? $(, where $($clause:tt)+)?
    ) => {
        #[async_trait::async_trait]
        impl<$($param: $bound),+> $crate::Reload<$value, String> for $type
        $(where $($clause)+)?
        {
            type Source = Self;

            async fn new(source: &Self) -> $crate::ReloadResult<Self, $value, String> {
                Ok(source.clone())
            }

            async fn reload(&self) -> $crate::ReloadResult<Option<$value>, $value, String> {
                Ok(self.load(None).await?.whole()?)
            }

            fn source_name(&self) -> Option<String> {
                Some(self.name())
            }

            fn source_status(&self) -> Option<$crate::status::SourceStatus> {
                self.status()
            }

            $(
                fn published(&self, visible: &$crate::Snapshot<$value>) {
                    self.$published(visible);
                }
            )?

            async fn reload_since(
                &self,
                seen: Option<&$crate::Revision>,
            ) -> $crate::ReloadResult<$crate::Loaded<$value>, $value, String> {
                Ok(self.load(seen).await?)
            }

            async fn plan_since(
                &self,
                seen: Option<&$crate::Revision>,
            ) -> $crate::ReloadResult<$crate::Loaded<$value>, $value, String> {
                Ok(self.plan(seen).await?)
            }
        }

        #[async_trait::async_trait]
        impl<$($param: $bound),+> $crate::RealtimeWatch<$value, String> for $type
        $(where $($clause)+)?
        {
            /// Opens a watch that only sends [`WatchEvent::Hint`](crate::WatchEvent::Hint)s. The service loads after each hint.
            async fn watch_realtime(
                &self,
            ) -> $crate::ReloadResult<$crate::RealtimeWatchHandle<$value>, $value, String> {
                let (hints, events) = $crate::source::channel::channel();
                Ok($crate::source::channel::handle(events, self.open(hints).await?)?)
            }

            async fn watch_hints(
                &self,
                hints: $crate::source::HintSender,
            ) -> $crate::ReloadResult<Option<$crate::source::Subscription>, $value, String> {
                Ok(Some(self.open(hints).await?))
            }

            fn decode_content(
                &self,
                content: $crate::source::Content,
            ) -> $crate::ReloadResult<Option<$crate::Loaded<$value>>, $value, String> {
                Ok(self.decode_content(content)?)
            }

            fn profile(&self) -> $crate::source::WatchProfile {
                self.profile()
            }
        }
    };
}

pub(crate) use source_of_values;
