//! A guard lives no longer than what its part borrows. A closure can return a captured reference as the part: the type of
//! its argument shows the compiler that the reference lives long enough.

use hot_reload::{Guard, Live};

type OfText<'a> = Guard<'a, &'static str, str>;

/// The reference is as long as the part of a guard that was shortened.
fn from_a_shorter_guard<'x>(live: &'static Live<&'static str>, text: &'x str) -> OfText<'static> {
    let guard: Guard<'static, &'static str, &'x str> = live.load();
    Guard::map(guard, move |_: &&'x str| text)
}

/// The reference is as long as the part that an earlier closure has made.
fn from_a_part<'x>(live: &'static Live<&'static str>, text: &'x str) -> OfText<'static> {
    let part = Guard::map(live.load(), |value: &&'static str| -> &&'x str { value });
    Guard::map(part, move |_: &&'x str| text)
}

/// The guard is one of a handle on a part.
fn from_a_projection<'x>(live: &'static Live<&'static str>, text: &'x str) -> OfText<'static> {
    let projection = Box::leak(Box::new(live.map(|value| value)));
    Guard::map(projection.load(), move |_: &&'x str| text)
}

fn main() {
    let live = Box::leak(Box::new(Live::fixed("a value")));
    let text = "freed before it is read".to_owned();
    let guards = [
        from_a_shorter_guard(live, &text),
        from_a_part(live, &text),
        from_a_projection(live, &text),
    ];
    drop(text);
    assert_eq!(guards.map(|guard| guard.len()), [23; 3]);
}
