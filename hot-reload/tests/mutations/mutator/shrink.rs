//! [`Shrink`]: reduces a mutant that fails to a small one that still fails.

use std::fmt;

use super::Mutant;
use super::tokens::tokens;

/// The most candidates of one reduction.
const MOST: usize = 2_000;

/// One content to be tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Case {
    lines: Vec<Vec<u8>>,
    /// The index of the only edited line, and that line before the edit. `None` if the edits have changed more.
    edit: Option<(usize, Vec<u8>)>,
}

impl Case {
    pub(super) fn new(bytes: Vec<u8>, edited: Option<usize>, sample: &[u8]) -> Self {
        let lines = |bytes: &[u8]| -> Vec<Vec<u8>> {
            let lines = bytes.split_inclusive(|byte| *byte == b'\n');
            lines.map(<[u8]>::to_vec).collect()
        };
        let before = edited.and_then(|at| Some((at, lines(sample).get(at)?.clone())));
        Self {
            lines: lines(&bytes),
            edit: before,
        }
    }

    /// The content.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.lines.concat()
    }

    /// The number of the only edited line, counted from one.
    pub(crate) fn edited_line(&self) -> Option<u64> {
        self.edit.as_ref().map(|(at, _)| *at as u64 + 1)
    }

    /// The content without the edit, if there is only one edited line.
    pub(crate) fn before(&self) -> Option<Vec<u8>> {
        let (at, line) = self.edit.as_ref()?;
        let mut lines = self.lines.clone();
        lines[*at].clone_from(line);
        Some(lines.concat())
    }

    /// The case without these lines. `None` if the edited line is among them.
    fn without_lines(&self, from: usize, to: usize) -> Option<Self> {
        let mut fewer = self.clone();
        fewer.lines.drain(from..to);
        if let Some((at, _)) = &mut fewer.edit {
            match *at {
                at if at < from => {}
                at if at < to => return None,
                _ => *at -= to - from,
            }
        }
        Some(fewer)
    }
}

/// Shows the content, and the line before the edit.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes();
        let shown = &bytes[..bytes.len().min(2_000)];
        write!(f, "{} bytes:\n{}", bytes.len(), shown.escape_ascii())?;
        match &self.edit {
            Some((at, line)) => write!(f, "\nline {} was {}", at + 1, line.escape_ascii()),
            None => Ok(()),
        }
    }
}

/// A reduction in progress. The caller tests one [`candidate`](Self::candidate) after the other and gives its
/// [`answer`](Self::answer), so the test may be asynchronous.
///
/// First removes edits, then lines, then tokens and bytes, each as long as that succeeds.
#[derive(Debug)]
pub(crate) struct Shrink {
    mutant: Mutant,
    smallest: Case,
    step: Step,
    asked: usize,
    /// Whether a candidate of this round has failed, so that another round may find more.
    has_shrunk: bool,
    pending: Option<(Case, Option<Mutant>)>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Removes the edit at this index.
    Edit(usize),
    /// Removes `size` parts of this kind, beginning with the part at the index.
    Parts(Part, usize, usize),
    Done,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Line,
    Token,
    Byte,
}

impl Shrink {
    /// The reduction of this mutant, which fails.
    pub(crate) fn new(mutant: Mutant) -> Self {
        Self {
            smallest: mutant.case(),
            mutant,
            step: Step::Edit(0),
            asked: 0,
            has_shrunk: false,
            pending: None,
        }
    }

    /// Reduces with this test.
    pub(crate) fn run(mut self, mut fails: impl FnMut(&Case) -> bool) -> Self {
        while let Some(case) = self.candidate() {
            let answer = fails(&case);
            self.answer(answer);
        }
        self
    }

    /// The next smaller case to be tested. `None` at the end.
    pub(crate) fn candidate(&mut self) -> Option<Case> {
        while self.asked < MOST {
            let candidate = match self.step {
                Step::Edit(at) if at < self.mutant.edits.len() => {
                    let mut fewer = self.mutant.clone();
                    fewer.edits.remove(at);
                    Some((fewer.case(), Some(fewer)))
                }
                Step::Edit(_) => {
                    self.begin(Part::Line);
                    continue;
                }
                Step::Parts(part, size, start) => {
                    self.without(part, size, start).map(|case| (case, None))
                }
                Step::Done => return None,
            };
            match candidate {
                Some((case, mutant)) => {
                    self.asked += 1;
                    self.pending = Some((case.clone(), mutant));
                    return Some(case);
                }
                None => self.advance(),
            }
        }
        None
    }

    /// Whether the last candidate fails.
    pub(crate) fn answer(&mut self, fails: bool) {
        let Some((case, mutant)) = self.pending.take() else {
            return;
        };
        match fails {
            true => {
                self.smallest = case;
                self.has_shrunk = true;
                if let Some(mutant) = mutant {
                    self.mutant = mutant;
                    self.step = Step::Edit(0);
                }
            }
            false => self.advance(),
        }
    }

    /// The smallest case that fails.
    pub(crate) fn smallest(&self) -> &Case {
        &self.smallest
    }

    /// The number of edits that the failure needs.
    pub(crate) fn edits(&self) -> usize {
        self.mutant.edits.len()
    }

    /// The smallest case without `size` parts. `None` where there are none left, or if the edited line is among them.
    fn without(&self, part: Part, size: usize, start: usize) -> Option<Case> {
        let count = self.count(part);
        if start >= count {
            return None;
        }
        let end = count.min(start + size);
        if let Part::Line = part {
            return self.smallest.without_lines(start, end);
        }
        let bytes = self.smallest.bytes();
        let rest = match part {
            Part::Token => {
                let mut tokens = tokens(&bytes);
                tokens.drain(start..end);
                tokens.concat()
            }
            Part::Line | Part::Byte => [&bytes[..start], &bytes[end..]].concat(),
        };
        Some(Case::new(rest, None, &[]))
    }

    fn count(&self, part: Part) -> usize {
        match part {
            Part::Line => self.smallest.lines.len(),
            Part::Token => tokens(&self.smallest.bytes()).len(),
            Part::Byte => self.smallest.bytes().len(),
        }
    }

    fn begin(&mut self, part: Part) {
        self.step = Step::Parts(part, (self.count(part) / 2).max(1), 0);
    }

    /// Goes on to the next candidate after one that does not fail.
    fn advance(&mut self) {
        match self.step {
            Step::Edit(at) => self.step = Step::Edit(at + 1),
            Step::Parts(part, size, start) if start + size < self.count(part) => {
                self.step = Step::Parts(part, size, start + size);
            }
            Step::Parts(part, size, _) if size > 1 => {
                self.step = Step::Parts(part, size / 2, 0);
            }
            // A case with its line before the edit stays one: only lines are removed from it.
            Step::Parts(Part::Line, ..) if self.smallest.edit.is_none() => self.begin(Part::Token),
            Step::Parts(Part::Token, ..) => self.begin(Part::Byte),
            Step::Parts(..) if std::mem::take(&mut self.has_shrunk) => self.begin(Part::Line),
            Step::Parts(..) | Step::Done => self.step = Step::Done,
        }
    }
}

/// Shows what a failure needs.
impl fmt::Display for Shrink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (edits, asked) = (&self.mutant.edits, self.asked);
        write!(f, "smallest of {asked} tests: {edits:?}, {}", self.smallest)
    }
}
