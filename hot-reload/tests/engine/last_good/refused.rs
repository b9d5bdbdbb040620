//! Refused saves and restores, and their error lines.

use std::fs;

use hot_reload::error::ErrorKind;
use hot_reload::policy::LastGood;
use hot_reload::{Error, Live};

use super::{decode, encode, published, texts};

const SECRET: &str = "hunter2";

/// The whole of an error on one line, with the path first and no content.
fn line(error: &Error, last_good: &LastGood<impl Sized>, kind: ErrorKind) -> String {
    assert_eq!(error.kind(), kind, "{error}");
    let text = error.to_string();
    let path = format!("{}: ", last_good.path().display());
    let rest = text.strip_prefix(&path).expect("it begins with the path");
    assert!(!text.contains('\n'), "{text}");
    for shown in [text.clone(), format!("{error:?}")] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
    rest.to_owned()
}

#[tokio::test]
async fn p18_error_of_a_refused_file_shows_none_of_its_content() {
    let (last_good, _folder) = texts();
    last_good.save(published(SECRET)).await.unwrap();
    let whole = fs::read(last_good.path()).unwrap();
    let changed = |at: usize, byte: u8| {
        let mut file = whole.clone();
        file[at] = byte;
        file
    };
    let replace = "delete it, or let the next save replace it";
    let cases = [
        (Vec::new(), format!("it is empty; {replace}")),
        (
            whole[..50].to_vec(),
            format!("it is truncated to 50 bytes; {replace}"),
        ),
        (
            whole[..90].to_vec(),
            format!("it is truncated to 90 of 91 bytes; {replace}"),
        ),
        (
            changed(70, b'X'),
            format!("it is damaged, its checksum is wrong; {replace}"),
        ),
        (
            [&whole[..], SECRET.as_bytes()].concat(),
            format!("it is damaged, its checksum is wrong; {replace}"),
        ),
        (
            changed(8, 2),
            format!(
                "it has format 2, and this program knows none above 1; run the version that wrote it, or {replace}"
            ),
        ),
        (
            format!("password = {SECRET}").into_bytes(),
            "it is not a saved value; give the saved value a path of its own, or move that file away"
                .to_owned(),
        ),
    ];
    for (file, expected) in cases {
        fs::write(last_good.path(), file).unwrap();
        let error = last_good.restore().await.unwrap_err();
        let said = line(&error, &last_good, ErrorKind::Decode);
        assert_eq!(said, format!("not restored: {expected}"));
    }
}

#[tokio::test]
async fn other_schema_is_not_restored_and_the_next_save_replaces_it() {
    let (old, _folder) = texts();
    old.save(published("old")).await.unwrap();
    let new = LastGood::new(old.path(), encode, decode).schema(3);
    let error = new.restore().await.unwrap_err();
    assert_eq!(
        line(&error, &new, ErrorKind::Decode),
        "not restored: it was saved with schema 0, and this program wants schema 3; \
         delete it, or let the next save replace it"
    );
    new.save(published("new")).await.unwrap();
    assert_eq!(new.restore().await.unwrap().unwrap().value(), "new");
    assert!(old.restore().await.is_err());
}

#[tokio::test]
async fn value_above_the_size_limit_is_not_saved() {
    let (last_good, _folder) = texts();
    let last_good = last_good.max_size(100);
    last_good.save(published("s".repeat(16))).await.unwrap();
    let error = last_good.save(published("s".repeat(17))).await.unwrap_err();
    assert_eq!(
        line(&error, &last_good, ErrorKind::TooLarge),
        "not saved: 101 bytes are more than the limit of 100, and the file is left as it was; raise `max_size`"
    );
    assert!(last_good.restore().await.unwrap().is_some());
    let error = last_good.max_size(99).restore().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn path_of_the_source_is_not_written_to() {
    let (last_good, _folder) = texts();
    fs::write(last_good.path(), SECRET).unwrap();
    let error = last_good.save(published("value")).await.unwrap_err();
    line(&error, &last_good, ErrorKind::Misconfigured);
    assert_eq!(fs::read_to_string(last_good.path()).unwrap(), SECRET);
}

#[tokio::test]
async fn only_the_first_line_of_an_encoding_error_is_shown() {
    let (good, _folder) = texts();
    good.save(published("value")).await.unwrap();
    let picky = LastGood::new(
        good.path(),
        |_: &String| Err("too odd\n  hunter2"),
        |_| Err("\nline 1\n  | hunter2"),
    );
    let error = picky.restore().await.unwrap_err();
    let said = line(&error, &picky, ErrorKind::Decode);
    assert!(
        said.starts_with("not restored: the content cannot be decoded: line 1; give"),
        "{said}"
    );
    let error = picky.save(published("other")).await.unwrap_err();
    let said = line(&error, &picky, ErrorKind::Invalid);
    assert_eq!(
        said,
        "not saved: the value cannot be encoded: too odd; the file is left as it was"
    );
    assert_eq!(good.restore().await.unwrap().unwrap().value(), "value");
}

#[tokio::test]
async fn p07_panic_in_encode_or_decode_is_an_error_and_the_next_call_works() {
    let (good, _folder) = texts();
    good.save(published("value")).await.unwrap();
    let before = fs::read(good.path()).unwrap();
    let panicky = LastGood::new(
        good.path(),
        |text: &String| match text.as_str() {
            "panic" => panic!("cannot write"),
            _ => encode(text),
        },
        |bytes: &[u8]| match bytes {
            b"bad" => panic!("cannot read"),
            _ => decode(bytes),
        },
    );
    let error = panicky.save(published("panic")).await.unwrap_err();
    assert_eq!(
        line(&error, &panicky, ErrorKind::Panicked),
        "encoding the value to save panicked: cannot write"
    );
    assert_eq!(fs::read(good.path()).unwrap(), before);
    panicky.save(published("bad")).await.unwrap();
    let error = panicky.restore().await.unwrap_err();
    assert_eq!(
        line(&error, &panicky, ErrorKind::Panicked),
        "decoding the saved value panicked: cannot read"
    );
    panicky.save(published("fine")).await.unwrap();
    assert_eq!(panicky.restore().await.unwrap().unwrap().value(), "fine");
}

/// Panics when it is dropped.
struct Mine;

impl Drop for Mine {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[tokio::test]
async fn p07_value_that_panics_in_drop_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let last_good = LastGood::new(
        folder.path().join("mine"),
        |_: &Mine| Ok::<_, &str>(b"mine".to_vec()),
        |_| Err::<Mine, _>("not wanted"),
    );
    let snapshot = {
        let live = Live::fixed(Mine);
        live.get()
    };
    last_good.save(snapshot).await.unwrap();
    let error = last_good.restore().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn p18_json_of_another_type_is_not_quoted() {
    let (_, folder) = texts();
    let texts = LastGood::<Vec<String>>::json(folder.path().join("json"));
    texts.save(published([SECRET.to_owned()])).await.unwrap();
    let numbers = LastGood::<Vec<u32>>::json(texts.path());
    let error = numbers.restore().await.unwrap_err();
    assert_eq!(
        line(&error, &numbers, ErrorKind::Decode),
        "not restored: the content cannot be decoded: the JSON does not fit the type, at line 1 column 10; \
         give the saved value another `schema` when its type changes, or delete the file"
    );
}

#[tokio::test]
async fn p18_debug_shows_only_the_path() {
    let (last_good, _folder) = texts();
    last_good.save(published(SECRET)).await.unwrap();
    let restored = last_good.restore().await.unwrap().unwrap();
    for shown in [format!("{last_good:?}"), format!("{restored:?}")] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
    assert!(format!("{last_good:?}").contains("app.last-good"));
}
