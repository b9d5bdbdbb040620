//! [`Bytes`]: a script as a source of bytes.

use hot_reload::source::WatchProfile;
use hot_reload::source::{Fetched, HintSender, Source, Subscription};
use hot_reload::{Error, Loaded, Reload, Revision};

use crate::script::Script;

/// The [good](crate::script::Good) content, or none if it is missing.
pub(crate) struct Bytes(pub(crate) Script);

impl Source for Bytes {
    fn name(&self) -> String {
        "bytes".to_owned()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        match self.0.reload_since(seen).await.map_err(Error::from)? {
            Loaded::Value { value, revision } => Ok(Fetched::Content {
                bytes: value.into_bytes(),
                revision: revision.expect("the script has revisions"),
            }),
            Loaded::Missing => Ok(Fetched::Absent),
            _ => Ok(Fetched::Unchanged),
        }
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        Ok(Subscription::new(hints))
    }

    fn profile(&self) -> WatchProfile {
        WatchProfile::local()
    }
}
