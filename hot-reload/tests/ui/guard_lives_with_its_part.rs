//! The passing counterpart of `guard_outlives_its_part`: each guard names the lifetime of the text, which is dropped later.

use hot_reload::{Guard, Live};

type OfText<'a> = Guard<'a, &'static str, str>;

/// The captured reference has the lifetime of a shortened guard's part.
fn from_a_shorter_guard<'x>(live: &'static Live<&'static str>, text: &'x str) -> OfText<'x> {
    let guard: Guard<'x, &'static str, &'x str> = live.load();
    Guard::map(guard, move |_: &&'x str| text)
}

/// The captured reference has the lifetime of a part that an earlier closure made.
fn from_a_part<'x>(live: &'static Live<&'static str>, text: &'x str) -> OfText<'x> {
    let part = Guard::map(live.load(), |value: &&'static str| -> &&'x str { value });
    Guard::map(part, move |_: &&'x str| text)
}

/// The guard comes from a projected handle.
fn from_a_projection<'x>(live: &'static Live<&'static str>, text: &'x str) -> OfText<'x> {
    let projection = Box::leak(Box::new(live.map(|value| value)));
    Guard::map(projection.load(), move |_: &&'x str| text)
}

pub(crate) fn main() {
    let live = Box::leak(Box::new(Live::fixed("a value")));
    let text = "dropped after it is read".to_owned();
    let guards = [
        from_a_shorter_guard(live, &text),
        from_a_part(live, &text),
        from_a_projection(live, &text),
    ];
    assert_eq!(guards.map(|guard| guard.len()), [24; 3]);
    drop(text);
}
