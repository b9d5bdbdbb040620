//! The accessors of this crate, read while a [`Publisher`] takes the place of the service.

use bench::values::Value;
use ours::Live;
use ours::live::{Projection, Reader};
use ours::testing::Publisher;

use crate::contender::Contender;

/// [`Live::load`]: a guard.
pub(crate) struct Load<V>(Publisher<V>);

impl<V: Value> Load<V> {
    pub(crate) fn new(value: V) -> Self {
        Self(Publisher::new(value))
    }
}

impl<V: Value> Contender<V> for Load<V> {
    const NAME: &'static str = "ours_load";

    type Handle = Live<V>;

    fn handle(&self) -> Live<V> {
        self.0.live()
    }

    #[inline(always)]
    fn read(live: &mut Live<V>) -> u64 {
        live.load().number()
    }

    fn publish(&self, value: V) {
        self.0.publish(value);
    }
}

/// [`Live::get`]: an owned snapshot.
pub(crate) struct Get<V>(Publisher<V>);

impl<V: Value> Get<V> {
    pub(crate) fn new(value: V) -> Self {
        Self(Publisher::new(value))
    }
}

impl<V: Value> Contender<V> for Get<V> {
    const NAME: &'static str = "ours_get";

    type Handle = Live<V>;

    fn handle(&self) -> Live<V> {
        self.0.live()
    }

    #[inline(always)]
    fn read(live: &mut Live<V>) -> u64 {
        live.get().number()
    }

    fn publish(&self, value: V) {
        self.0.publish(value);
    }
}

/// [`Live::reader`]: a reader that remembers.
pub(crate) struct Remember<V>(Publisher<V>);

impl<V: Value> Remember<V> {
    pub(crate) fn new(value: V) -> Self {
        Self(Publisher::new(value))
    }
}

impl<V: Value> Contender<V> for Remember<V> {
    const NAME: &'static str = "ours_reader";

    type Handle = Reader<V>;

    fn handle(&self) -> Reader<V> {
        self.0.live().reader()
    }

    #[inline(always)]
    fn read(reader: &mut Reader<V>) -> u64 {
        reader.load().number()
    }

    fn publish(&self, value: V) {
        self.0.publish(value);
    }
}

/// [`Live::map`]: a guard of a part.
pub(crate) struct Project<V, F = fn(&V) -> &u64> {
    publisher: Publisher<V>,
    part: F,
}

impl<V: Value, F: Fn(&V) -> &u64> Project<V, F> {
    pub(crate) fn new(value: V, part: F) -> Self {
        Self {
            publisher: Publisher::new(value),
            part,
        }
    }
}

impl<V: Value, F: Fn(&V) -> &u64 + Copy + Send + Sync> Contender<V> for Project<V, F> {
    const NAME: &'static str = "ours_projection";

    type Handle = Projection<V, u64, F>;

    fn handle(&self) -> Self::Handle {
        self.publisher.live().map(self.part)
    }

    #[inline(always)]
    fn read(projection: &mut Self::Handle) -> u64 {
        *projection.load()
    }

    fn publish(&self, value: V) {
        self.publisher.publish(value);
    }
}
