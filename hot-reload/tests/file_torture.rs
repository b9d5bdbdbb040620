//! Random changes of every kind, with nothing but hints to find them: the last one is always seen, and no half of one.
//!
//! `HOT_RELOAD_SEED` and `HOT_RELOAD_ROUNDS` choose the run; a failure names its seed.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod file;

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tokio::time::{Instant, sleep};

use self::file::{Rig, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p05_whatever_happens_the_last_version_is_seen_and_none_is_torn() {
    let seed = from_env("HOT_RELOAD_SEED").unwrap_or(1);
    let rounds = from_env("HOT_RELOAD_ROUNDS").unwrap_or(60);
    let mut torture = Torture {
        dice: Dice(seed),
        world: World::new(),
        version: 0,
    };
    torture.put("one");
    let mut rig = Rig::watch(torture.file()).await;
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        let mut done = Vec::new();
        for _ in 0..=torture.dice.below(4) {
            done.push(torture.act().await);
            let gap = [0, 0, 2000, 20_000][torture.dice.below(4) as usize];
            sleep(Duration::from_micros(torture.dice.below(gap + 1))).await;
        }
        let start = Instant::now();
        let expected = fs::read_to_string(torture.file()).ok();
        let context = format!("seed {seed}, round {round}, {done:?}");
        rig.converge(expected.as_deref(), &context).await;
        slowest = slowest.max(start.elapsed());
        for text in rig.published.drain(..).flatten() {
            let id = text.split('|').next().unwrap();
            let whole = text.ends_with(&format!("|{id}")) && text.len() > id.len();
            assert!(
                whole,
                "torn: {:.40}… of {} bytes, {context}",
                text,
                text.len()
            );
        }
    }
    println!("seed {seed}: {rounds} rounds, the slowest converged after {slowest:?}");
}

fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

/// `outer/inner/c`, which is a file or a link.
struct Torture {
    dice: Dice,
    world: World,
    version: u64,
}

impl Torture {
    fn path(&self, name: &str) -> PathBuf {
        self.world.path(name)
    }

    fn file(&self) -> PathBuf {
        self.path("outer/inner/c")
    }

    /// Where the bytes are: the end of the links.
    fn target(&self) -> PathBuf {
        fs::canonicalize(self.file()).unwrap_or_else(|_| self.file())
    }

    fn next(&mut self) -> String {
        self.version += 1;
        let size = [64, 500, 4096, 70_000][self.dice.below(4) as usize];
        format!("{0}|{1}|{0}", self.version, "x".repeat(size))
    }

    /// A finished file outside.
    fn draft(&mut self) -> PathBuf {
        let text = self.next();
        let path = self.path(&format!("draft-{}", self.version));
        fs::write(&path, text).unwrap();
        path
    }

    fn put(&mut self, _: &str) {
        fs::create_dir_all(self.path("outer/inner")).unwrap();
        let draft = self.draft();
        fs::rename(draft, self.file()).unwrap();
    }

    /// Makes sure that there is something to change.
    fn mend(&mut self) {
        if !self.file().is_file() {
            let _ = fs::remove_dir_all(self.file());
            let _ = fs::remove_file(self.file());
            self.put("again");
        }
    }

    async fn act(&mut self) -> &'static str {
        self.mend();
        match self.dice.below(17) {
            0 => {
                let text = self.next();
                fs::write(self.target(), text).unwrap();
                "in place"
            }
            1 => {
                let text = self.next();
                write_in_chunks(&self.target(), &text).await;
                "chunks"
            }
            2 => {
                let draft = self.draft();
                fs::rename(draft, self.file()).unwrap();
                "rename"
            }
            3 => {
                let text = self.next();
                let draft = self.path("outer/inner/draft");
                fs::write(&draft, text).unwrap();
                fs::rename(draft, self.file()).unwrap();
                "rename beside"
            }
            4 => {
                let text = self.next();
                fs::remove_file(self.file()).unwrap();
                fs::write(self.file(), text).unwrap();
                "remove and make"
            }
            5 => {
                let draft = self.draft();
                fs::remove_file(self.file()).unwrap();
                fs::hard_link(draft, self.file()).unwrap();
                "hard link"
            }
            6 => {
                let draft = self.draft();
                self.swap_link(&draft);
                "link swap"
            }
            7 => {
                let draft = self.draft();
                fs::rename(draft, self.target()).unwrap();
                "rename of target"
            }
            8 => {
                let draft = self.draft();
                fs::create_dir_all(self.path("outer/next")).unwrap();
                fs::rename(draft, self.path("outer/next/c")).unwrap();
                let aside = self.path(&format!("aside-{}", self.version));
                fs::rename(self.path("outer/inner"), aside).unwrap();
                fs::rename(self.path("outer/next"), self.path("outer/inner")).unwrap();
                "folder replaced"
            }
            9 => {
                fs::remove_dir_all(self.path("outer/inner")).unwrap();
                fs::create_dir(self.path("outer/inner")).unwrap();
                let text = self.next();
                fs::write(self.file(), text).unwrap();
                "folder made anew"
            }
            10 => {
                let generation = self.path(&format!("generation-{}", self.version));
                fs::create_dir(&generation).unwrap();
                let draft = self.draft();
                fs::rename(draft, generation.join("c")).unwrap();
                let data = self.path("data");
                let _ = fs::remove_file(self.path("data-draft"));
                symlink(&generation, self.path("data-draft")).unwrap();
                fs::rename(self.path("data-draft"), &data).unwrap();
                self.swap_link(&data.join("c"));
                "generation"
            }
            11 => {
                let times = fs::metadata(self.target()).unwrap().modified().unwrap();
                let length = fs::metadata(self.target()).unwrap().len() as usize;
                let id = self.version + 1;
                self.version = id;
                let filler = length.saturating_sub(2 * (id.to_string().len() + 1)).max(1);
                let text = format!("{id}|{}|{id}", "y".repeat(filler));
                fs::write(self.target(), text).unwrap();
                let file = fs::File::options().write(true).open(self.target()).unwrap();
                file.set_modified(times).unwrap();
                "same size, same time"
            }
            12 => {
                fs::remove_file(self.file()).unwrap();
                fs::create_dir(self.file()).unwrap();
                fs::remove_dir(self.file()).unwrap();
                let text = self.next();
                fs::write(self.file(), text).unwrap();
                "folder in between"
            }
            13 => {
                let aside = self.path(&format!("outer-{}", self.version));
                fs::rename(self.path("outer"), aside).unwrap();
                self.put("there");
                "outer folder replaced"
            }
            14 => {
                fs::write(self.target(), "").unwrap();
                sleep(Duration::from_millis(self.dice.below(5))).await;
                let text = self.next();
                fs::write(self.target(), text).unwrap();
                "emptied first"
            }
            15 => {
                let draft = self.draft();
                renameat_with(CWD, &draft, CWD, self.file(), RenameFlags::EXCHANGE).unwrap();
                "exchange"
            }
            _ => {
                fs::remove_file(self.file()).unwrap();
                "remove"
            }
        }
    }

    fn swap_link(&self, target: &Path) {
        let draft = self.path("outer/inner/link-draft");
        let _ = fs::remove_file(&draft);
        symlink(target, &draft).unwrap();
        fs::rename(draft, self.file()).unwrap();
    }
}

async fn write_in_chunks(path: &Path, text: &str) {
    let mut file = fs::File::create(path).unwrap();
    for chunk in text.as_bytes().chunks(text.len().div_ceil(4)) {
        file.write_all(chunk).unwrap();
        sleep(Duration::from_millis(2)).await;
    }
}
