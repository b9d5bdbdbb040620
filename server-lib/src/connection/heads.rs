//! [`Heads`]: tracks request heads in the bytes of a connection, to find out whether the next request has begun.
//!
//! Empty lines before a request line do not begin a request (RFC 9112, section 2.2).

use std::mem;

/// Where the heads in the bytes of a connection end.
#[derive(Debug, Default)]
pub(super) struct Heads {
    /// The line breaks that the bytes so far end with.
    breaks: LineBreaks,
    end: End,
    /// The length of the current request's body. `None` if the client sends it in chunks.
    body: Option<u64>,
}

/// The end of the current request's head.
#[derive(Debug, Default)]
enum End {
    /// Only empty lines have arrived.
    #[default]
    NotBegun,
    /// The head is incomplete.
    Ahead,
    /// So many bytes have arrived behind it.
    Behind(u64),
    /// The head has begun in bytes that came with an earlier request.
    Unknown,
}

/// A run of line breaks at the end of some bytes.
#[derive(Debug, Default)]
struct LineBreaks {
    bytes: u64,
    line_feeds: u64,
}

impl Heads {
    /// The next head begins with the next byte.
    pub(super) fn begin(&mut self) {
        *self = Self::default();
    }

    /// Notes bytes that have arrived.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let End::NotBegun | End::Ahead = self.end
            && let Some((byte, behind)) = rest.split_first()
        {
            self.breaks.push(*byte);
            if !is_line_break(*byte) {
                self.end = End::Ahead;
            } else if let End::Ahead = self.end
                && self.breaks.end_head()
            {
                self.end = End::Behind(0);
            }
            rest = behind;
        }
        if let End::Behind(behind) = &mut self.end {
            *behind += rest.len() as u64;
        }
        self.breaks.extend(rest);
    }

    /// Notes that a request has a complete head and a body of this length, `None` if it comes in chunks.
    pub(super) fn request(&mut self, body: Option<u64>) {
        self.body = body;
    }

    /// Whether the client has sent part of another head behind the request. Afterwards, the end of that head is not known.
    pub(super) fn next_has_begun(&mut self) -> bool {
        match (mem::replace(&mut self.end, End::Unknown), self.body) {
            (End::Behind(behind), Some(body)) => behind.saturating_sub(body) > self.breaks.bytes,
            // The end of a body of a known length has no mark.
            (End::NotBegun | End::Ahead | End::Unknown, Some(1..)) => false,
            // Chunks end with an empty line, too.
            _ => !self.breaks.end_head(),
        }
    }
}

impl LineBreaks {
    fn push(&mut self, byte: u8) {
        if is_line_break(byte) {
            self.bytes += 1;
            self.line_feeds += u64::from(byte == b'\n');
        } else {
            *self = Self::default();
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        let content = bytes.iter().rposition(|byte| !is_line_break(*byte));
        for byte in &bytes[content.unwrap_or_default()..] {
            self.push(*byte);
        }
    }

    /// Whether they end a head that precedes them: one ends the last line, another one is an empty line.
    fn end_head(&self) -> bool {
        self.line_feeds >= 2
    }
}

/// Whether a byte belongs to a line break.
pub(super) fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

    /// Whether half a head remains of these bytes, in whatever pieces they arrive.
    fn begun(body: Option<u64>, text: &str) -> bool {
        let answers = (1..=text.len()).map(|size| {
            let mut heads = Heads::default();
            for piece in text.as_bytes().chunks(size) {
                heads.read(piece);
            }
            heads.request(body);
            heads.next_has_begun()
        });
        let answers: Vec<bool> = answers.collect();
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{text:?}"
        );
        answers[0]
    }

    #[test]
    fn half_a_head_behind_a_request_is_recognized() {
        let chunks = "4\r\nGET \r\n0\r\n\r\n";
        for next in ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\n\r", "\r\nG"] {
            assert!(begun(Some(0), &format!("{HEAD}{next}")), "{next:?}");
            assert!(begun(Some(4), &format!("{HEAD}body{next}")), "{next:?}");
            assert!(begun(None, &format!("{HEAD}{chunks}{next}")), "{next:?}");
        }
    }

    #[test]
    fn complete_request_leaves_nothing() {
        assert!(!begun(Some(0), HEAD));
        assert!(!begun(Some(0), &HEAD.replace('\r', "")));
        assert!(!begun(Some(4), &format!("{HEAD}body")));
        assert!(!begun(Some(4), &format!("{HEAD}GET ")));
        assert!(!begun(None, &format!("{HEAD}4\r\nbody\r\n0\r\n\r\n")));
    }

    #[test]
    fn empty_line_behind_a_request_begins_no_head() {
        let chunks = "4\r\nbody\r\n0\r\n\r\n";
        for blank in ["\r", "\n", "\r\n", "\r\n\r", "\r\n\r\n"] {
            assert!(!begun(Some(0), &format!("{HEAD}{blank}")), "{blank:?}");
            assert!(!begun(Some(4), &format!("{HEAD}body{blank}")), "{blank:?}");
            assert!(
                !begun(Some(4), &format!("{HEAD}bo\r\n{blank}")),
                "{blank:?}"
            );
            assert!(!begun(None, &format!("{HEAD}{chunks}{blank}")), "{blank:?}");
        }
    }

    #[test]
    fn empty_lines_before_a_head_do_not_end_it() {
        assert!(!begun(Some(0), &format!("\r\n\r\n{HEAD}")));
        assert!(begun(Some(0), &format!("\r\n\r\n{HEAD}G")));
        assert!(!begun(Some(4), &format!("\r\n\r\n{HEAD}body")));
        assert!(begun(Some(4), &format!("\r\n\r\n{HEAD}bodyG")));
    }

    #[test]
    fn second_request_in_the_same_bytes_is_told_from_half_of_one() {
        for (text, half) in [(HEAD.to_owned(), false), (format!("{HEAD}GET"), true)] {
            let mut heads = Heads::default();
            heads.read(format!("{HEAD}{text}").as_bytes());
            heads.request(Some(0));
            assert!(heads.next_has_begun(), "the second request");
            heads.request(Some(0));
            assert_eq!(heads.next_has_begun(), half, "{text:?}");
        }
    }
}
