//! [`Live::derive`]: a value that is computed from each published value, once, before readers can see that one.

use std::sync::{Arc, Mutex, Weak};

use tokio::time::Instant;

use super::follow::{Find, Follow, Followers, Staged, Upstream};
use super::handle::Live;
use super::notifications::Channel;
use super::publisher::Ending;
use super::shared::Shared;
use crate::locks::lock;
use crate::panics::discard;
use crate::snapshot::Published;

impl<V: Send + Sync + 'static> Live<V> {
    /// Makes a handle on a value that is derived from this one, such as a router or a compiled set of patterns.
    ///
    /// Calls the function at once for the visible value, if there is one, and then for each candidate right before its
    /// publication. The derived value has the generation of its origin, and is read, subscribed to and freed in
    /// the same way. It becomes visible right before its origin. So a reader that loads the origin first and the derived value
    /// second never gets a derived value of an earlier generation. In the other order, a publication may come in between. To read two things from one publication, derive a value that has both.
    ///
    /// The function runs in the task of the service and delays the publication, but never a reader. If it panics, the new
    /// value is [`Rejected`](crate::Outcome::Rejected) at stage [`Commit`](crate::event::Stage::Commit), and both last good
    /// values stay. Prefer a [validator](crate::Builder::validate), which says why a value is not acceptable.
    ///
    /// Derive once, and clone the handle: each call of `derive` adds one computation to every publication, until the last handle
    /// from that call is dropped. The handle keeps the service running.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use hot_reload::Live;
    ///
    /// struct Config { routes: Vec<(String, String)> }
    ///
    /// /// A table for fast lookups.
    /// fn router(config: &Config) -> HashMap<String, String> {
    ///     config.routes.iter().cloned().collect()
    /// }
    ///
    /// let config = Live::fixed(Config { routes: vec![("/shop".into(), "10.0.0.1:80".into())] });
    /// let routes: Live<HashMap<String, String>> = config.derive(router);
    /// assert_eq!(routes.load()["/shop"], "10.0.0.1:80");
    /// assert_eq!(routes.get().generation(), config.get().generation());
    /// ```
    ///
    /// # Panics
    ///
    /// If the function panics for the visible value.
    pub fn derive<D, F>(&self, of: F) -> Live<D>
    where
        D: Send + Sync + 'static,
        F: Fn(&V) -> D + Send + Sync + 'static,
    {
        let derivation = Arc::new_cyclic(|derivation: &Weak<Derivation<V, D, F>>| {
            let upstream = Box::new(Weak::clone(derivation));
            let shared = Arc::new(Shared::new(
                Followers::Elsewhere(upstream),
                self.shared.events.clone(),
                self.shared.callbacks.share(),
            ));
            Derivation {
                origin: self.unkept(),
                of,
                _ending: Ending::of(&shared),
                shared,
                staged: Mutex::new(None),
            }
        });
        derivation.begin();
        Live {
            shared: Arc::clone(&derivation.shared),
            keep: Some(Arc::new((derivation, self.clone()))),
        }
    }
}

/// A value that is derived from another one, and follows it.
struct Derivation<V, D, F> {
    origin: Live<V>,
    of: F,
    shared: Arc<Shared<D>>,
    /// The derived value of the candidate that is being published.
    staged: Mutex<Option<Arc<Published<D>>>>,
    /// Its drop notifies subscribers that are left when the last handle is dropped.
    _ending: Ending,
}

impl<V, D, F> Derivation<V, D, F>
where
    V: Send + Sync + 'static,
    D: Send + Sync + 'static,
    F: Fn(&V) -> D + Send + Sync + 'static,
{
    /// Follows the origin, and derives the first value from the visible one.
    fn begin(self: &Arc<Self>) {
        let followers = &self.origin.shared.followers;
        let is_running = followers.join(Box::new(Arc::downgrade(self)));
        // Every publication from now on derives its value. This is about the one before.
        if let Some(visible) = self.origin.try_get()
            && self.shared.cell.get().is_none()
        {
            let mut first = Some(self.derive(visible.node()));
            followers.between_publications(&mut || {
                // A publication may have come in between.
                if self.shared.cell.get().is_none()
                    && let Some(first) = first.take()
                {
                    self.shared.cell.put(first, Instant::now());
                }
            });
        }
        if !is_running {
            self.shared
                .channel
                .send_modify(|notified| notified.stopped = true);
        }
    }

    fn derive(&self, origin: &Published<V>) -> Arc<Published<D>> {
        Arc::new(origin.with((self.of)(&origin.value)))
    }
}

/// The followers of the derived value follow the origin.
impl<V, D, F> Upstream<D> for Weak<Derivation<V, D, F>>
where
    V: Send + Sync + 'static,
    D: Send + Sync + 'static,
    F: Fn(&V) -> D + Send + Sync + 'static,
{
    fn join(&self, follower: Box<dyn Find<D>>) -> bool {
        // Without a handle, no value follows.
        let Some(derivation) = self.upgrade() else {
            return false;
        };
        let further = FindFurther {
            derivation: Self::clone(self),
            follower,
        };
        derivation.origin.shared.followers.join(Box::new(further))
    }

    fn between_publications(&self, run: &mut dyn FnMut()) {
        match self.upgrade() {
            Some(derivation) => {
                let followers = &derivation.origin.shared.followers;
                followers.between_publications(run);
            }
            None => run(),
        }
    }
}

impl<V, D, F> Follow<V> for Derivation<V, D, F>
where
    V: Send + Sync + 'static,
    D: Send + Sync + 'static,
    F: Fn(&V) -> D + Send + Sync + 'static,
{
    fn prepare(self: Arc<Self>, _: Option<&V>, now: &Published<V>) -> Box<dyn Staged> {
        let node = self.derive(now);
        *lock(&self.staged) = Some(node);
        Box::new(StagedValue(self))
    }

    fn end(&self) -> Option<Arc<Channel>> {
        discard(self.shared.cell.let_go());
        Some(Arc::clone(&self.shared.channel))
    }

    fn sweep(&self, is_due: &dyn Fn(Instant) -> bool) {
        discard(self.shared.cell.sweep(|since| is_due(*since)));
    }

    fn is_retaining(&self) -> bool {
        self.shared.retained().0 > 0
    }
}

/// The derived value of a candidate. Dropping it discards the value, unless it has become visible.
struct StagedValue<V, D, F>(Arc<Derivation<V, D, F>>);

impl<V, D, F> Staged for StagedValue<V, D, F>
where
    V: Send + Sync,
    D: Send + Sync,
    F: Send + Sync,
{
    fn make_visible(&mut self, now: Instant) {
        if let Some(node) = lock(&self.0.staged).take() {
            self.0.shared.cell.put(node, now);
        }
    }

    fn changed(&self) -> Option<Arc<Channel>> {
        Some(Arc::clone(&self.0.shared.channel))
    }
}

impl<V, D, F> Drop for StagedValue<V, D, F> {
    fn drop(&mut self) {
        let staged = lock(&self.0.staged).take();
        discard(staged);
    }
}

/// A follower of a derived value, as a follower of the origin. It joins after the derivation, so the derived value is staged
/// when it is prepared. Either may be gone.
struct Further<V, D, F> {
    derivation: Option<Arc<Derivation<V, D, F>>>,
    follower: Option<Arc<dyn Follow<D>>>,
}

struct FindFurther<V, D, F> {
    derivation: Weak<Derivation<V, D, F>>,
    follower: Box<dyn Find<D>>,
}

impl<V, D, F> Find<V> for FindFurther<V, D, F>
where
    V: Send + Sync + 'static,
    D: Send + Sync + 'static,
    F: Send + Sync + 'static,
{
    fn find(&self) -> Option<Arc<dyn Follow<V>>> {
        Some(Arc::new(Further {
            derivation: self.derivation.upgrade(),
            follower: self.follower.find(),
        }))
    }

    fn is_gone(&self) -> bool {
        self.derivation.strong_count() == 0 || self.follower.is_gone()
    }
}

impl<V, D, F> Follow<V> for Further<V, D, F>
where
    V: Send + Sync + 'static,
    D: Send + Sync + 'static,
    F: Send + Sync + 'static,
{
    fn prepare(self: Arc<Self>, _: Option<&V>, _: &Published<V>) -> Box<dyn Staged> {
        let (Some(derivation), Some(follower)) = (&self.derivation, &self.follower) else {
            return Box::new(Gone);
        };
        let staged = lock(&derivation.staged).clone();
        let before = derivation.shared.cell.get();
        let before = before.as_ref().map(|before| &before.value);
        match staged {
            Some(staged) => Arc::clone(follower).prepare(before, &staged),
            None => Box::new(Gone),
        }
    }

    fn end(&self) -> Option<Arc<Channel>> {
        self.follower.as_ref()?.end()
    }

    fn sweep(&self, is_due: &dyn Fn(Instant) -> bool) {
        if let Some(follower) = &self.follower {
            follower.sweep(is_due);
        }
    }

    fn is_retaining(&self) -> bool {
        let follower = self.follower.as_ref();
        follower.is_some_and(|follower| follower.is_retaining())
    }
}

/// A follower whose handles are gone.
struct Gone;

impl Staged for Gone {
    fn changed(&self) -> Option<Arc<Channel>> {
        None
    }
}
