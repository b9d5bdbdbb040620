//! The first pass over a YAML text: checks its syntax, its depth and the expansion of its aliases.
//!
//! It runs before any value is made, so that a document beyond the limits is refused before it takes time or memory. It is
//! linear in the text: an alias weighs as much as its anchor, whose weight was summed up when the anchor ended.

use serde_path_to_error::Segment;
use serde_saphyr::granit_parser::{
    Event, Parser, ScalarStyle, ScanError, Span, StructureStyle, options,
};

use super::limits::Limits;
use super::words::{self, Read, offset};
use crate::source::decode::place::Mistake;

/// The weight of a value without its text, in bytes: about the size of a short value in a file, with its indentation or
/// separator.
const WEIGHT: u64 = 16;

/// A node that was read completely.
#[derive(Clone, Copy, Default)]
struct Node {
    weight: u64,
    height: usize,
}

/// A table or list that is being read.
struct Open {
    anchor: usize,
    node: Node,
    /// The column of a block. Its content must be indented further.
    level: Option<usize>,
    /// The bracket, for a table or list in brackets.
    bracket: Option<usize>,
}

struct Scan<'a> {
    text: &'a str,
    limits: Limits,
    most: u64,
    open: Vec<Open>,
    /// The nodes by the number of their anchor. `None` while the node is being read.
    anchors: Vec<Option<Node>>,
    added: u64,
    depth: usize,
    /// The range of the last value.
    start: usize,
    end: usize,
}

/// Reads the whole text. Returns the depth of nested tables and lists, with aliases expanded.
///
/// # Errors
///
/// The first syntax error, or the first place where a limit is exceeded.
pub(super) fn scan(text: &str, limits: Limits) -> Result<usize, Mistake> {
    let mut scan = Scan {
        text,
        limits,
        most: limits.most(text.len()),
        open: Vec::new(),
        anchors: Vec::new(),
        added: 0,
        depth: 0,
        start: 0,
        end: 0,
    };
    for event in parser(text, limits) {
        let (event, span) = event.map_err(|error| {
            let read = Read {
                text,
                start: scan.start,
                end: scan.end,
                bracket: scan.open.last().and_then(|open| open.bracket),
                depth: limits.depth,
            };
            words::syntax(&error, &read)
        })?;
        let start = offset(text, span.start);
        scan.take(&event, &span, start)
            .map_err(|message| Mistake::new(start, message))?;
        // The location of other events may be that of the parser's lookahead.
        if matches!(event, Event::Scalar(..) | Event::Alias(_)) {
            scan.start = start;
            scan.end = offset(text, span.end);
        }
    }
    Ok(scan.depth)
}

/// Describes the value at this offset in characters in serde's words: ``string "80a"``, `map`.
pub(super) fn found_at(text: &str, limits: Limits, at: usize) -> Option<String> {
    let mut events = parser(text, limits).map_while(Result::ok);
    let (event, _) = events.find(|(event, span)| {
        let is_node = !matches!(
            event,
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd
        );
        is_node && span.start.index() >= at
    })?;
    Some(match event {
        Event::Scalar(value, ScalarStyle::Plain, ..) if matches!(&*value, "" | "~" | "null") => {
            "unit value".to_owned()
        }
        Event::Scalar(value, ScalarStyle::Plain, ..) if value.parse::<i128>().is_ok() => {
            format!("integer `{value}`")
        }
        Event::Scalar(value, ScalarStyle::Plain, ..) if value.parse::<f64>().is_ok() => {
            format!("floating point `{value}`")
        }
        Event::Scalar(value, ScalarStyle::Plain, ..) if matches!(&*value, "true" | "false") => {
            format!("boolean `{value}`")
        }
        Event::Scalar(value, ..) => format!("string {value:?}"),
        Event::SequenceStart(..) => "sequence".to_owned(),
        Event::MappingStart(..) => "map".to_owned(),
        _ => return None,
    })
}

/// The offset of the value at this path, unless it comes from an alias.
pub(super) fn locate(text: &str, limits: Limits, path: &[Segment]) -> Option<usize> {
    let mut events = parser(text, limits)
        .map_while(Result::ok)
        .filter(|(event, _)| !matches!(event, Event::StreamStart | Event::DocumentStart(..)));
    for segment in path {
        let (start, _) = events.next()?;
        match (segment, start) {
            (Segment::Seq { index }, Event::SequenceStart(..)) => {
                for _ in 0..*index {
                    skip(&mut events)?;
                }
            }
            (Segment::Map { key } | Segment::Enum { variant: key }, Event::MappingStart(..)) => {
                loop {
                    match events.next()? {
                        (Event::Scalar(name, ..), _) if *name == **key => break,
                        (Event::Scalar(..) | Event::Alias(_), _) => {}
                        (Event::MappingEnd, _) => return None,
                        _ => skip_rest(&mut events)?,
                    }
                    skip(&mut events)?;
                }
            }
            _ => return None,
        }
    }
    events.next().map(|(_, span)| offset(text, span.start))
}

/// Skips a node.
fn skip<'t>(events: &mut impl Iterator<Item = (Event<'t>, Span)>) -> Option<()> {
    match events.next()?.0 {
        Event::SequenceStart(..) | Event::MappingStart(..) => skip_rest(events),
        Event::SequenceEnd | Event::MappingEnd => None,
        _ => Some(()),
    }
}

/// Skips the rest of a table or list.
fn skip_rest<'t>(events: &mut impl Iterator<Item = (Event<'t>, Span)>) -> Option<()> {
    let mut open = 1;
    while open > 0 {
        match events.next()?.0 {
            Event::SequenceStart(..) | Event::MappingStart(..) => open += 1,
            Event::SequenceEnd | Event::MappingEnd => open -= 1,
            _ => {}
        }
    }
    Some(())
}

/// The parser with these limits and the same options that the decoder uses.
pub(super) fn parser(
    text: &str,
    limits: Limits,
) -> impl Iterator<Item = Result<(Event<'_>, Span), ScanError>> {
    let options = options! {
        emit_comments: false,
        flow_nesting_limit: limits.depth + 1,
        block_nesting_limit: limits.depth + 1,
    };
    Parser::new_from_str_with_options(text, options)
}

impl Scan<'_> {
    /// Handles the next event. An error names the exceeded limit.
    fn take(&mut self, event: &Event<'_>, span: &Span, start: usize) -> Result<(), String> {
        match event {
            Event::Scalar(value, style, anchor, _) => {
                self.begin_anchor(*anchor);
                let is_quoted =
                    matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
                let level = self.open.last().and_then(|open| open.level);
                if is_quoted
                    && words::swallows(self.text, start, offset(self.text, span.end), level)
                {
                    return Err(words::QUOTE.to_owned());
                }
                let weight = WEIGHT + value.len() as u64;
                self.end_node(*anchor, Node { weight, height: 0 })
            }
            Event::SequenceStart(style, anchor, _) | Event::MappingStart(style, anchor, _) => {
                self.begin_anchor(*anchor);
                let is_block = *style == StructureStyle::Block;
                self.open.push(Open {
                    anchor: *anchor,
                    level: is_block.then_some(span.start.col()),
                    bracket: (!is_block).then_some(start),
                    node: Node {
                        weight: 2 * WEIGHT,
                        height: 1,
                    },
                });
                self.reach(self.open.len())
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(ended) => self.end_node(ended.anchor, ended.node),
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let Some(Some(node)) = self.anchors.get(*anchor).copied() else {
                    return Err(
                        "this alias refers to a value that contains it; write the value out"
                            .to_owned(),
                    );
                };
                self.add(node.weight)?;
                self.reach(self.open.len() + node.height)?;
                self.end_node(0, node)
            }
            _ => Ok(()),
        }
    }

    /// Notes an anchor that is not complete yet. The number 0 means that there is none.
    fn begin_anchor(&mut self, anchor: usize) {
        if anchor >= self.anchors.len() && anchor > 0 {
            self.anchors.resize(anchor + 1, None);
        }
    }

    fn end_node(&mut self, anchor: usize, node: Node) -> Result<(), String> {
        if anchor > 0 {
            self.anchors[anchor] = Some(node);
            // The decoder keeps a copy.
            self.add(node.weight)?;
        }
        if let Some(parent) = self.open.last_mut() {
            parent.node.weight = parent.node.weight.saturating_add(node.weight);
            parent.node.height = parent.node.height.max(node.height + 1);
        }
        Ok(())
    }

    fn add(&mut self, weight: u64) -> Result<(), String> {
        self.added = self.added.saturating_add(weight);
        if self.added > self.most {
            return Err(format!(
                "anchors and aliases add more than {} to this document; use fewer aliases or raise the limit",
                size(self.most)
            ));
        }
        Ok(())
    }

    fn reach(&mut self, depth: usize) -> Result<(), String> {
        self.depth = self.depth.max(depth);
        if depth > self.limits.depth {
            return Err(words::too_deep(self.limits.depth));
        }
        Ok(())
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        mib if mib % (1 << 20) == 0 => format!("{} MiB", mib >> 20),
        bytes => format!("{bytes} bytes"),
    }
}
