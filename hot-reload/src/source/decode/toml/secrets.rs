//! Collects the secrets of a TOML text.

use toml::de::{DeTable, DeValue};

use crate::scope::Scope;
use crate::source::decode::place::{Found, Secrets};
use crate::source::decode::quoting::Quotes;

/// The secrets of a text, which may have syntax errors. Numbers are read as text, because they may be of any size.
pub(super) fn find(quotes: &Quotes, text: &str) -> Secrets {
    let (table, errors) = DeTable::parse_recoverable(text);
    Secrets::found_by(quotes, |found, scope| {
        collect_table(found, scope, table.get_ref());
        errors.is_empty()
    })
}

fn collect_table(found: &mut Found, scope: &Scope<'_>, table: &DeTable<'_>) {
    for (key, value) in table {
        let scope = found.key(scope, key.get_ref());
        collect(found, &scope, value.get_ref());
    }
}

fn collect(found: &mut Found, scope: &Scope<'_>, value: &DeValue<'_>) {
    match value {
        DeValue::String(text) => found.value(scope, text),
        DeValue::Integer(number) => found.value(scope, number.as_str()),
        DeValue::Float(number) => found.value(scope, number.as_str()),
        DeValue::Boolean(_) => {}
        DeValue::Datetime(time) => found.value(scope, &time.to_string()),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(found, &scope.item(index, index), item.get_ref());
            }
        }
        DeValue::Table(table) => collect_table(found, scope, table),
    }
}
