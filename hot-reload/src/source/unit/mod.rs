//! [`Unit`]: several files, read as one.
//!
//! [`Dir`](super::Dir) and [`Group`](super::Group) share it. They differ in the listing, and in the meaning of a missing file.
//! A load
//!
//! 1. walks along everything that is known, and watches it;
//! 2. lists the files, and walks again if the listing has changed, so that every listed file was watched before;
//! 3. waits until all files are at rest;
//! 4. reads all files, lists them again and takes all stamps again, and reads again if anything has changed.

mod attempt;
mod listing;
mod memory;
mod read;
mod spec;

use std::fmt;
use std::sync::Arc;

use self::attempt::{Attempt, Step};
pub(super) use self::listing::{Listing, Member, Presence};
use self::memory::Memory;
pub(super) use self::memory::revision;
pub(super) use self::spec::{Limits, Roster, Spec, Unlisted};
use super::contract::Source;
use super::fetched::Fetched;
use super::file::turns::{Turn, Turns, blocking};
use super::file::watch::options::Options;
use super::file::watch::profile;
use super::file::watch::subscription::FileWatch;
use super::include::base::Base;
use crate::error::{Error, Location};
use crate::hints::{HintSender, Subscription};
use crate::revision::Revision;
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

/// Several files, read as one.
pub(super) struct Unit {
    spec: Arc<Spec>,
    watch: Arc<FileWatch>,
    /// Locked during each step, so that one step runs at a time, even if a step hangs.
    memory: Arc<Turns<Memory>>,
}

impl Unit {
    pub(super) fn new(spec: Spec, options: Options) -> Self {
        let spec = Arc::new(spec);
        let make = {
            let spec = Arc::clone(&spec);
            move || Memory::new(spec.roster.known())
        };
        Self {
            spec,
            watch: Arc::new(FileWatch::new(options)),
            memory: Arc::new(Turns::new(make)),
        }
    }

    async fn turn(&self) -> Result<Turn<Memory>, Error> {
        let place = || Location::new(&self.spec.name);
        self.memory.take().await.map_err(|error| error.at(place()))
    }
}

impl Source for Unit {
    fn name(&self) -> String {
        self.spec.name.clone()
    }

    /// Loads the files, unless they are still in the state that was `seen` last. Cancel safe.
    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let mut attempt = Attempt::new();
        loop {
            let mut memory = self.turn().await?;
            let (spec, watch) = (Arc::clone(&self.spec), Arc::clone(&self.watch));
            let (seen, turns) = (seen.cloned(), Arc::clone(&self.memory));
            let step = move || {
                let step = attempt.step(&spec, &watch, &mut memory, seen.as_ref());
                if !turns.is_last(turns.number(&memory)) {
                    watch.came_late();
                }
                (step, attempt)
            };
            match blocking(step).await? {
                (Step::Done(result), _) => return result,
                (Step::Wait(pause), unfinished) => {
                    attempt = unfinished;
                    pause.wait().await;
                }
            }
        }
    }

    fn profile(&self) -> WatchProfile {
        // Asks nothing that may hang.
        profile::profile_of_all(self.spec.roster.known().paths())
    }

    fn status(&self) -> Option<SourceStatus> {
        Some(self.watch.status())
    }

    fn accepts_empty(&self) -> bool {
        self.spec.empty_is_content
    }

    fn base(&self) -> Base {
        self.spec.base.clone().with_options(self.watch.options())
    }

    /// Opens a watch on everything that is known. The load that follows watches the rest.
    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        // Never during a load, because one walk would release the watches that the other has added.
        let memory = self.turn().await?;
        let watch = Arc::clone(&self.watch);
        let guard = blocking(move || watch.open(hints, memory.listing.paths()));
        Ok(Subscription::new(guard.await??))
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unit").field(&self.spec.name).finish()
    }
}
