//! Writers that store into a memory-mapped file.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use hot_reload::source::File;
use tokio::time::sleep;

use crate::file::{Rig, World};
use crate::in_turn;
use crate::namespace::{has, is_ours, mount};

#[test]
fn t41_store_into_a_mapped_file_is_found_and_its_end_reported() {
    const NAME: &str = "mapped::t41_store_into_a_mapped_file_is_found_and_its_end_reported";
    if !has("python3", NAME) {
        return;
    }
    in_turn(async {
        let world = World::new();
        follows(&world.file("c", "the first ")).await;
    });
}

/// A file in memory gets no new time by a store.
#[test]
fn t41_store_into_a_mapped_tmpfs_file_is_reported_at_its_end() {
    const NAME: &str = "mapped::t41_store_into_a_mapped_tmpfs_file_is_reported_at_its_end";
    if !has("python3", NAME) || !is_ours(NAME) {
        return;
    }
    in_turn(async {
        let world = World::new();
        let folder = world.folder("a");
        mount(&["-t", "tmpfs", "none"], &folder);
        follows(&world.file("a/c", "the first ")).await;
    });
}

async fn follows(path: &Path) {
    let source = File::new(path).wait_for_writers(Duration::from_secs(1));
    let mut rig = Rig::watch_source(source).await;
    rig.expect("the first ").await;
    let mut mapping = Mapping::of(path);
    mapping.store("the second");
    // No event reports the write; a load finds it, and does not wait long for a close that may never come.
    rig.load_until_ready().await;
    assert_eq!(rig.current.as_deref(), Some("the second"));
    // It stays mapped for a while in which nothing happens to it.
    sleep(Duration::from_secs(1)).await;
    mapping.store("the third ");
    mapping.end();
    rig.expect("the third ").await;
    assert_eq!(rig.texts(), ["the first ", "the second", "the third "]);
}

/// A process that has the file mapped, and no longer open.
struct Mapping {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Mapping {
    fn of(path: &Path) -> Self {
        let mut child = Command::new("python3")
            .args(["-c", PROGRAM])
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            orders: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn store(&mut self, text: &str) {
        writeln!(self.orders, "{text}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer.trim_end(), "stored");
    }

    fn end(self) {
        let Self {
            mut child, orders, ..
        } = self;
        drop(orders);
        assert!(child.wait().unwrap().success());
    }
}

const PROGRAM: &str = r#"
import mmap, sys
with open(sys.argv[1], "r+b") as file:
    memory = mmap.mmap(file.fileno(), 0)
for line in sys.stdin:
    memory[:] = line.rstrip("\n").encode()
    memory.flush()
    print("stored", flush=True)
memory.close()
"#;
