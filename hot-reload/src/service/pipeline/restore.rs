//! A start without the source: publishes the last good value of an earlier run.

use tracing::warn;

use super::Pipeline;
use super::candidate::Candidate;
use super::state::KeptState;
use super::trace::LoadTrace;
use super::validate::validate;
use crate::error::{Error, ErrorKind};
use crate::event::{Stage, Trigger};
use crate::locks::lock;
use crate::reload::unasked;
use crate::service::boundary::within;
use crate::service::policy::keeper::Kept;

impl<V> Pipeline<V> {
    /// Publishes the kept value of an earlier run if no value is visible.
    pub(crate) async fn restore(&self, trace: &mut LoadTrace) -> Result<(), Error> {
        if self.state().kept != KeptState::Unread {
            return Ok(());
        }
        match self.kept().await? {
            Some(kept) => self.begin_with(kept, trace).await,
            None => Ok(()),
        }
    }

    /// Whether an earlier run may have kept a value: none is visible, and it is not known yet.
    pub(super) fn may_have_kept(&self) -> bool {
        self.keeper.is_some()
            && self.shared.publisher.current().is_none()
            && self.state().kept != KeptState::Known
    }

    /// Whether a kept value of an earlier run may be published. A pause delays this.
    fn may_restore(&self) -> bool {
        self.may_have_kept() && !self.shared.gate().is_paused()
    }

    /// Reads the kept value of an earlier run if it may be published. Reads it once, because it does not change. If the
    /// storage does not answer, the next call waits for the same read, so that one thread hangs at most.
    pub(super) async fn kept(&self) -> Result<Option<Kept<V>>, Error> {
        let Some(keeper) = self.keeper.as_ref().filter(|_| self.may_restore()) else {
            return Ok(None);
        };
        let begun = lock(&self.restoring).take();
        let mut restoring = begun.unwrap_or_else(|| keeper.restore());
        let pending = &mut restoring;
        let late = "the disk did not answer";
        let read = match within(Stage::Load, self.deadline.get(), late, || pending).await {
            Err(error) if error.kind() == ErrorKind::Timeout => {
                *lock(&self.restoring) = Some(restoring);
                Err(error)
            }
            read => read.and_then(|read| read),
        };
        let is_unknown = read.as_ref().is_err_and(Error::is_retryable);
        self.state().kept = match is_unknown {
            true => KeptState::Unknown,
            false => KeptState::Known,
        };
        read
    }

    /// Publishes the kept value of an earlier run, if validators and participants accept it.
    pub(super) async fn begin_with(
        &self,
        kept: Kept<V>,
        trace: &mut LoadTrace,
    ) -> Result<(), Error> {
        let (value, revision, loaded_at) = kept;
        validate(self.validators.as_deref(), &value).await?;
        let swap = self.prepare(&value, trace).await?;
        let candidate = Candidate {
            value,
            revision,
            loaded_at,
            trigger: Trigger::Startup,
            origin: None,
        };
        let published = self.publish(candidate);
        match self.end_swap(swap, published, trace).await {
            Ok(_) => {
                trace.restored = true;
                self.state().had_content = true;
                let name = &*self.shared.observers.target;
                warn!(target: "hot_reload", name, "the source has no value; serving the last good value of an earlier run");
                Ok(())
            }
            Err(held) if held.is_held() => {
                self.state().kept = KeptState::Unread;
                Ok(())
            }
            Err(refused) => Err(refused.error().cloned().unwrap_or_else(unasked)),
        }
    }
}
