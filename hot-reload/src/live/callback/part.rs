//! Callbacks on a part of the value.

use futures_util::{Stream, StreamExt};

use super::methods::{Followed, IsSame, callback_methods};
use crate::live::projection::{PartSnapshot, Projection};
use crate::runtime::callbacks::Callbacks;
use crate::snapshot::Generation;

impl<V, P, F> Projection<V, P, F>
where
    V: Send + Sync + 'static,
    P: PartialEq + ?Sized + 'static,
    F: Fn(&V) -> &P + Send + Sync + 'static,
{
    callback_methods!(
        "Projection",
        PartSnapshot<V, P, F>,
        "# async fn example(handle: hot_reload::live::Projection<[String; 2], String>) {"
    );
}

impl<V, P, F> Followed for Projection<V, P, F>
where
    V: Send + Sync + 'static,
    P: PartialEq + ?Sized + 'static,
    F: Fn(&V) -> &P + Send + Sync + 'static,
{
    type Item = PartSnapshot<V, P, F>;

    /// The callback compares the parts of all publications: if it were woken for changes only, the part of its last call
    /// would keep an old whole value in memory.
    const IS_SAME: Option<IsSame<Self::Item>> = Some(|old, new| **old == **new);

    fn publications(
        &self,
    ) -> (
        Option<Self::Item>,
        impl Stream<Item = Self::Item> + Send + 'static,
    ) {
        let (visible, publications) = self.live().publications();
        let part = self.unkept();
        let part_of = move |snapshot| part.part_of(snapshot);
        (visible.map(&part_of), publications.map(part_of))
    }

    fn callbacks(&self) -> &Callbacks {
        self.live().callbacks()
    }

    fn generation(part: &Self::Item) -> Generation {
        part.generation()
    }
}
