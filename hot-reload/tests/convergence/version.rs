//! The content of the file: `id|filler|id|checksum`, so that a torn or mixed version is recognized.

use std::fmt;
use std::str::FromStr;

/// A content that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Published {
    /// One version, complete.
    Whole(u64),
    Empty,
    /// Anything else. Says what.
    Torn(String),
    Absent,
}

/// The content of a version, of exactly this size.
pub(crate) fn content(id: u64, size: usize) -> Vec<u8> {
    let size = size.max(SMALLEST);
    let mut bytes = format!("{id:010}|").into_bytes();
    let filler = format!("{id:08x}");
    let room = size - SMALLEST;
    bytes.extend(filler.bytes().cycle().take(room));
    bytes.extend(format!("|{id:010}|").bytes());
    bytes.extend(format!("{:016x}", checksum(&bytes)).bytes());
    bytes
}

impl Published {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        whole(bytes).map_or_else(|| Self::Torn(describe(bytes)), Self::Whole)
    }
}

fn whole(bytes: &[u8]) -> Option<u64> {
    let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(16)?)?;
    let id = |part: Option<&[u8]>| std::str::from_utf8(part?).ok()?.parse::<u64>().ok();
    let first = id(body.get(..10))?;
    let last = id(body.get(body.len().checked_sub(11)?..body.len() - 1))?;
    let sum = u64::from_str_radix(std::str::from_utf8(sum).ok()?, 16).ok()?;
    (first == last && sum == checksum(body)).then_some(first)
}

fn describe(bytes: &[u8]) -> String {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(24)]);
    let end = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(32)..]);
    format!("{} bytes, {start:?} … {end:?}", bytes.len())
}

/// Eight bytes at a time, because this is not compiled to be fast.
fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        sum = (sum ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3);
        sum ^= sum >> 29;
    }
    sum
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(id) => write!(f, "whole {id}"),
            Self::Empty => f.write_str("empty"),
            Self::Torn(what) => write!(f, "torn {what}"),
            Self::Absent => f.write_str("absent"),
        }
    }
}

impl FromStr for Published {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(' ').unwrap_or((text, "")) {
            ("whole", id) => Ok(Self::Whole(id.parse().map_err(|_| text.to_owned())?)),
            ("torn", what) => Ok(Self::Torn(what.to_owned())),
            ("empty", _) => Ok(Self::Empty),
            ("absent", _) => Ok(Self::Absent),
            _ => Err(text.to_owned()),
        }
    }
}

/// With no filler at all.
const SMALLEST: usize = 11 + 12 + 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixed_and_truncated_versions_are_recognized() {
        let (old, new) = (content(6, 500), content(7, 500));
        assert_eq!(Published::of(&new), Published::Whole(7));
        for cut in [10, 12, 250, 470] {
            let mixed = [&new[..cut], &old[cut..]].concat();
            assert!(matches!(Published::of(&mixed), Published::Torn(_)), "{cut}");
            assert!(matches!(Published::of(&new[..cut]), Published::Torn(_)));
        }
        assert_eq!(content(7, 64).len(), 64);
    }

    #[test]
    fn state_sent_to_another_process_arrives_unchanged() {
        let torn = Published::of(b"abc");
        for published in [
            Published::Whole(3),
            Published::Empty,
            Published::Absent,
            torn,
        ] {
            assert_eq!(published.to_string().parse(), Ok(published));
        }
    }
}
