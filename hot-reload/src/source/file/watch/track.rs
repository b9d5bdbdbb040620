//! [`Track`]: the path of the last walk. If only the file itself had events since then, a load skips the walk.

use super::event::{Change, Token};

/// A walked path. Every name on it is watched, and its last name is the file itself and not a link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Track {
    /// The token of the file's name.
    pub(crate) name: Token,
    /// The token of its inode, if that can be watched.
    pub(crate) inode: Option<Token>,
    /// The number of events when it was last walked, or its file last checked.
    epoch: u64,
    /// Whether something else than the file has had an event.
    is_lost: bool,
}

impl Track {
    pub(crate) fn new(name: Token, inode: Option<Token>, epoch: u64) -> Self {
        Self {
            name,
            inode,
            epoch,
            is_lost: false,
        }
    }

    /// Adds an event. Events of the directory itself come under the token of the name, as [`Change::Touched`].
    pub(crate) fn note(&mut self, token: Token, change: Change) {
        let of_name = token == self.name && change != Change::Touched;
        self.is_lost |= !of_name && Some(token) != self.inode;
    }

    /// Whether only the file itself had events, and at least one. A load without an event is there to find what was missed,
    /// so it walks.
    pub(crate) fn holds(&self, epoch: u64) -> bool {
        !self.is_lost && epoch != self.epoch
    }

    /// Notes that the file at its end was checked again.
    pub(crate) fn advance(&mut self, inode: Option<Token>, epoch: u64) {
        self.inode = inode;
        self.epoch = epoch;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn track_holds_while_only_the_file_has_events() {
        let (name, inode) = (Token::next(), Token::next());
        let mut track = Track::new(name, Some(inode), 1);
        assert!(!track.holds(1), "nothing was announced");
        track.note(name, Change::Arrived);
        track.note(inode, Change::Touched);
        assert!(track.holds(3));
        track.advance(None, 3);
        assert!(!track.holds(3));
        track.note(inode, Change::Touched);
        assert!(!track.holds(4), "that inode belongs to another file now");
    }

    #[test]
    fn event_of_the_directory_ends_the_track() {
        let name = Token::next();
        let mut track = Track::new(name, None, 1);
        track.note(name, Change::Touched);
        assert!(!track.holds(2));
    }
}
