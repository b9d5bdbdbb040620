//! Alignment of two lists (E. Myers, 1986), so that an insertion at the front is one insertion.
//!
//! The common beginning and end are skipped. In the rest, a greedy search finds the longest common subsequence. Between two
//! kept items, the other items are paired as changed from the front. Items without a partner were added or removed.
//!
//! The search has a budget in proportion to the length of the lists. It always completes for lists of about 300 items, and
//! for longer ones with few changes. Beyond the budget, items are compared index by index.

use std::collections::HashMap;
use std::hash::Hash;

/// Steps that every search may take: about the square of 300.
const STEPS: usize = 1 << 16;
/// Additional steps per item.
const STEPS_PER_ITEM: usize = 4;

/// Two aligned items that differ, or one item without a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pair {
    /// Only in the old list, at this index.
    Old(usize),
    /// Only in the new list, at this index.
    New(usize),
    /// Changed: the old index and the new index.
    Both(usize, usize),
}

/// Aligns two lists and returns what differs. Swapped arguments give the mirrored result.
///
/// Hashes each item once, and compares it with others less than four times.
pub(super) fn align<T: Hash + Ord>(old: &[T], new: &[T]) -> Vec<Pair> {
    let same = |(a, b): &(&T, &T)| a == b;
    let head = old.iter().zip(new).take_while(same).count();
    let (old, new) = (&old[head..], &new[head..]);
    let ends = old.iter().rev().zip(new.iter().rev());
    let tail = ends.take_while(same).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);

    let mut pairs = Vec::new();
    let mut from = (0, 0);
    for kept in kept(old, new).into_iter().chain([(old.len(), new.len())]) {
        let (removed, added) = (from.0..kept.0, from.1..kept.1);
        let changed = removed.len().min(added.len());
        let at = |(i, j): (usize, usize)| Pair::Both(head + i, head + j);
        pairs.extend(removed.clone().zip(added.clone()).map(at));
        pairs.extend(removed.skip(changed).map(|i| Pair::Old(head + i)));
        pairs.extend(added.skip(changed).map(|j| Pair::New(head + j)));
        from = (kept.0 + 1, kept.1 + 1);
    }
    pairs
}

/// The index pairs of the kept items, in order.
fn kept<T: Hash + Ord>(old: &[T], new: &[T]) -> Vec<(usize, usize)> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    // Numbers the distinct items, so that the search compares numbers.
    let mut known = HashMap::new();
    let mut number = |item| {
        let next = known.len();
        *known.entry(item).or_insert(next)
    };
    let a: Vec<usize> = old.iter().map(&mut number).collect();
    let b: Vec<usize> = new.iter().map(&mut number).collect();
    let budget = STEPS + STEPS_PER_ITEM * (a.len() + b.len());
    // The search picks one of several shortest answers, and must pick the same one for swapped arguments.
    if old <= new {
        search(&a, &b, budget).unwrap_or_default()
    } else {
        let kept = search(&b, &a, budget).unwrap_or_default();
        kept.into_iter().map(|(j, i)| (i, j)).collect()
    }
}

/// Marks a diagonal that lies outside the lists.
const NOWHERE: isize = isize::MIN;

/// The longest common subsequence, or `None` if the budget is exhausted.
///
/// Round `d` computes how far each diagonal `k = x - y` reaches with `d` insertions and removals. Its row has `d + 1` places,
/// for `k = -d, -d + 2, … d`.
fn search(a: &[usize], b: &[usize], mut budget: usize) -> Option<Vec<(usize, usize)>> {
    let (width, height) = (a.len() as isize, b.len() as isize);
    let mut rows: Vec<Vec<isize>> = Vec::new();
    for d in 0..=a.len() + b.len() {
        budget = budget.checked_sub(d + 1)?;
        let mut row = Vec::with_capacity(d + 1);
        for place in 0..=d {
            let k = diagonal(d, place);
            let (mut x, _) = enter(rows.last(), d, place, width, height);
            while x != NOWHERE
                && x < width
                && x - k < height
                && a[x as usize] == b[(x - k) as usize]
            {
                budget = budget.checked_sub(1)?;
                x += 1;
            }
            row.push(x);
            if x == width && x - k == height {
                rows.push(row);
                return Some(backtrack(&rows, place, width, height));
            }
        }
        rows.push(row);
    }
    None
}

fn diagonal(d: usize, place: usize) -> isize {
    2 * place as isize - d as isize
}

/// The point where a diagonal is entered from the previous row, and the place in that row.
fn enter(
    before: Option<&Vec<isize>>,
    d: usize,
    place: usize,
    width: isize,
    height: isize,
) -> (isize, usize) {
    let Some(before) = before else {
        return (0, 0);
    };
    let k = diagonal(d, place);
    let removal = match place.checked_sub(1).map(|place| before[place]) {
        Some(x) if x != NOWHERE && x < width => x + 1,
        _ => NOWHERE,
    };
    let insertion = match before.get(place) {
        Some(&x) if x != NOWHERE && x - k <= height => x,
        _ => NOWHERE,
    };
    if removal > insertion {
        (removal, place - 1)
    } else {
        (insertion, place)
    }
}

/// The kept items, found by walking the rows from the end.
fn backtrack(
    rows: &[Vec<isize>],
    mut place: usize,
    width: isize,
    height: isize,
) -> Vec<(usize, usize)> {
    let mut kept = Vec::new();
    for d in (0..rows.len()).rev() {
        let before = d.checked_sub(1).map(|before| &rows[before]);
        let (entered, from) = enter(before, d, place, width, height);
        let k = diagonal(d, place);
        kept.extend(
            (entered..rows[d][place])
                .rev()
                .map(|x| (x as usize, (x - k) as usize)),
        );
        place = from;
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests;
