//! The file of the log: its mode, its renaming, its failures, and the permissions of sources.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::*;

/// What is logged on this thread.
fn logged(run: impl FnOnce()) -> String {
    let text = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&text);
    let log = tracing_subscriber::fmt().with_ansi(false);
    let log = log.with_writer(move || Text(Arc::clone(&to))).finish();
    tracing::subscriber::with_default(log, run);
    String::from_utf8(lock(&text).clone()).unwrap()
}

struct Text(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Text {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        lock(&self.0).extend(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn file_is_private_and_keeps_its_lines() {
    let (folder, log) = log();
    log.on_event(&event(EventKind::Paused));
    assert_eq!(lines(&folder, "audit", &log).len(), 1);
    let path = folder.path().join("audit");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let again = AuditLog::open(&path).unwrap();
    again.on_event(&event(EventKind::Resumed));
    let lines = lines(&folder, "audit", &again);
    assert_eq!(
        (&lines[0]["kind"], &lines[1]["kind"]),
        (&json!("paused"), &json!("resumed"))
    );
    assert!(number(&lines[0], "id") < number(&lines[1], "id"));
}

#[test]
fn first_line_after_a_torn_one_is_a_line_of_its_own() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    fs::write(&path, "{\"time\":").unwrap();
    for _ in 0..2 {
        let log = AuditLog::open(&path).unwrap();
        log.on_event(&event(EventKind::Paused));
        log.flush();
    }
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("{\"time\":", 3), "{text}");
    assert!(lines[1].starts_with("{\"time\":\"1970"), "{text}");
}

#[test]
fn renamed_file_is_replaced_by_a_new_one() {
    let (folder, log) = log();
    log.on_event(&event(EventKind::Paused));
    log.flush();
    fs::rename(folder.path().join("audit"), folder.path().join("audit.1")).unwrap();
    log.on_event(&event(EventKind::Resumed));
    assert_eq!(lines(&folder, "audit", &log)[0]["kind"], "resumed");
    assert_eq!(lines(&folder, "audit.1", &log).len(), 1);
    // While the path cannot be opened, the renamed file gets the lines.
    fs::rename(folder.path().join("audit"), folder.path().join("audit.2")).unwrap();
    fs::create_dir(folder.path().join("audit")).unwrap();
    log.on_event(&event(EventKind::Paused));
    assert_eq!(lines(&folder, "audit.2", &log).len(), 2);
}

#[cfg(target_os = "linux")]
#[test]
fn symbolic_link_is_refused_with_its_path() {
    let folder = TempDir::new().unwrap();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    fs::write(&target, "").unwrap();
    symlink(&target, &link).unwrap();
    let error = AuditLog::open(&link).unwrap_err().to_string();
    assert!(error.contains("link: "), "{error}");
    assert_eq!(fs::read(&target).unwrap(), b"");
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_loses_lines_and_is_logged_once() {
    let (queue, _messages) = Queue::new();
    let mut journal = Journal::new(UNIX_EPOCH);
    let logged = logged(|| {
        let file = LogFile::open(Path::new("/dev/full")).unwrap();
        let mut writer = Writer::new(file, queue.lost());
        for _ in 0..3 {
            writer.write(journal.record(&event(EventKind::Paused), KEY).unwrap());
        }
    });
    assert_eq!(queue.lost().load(Relaxed), 3);
    assert_eq!(logged.matches("cannot be written").count(), 1, "{logged}");
    assert!(logged.contains("/dev/full"), "{logged}");
    // Also with its thread.
    let log = AuditLog::open("/dev/full").unwrap();
    log.on_event(&event(EventKind::Paused));
    log.flush();
    assert_eq!(log.inner.queue.lost().load(Relaxed), 1);
}

#[test]
fn lost_lines_are_reported_before_the_next_line() {
    let (folder, log) = log();
    log.inner.queue.lost().store(12, Relaxed);
    log.on_event(&event(EventKind::Paused));
    let mut lines = lines(&folder, "audit", &log);
    assert!(lines[0]["time"].take().is_string());
    assert_eq!(lines[0], json!({"time": null, "kind": "lost", "lines": 12}));
    assert_eq!(lines[1]["kind"], "paused");
    assert_eq!(lines.len(), 2);
}

#[test]
fn source_file_has_its_owner_and_who_may_write_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.toml");
    fs::write(&path, "").unwrap();
    let mut paused = event(EventKind::Paused);
    paused.source = Some(path.to_str().unwrap().into());
    let (queue, _messages) = Queue::new();
    let mut journal = Journal::new(UNIX_EPOCH);
    let logged = logged(|| {
        let file = LogFile::open(&folder.path().join("audit")).unwrap();
        let mut writer = Writer::new(file, queue.lost());
        for mode in [0o644, 0o660, 0o666] {
            fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            writer.write(journal.record(&paused, KEY).unwrap());
        }
    });
    let lines = read(&folder, "audit");
    let source = &lines[0]["source"];
    assert_eq!(source["name"], path.to_str().unwrap());
    assert_eq!(source["owner"], fs::metadata(&path).unwrap().uid());
    assert!(source["modified"].as_str().unwrap().ends_with('Z'));
    let writable = [0, 1, 2].map(|line| &lines[line]["source"]["writable_by"]);
    assert_eq!(writable, [&Value::Null, &json!("group"), &json!("others")]);
    assert_eq!(
        logged.matches("let its group change it").count(),
        1,
        "{logged}"
    );
    assert!(!logged.contains("anybody"), "reported once: {logged}");
}
