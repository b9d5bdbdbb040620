//! [`Track`]: whether the way to a file certainly is the one that was walked last, so that it need not be walked again.

use super::activity::{Change, Token};

/// A way of which every name is watched, and that ends at a file by its own name and not by a link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Track {
    /// Under which the file's name is watched.
    pub(crate) name: Token,
    /// Under which its inode is, if it can be.
    pub(crate) inode: Option<Token>,
    /// The events that were known when it was walked or looked at last.
    epoch: u64,
    /// Something has happened on the way.
    astray: bool,
}

impl Track {
    pub(crate) fn new(name: Token, inode: Option<Token>, epoch: u64) -> Self {
        Self {
            name,
            inode,
            epoch,
            astray: false,
        }
    }

    /// Takes in an event. What happens to the folder itself comes under the name too, as [`Change::Touched`].
    pub(crate) fn note(&mut self, token: Token, change: Change) {
        let of_name = token == self.name && change != Change::Touched;
        self.astray |= !of_name && Some(token) != self.inode;
    }

    /// Whether the file's own events are all that has happened. Without any it is not believed: a look that nothing has
    /// announced is there to find what was missed.
    pub(crate) fn holds(&self, epoch: u64) -> bool {
        !self.astray && epoch != self.epoch
    }

    /// The file at the end of it was looked at again.
    pub(crate) fn advance(&mut self, inode: Option<Token>, epoch: u64) {
        self.inode = inode;
        self.epoch = epoch;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_believed_as_long_as_only_the_file_has_events() {
        let (name, inode) = (Token::next(), Token::next());
        let mut track = Track::new(name, Some(inode), 1);
        assert!(!track.holds(1), "nothing was announced");
        track.note(name, Change::Arrived);
        track.note(inode, Change::Touched);
        assert!(track.holds(3));
        track.advance(None, 3);
        assert!(!track.holds(3));
        track.note(inode, Change::Touched);
        assert!(!track.holds(4), "that inode is another's now");
    }

    #[test]
    fn what_happens_to_the_folder_leads_astray() {
        let name = Token::next();
        let mut track = Track::new(name, None, 1);
        track.note(name, Change::Touched);
        assert!(!track.holds(2));
    }
}
