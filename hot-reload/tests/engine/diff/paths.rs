//! Paths: parsing and display.

use hot_reload::diff::{Path, Segment};
use hot_reload::error::ErrorKind;
use proptest::prelude::*;

use super::properties::settings;

#[test]
fn path_is_displayed_as_it_is_parsed() {
    for text in [
        ".",
        "a",
        "a.b[3].\"odd key\"",
        "[0][1].x",
        "\"\"",
        "\"*\".\"a.b\"",
        "routes.\"/v1/\\\"x\\\"\"",
        "/v1/x.content-type.a*b.don't",
    ] {
        let path: Path = text.parse().unwrap();
        assert_eq!(path.to_string(), text);
    }
}

#[test]
fn text_that_is_no_path_is_refused_with_the_position() {
    for (text, said) in [
        ("", "\"\" is not a path: an empty key at byte 0"),
        ("a..b", "\"a..b\" is not a path: an empty key at byte 2"),
        ("a.", "\"a.\" is not a path: an empty key at byte 2"),
        (
            "a[1",
            "\"a[1\" is not a path: a bracket that is not closed at byte 1",
        ),
        ("a[x]", "\"a[x]\" is not a path: no index at byte 1"),
        ("a[]", "\"a[]\" is not a path: no index at byte 1"),
        (
            "a[99999999999999999999]",
            "\"a[99999999999999999999]\" is not a path: no index at byte 1",
        ),
        (
            "a[1]b",
            "\"a[1]b\" is not a path: neither `.` and a key nor an index at byte 4",
        ),
        (
            "a.[1]",
            "\"a.[1]\" is not a path: neither `.` and a key nor an index at byte 1",
        ),
        (
            "a b",
            "\"a b\" is not a path: neither `.` and a key nor an index at byte 1",
        ),
        (
            "\"a",
            "\"\\\"a\" is not a path: a quote that is not closed at byte 0",
        ),
        (
            "\"\\q\"",
            "\"\\\"\\\\q\\\"\" is not a path: an unknown escape at byte 0",
        ),
        (
            "\"\\u{110000}\"",
            "\"\\\"\\\\u{110000}\\\"\" is not a path: an unknown escape at byte 0",
        ),
        (
            "*.a",
            "\"*.a\" is a pattern and not a path; a key `*` is written \"*\"",
        ),
    ] {
        let error = text.parse::<Path>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{text}");
        assert_eq!(error.to_string(), said);
    }
}

#[test]
fn path_is_below_another_by_whole_segments() {
    let path = |text: &str| text.parse::<Path>().unwrap();
    assert!(path("server.tls.key").starts_with(&path("server.tls")));
    assert!(path("server.tls").starts_with(&path("server.tls")));
    assert!(path("server").starts_with(&path(".")));
    assert!(!path("servers").starts_with(&path("server")));
    assert!(!path("server").starts_with(&path("server.tls")));
    assert!(path("a[9]") < path("a[10]"));
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn every_path_is_parsed_as_it_is_displayed(
        steps in prop::collection::vec(
            prop_oneof![any::<usize>().prop_map(Segment::Index), any::<String>().prop_map(Segment::Key)],
            0..6,
        ),
    ) {
        let path: Path = steps.into_iter().collect();
        let text = path.to_string();
        prop_assert_eq!(text.parse::<Path>().unwrap(), path, "{}", text);
    }

    #[test]
    fn parsing_any_text_does_not_panic(text in r#"[a.*\[\]"\\u{}0-9 ]{0,12}"#) {
        if let Ok(path) = text.parse::<Path>() {
            prop_assert_eq!(path.to_string().parse::<Path>().unwrap(), path);
        }
    }
}
