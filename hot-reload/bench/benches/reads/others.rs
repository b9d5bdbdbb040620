//! The other contenders, and a plain reference as the lower bound.

use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::{ArcSwap, Cache};
use bench::values::Value;
use tokio::sync::watch;

use crate::contender::Contender;

/// A reference to a value that is never replaced: the floor.
pub(crate) struct Plain<V>(Arc<V>);

impl<V: Value> Plain<V> {
    pub(crate) fn new(value: V) -> Self {
        Self(Arc::new(value))
    }
}

impl<V: Value> Contender<V> for Plain<V> {
    const NAME: &'static str = "plain_reference";

    type Handle = Arc<V>;

    fn handle(&self) -> Arc<V> {
        Arc::clone(&self.0)
    }

    #[inline(always)]
    fn read(value: &mut Arc<V>) -> u64 {
        value.number()
    }

    /// The value is created and freed, as in other contenders, but never read.
    fn publish(&self, value: V) {
        drop(Arc::new(value));
    }
}

pub(crate) struct SwapLoad<V>(Arc<ArcSwap<V>>);

impl<V: Value> SwapLoad<V> {
    pub(crate) fn new(value: V) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(value)))
    }
}

impl<V: Value> Contender<V> for SwapLoad<V> {
    const NAME: &'static str = "arc_swap_load";

    type Handle = Arc<ArcSwap<V>>;

    fn handle(&self) -> Self::Handle {
        Arc::clone(&self.0)
    }

    #[inline(always)]
    fn read(swap: &mut Self::Handle) -> u64 {
        swap.load().number()
    }

    fn publish(&self, value: V) {
        self.0.store(Arc::new(value));
    }
}

pub(crate) struct SwapLoadFull<V>(Arc<ArcSwap<V>>);

impl<V: Value> SwapLoadFull<V> {
    pub(crate) fn new(value: V) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(value)))
    }
}

impl<V: Value> Contender<V> for SwapLoadFull<V> {
    const NAME: &'static str = "arc_swap_load_full";

    type Handle = Arc<ArcSwap<V>>;

    fn handle(&self) -> Self::Handle {
        Arc::clone(&self.0)
    }

    #[inline(always)]
    fn read(swap: &mut Self::Handle) -> u64 {
        swap.load_full().number()
    }

    fn publish(&self, value: V) {
        self.0.store(Arc::new(value));
    }
}

pub(crate) struct SwapCache<V>(Arc<ArcSwap<V>>);

impl<V: Value> SwapCache<V> {
    pub(crate) fn new(value: V) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(value)))
    }
}

impl<V: Value> Contender<V> for SwapCache<V> {
    const NAME: &'static str = "arc_swap_cache";

    type Handle = Cache<Arc<ArcSwap<V>>, Arc<V>>;

    fn handle(&self) -> Self::Handle {
        Cache::new(Arc::clone(&self.0))
    }

    #[inline(always)]
    fn read(cache: &mut Self::Handle) -> u64 {
        cache.load().number()
    }

    fn publish(&self, value: V) {
        self.0.store(Arc::new(value));
    }
}

pub(crate) struct WatchBorrow<V>(watch::Sender<V>);

impl<V: Value> WatchBorrow<V> {
    pub(crate) fn new(value: V) -> Self {
        Self(watch::Sender::new(value))
    }
}

impl<V: Value> Contender<V> for WatchBorrow<V> {
    const NAME: &'static str = "watch_borrow";

    type Handle = watch::Receiver<V>;

    fn handle(&self) -> Self::Handle {
        self.0.subscribe()
    }

    #[inline(always)]
    fn read(receiver: &mut Self::Handle) -> u64 {
        receiver.borrow().number()
    }

    fn publish(&self, value: V) {
        self.0.send_replace(value);
    }
}

pub(crate) struct StdLock<V>(Arc<RwLock<Arc<V>>>);

impl<V: Value> StdLock<V> {
    pub(crate) fn new(value: V) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(value))))
    }
}

impl<V: Value> Contender<V> for StdLock<V> {
    const NAME: &'static str = "std_rwlock";

    type Handle = Arc<RwLock<Arc<V>>>;

    fn handle(&self) -> Self::Handle {
        Arc::clone(&self.0)
    }

    #[inline(always)]
    fn read(lock: &mut Self::Handle) -> u64 {
        lock.read().unwrap_or_else(PoisonError::into_inner).number()
    }

    fn publish(&self, value: V) {
        let value = Arc::new(value);
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *current, value);
        drop(current);
        drop(before);
    }
}

pub(crate) struct ParkingLock<V>(Arc<parking_lot::RwLock<Arc<V>>>);

impl<V: Value> ParkingLock<V> {
    pub(crate) fn new(value: V) -> Self {
        Self(Arc::new(parking_lot::RwLock::new(Arc::new(value))))
    }
}

impl<V: Value> Contender<V> for ParkingLock<V> {
    const NAME: &'static str = "parking_lot_rwlock";

    type Handle = Arc<parking_lot::RwLock<Arc<V>>>;

    fn handle(&self) -> Self::Handle {
        Arc::clone(&self.0)
    }

    #[inline(always)]
    fn read(lock: &mut Self::Handle) -> u64 {
        lock.read().number()
    }

    fn publish(&self, value: V) {
        let value = Arc::new(value);
        let before = std::mem::replace(&mut *self.0.write(), value);
        drop(before);
    }
}
