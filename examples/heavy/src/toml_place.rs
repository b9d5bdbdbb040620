//! Where a value stands in a TOML file, for decoders that do not know it.

use hot_reload::error::Location;
use hot_reload::source::files::Part;
use toml::de::DeTable;

/// The place of the value at this path, with line and column if the file has it.
pub(crate) fn place(part: &Part, path: &str) -> Location {
    let location = Location::new(part.name()).path(path);
    match line_and_column(part, path) {
        Some((line, column)) => location.line(line, column),
        None => location,
    }
}

fn line_and_column(part: &Part, path: &str) -> Option<(u64, u64)> {
    let text = std::str::from_utf8(part.bytes()).ok()?;
    let document = DeTable::parse(text).ok()?;
    let (mut table, mut found) = (Some(document.get_ref()), None);
    for key in path.split('.') {
        let value = table?.get(key)?;
        (table, found) = (value.get_ref().as_table(), Some(value.span().start));
    }
    let before = text.get(..found?)?;
    let line = before.matches('\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or_default();
    let column = last.chars().count() + 1;
    Some((u64::try_from(line).ok()?, u64::try_from(column).ok()?))
}
