//! [`Judge`]: checks which values are published, and in which order.

use std::time::Duration;

use crate::version::Published;

/// Judges every published value against the written ones.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    /// All versions in the order in which they had the name.
    written: Vec<u64>,
    /// How many of them are older than the one that was published last, or are that one.
    past: usize,
    current: Option<Published>,
    /// Whether the file was empty for long enough to be taken for that.
    empty: bool,
    /// Errors are counted, and the run continues.
    lenient: bool,
    torn: usize,
    latencies: Vec<Duration>,
}

impl Judge {
    /// This version is about to have the name.
    pub(crate) fn wrote(&mut self, id: u64) {
        self.written.push(id);
    }

    /// The file was empty for so long.
    pub(crate) fn was_empty(&mut self, time: Duration) {
        self.empty |= time >= EMPTY_GRACE;
    }

    /// Nothing that happened before is an excuse any more.
    pub(crate) fn new_round(&mut self) {
        self.empty = false;
    }

    /// Takes the next published value.
    ///
    /// # Errors
    ///
    /// It should not have been.
    pub(crate) fn publish(&mut self, published: Published) -> Result<(), String> {
        let judgement = self.judge(published);
        if self.lenient { Ok(()) } else { judgement }
    }

    fn judge(&mut self, published: Published) -> Result<(), String> {
        let again = self.current.as_ref() == Some(&published);
        self.current = Some(published.clone());
        match published {
            Published::Absent | Published::Empty if again => Err("published twice".to_owned()),
            Published::Absent => Ok(()),
            Published::Empty if self.empty => Ok(()),
            Published::Empty => {
                self.torn += 1;
                Err("published empty, which it was for a moment only".to_owned())
            }
            Published::Torn(what) => {
                self.torn += 1;
                Err(format!("published torn: {what}"))
            }
            Published::Whole(id) => self.publish_version(id),
        }
    }

    fn publish_version(&mut self, id: u64) -> Result<(), String> {
        let ahead = &self.written[self.past..];
        if let Some(at) = ahead.iter().position(|written| *written == id) {
            self.past += at + 1;
            return Ok(());
        }
        let what = match self
            .past
            .checked_sub(1)
            .and_then(|last| self.written.get(last))
        {
            Some(last) if *last == id => "twice",
            _ if self.written.contains(&id) => "a version of before",
            _ => "what never had the name",
        };
        Err(format!("published {what}: {id}"))
    }

    pub(crate) fn current(&self) -> Option<&Published> {
        self.current.as_ref()
    }

    /// From now on, errors are only counted.
    #[allow(dead_code, reason = "the comparison with others uses it")]
    pub(crate) fn be_lenient(&mut self) {
        self.lenient = true;
    }

    #[allow(dead_code, reason = "the comparison with others uses it")]
    pub(crate) fn torn(&self) -> usize {
        self.torn
    }

    /// The last change was visible after this time.
    pub(crate) fn converged(&mut self, latency: Duration) {
        self.latencies.push(latency);
    }

    pub(crate) fn latencies(&self) -> &[Duration] {
        &self.latencies
    }
}

/// As long as the source waits before it takes an emptied file for one, with nothing left for a slow clock.
const EMPTY_GRACE: Duration = Duration::from_millis(90);

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(published: &[Published]) -> Result<(), String> {
        let mut judge = Judge::default();
        (1..=3).for_each(|id| judge.wrote(id));
        published
            .iter()
            .try_for_each(|one| judge.publish(one.clone()))
    }

    #[test]
    fn only_whole_versions_may_be_skipped() {
        use Published::{Absent, Empty, Torn, Whole};
        assert_eq!(judge(&[Whole(1), Absent, Whole(3)]), Ok(()));
        for wrong in [
            &[Whole(3), Whole(1)][..],
            &[Whole(2), Whole(2)],
            &[Whole(1), Absent, Whole(1)],
            &[Absent, Absent],
            &[Whole(4)],
            &[Empty],
            &[Torn("abc".to_owned())],
        ] {
            assert!(judge(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn long_empty_file_may_be_published_as_empty() {
        let mut judge = Judge::default();
        judge.was_empty(EMPTY_GRACE);
        assert_eq!(judge.publish(Published::Empty), Ok(()));
    }
}
