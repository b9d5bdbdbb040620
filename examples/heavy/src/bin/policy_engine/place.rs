//! [`Text`]: the text of a file, to locate errors in it.

use std::error::Error as StdError;

use hot_reload::Error;
use hot_reload::error::ErrorKind;
use hot_reload::error::Location;
use miette::Diagnostic;

/// The text of a file and the file's name.
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

    /// Converts an error of Cedar to one line with the file, and with line and column if they are known.
    pub fn refuse(&self, fault: &(impl Diagnostic + 'static)) -> Error {
        let mut location = Location::new(&self.name);
        if let Some(label) = fault.labels().and_then(|mut labels| labels.next()) {
            let (line, column) = self.line_and_column(label.offset());
            location = location.line(line, column);
        }
        refusal(with_causes(fault), location)
    }

    /// The error about something that the text does not contain.
    pub fn lacks(&self, what: &str) -> Error {
        refusal(format!("there is no {what}"), Location::new(&self.name))
    }

    /// The line and the column, both counted from one. The column counts characters.
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
        // Some errors contain the text of their cause.
        if !line.contains(&said) {
            line = format!("{line}: {said}");
        }
        cause = error.source();
    }
    line
}
