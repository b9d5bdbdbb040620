//! Torture test: another thread changes a directory all the time. Each seen listing existed at one moment, without torn
//! files, and the last one is always seen.
//!
//! `HOT_RELOAD_SEED` and `HOT_RELOAD_ROUNDS` choose the run; a failure names its seed.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hot_reload::source::Dir;
use tokio::time::sleep;

use crate::file::{TextDecoder, World};
use crate::many::{ManyRig, Texts};

/// Every state that the writer has made, including those in between. Each published listing must be one of them.
type States = HashSet<Vec<(PathBuf, String)>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p05_each_listing_existed_at_one_moment_and_the_last_is_seen() {
    let seed = from_env("HOT_RELOAD_SEED").unwrap_or(1);
    let rounds = from_env("HOT_RELOAD_ROUNDS").unwrap_or(60);
    let world = World::new();
    world.folder("d");
    world.folder("drafts");
    let source = Dir::new(world.path("d")).recursive(2).each(TextDecoder);
    let mut rig = ManyRig::watch_source(source).await;
    let mut writer = Some(Writer {
        dice: Dice(seed),
        root: world.path("d"),
        drafts: world.path("drafts"),
        model: Texts::new(),
        states: States::from([Vec::new()]),
        version: 0,
    });
    for round in 0..rounds {
        let context = format!("seed {seed}, round {round}");
        // The writer continues while the directory is loaded.
        let mut theirs = writer.take().unwrap();
        let writing = tokio::spawn(async move {
            let mut done = Vec::new();
            for _ in 0..=theirs.dice.below(6) {
                done.push(theirs.act().await);
                let gap = [0, 0, 2000, 20_000, 120_000][theirs.dice.below(5) as usize];
                sleep(Duration::from_micros(theirs.dice.below(gap + 1))).await;
            }
            (theirs, done)
        });
        while !writing.is_finished() {
            let _ = rig.load().await;
        }
        let (theirs, done) = writing.await.unwrap();
        let expected = theirs.model.clone();
        let context = format!("{context}, {done:?}");
        rig.until(|rig| rig.current.as_ref() == Some(&expected), &context)
            .await;
        for value in rig.published.drain(..).flatten() {
            for (path, text) in &value {
                let id = text.split('|').next().unwrap();
                assert!(
                    text.ends_with(&format!("|{id}")) && text.len() > id.len(),
                    "{} is torn: {text:.30}…, {context}",
                    path.display()
                );
            }
            let names: Vec<_> = value
                .keys()
                .map(|path| path.display().to_string())
                .collect();
            let value: Vec<_> = value.into_iter().collect();
            assert!(
                theirs.states.contains(&value),
                "mixed: {names:?}, {context}"
            );
        }
        writer = Some(theirs);
    }
    println!("seed {seed}: {rounds} rounds, {} loads", rig.loads);
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

struct Writer {
    dice: Dice,
    root: PathBuf,
    drafts: PathBuf,
    /// The content of the directory.
    model: Texts,
    states: States,
    version: u64,
}

impl Writer {
    fn next(&mut self) -> String {
        self.version += 1;
        let size = [0, 64, 500, 4096, 70_000][self.dice.below(5) as usize];
        format!("{0}|{1}|{0}", self.version, "x".repeat(size))
    }

    fn draft(&mut self) -> (PathBuf, String) {
        let text = self.next();
        let path = self.drafts.join(self.version.to_string());
        fs::write(&path, &text).unwrap();
        (path, text)
    }

    /// One of a few names, some of them below.
    fn name(&mut self) -> PathBuf {
        let names = ["a", "b", "c", "d", "e", "sub/a", "sub/b", "sub/deep/a"];
        let name = PathBuf::from(names[self.dice.below(names.len() as u64) as usize]);
        fs::create_dir_all(self.root.join(&name).parent().unwrap()).unwrap();
        name
    }

    /// One that is there, if any is.
    fn existing(&mut self) -> Option<PathBuf> {
        let count = self.model.len() as u64;
        let index = self.dice.below(count) as usize;
        self.model.keys().nth(index).cloned()
    }

    /// The model follows: the directory is in this state from now on.
    fn is_now(&mut self, change: impl FnOnce(&mut Texts)) {
        change(&mut self.model);
        let state = self.model.clone().into_iter().collect();
        self.states.insert(state);
    }

    async fn act(&mut self) -> &'static str {
        match self.dice.below(8) {
            0 | 1 => {
                let (name, (draft, text)) = (self.name(), self.draft());
                fs::rename(draft, self.root.join(&name)).unwrap();
                self.is_now(|model| drop(model.insert(name, text)));
                "rename in"
            }
            2 => {
                let Some(name) = self.existing() else {
                    return "nothing to write to";
                };
                let text = self.next();
                fs::write(self.root.join(&name), &text).unwrap();
                self.is_now(|model| drop(model.insert(name, text)));
                "write in place"
            }
            3 => {
                let Some(name) = self.existing() else {
                    return "nothing to write to";
                };
                let text = self.next();
                write_in_chunks(&self.root.join(&name), &text).await;
                self.is_now(|model| drop(model.insert(name, text)));
                "chunks"
            }
            4 => {
                let Some(name) = self.existing() else {
                    return "nothing to remove";
                };
                fs::remove_file(self.root.join(&name)).unwrap();
                self.is_now(|model| drop(model.remove(&name)));
                "remove"
            }
            5 => {
                let (Some(from), to) = (self.existing(), self.name()) else {
                    return "nothing to rename";
                };
                fs::rename(self.root.join(&from), self.root.join(&to)).unwrap();
                self.is_now(|model| {
                    if let Some(text) = model.remove(&from) {
                        model.insert(to, text);
                    }
                });
                "rename"
            }
            6 => {
                let (name, (draft, text)) = (self.name(), self.draft());
                let link = self.drafts.join("link");
                symlink(&draft, &link).unwrap();
                fs::rename(&link, self.root.join(&name)).unwrap();
                self.is_now(|model| drop(model.insert(name, text)));
                "link"
            }
            _ => {
                let (draft, text) = self.draft();
                let finished = self.drafts.join(format!("sub-{}", self.version));
                fs::create_dir(&finished).unwrap();
                fs::rename(draft, finished.join("a")).unwrap();
                let sub = self.root.join("sub");
                if sub.exists() {
                    let flags = rustix::fs::RenameFlags::EXCHANGE;
                    let here = rustix::fs::CWD;
                    rustix::fs::renameat_with(here, &finished, here, &sub, flags).unwrap();
                } else {
                    fs::rename(&finished, &sub).unwrap();
                }
                self.is_now(|model| {
                    model.retain(|path, _| !path.starts_with("sub"));
                    model.insert(Path::new("sub/a").to_owned(), text);
                });
                "directory exchanged"
            }
        }
    }
}

/// A file is torn meanwhile, which must not be seen.
async fn write_in_chunks(path: &Path, text: &str) {
    let mut file = fs::File::create(path).unwrap();
    for chunk in text.as_bytes().chunks(text.len().div_ceil(4)) {
        file.write_all(chunk).unwrap();
        sleep(Duration::from_millis(2)).await;
    }
}
