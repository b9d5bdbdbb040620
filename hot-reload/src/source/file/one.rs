//! [`File`]: one file, as a source of bytes.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_128;

use super::read::bytes::{ReadOnce, read_once, read_opened};
use super::read::load::{Look, Pause, Rest, Unready, View};
use super::read::memory::{Memory, NEAR};
use super::read::stamp::Kind;
use super::turns::{Turn, Turns};
use super::watch::hub::FileEvents;
use super::watch::subscription::{Follow, Leases, blocking};
use super::watch::tier;
use super::{absolute, fault, os};
use crate::clock;
use crate::error::{Error, Location};
use crate::revision::Revision;
use crate::source::{Fetched, HintSender, Source, Subscription};
use crate::status::SourceStatus;
use crate::watch::WatchProfile;

/// One file, as a source of bytes.
///
/// ```
/// use hot_reload::source::File;
///
/// let file = File::new("app.toml").max_size(1 << 20);
/// assert!(file.path().is_absolute());
/// ```
pub struct File {
    spec: Arc<Spec>,
    follow: Arc<Follow>,
    /// Locked for the length of one step, which makes it one at a time even if a step hangs.
    memory: Arc<Turns<Memory>>,
}

#[derive(Debug, Clone)]
struct Spec {
    /// What it was called, unless that is the path.
    name: Option<Box<str>>,
    path: [PathBuf; 1],
    max_size: u64,
    /// Whether somebody has asked for that.
    limited: bool,
    empty_is_content: bool,
}

impl File {
    /// The file at this path. A relative one is meant from where the process stands now; links are followed anew at
    /// every look.
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let absolute = absolute(path);
        let spec = Spec {
            name: (path.as_os_str() != absolute.as_os_str()).then(|| path.to_string_lossy().into()),
            path: [absolute],
            max_size: MAX_SIZE,
            limited: false,
            empty_is_content: false,
        };
        Self {
            spec: Arc::new(spec),
            follow: Arc::default(),
            memory: Arc::new(Turns::new(Memory::default)),
        }
    }

    /// Refuses a file of more than so many bytes. Without it, 64 MiB; for a [`load_with`](Self::load_with), any size.
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        let spec = Arc::make_mut(&mut self.spec);
        (spec.max_size, spec.limited) = (bytes, true);
        self
    }

    /// Where the events come from. Without it, [`FileEvents::Native`].
    #[must_use]
    pub fn events(mut self, events: FileEvents) -> Self {
        self.follow = Arc::new(self.follow.with_events(events));
        self
    }

    /// Whether the system is asked, by a read lease that is given back at once, if anybody has the file open for writing
    /// before it is read. Without it, yes; it is possible on Linux and on the file systems of this machine.
    ///
    /// A writer that opens the file within these two microseconds waits for their end, unless it opens with `O_NONBLOCK`:
    /// then it is refused. This process is sent a `SIGURG` in that case, which does nothing unless it is handled.
    #[must_use]
    pub fn leases(mut self, ask: bool) -> Self {
        let leases = if ask { Leases::Ask } else { Leases::Never };
        self.follow = Arc::new(self.follow.with_leases(leases));
        self
    }

    /// How long the file must not have been touched before it is read. Without it, not at all; at most 5 s.
    ///
    /// For a writer who appends to it by opening it again and again: between two such parts the file looks finished.
    /// Every change is seen later by this. A file that is never left alone for so long is read all the same, two seconds
    /// after this time at the latest. What counts are the times that the file system gives the file, so it takes a clock
    /// that is right.
    #[must_use]
    pub fn settle(mut self, untouched: Duration) -> Self {
        self.follow = Arc::new(self.follow.with_settle(untouched));
        self
    }

    /// Whether content that becomes empty or blank is treated like any other, for instance a list that may be cleared.
    /// Default: `false`: once a second load after the debounce window has confirmed it, an emptied file is treated like a
    /// removed one; see [`Loaded::Emptied`](crate::Loaded::Emptied).
    #[must_use]
    pub fn empty_is_content(mut self, is_content: bool) -> Self {
        Arc::make_mut(&mut self.spec).empty_is_content = is_content;
        self
    }

    /// The longest wait for a writer that has the file open. Default: 60 s.
    ///
    /// Meanwhile the value stays, and [`Status::hold`](crate::Status::hold) says that the file is
    /// [being written](crate::HoldReason::BeingWritten). If the kernel does not say who writes, the wait for an unclosed
    /// write ends after 10 s without another write, or after this time if it is shorter. Then the file is loaded as it is,
    /// once nobody has written for 500 ms, and the source is degraded by `never_closed`.
    #[must_use]
    pub fn wait_for_writers(mut self, longest: Duration) -> Self {
        self.follow = Arc::new(self.follow.with_writers(longest));
        self
    }

    /// The absolute path.
    pub fn path(&self) -> &Path {
        let [path] = &self.spec.path;
        path
    }

    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.spec.path
    }

    /// The limit that was asked for.
    pub(super) fn limit(&self) -> Option<u64> {
        self.spec.limited.then_some(self.spec.max_size)
    }

    pub(super) fn follow(&self) -> &Follow {
        &self.follow
    }

    /// Waits for the turn of a step, which is short.
    async fn turn(&self) -> Result<Turn<Memory>, Error> {
        let place = || Location::new(self.spec.name());
        self.memory.take().await.map_err(|error| error.at(place()))
    }

    /// Opens the watch, never during a load: one would remove the watches that the other has added.
    pub(super) async fn open(
        &self,
        turn: Turn<Memory>,
        hints: HintSender,
    ) -> Result<Subscription, Error> {
        let (spec, follow) = (Arc::clone(&self.spec), Arc::clone(&self.follow));
        let guard = blocking(move || {
            let _alone = turn;
            follow.open(hints, &spec.path)
        });
        Ok(Subscription::new(guard.await??))
    }

    pub(super) fn memory(&self) -> &Arc<Turns<Memory>> {
        &self.memory
    }
}

impl Source for File {
    fn name(&self) -> String {
        self.spec.name().into_owned()
    }

    async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
        let mut look = Look::new();
        loop {
            let memory = self.turn().await?;
            // A way may lead elsewhere by now; nowhere, though, where nobody answers.
            let step = if memory.is_near() && os::is_calm() {
                self.spec.step(&self.follow, memory, &mut look, seen, NEAR)
            } else {
                Step::TooFar(memory)
            };
            let step = match step {
                Step::TooFar(memory) => {
                    let (spec, follow) = (Arc::clone(&self.spec), Arc::clone(&self.follow));
                    let (seen, turns) = (seen.cloned(), Arc::clone(&self.memory));
                    let step = move || {
                        let turn = turns.number(&memory);
                        let step = spec.step(&follow, memory, &mut look, seen.as_ref(), u64::MAX);
                        if !turns.is_last(turn) {
                            follow.came_late();
                        }
                        (step, look)
                    };
                    let (step, unfinished) = blocking(step).await?;
                    look = unfinished;
                    step
                }
                step => step,
            };
            match step {
                Step::Done(result) => return result,
                Step::Wait(pause) => pause.wait().await,
                // Nothing is too far for the thread that may block.
                Step::TooFar(_) => {}
            }
        }
    }

    async fn subscribe(&self, hints: HintSender) -> Result<Subscription, Error> {
        self.open(self.turn().await?, hints).await
    }

    fn profile(&self) -> WatchProfile {
        tier::profile(self.path())
    }

    fn status(&self) -> Option<SourceStatus> {
        Some(self.follow.status())
    }

    fn accepts_empty(&self) -> bool {
        self.spec.empty_is_content
    }
}

enum Step {
    Done(Result<Fetched, Error>),
    Wait(Pause),
    /// It takes longer than it may take here.
    TooFar(Turn<Memory>),
}

impl Spec {
    fn name(&self) -> Cow<'_, str> {
        match &self.name {
            Some(name) => Cow::Borrowed(name),
            None => {
                let [path] = &self.path;
                path.to_string_lossy()
            }
        }
    }

    /// One step of a look: walk, ask whether the file is at rest, and read it if it is and has no more bytes than `near`.
    fn step(
        &self,
        follow: &Follow,
        mut memory: Turn<Memory>,
        look: &mut Look,
        seen: Option<&Revision>,
        near: u64,
    ) -> Step {
        let before = |_| memory.stamp();
        let view = match look.step(follow, &self.path, before) {
            Rest::Wait(pause) => return Step::Wait(pause),
            Rest::BeingWritten(Unready { hold, again }) => {
                return Step::Done(Ok(Fetched::Held { hold, again }));
            }
            Rest::Reached(view) => view,
        };
        match view.stamps.first() {
            // Where somebody was seen to finish, the stamp alone is no proof: a store into a mapped file need not change it.
            Some(Ok(stamp)) if memory.knows(stamp, seen) && !view.is_announced() => {
                view.accept();
                Step::Done(Ok(Fetched::Unchanged))
            }
            // Not even opened: that has effects of its own on a device.
            Some(Ok(stamp)) if stamp.kind != Kind::File => {
                Step::Done(Err(fault::not_a_file(&self.name(), stamp.kind)))
            }
            Some(Err(error)) if fault::is_absent(error) => {
                memory.forget();
                Step::Done(Ok(Fetched::Absent))
            }
            Some(Ok(stamp)) if stamp.size > near => Step::TooFar(memory),
            _ => {
                let step = self.read(follow, &mut memory, look, &view, seen);
                follow.tally().read(matches!(step, Step::Wait(_)));
                step
            }
        }
    }

    fn read(
        &self,
        follow: &Follow,
        memory: &mut Memory,
        look: &mut Look,
        view: &View,
        seen: Option<&Revision>,
    ) -> Step {
        let [path] = &self.path;
        let observed = clock::time_of_day();
        let local = || view.is_proven() || os::is_local(path);
        // What was found at rest has to be what was read.
        let holds = |stamp| {
            view.still_holds()
                && view.is_still_at_rest()
                && matches!(view.stamps.first(), Some(Ok(found)) if found == stamp)
        };
        // The wait for a writer counts separately from this load's other waits.
        let over = look.is_over();
        let is_over = || over && view.may_be_taken(follow);
        let read = match view.opened() {
            // Where nobody writes, the stamp of the path is that of the file, or another file has the name.
            Some(file) => match view.stamps.first() {
                Some(Ok(found)) if view.is_proven() => {
                    read_opened(file, path, *found, true, self.max_size)
                }
                _ => os::stamp_of(file)
                    .and_then(|before| read_opened(file, path, before, false, self.max_size)),
            },
            None => read_once(path, self.max_size),
        };
        let (bytes, stamp) = match read {
            Ok(ReadOnce::Whole { bytes, stamp }) if holds(&stamp) || is_over() => (bytes, stamp),
            Ok(ReadOnce::Replaced { bytes, stamp }) if look.is_outrun() => (bytes, stamp),
            Ok(ReadOnce::Torn) if is_over() => {
                return Step::Done(Err(fault::restless(&self.name())));
            }
            Ok(ReadOnce::Whole { .. } | ReadOnce::Replaced { .. } | ReadOnce::Torn) => {
                return Step::Wait(look.retry(view));
            }
            Ok(ReadOnce::TooLarge { stamp }) => {
                let revision = stamp.revision();
                let error =
                    fault::too_large(&self.name(), self.max_size).with_revision(revision.clone());
                memory.remember(stamp, revision, observed, local());
                view.accept();
                return Step::Done(Err(error));
            }
            Ok(ReadOnce::NotAFile) if look.is_over() => {
                return Step::Done(Err(fault::not_a_file(&self.name(), Kind::Other)));
            }
            // It became another thing after it was found at rest, or went away: look again.
            Ok(ReadOnce::NotAFile) => return Step::Wait(look.retry(view)),
            Err(error) if fault::is_absent(&error) && !look.is_over() => {
                return Step::Wait(look.retry(view));
            }
            Err(error) => return Step::Done(Err(fault::refused(&self.name(), error))),
        };
        let revision = Revision::from(xxh3_128(&bytes));
        if let Some(pause) = look.doubt(view, &[stamp], &revision) {
            return Step::Wait(pause);
        }
        view.accept();
        memory.remember(stamp, revision.clone(), observed, local());
        if view.is_proven() && view.opened().is_some_and(os::is_quiet) {
            memory.set_near();
        }
        Step::Done(Ok(if seen == Some(&revision) {
            Fetched::Unchanged
        } else {
            Fetched::Content { bytes, revision }
        }))
    }
}

impl AsRef<Path> for File {
    fn as_ref(&self) -> &Path {
        self.path()
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("File").field(&self.spec.name()).finish()
    }
}

/// Larger than any configuration, and small enough to be held three times.
const MAX_SIZE: u64 = 64 << 20;
