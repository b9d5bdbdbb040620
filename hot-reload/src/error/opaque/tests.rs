//! Tests of the text of an error, its redaction and its causes.

use super::*;

#[test]
fn display_starts_with_the_location() {
    let error =
        Error::new(ErrorKind::Decode, "expected u16, found \"80a\"")
            .at(Location::new("app.toml").line(4, 8).path("server.port"));
    assert_eq!(
        error.to_string(),
        "app.toml:4:8: server.port: expected u16, found \"80a\""
    );
}

#[test]
fn message_of_several_lines_becomes_one_line() {
    let error = Error::new(ErrorKind::Invalid, "first\n  second\r\n\n");
    assert_eq!(error.to_string(), "first; second");
    assert_eq!(
        Error::new(ErrorKind::Invalid, "").to_string(),
        "failed without a reason"
    );
}

#[test]
fn source_name_is_added_only_if_the_error_names_none() {
    let error = |text: &str| Error::new(ErrorKind::Decode, text);
    let about = |error: Error| error.about("x.toml + y.toml").to_string();
    let placed = error("expected u8, found 300").at(Location::new("y.toml").line(1, 5).path("a"));
    assert_eq!(about(placed), "y.toml:1:5: a: expected u8, found 300");
    for text in [
        "y.toml:1:5: a: expected u8",
        "cannot read x.toml",
        "x.toml + y.toml: too large",
        "/etc/app/x.toml: too large",
    ] {
        assert_eq!(about(error(text)), text);
    }
    let other = "included.toml:3:1: port: expected u8";
    assert_eq!(about(error(other)), other);
    for text in [
        "expected u8",
        "ax.toml: bad",
        "x.tomla",
        "host:80: refused",
        ":1:5: bad",
    ] {
        assert_eq!(about(error(text)), format!("x.toml + y.toml: {text}"));
    }
    let short = error("cannot be an app").about("a").to_string();
    assert_eq!(short, "a: cannot be an app");
    assert_eq!(error("é.toml: é").about("é.toml").to_string(), "é.toml: é");
}

#[test]
fn p18_no_part_of_an_error_shows_a_secret() {
    let cause = io::Error::other(Cause("postgres://me:hunter2@db"));
    let error = Error::new(ErrorKind::Other, "got Bearer hunter2hunter2")
        .at(Location::new("redis://:hunter2@db").path("tokens.ghp_hunter2.rate"))
        .with_source(cause);
    assert_eq!(
        error.to_string(),
        "redis://(not shown)@db: tokens.(not shown): got Bearer (not shown)"
    );
    let chain = format!("{:#}", anyhow::Error::new(error.clone()));
    assert!(chain.ends_with(": postgres://(not shown)@db"), "{chain}");
    for text in [
        format!("{error:?}"),
        chain,
        format!("{:?}", error.location()),
    ] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(&'static str);

#[test]
fn cause_without_a_secret_can_be_downcast() {
    let error =
        Error::new(ErrorKind::Other, "cannot").with_source(io::Error::from_raw_os_error(13));
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<io::Error>());
    assert_eq!(cause.and_then(io::Error::raw_os_error), Some(13));
}

#[test]
fn shown_identifier_of_an_error_is_kept_when_it_becomes_a_cause() {
    let commit = "9fJ2kQ7xVb3mTz8L";
    let quoting = |message: String| {
        let error = Error::quoting(ErrorKind::Decode, message, Some(commit.to_owned()));
        assert!(error.message().contains(commit), "{error}");
        error
    };
    let plain = Error::new(ErrorKind::Decode, format!("found {commit:?}"));
    assert!(!plain.message().contains(commit), "it looks like a secret");
    let first = quoting(format!("expected a number, found {commit:?}"));
    let second = Error::new(ErrorKind::Other, "second").with_source(first);
    let third = Error::new(ErrorKind::Other, "third").with_source(second.clone());
    for error in [&second, &third] {
        let causes = error.causes();
        assert!(causes.last().unwrap().contains(commit), "{causes:?}");
        assert!(format!("{error:?}").contains(commit), "{error:?}");
        let cause = error.source().unwrap();
        assert!(cause.is::<Error>(), "its chain is unchanged");
    }
    // A secret of another cause is redacted, however often the chain is wrapped.
    let inner = quoting(format!("the cause of {commit}")).with_source(Cause("pw: hunter2"));
    let other = Error::new(ErrorKind::Other, "above").with_source(Around(inner));
    let top = Error::new(ErrorKind::Other, "top").with_source(other);
    let chain = format!("{:#}", anyhow::Error::new(top));
    assert!(!chain.contains("hunter2"), "{chain}");
    assert!(chain.contains(commit), "{chain}");
}

/// A foreign cause around an error of this crate.
#[derive(Debug, thiserror::Error)]
#[error("around it, with password=hunter2")]
struct Around(#[source] Error);

#[test]
fn amending_a_clone_leaves_the_original_unchanged() {
    let first = Error::new(ErrorKind::Decode, "bad").with_source("cause");
    let second = first.clone().with_revision(Revision::from(1_u64));
    assert!(first.revision().is_none());
    assert_eq!(second.revision(), Some(&Revision::from(1_u64)));
    assert_eq!(second.to_string(), "bad");
    let cause = second.source().map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("cause"));
}

#[test]
fn message_that_quotes_a_whole_file_is_searched_in_part() {
    let error = Error::new(ErrorKind::Decode, "pw:/a/".repeat(1 << 20));
    assert!(error.to_string().len() <= LONGEST);
}

#[test]
fn p17_error_keeps_a_bounded_number_of_files() {
    let endless = (0_u64..).map(|number| PathBuf::from(number.to_string()));
    let error = Error::new(ErrorKind::Decode, "bad").with_files(endless);
    assert_eq!(error.files().len(), FILES);
    assert_eq!(error.files()[0], PathBuf::from("0"));
}

#[test]
fn io_error_becomes_an_error_of_the_matching_kind() {
    for (from, to) in [
        (io::ErrorKind::NotFound, ErrorKind::NotFound),
        (io::ErrorKind::PermissionDenied, ErrorKind::Denied),
        (io::ErrorKind::TimedOut, ErrorKind::Timeout),
        (io::ErrorKind::ConnectionReset, ErrorKind::Unavailable),
        (io::ErrorKind::Other, ErrorKind::Unavailable),
    ] {
        let error = Error::from(io::Error::from(from));
        assert_eq!(error.kind(), to, "{from}");
        let cause = StdError::source(&error).and_then(|cause| cause.downcast_ref::<io::Error>());
        assert_eq!(cause.map(io::Error::kind), Some(from));
        assert_eq!(error.message(), from.to_string());
    }
}

#[test]
fn error_inside_an_io_error_keeps_its_kind_and_its_location() {
    let inner = Error::new(ErrorKind::Decode, "bad").at(Location::new("app.toml"));
    let error = Error::from(io::Error::other(inner));
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.to_string(), "app.toml: bad");
}

#[test]
fn p18_io_error_shows_no_secret() {
    let error = Error::from(io::Error::other(Cause("postgres://me:hunter2@db")));
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert!(
        error.message().contains("postgres://(not shown)@db"),
        "{error}"
    );
}
