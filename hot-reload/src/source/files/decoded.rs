//! [`DecodedFiles`]: combines several files and a decoder into a source of values.

use std::fmt;
use std::sync::Arc;

use super::DecodeFiles;
use crate::error::Error;
use crate::reload::{Loaded, blank};
use crate::revision::Revision;
use crate::source::file::read::readiness::Unready;
use crate::source::unit::{Emptied, Found, Unit};
use crate::source::values::source_of_values;
use crate::source::{HintSender, Subscription};
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

/// Several files with a decoder. [`Dir`](crate::source::Dir) and [`Group`](crate::source::Group) return it.
///
/// Decoding runs inside the service's task. Cloning shares the source.
pub struct DecodedFiles<D>(Arc<Parts<D>>);

struct Parts<D> {
    unit: Unit,
    decoder: D,
}

source_of_values!(impl<D: DecodeFiles> for DecodedFiles<D>, of D::Value);

impl<D: DecodeFiles> DecodedFiles<D> {
    pub(in crate::source) fn new(unit: Unit, decoder: D) -> Self {
        Self(Arc::new(Parts { unit, decoder }))
    }

    async fn load(&self, seen: Option<&Revision>) -> Result<Loaded<D::Value>, Error> {
        let Parts { unit, decoder } = &*self.0;
        match unit.fetch(seen).await? {
            Found::Unchanged => Ok(Loaded::Unchanged),
            Found::Absent => Ok(Loaded::Missing),
            Found::Held(Unready { hold, again }) => Ok(Loaded::Held { hold, again }),
            Found::Files {
                files,
                revision,
                emptied,
            } => match (decoder.decode_files(&files, unit.name()), emptied) {
                (decoded, Emptied::One(file)) => blank(decoded, revision, Some(file), true),
                (decoded, Emptied::All { had_content }) => {
                    blank(decoded, revision, None, had_content)
                }
                (Ok(value), Emptied::None) => Ok(Loaded::Value {
                    value,
                    revision: Some(revision),
                }),
                (Err(error), Emptied::None) => Err(error.with_revision(revision)),
            },
        }
    }

    fn name(&self) -> String {
        self.0.unit.name().to_owned()
    }

    fn status(&self) -> Option<SourceStatus> {
        Some(self.0.unit.status())
    }

    fn profile(&self) -> WatchProfile {
        self.0.unit.profile()
    }

    async fn open(&self, hints: HintSender) -> Result<Subscription, Error> {
        Ok(Subscription::new(self.0.unit.open(hints).await?))
    }
}

impl<D> Clone for DecodedFiles<D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<D> fmt::Debug for DecodedFiles<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DecodedFiles")
            .field(&self.0.unit.name())
            .finish()
    }
}
