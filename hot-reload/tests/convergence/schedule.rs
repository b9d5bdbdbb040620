//! [`Round`]: operations on a file, as data that can be printed, parsed and shrunk.
//!
//! A round is a line of steps, `kind:size:inner:gap`: the operation, the number of bytes, the pause in the middle, and the
//! pause afterwards. Both pauses are in microseconds.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::dice::Dice;
use crate::kind::{Kind, Menu};

/// One to four operations, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Round(pub(crate) Vec<Step>);

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) kind: Kind,
    pub(crate) size: usize,
    pub(crate) inner: Duration,
    pub(crate) gap: Duration,
}

impl Round {
    pub(crate) fn any(dice: &mut Dice, menu: &Menu) -> Self {
        let count = 1 + dice.below(4);
        let mut steps: Vec<_> = (0..count).map(|_| Step::any(dice, menu)).collect();
        // One that holds the file for writing hides how others write it, so it comes last, and once.
        if let Some(at) = steps.iter().position(|step| step.kind == Kind::NeverClosed) {
            steps.truncate(at + 1);
        }
        Self(steps)
    }

    /// Whether a load waits in vain for a writer.
    pub(crate) fn takes_patience(&self) -> bool {
        self.0.iter().any(|step| step.kind == Kind::NeverClosed)
    }

    /// The same without one of its steps.
    pub(crate) fn without(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.remove(index);
        Self(steps)
    }

    /// The same with one of its steps without its pauses.
    pub(crate) fn hurried(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        if let Some(step) = steps.get_mut(index) {
            (step.inner, step.gap) = (Duration::ZERO, Duration::ZERO);
        }
        Self(steps)
    }
}

impl Step {
    fn any(dice: &mut Dice, menu: &Menu) -> Self {
        let kind = menu.any(dice);
        let inner = match kind {
            Kind::EmptiedFirst => &[0, 3_000][..],
            Kind::Stopped => &[300_000],
            _ => &[0, 2_000, 2_000, 20_000, 150_000],
        };
        Self {
            kind,
            size: dice.one_of(&SIZES),
            inner: dice.time_within(inner),
            gap: dice.time_within(&[0, 2_000, 20_000, 150_000]),
        }
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            let (inner, gap) = (step.inner.as_micros(), step.gap.as_micros());
            write!(f, "{space}{}:{}:{inner}:{gap}", step.kind.name(), step.size)?;
        }
        Ok(())
    }
}

impl FromStr for Round {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let steps = line.split_whitespace().map(|text| {
            let no_step = || format!("not a step: {text}");
            let mut parts = text.split(':');
            let kind = parts.next().and_then(Kind::named).ok_or_else(no_step)?;
            let mut number = || parts.next()?.parse().ok();
            let [size, inner, gap] = [number(), number(), number()];
            Ok(Step {
                kind,
                size: size.ok_or_else(no_step)? as usize,
                inner: Duration::from_micros(inner.ok_or_else(no_step)?),
                gap: Duration::from_micros(gap.ok_or_else(no_step)?),
            })
        });
        steps.collect::<Result<_, _>>().map(Self)
    }
}

/// All rounds of a text, one on each line.
pub(crate) fn rounds(text: &str) -> Result<Vec<Round>, String> {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::parse).collect()
}

const SIZES: [usize; 5] = [64, 500, 4096, 70_000, 600_000];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_schedule_is_parsed_to_the_same_schedule() {
        let (mut dice, menu) = (Dice::new(7), Menu::all());
        let all: Vec<_> = (0..200).map(|_| Round::any(&mut dice, &menu)).collect();
        let lines: Vec<_> = all.iter().map(ToString::to_string).collect();
        assert_eq!(rounds(&lines.join("\n")).unwrap(), all);
        assert!(rounds("in-place:64:0").is_err());
        assert!(rounds("in-plaice:64:0:0").is_err());
    }
}
