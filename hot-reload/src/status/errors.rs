//! [`ErrorCounts`]: a counter for each kind of error.

use std::fmt;

use crate::error::ErrorKind;

/// A counter for each [`ErrorKind`].
///
/// ```
/// use hot_reload::error::ErrorKind;
///
/// # fn example(control: hot_reload::Control<String>) {
/// let errors = control.status().counters.errors;
/// println!("{} loads timed out; {errors}", errors.get(ErrorKind::Timeout));
/// # }
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct ErrorCounts([u64; ErrorKind::ALL.len()]);

impl ErrorCounts {
    /// The number of errors of this kind.
    pub fn get(&self, kind: ErrorKind) -> u64 {
        self.0.get(place(kind)).copied().unwrap_or(0)
    }

    /// The kinds with errors, and their numbers, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (ErrorKind, u64)> {
        let all = ErrorKind::ALL.iter().copied().zip(self.0);
        all.filter(|(_, count)| *count > 0)
    }

    pub(crate) fn add(&mut self, kind: ErrorKind) {
        if let Some(count) = self.0.get_mut(place(kind)) {
            *count += 1;
        }
    }
}

/// The place of this kind among all.
const fn place(kind: ErrorKind) -> usize {
    kind as usize
}

const _: () = {
    let mut index = 0;
    while index < ErrorKind::ALL.len() {
        assert!(
            place(ErrorKind::ALL[index]) == index,
            "a kind has the place of another"
        );
        index += 1;
    }
};

/// `timeout 3, decode 1`, or `none`.
impl fmt::Display for ErrorCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.iter().map(|(kind, count)| format!("{kind} {count}"));
        match &*texts.collect::<Vec<_>>().join(", ") {
            "" => f.write_str("none"),
            text => f.write_str(text),
        }
    }
}

impl fmt::Debug for ErrorCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// A map of the kinds with errors.
#[cfg(feature = "serde")]
impl serde::Serialize for ErrorCounts {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_count_of_its_own() {
        let mut counts = ErrorCounts::default();
        assert_eq!(
            (counts.to_string(), counts.iter().count()),
            ("none".to_owned(), 0)
        );
        for (times, kind) in ErrorKind::ALL.iter().enumerate() {
            (0..times).for_each(|_| counts.add(*kind));
        }
        for (times, kind) in ErrorKind::ALL.iter().enumerate() {
            assert_eq!(counts.get(*kind), times as u64, "{kind}");
        }
        assert_eq!(counts.iter().count(), ErrorKind::ALL.len() - 1);
    }
}
