//! [`Heads`]: finds out whether a client has begun its next request before it got the last response.

use std::mem;

/// The length of an empty line behind another one.
const TAIL: usize = 3;

/// Where the heads in the bytes of a connection end.
#[derive(Debug, Default)]
pub(super) struct Heads {
    /// The last bytes so far.
    tail: Vec<u8>,
    end: End,
    /// The length of the current request's body. `None` if the client sends it in chunks.
    body: Option<u64>,
}

/// The end of the current request's head.
#[derive(Debug, Default)]
enum End {
    /// It has not arrived yet.
    #[default]
    Ahead,
    /// So many bytes have arrived behind it.
    Behind(u64),
    /// The head has begun in bytes that came with an earlier request.
    Unknown,
}

impl Heads {
    /// The next head begins with the next byte.
    pub(super) fn begin(&mut self) {
        *self = Self::default();
    }

    /// Notes bytes that have arrived.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        match &mut self.end {
            End::Behind(behind) => *behind += bytes.len() as u64,
            End::Ahead => {
                let all = [&self.tail, bytes].concat();
                let end = (self.tail.len()..all.len()).find(|at| ends_head(&all[..=*at]));
                if let Some(at) = end {
                    self.end = End::Behind((all.len() - at - 1) as u64);
                }
            }
            End::Unknown => {}
        }
        let last = &bytes[bytes.len().saturating_sub(TAIL)..];
        let kept = self.tail.len().min(TAIL - last.len());
        self.tail.drain(..self.tail.len() - kept);
        self.tail.extend_from_slice(last);
    }

    /// Notes that a request has a complete head and a body of this length, `None` if it comes in chunks.
    pub(super) fn request(&mut self, body: Option<u64>) {
        self.body = body;
    }

    /// Whether the client has sent part of another head behind the request. Afterwards, the end of that head is not known.
    pub(super) fn next_has_begun(&mut self) -> bool {
        match (mem::replace(&mut self.end, End::Unknown), self.body) {
            (End::Behind(behind), Some(body)) => behind > body,
            // The end of a body of a known length has no mark.
            (End::Ahead | End::Unknown, Some(1..)) => false,
            // Chunks end with an empty line, too.
            _ => !ends_head(&self.tail),
        }
    }
}

/// Whether these bytes end with an empty line.
fn ends_head(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\n\r\n") || bytes.ends_with(b"\n\n")
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
        for next in ["G", "GET / HTTP/1.1\r\n", "\r"] {
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
