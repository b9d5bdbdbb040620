//! The two phases of a swap: all [`Participants`] prepare, then all commit or all abort.

use futures_util::future::BoxFuture;
use futures_util::future::join_all;
use std::error::Error as StdError;
use std::iter;
use std::time::Duration;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, escaped};
use crate::event::Stage;
use crate::participant::Participant;
use crate::service::boundary::within;
use crate::status::Vote;

/// The participants, in the order in which they were added.
pub(crate) struct Participants<V> {
    pub(crate) list: Vec<Box<dyn DynParticipant<V>>>,
    /// The deadline of one call of a participant.
    pub(crate) deadline: Duration,
}

impl<V> Participants<V> {
    pub(crate) fn none(deadline: Duration) -> Self {
        Self {
            list: Vec::new(),
            deadline,
        }
    }

    pub(crate) fn add<P>(&mut self, name: String, participant: P)
    where
        V: Sync,
        P: Participant<V> + 'static,
    {
        self.list.push(Box::new(Named { name, participant }));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Prepares all participants for a candidate that is to replace this value, at the same time. Returns their votes and
    /// prepared resources.
    pub(crate) async fn prepare(&self, visible: Option<&V>, candidate: &V) -> PreparedSwap<'_> {
        let preparations = self.list.iter().map(|participant| async {
            let begun = Instant::now();
            let prepared = self.prepare_one(&**participant, visible, candidate);
            let (ready, refusal) = match prepared.await {
                Ok(ready) => (Some(ready), None),
                Err(refusal) => (None, Some(refusal)),
            };
            let vote = Vote {
                participant: escaped(participant.name().into()),
                refusal,
                elapsed: begun.elapsed(),
                failure: None,
            };
            Preparation { vote, ready }
        });
        PreparedSwap {
            preparations: join_all(preparations).await,
            deadline: self.deadline,
        }
    }

    async fn prepare_one<'p>(
        &'p self,
        participant: &'p dyn DynParticipant<V>,
        visible: Option<&V>,
        candidate: &V,
    ) -> Result<Ready<'p>, Error> {
        let prepare = || participant.prepare(visible, candidate);
        within(Stage::Prepare, self.deadline, "was not ready", prepare).await?
    }
}

/// The votes of all participants, and the prepared resources.
#[must_use = "a prepared swap must be committed or aborted"]
pub(crate) struct PreparedSwap<'p> {
    preparations: Vec<Preparation<'p>>,
    deadline: Duration,
}

struct Preparation<'p> {
    vote: Vote,
    ready: Option<Ready<'p>>,
}

impl PreparedSwap<'_> {
    /// The participants that refused, with their reasons, on one line.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let refusals = self.preparations.iter().filter_map(|preparation| {
            let refusal = preparation.vote.refusal.as_ref()?;
            Some(format!("{}: {refusal}", preparation.vote.participant))
        });
        let refusals: Vec<_> = refusals.collect();
        (!refusals.is_empty()).then(|| Error::new(ErrorKind::Invalid, refusals.join("; ")))
    }

    /// Commits or aborts all ready participants, in the order in which they were added. Returns the votes, with the failures.
    pub(crate) async fn end(self, ending: Ending) -> Vec<Vote> {
        let mut votes = Vec::new();
        for Preparation { mut vote, ready } in self.preparations {
            if let Some(ready) = ready {
                let late = "did not finish";
                let ended = within(Stage::Commit, self.deadline, late, || ready(ending)).await;
                vote.failure = ended.err();
            }
            votes.push(vote);
        }
        votes
    }
}

/// How a swap ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Commit,
    Abort,
}

/// Ends the swap for one participant. Dropping it releases the prepared resources.
pub(crate) type Ready<'p> = Box<dyn FnOnce(Ending) -> BoxFuture<'p, ()> + Send + 'p>;

/// A participant with its name, without the type of its resources.
pub(crate) trait DynParticipant<V>: Send + Sync {
    fn name(&self) -> &str;

    fn prepare<'p: 'v, 'v>(
        &'p self,
        visible: Option<&'v V>,
        candidate: &'v V,
    ) -> BoxFuture<'v, Result<Ready<'p>, Error>>;
}

struct Named<P> {
    name: String,
    participant: P,
}

impl<V: Sync, P: Participant<V> + 'static> DynParticipant<V> for Named<P> {
    fn name(&self) -> &str {
        &self.name
    }

    fn prepare<'p: 'v, 'v>(
        &'p self,
        visible: Option<&'v V>,
        candidate: &'v V,
    ) -> BoxFuture<'v, Result<Ready<'p>, Error>> {
        Box::pin(async move {
            let participant = &self.participant;
            let prepared = participant.prepare_from(visible, candidate).await;
            let prepared =
                prepared.map_err(|refusal| Error::new(ErrorKind::Invalid, all_of(&*refusal)))?;
            let end = move |ending| match ending {
                Ending::Commit => participant.commit(prepared),
                Ending::Abort => participant.abort(prepared),
            };
            Ok(Box::new(end) as Ready<'p>)
        })
    }
}

/// The messages of an error and its causes.
fn all_of(error: &(dyn StdError + 'static)) -> String {
    let causes = iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
