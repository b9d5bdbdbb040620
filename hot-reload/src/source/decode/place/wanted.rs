//! Translates serde's expectations into the words of a configuration's author.

use std::borrow::Cow;

/// `a list` for `a sequence`, `usize other than 0` for `a nonzero usize`, and the like.
pub(super) fn wanted(expected: &str) -> Cow<'_, str> {
    let number = || {
        expected
            .split(' ')
            .find(|word| word.parse::<usize>().is_ok())
    };
    let word = match expected {
        "a map" | "map" | "a struct" => "a table",
        "a sequence" | "sequence" | "a set" => "a list",
        "a boolean" | "boolean" | "bool" => "true or false",
        "floating point" | "f32" | "f64" | "a floating point number" => "a number",
        "string" | "str" | "a borrowed string" | "string only" => "a string",
        "path string" | "a path string" => "a path",
        "character" | "char" | "a character" => "a single character",
        "unit" | "null" => "nothing",
        "option" | "any value" | "any valid JSON value" | "any valid TOML value" => "a value",
        "IP address" => "an IP address, such as 127.0.0.1",
        "IPv4 address" => "an IPv4 address, such as 127.0.0.1",
        "IPv6 address" => "an IPv6 address, such as ::1",
        "socket address" | "IPv4 socket address" => "an address with a port, such as 127.0.0.1:80",
        "IPv6 socket address" => "an address with a port, such as [::1]:80",
        "struct Duration" => "a table with secs and nanos",
        "string or map" | "string or table" | "string or singleton map" => NAME,
        _ => match expected.split_once(' ') {
            Some(("enum", _)) => NAME,
            Some(("unit", _)) => "nothing",
            Some(("tuple", _)) | Some(("array", _)) => {
                return list_of(number());
            }
            Some(("a" | "an", rest))
                if rest.starts_with("tuple of") || rest.starts_with("array of") =>
            {
                return list_of(number());
            }
            Some(("a", rest)) if let Some(kind) = rest.strip_prefix("nonzero ") => {
                return format!("{kind} other than 0").into();
            }
            Some(("struct" | "internally" | "adjacently", _)) => "a table",
            _ => expected,
        },
    };
    word.into()
}

const NAME: &str = "a name, or a table with one name as its key";

fn list_of(length: Option<&str>) -> Cow<'static, str> {
    match length {
        Some(length) => format!("a list of {length}").into(),
        None => "a list".into(),
    }
}

/// Replaces a message that does not have serde's usual form.
pub(super) fn sentence(message: &str) -> Option<&'static str> {
    Some(match message {
        "wanted string or table" | "expected value" => {
            "expected a name, or a table with one name as its key"
        }
        "number out of range" | "integer number overflowed" => "the number is too large",
        "invalid socket address syntax" | "invalid IPv4 socket address syntax" => {
            "expected an address with a port, such as 127.0.0.1:80"
        }
        "invalid IPv6 socket address syntax" => "expected an address with a port, such as [::1]:80",
        _ if message.starts_with("data did not match any variant of untagged enum") => {
            "the value has none of the forms that are allowed here"
        }
        _ if message.starts_with("no variant of enum") => {
            "expected a key that says of which kind this is"
        }
        _ => return None,
    })
}
