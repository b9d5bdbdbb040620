//! Tests of the alignment: its result, its symmetry and its cost.

use std::cell::Cell;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::Pair::{Both, New, Old};
use super::*;

fn letters(text: &str) -> Vec<char> {
    text.chars().collect()
}

#[test]
fn kept_items_are_found_after_any_change_before_them() {
    let aligned = |old: &str, new: &str| align(&letters(old), &letters(new));
    assert_eq!(aligned("abc", "abc"), []);
    assert_eq!(aligned("abc", "xabc"), [New(0)]);
    assert_eq!(aligned("xabc", "abc"), [Old(0)]);
    assert_eq!(aligned("abc", "axc"), [Both(1, 1)]);
    assert_eq!(aligned("", "ab"), [New(0), New(1)]);
    assert_eq!(aligned("ab", ""), [Old(0), Old(1)]);
    assert_eq!(aligned("aa", "a"), [Old(1)]);
    assert_eq!(aligned("abcd", "xbyd"), [Both(0, 0), Both(2, 2)]);
    assert_eq!(aligned("abcdef", "bcxef"), [Old(0), Both(3, 2)]);
    assert_eq!(aligned("abc", "xaby"), [New(0), Both(2, 3)]);
}

#[test]
fn search_finds_the_longest_common_subsequence() {
    // Compares every pair of texts of two letters and up to five letters' length with the recursive definition.
    fn longest(a: &[usize], b: &[usize]) -> usize {
        match (a, b) {
            ([first, a @ ..], [other, b @ ..]) if first == other => 1 + longest(a, b),
            ([_, rest @ ..], [_, other @ ..]) => longest(rest, b).max(longest(a, other)),
            _ => 0,
        }
    }
    let texts: Vec<Vec<usize>> = (0..=5_u32)
        .flat_map(|length| (0..1_usize << length).map(move |bits| (length, bits)))
        .map(|(length, bits)| (0..length).map(|at| bits >> at & 1).collect())
        .collect();
    for a in &texts {
        for b in &texts {
            let kept = search(a, b, usize::MAX).unwrap();
            assert_eq!(kept.len(), longest(a, b), "{a:?} {b:?}");
            assert!(kept.iter().all(|&(i, j)| a[i] == b[j]));
            assert!(kept.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1));
        }
    }
}

#[test]
fn swapped_arguments_give_the_mirrored_result() {
    let lists: Vec<Vec<u8>> = (0..3_u8.pow(5))
        .map(|number| (0..5).map(|at| number / 3_u8.pow(at) % 3).collect())
        .collect();
    for old in &lists {
        for new in lists.iter().map(|list| &list[..4]) {
            let mirrored = align(new, old).into_iter().map(|pair| match pair {
                Old(i) => New(i),
                New(j) => Old(j),
                Both(i, j) => Both(j, i),
            });
            assert_eq!(
                align(old, new),
                mirrored.collect::<Vec<_>>(),
                "{old:?} {new:?}"
            );
        }
    }
}

thread_local! {
    static ACCESSES: Cell<usize> = const { Cell::new(0) };
}

/// Counts how often it is hashed or compared.
struct Item(usize);

impl Item {
    fn access(&self) -> usize {
        ACCESSES.set(ACCESSES.get() + 1);
        self.0
    }
}

impl Hash for Item {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.access().hash(state);
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.access() == other.0
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        self.access().cmp(&other.0)
    }
}

#[test]
fn cost_is_proportional_to_the_length() {
    const LENGTH: usize = 100_000;
    let list =
        |item: fn(usize) -> usize| -> Vec<Item> { (0..LENGTH).map(|at| Item(item(at))).collect() };
    let same = || list(|at| at);
    let edited = || {
        let mut list = same();
        list.insert(10, Item(LENGTH));
        list.remove(LENGTH / 2);
        list.push(Item(LENGTH + 1));
        list
    };
    let half_reversed = || {
        let mut list = vec![Item(LENGTH)];
        list.extend((0..LENGTH / 2).rev().map(Item));
        list.extend((LENGTH / 2..LENGTH).map(Item));
        list
    };
    let cases = [
        (
            "half of it reversed, after an insertion",
            same(),
            half_reversed(),
            Some(LENGTH / 2 + 1),
        ),
        ("equal", same(), same(), Some(0)),
        ("three edits", same(), edited(), Some(3)),
        (
            "nothing in common",
            same(),
            list(|at| at + LENGTH),
            Some(LENGTH),
        ),
        ("reversed", same(), list(|at| LENGTH - at), None),
        (
            "few distinct items",
            list(|at| at % 2),
            list(|at| at / 7 % 3),
            None,
        ),
    ];
    for (name, old, new, differences) in cases {
        ACCESSES.set(0);
        let pairs = align(&old, &new);
        let accesses = ACCESSES.get();
        assert!(
            accesses <= 4 * (old.len() + new.len()),
            "{name}: {accesses}"
        );
        if let Some(differences) = differences {
            assert_eq!(pairs.len(), differences, "{name}");
        }
    }
}

#[test]
fn search_ends_when_its_budget_is_exhausted() {
    let numbers = |from: usize| -> Vec<usize> { (from..from + 1000).collect() };
    assert_eq!(search(&numbers(0), &numbers(1000), 10_000), None);
    assert!(search(&numbers(0), &numbers(1), 10_000).is_some());
    assert_eq!(search(&[0; 1000], &[0; 1000], 900), None);
    assert!(search(&[0; 1000], &[0; 1000], 1100).is_some());
}
