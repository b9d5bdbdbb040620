//! Finds the references in a text.

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Text that stays as it is.
    Text(&'t str),
    /// `${NAME}` or `${NAME:-default}`.
    Variable {
        name: &'t str,
        default: Option<&'t str>,
    },
    /// `${file:PATH}` or `${file:PATH:-default}`.
    File {
        path: &'t str,
        default: Option<&'t str>,
    },
}

/// Splits a text into its pieces.
///
/// # Errors
///
/// What is wrong with a reference. The message quotes nothing.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, &'static str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('$') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        if let Some(after) = after.strip_prefix('$') {
            pieces.push(Piece::Text(&rest[..=at]));
            rest = after;
        } else if let Some(after) = after.strip_prefix('{') {
            let Some((inside, after)) = after.split_once('}') else {
                return Err("this \"${\" is not closed; write $$ for a dollar sign");
            };
            pieces.push(Piece::Text(before));
            pieces.push(reference(inside)?);
            rest = after;
        } else {
            pieces.push(Piece::Text(&rest[..=at]));
            rest = after;
        }
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    Ok(pieces)
}

fn reference(inside: &str) -> Result<Piece<'_>, &'static str> {
    let (what, default) = match inside.split_once(":-") {
        Some((what, default)) => (what, Some(default)),
        None => (inside, None),
    };
    if inside.contains("${") {
        return Err("a reference cannot contain another one");
    }
    if let Some(path) = what.strip_prefix("file:") {
        return match path {
            "" => Err("the reference names no file"),
            path => Ok(Piece::File { path, default }),
        };
    }
    let is_letter = |letter: u8| letter.is_ascii_alphabetic() || letter == b'_';
    let mut letters = what.bytes();
    let is_name = letters.next().is_some_and(is_letter)
        && letters.all(|letter| is_letter(letter) || letter.is_ascii_digit());
    match is_name {
        true => Ok(Piece::Variable {
            name: what,
            default,
        }),
        false => {
            Err("expected ${NAME}, ${NAME:-default} or ${file:PATH}; write $$ for a dollar sign")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable<'t>(name: &'t str, default: Option<&'t str>) -> Piece<'t> {
        Piece::Variable { name, default }
    }

    #[test]
    fn references_and_escapes_are_found() {
        use Piece::Text;
        let cases: [(&str, &[Piece<'_>]); 9] = [
            ("", &[]),
            ("plain $5 $", &[Text("plain $"), Text("5 $")]),
            ("${A}", &[variable("A", None)]),
            (
                "a${A_1}b${B}",
                &[
                    Text("a"),
                    variable("A_1", None),
                    Text("b"),
                    variable("B", None),
                ],
            ),
            ("${A:-}", &[variable("A", Some(""))]),
            ("${A:-x:-y$}", &[variable("A", Some("x:-y$"))]),
            ("$${A}", &[Text("$"), Text("{A}")]),
            ("$$$${A}", &[Text("$"), Text("$"), Text("{A}")]),
            (
                "${file:/run/a b:-é}",
                &[Piece::File {
                    path: "/run/a b",
                    default: Some("é"),
                }],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(pieces(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn faulty_reference_is_refused() {
        for text in [
            "${",
            "${A",
            "x ${A:-y",
            "${}",
            "${1A}",
            "${a b}",
            "${A:-${B}}",
            "${file:}",
            "${é}",
        ] {
            pieces(text).unwrap_err();
        }
    }
}
