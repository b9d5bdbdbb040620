//! [`Text`]: what was in a file, to say where in it something is wrong.

use std::error::Error as StdError;

use hot_reload::error::Location;
use hot_reload::{Error, ErrorKind};
use miette::Diagnostic;

/// What was in a file of this name.
pub struct Text {
    text: String,
    name: String,
}

impl Text {
    pub fn new(bytes: &[u8], name: &str) -> Result<Self, Error> {
        let name = name.to_owned();
        match str::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                text: text.to_owned(),
                name,
            }),
            Err(error) => Err(refusal(error.to_string(), Location::new(name))),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What Cedar says of the text, as one line that names the file, and the line and the column where they are known.
    pub fn refuse(&self, fault: &(impl Diagnostic + 'static)) -> Error {
        let mut location = Location::new(&self.name);
        if let Some(label) = fault.labels().and_then(|mut labels| labels.next()) {
            let (line, column) = self.line_and_column(label.offset());
            location = location.line(line, column);
        }
        refusal(with_causes(fault), location)
    }

    /// That something is nowhere in the text.
    pub fn lacks(&self, what: &str) -> Error {
        refusal(format!("there is no {what}"), Location::new(&self.name))
    }

    /// Both counted from one, the column in characters.
    fn line_and_column(&self, offset: usize) -> (u64, u64) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        (line as u64, column as u64)
    }
}

fn refusal(message: String, location: Location) -> Error {
    Error::new(ErrorKind::Decode, message).at(location)
}

fn with_causes(error: &(dyn StdError + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Some say what their cause says.
        if !line.contains(&said) {
            line = format!("{line}: {said}");
        }
        cause = error.source();
    }
    line
}
