//! Files that are no regular files, or claim any size, in place of the configuration or of a route's content.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{CWD, Mode, mkfifoat};
use tokio::time::{Instant, sleep};

use super::support::{Program, get, until_id};
use super::{folder_with, save};

fn with_route(id: u64) -> String {
    format!(
        "id = {id}\nname = 'files'\nlisten = '127.0.0.1:0'\n[[routes]]\npath = '/'\nfile = 'page.txt'\n"
    )
}

/// Replaces a file atomically, while the server may be reading it.
fn put(path: &Path, make: impl FnOnce(&Path)) {
    let new = path.with_extension("new");
    make(&new);
    // A directory is not renamed over a file.
    if fs::metadata(&new).is_ok_and(|new| new.is_dir()) {
        fs::remove_file(path).unwrap();
    }
    fs::rename(new, path).unwrap();
}

fn clear(path: &Path) {
    match fs::symlink_metadata(path).unwrap().is_dir() {
        true => fs::remove_dir(path).unwrap(),
        false => fs::remove_file(path).unwrap(),
    }
}

#[tokio::test]
async fn sparse_file_is_refused_and_the_last_value_stays() {
    let (folder, file) = folder_with(&with_route(1));
    let page = folder.path().join("page.txt");
    fs::write(&page, "one").unwrap();
    let program = Program::start(&file, &[]);
    let address = program.address().await;
    let sparse = |path: &Path| fs::File::create(path).unwrap().set_len(100 << 30).unwrap();

    put(&page, sparse);
    let refused = "file: cannot read ";
    let line = program.line(refused).await;
    assert!(line.contains("it is larger than 16 MiB"), "{line}");
    assert_eq!(get(address, "/").await.body, "one");
    put(&page, |new| fs::write(new, "two").unwrap());
    save(&file, &with_route(2));
    until_id(address, 2).await;
    assert_eq!(get(address, "/").await.body, "two");

    put(&file, sparse);
    let line = program.line("cannot be read: ").await;
    assert!(line.contains("it is larger than 16 MiB"), "{line}");
    assert_eq!(get(address, "/").await.id(), 2);
    save(&file, &with_route(3));
    until_id(address, 3).await;
}

#[tokio::test]
async fn sparse_configuration_at_the_start_exits_with_78() {
    let (_folder, file) = folder_with("");
    let sparse = fs::File::create(&file).unwrap();
    sparse.set_len(100 << 30).unwrap();
    drop(sparse);
    assert_eq!(
        super::start::refused(&file).await,
        "config.toml: cannot be read: it is larger than 16 MiB; give a smaller file"
    );
}

/// Each kind is tried more often than the allowed number of hanging threads.
#[tokio::test]
async fn regular_file_is_loaded_after_anything_else_in_its_place() {
    let (folder, file) = folder_with(&with_route(0));
    let page = folder.path().join("page.txt");
    fs::write(&page, "0").unwrap();
    // Each refusal is logged, however many there are.
    let log = [("SERVER_LOG", "info,hot_reload=debug")];
    let program = Program::start_with(&file, &["--interval", "1"], &log);
    let address = program.address().await;
    let makers: [fn(&Path); 4] = [
        |path| mkfifoat(CWD, path, Mode::from_bits_truncate(0o600)).unwrap(),
        |path| drop(UnixListener::bind(path).unwrap()),
        |path| symlink("/dev/zero", path).unwrap(),
        |path| fs::create_dir(path).unwrap(),
    ];
    let mut id = 0;
    for round in 0..6 {
        for make in makers {
            for path in [&file, &page] {
                let refusals = program.count(STAYS);
                put(path, make);
                // Waits until a load has found it, before the next file replaces it.
                if round == 0 {
                    program.lines(STAYS, refusals + 1).await;
                }
                clear(path);
                id += 1;
                fs::write(&page, id.to_string()).unwrap();
                save(&file, &with_route(id as u64));
                until_id(address, id as u64).await;
                assert_eq!(get(address, "/").await.body, id.to_string());
            }
        }
    }
    assert_eq!(program.count("still hang"), 0);
}

const STAYS: &str = "the last good value stays: ";

/// Writes the page in two parts, and requests it during the pause between them.
async fn rewrite_with_a_pause(program: &Program, page: &Path, ids: &[u32]) {
    let address = program.address().await;
    let whole = || async {
        let body = get(address, "/").await.body;
        let parts: Vec<_> = body.split(' ').map(str::to_owned).collect();
        assert!(
            parts.len() == 2 && parts[0] == parts[1],
            "half a page: {body:?}"
        );
        parts[0].clone()
    };
    for id in ids {
        let mut file = fs::File::create(page).unwrap();
        write!(file, "{id} ").unwrap();
        let begun = Instant::now();
        while begun.elapsed() < PAUSE {
            whole().await;
            sleep(Duration::from_millis(20)).await;
        }
        write!(file, "{id}").unwrap();
        drop(file);
        let begun = Instant::now();
        while whole().await != id.to_string() {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{id} is not served"
            );
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Longer than one load waits for a writer.
const PAUSE: Duration = Duration::from_millis(2_500);

#[tokio::test]
async fn p05_page_is_never_served_half_while_its_writer_pauses() {
    for arguments in [&["-w", "polling", "--interval", "1"][..], &[]] {
        let (folder, file) = folder_with(&with_route(1));
        let page = folder.path().join("page.txt");
        fs::write(&page, "0 0").unwrap();
        let program = Program::start(&file, arguments);
        rewrite_with_a_pause(&program, &page, &[1, 2]).await;
        assert_eq!(program.count("ERROR") + program.count("WARN"), 0);
    }
}

/// The usual deployment: the kernel hides writers from this user.
#[tokio::test]
async fn p05_page_of_another_user_is_never_served_half() {
    let (folder, file) = folder_with(&with_route(1));
    let page = folder.path().join("page.txt");
    fs::write(&page, "0 0").unwrap();
    let Some(program) = Program::start_as_somebody(folder.path(), &file) else {
        return;
    };
    rewrite_with_a_pause(&program, &page, &[1, 2]).await;
}
