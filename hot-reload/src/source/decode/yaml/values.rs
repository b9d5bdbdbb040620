//! Converts the YAML decoder's errors about values into serde's form, so that all formats share their error texts.

use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use super::limits::Limits;
use super::scan;

/// The error in serde's form. If it does not describe the found value, the value is read from the text.
pub(super) fn sentence(error: &Error, text: &str, limits: Limits) -> String {
    let expected = |expected: &str| {
        let found = error
            .location()
            .and_then(|location| scan::found_at(text, limits, location.span().offset() as usize));
        match found {
            Some(found) => format!("invalid type: {found}, expected {expected}"),
            None => format!("expected {expected}"),
        }
    };
    match error {
        Error::AliasError { error, .. } => sentence(error.without_snippet(), text, limits),
        Error::InvalidScalar { ty, .. } => expected(ty),
        Error::InvalidBooleanStrict { .. } => expected("a boolean"),
        Error::InvalidCharNull { .. } | Error::InvalidCharNotSingleScalar { .. } => {
            expected("a character")
        }
        Error::NullIntoString { .. } | Error::TaggedScalarCannotDeserializeIntoString { .. } => {
            expected("a string")
        }
        Error::UnexpectedValueForUnit { .. }
        | Error::ExpectedEmptyMappingForUnitStruct { .. }
        | Error::UnexpectedValueForUnitEnumVariant { .. } => expected("nothing"),
        Error::ExternallyTaggedEnumExpectedScalarOrMapping { .. }
        | Error::ExpectedStringKeyForExternallyTaggedEnum { .. } => {
            expected("a name, or a table with one name as its key")
        }
        Error::ExpectedMappingEndAfterEnumVariantValue { .. } => {
            expected("a table with one key only")
        }
        Error::Unexpected { expected: what, .. } => match *what {
            "mapping start" => expected("a map"),
            "sequence start" => expected("a sequence"),
            "string scalar" | "scalar" => expected("a single value"),
            what => expected(what),
        },
        Error::BytesNotSupportedMissingBinaryTag { .. } => {
            expected("a value with the tag !!binary")
        }
        Error::InvalidBinaryBase64 { .. } | Error::BinaryNotUtf8 { .. } => {
            expected("base64 of UTF-8 text after !!binary")
        }
        Error::NonFiniteFloat { .. } => expected("a finite number"),
        Error::MergeValueNotMapOrSeqOfMaps { .. } => {
            expected("a table, or a list of tables, to merge")
        }
        Error::MultipleDocuments { .. } => {
            "expected one document, found a second one after \"---\"".to_owned()
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("duplicate field `{key}`"),
        Error::DuplicateMappingKey { key: None, .. } => "this key is defined twice".to_owned(),
        Error::TaggedEnumMismatch { .. } => "the tag is not allowed here".to_owned(),
        Error::SerdeUnknownField {
            field, expected, ..
        } => {
            format!("unknown field `{field}`, expected {}", names(expected))
        }
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => {
            format!("unknown variant `{variant}`, expected {}", names(expected))
        }
        Error::SerdeMissingField { field, .. } => format!("missing field `{field}`"),
        Error::Eof { .. } => "the document is empty".to_owned(),
        other => UserMessageFormatter.format_message(other).into_owned(),
    }
}

/// Whether the error is about a whole value, so that the decoder's location is already after it.
pub(super) fn is_of_a_whole(error: &Error) -> bool {
    matches!(
        error,
        Error::SerdeInvalidValue { .. }
            | Error::SerdeInvalidLength { .. }
            | Error::SerdeInvalidType { .. }
            | Error::Message { .. }
    )
}

fn names(expected: &[&str]) -> String {
    let names: Vec<_> = expected.iter().map(|name| format!("`{name}`")).collect();
    match names.is_empty() {
        true => "there are none".to_owned(),
        false => names.join(", "),
    }
}
