//! [`Trail`]: the path to the node that is being deserialized, kept on the stack.

use serde_path_to_error::Segment;

/// The path to a node.
#[derive(Clone, Copy)]
pub(super) enum Trail<'a> {
    Root,
    Key(&'a Self, &'a str),
    Item(&'a Self, usize),
    Variant(&'a Self, &'a str),
}

impl Trail<'_> {
    /// The steps from the root.
    pub(super) fn steps(self) -> Vec<Segment> {
        let mut steps = Vec::new();
        let mut at = self;
        loop {
            let (parent, step) = match at {
                Self::Root => break,
                Self::Key(parent, key) => {
                    let key = key.to_owned();
                    (parent, Segment::Map { key })
                }
                Self::Item(parent, index) => (parent, Segment::Seq { index }),
                Self::Variant(parent, variant) => {
                    let variant = variant.to_owned();
                    (parent, Segment::Enum { variant })
                }
            };
            steps.push(step);
            at = *parent;
        }
        steps.reverse();
        steps
    }
}
