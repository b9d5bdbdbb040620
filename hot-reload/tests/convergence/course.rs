//! [`Course`]: a world with several lanes, run, judged and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::apart::{may_mount, report};
use crate::census::{Census, no_watcher};
use crate::dice::Dice;
use crate::held::{flat_since, to_be_watched, watches};
use crate::kind::{Kind, Menu, OFTEN};
use crate::lane::Lane;
use crate::latency::Latencies;
use crate::place::{FileSystem, Place};
use crate::schedule::Round;
use crate::settings::Settings;
use crate::shrink::shrink;
use crate::storm::Storm;
use crate::subject::Subject;
use crate::world::Layout;

/// Where, what, and who follows it.
pub(crate) struct Course<S> {
    pub(crate) test: &'static str,
    pub(crate) file_system: FileSystem,
    pub(crate) layout: Layout,
    pub(crate) subject: S,
}

/// A lane that has run to its end.
struct Ran {
    lane: Lane,
    failure: Option<Failure>,
}

struct Failure {
    seed: u64,
    /// All of them, the one that has failed last.
    rounds: Vec<Round>,
    what: String,
}

impl<S: Subject + 'static> Course<S> {
    /// Runs it all. Panics with the smallest schedule that fails.
    pub(crate) async fn run(self, settings: &Settings) {
        let Some(place) = Place::on(self.file_system, self.test) else {
            return;
        };
        let (course, place) = (Arc::new(self), Arc::new(place));
        // One-time allocations do not count as leaks.
        let warm_up = Settings {
            rounds: WARM_UP,
            ..settings.clone()
        };
        course.pass(&place, &warm_up).await;
        let before = Census::take();
        let line = course.pass(&place, settings).await;
        flat_since(before).await;
        report(&line);
    }

    /// Runs all lanes at once.
    async fn pass(self: &Arc<Self>, place: &Arc<Place>, settings: &Settings) -> String {
        let mut running = JoinSet::new();
        for number in 0..LANES {
            let (course, place) = (Arc::clone(self), Arc::clone(place));
            let (settings, seed) = (settings.clone(), settings.seed + number);
            running.spawn(async move {
                let rounds = match &settings.replay {
                    Some(rounds) => {
                        let count = rounds.len() * settings.rounds;
                        rounds.iter().cycle().take(count).cloned().collect()
                    }
                    None => course.random(seed, settings.rounds),
                };
                let name = format!("lane-{number}");
                course.lane(&place, &name, &settings, seed, rounds).await
            });
        }
        self.conclude(place, running.join_all().await, settings)
            .await
    }

    /// The same seed gives the same rounds in the same world.
    fn random(&self, seed: u64, count: usize) -> Vec<Round> {
        let world = self
            .test
            .bytes()
            .fold(0, |sum: u64, byte| sum * 31 % 99_991 + u64::from(byte));
        let (mut dice, menu) = (Dice::new(seed * 100_003 + world), self.menu());
        (0..count).map(|_| Round::any(&mut dice, &menu)).collect()
    }

    fn menu(&self) -> Menu {
        let mut menu = Menu::all();
        if self.layout != Layout::Plain {
            menu = menu.with(Kind::Layout, 12 * OFTEN);
        }
        if self.file_system == FileSystem::Fuse {
            // The kernel takes each name for a file of its own there.
            menu = menu.with(Kind::OtherName, 0);
        }
        if self.subject.is_here() {
            menu = menu.with(Kind::MountOver, if may_mount() { OFTEN } else { 0 });
        } else {
            menu = menu.with(Kind::Stopped, OFTEN).with(Kind::Overflow, OFTEN);
        }
        menu
    }

    async fn lane(
        &self,
        place: &Place,
        name: &str,
        settings: &Settings,
        seed: u64,
        rounds: Vec<Round>,
    ) -> Ran {
        let root = place.create(name);
        let lane = Lane::start(&self.subject, &root, self.layout, settings.patience).await;
        let mut lane = lane.expect("the first version");
        let _storm = (!self.subject.is_here()).then(|| Storm::around(lane.world.file()));
        let mut failure = None;
        for (index, round) in rounds.iter().enumerate() {
            let mut done = lane.round(round).await;
            if done.is_ok() && index + 1 == rounds.len() {
                done = lane.settle().await;
            }
            if let Err(what) = done {
                let rounds = rounds[..=index].to_vec();
                failure = Some(Failure { seed, rounds, what });
                break;
            }
        }
        Ran { lane, failure }
    }

    /// Counts the held resources while nothing happens, and again when all is dropped.
    async fn conclude(&self, place: &Arc<Place>, ran: Vec<Ran>, settings: &Settings) -> String {
        let mut latencies = Latencies::default();
        for ran in &ran {
            if let Some(failure) = &ran.failure {
                panic!("{}", self.explain(place, failure, settings).await);
            }
            latencies.add(ran.lane.world.judge.latencies());
        }
        if self.subject.is_here() {
            self.idle(&ran).await;
        }
        let mut missed = 0;
        for ran in ran {
            missed += ran.lane.end().await.1;
        }
        assert_eq!(missed, 0, "changes were found that nobody had announced");
        no_watcher().await;
        let (seed, rounds) = (settings.seed, latencies.count());
        format!(
            "{}: seed {seed}, {rounds} rounds timed, {latencies}",
            self.test
        )
    }

    /// Nothing wakes anybody, neither reading nor what happens beside the files, and nothing is watched in vain.
    async fn idle(&self, ran: &[Ran]) {
        let files: Vec<_> = ran.iter().map(|ran| ran.lane.world.file()).collect();
        let wakes = || ran.iter().map(|ran| ran.lane.wakes()).sum::<usize>();
        let (before, watched) = (wakes(), watches());
        assert_eq!(
            watched,
            to_be_watched(&files),
            "watches, against those that are needed"
        );
        for file in &files {
            for _ in 0..20 {
                let _ = std::fs::read(file);
                let beside = file.with_file_name("beside");
                let _ = std::fs::write(&beside, "").and_then(|()| std::fs::remove_file(beside));
            }
        }
        sleep(IDLE).await;
        assert_eq!(wakes(), before, "woken although nothing has happened");
    }

    async fn explain(&self, place: &Arc<Place>, failure: &Failure, settings: &Settings) -> String {
        let Failure { seed, rounds, what } = failure;
        let (number, last) = (rounds.len(), rounds.last());
        let last = last.map(ToString::to_string).unwrap_or_default();
        let mut text = format!(
            "{}: seed {seed}, round {number}: {what}\n{last}\n",
            self.test
        );
        if !settings.shrink {
            return text;
        }
        let count = AtomicUsize::new(0);
        let fails = async |rounds: Vec<Round>| {
            let name = format!("again-{}", count.fetch_add(1, Ordering::Relaxed));
            let ran = self.lane(place, &name, settings, *seed, rounds).await;
            ran.lane.end().await;
            ran.failure.map(|failure| failure.what)
        };
        match shrink(rounds, fails).await {
            None => text.push_str("Neither that round nor the last few have failed again.\n"),
            Some(shrunk) => {
                let lines: Vec<_> = shrunk.rounds.iter().map(ToString::to_string).collect();
                text.push_str(&format!(
                    "The least that fails, {} times: {}\nHOT_RELOAD_REPLAY='{}'\n",
                    shrunk.failed,
                    shrunk.what,
                    lines.join("\n")
                ));
            }
        }
        text
    }
}

/// They share the watcher of the process.
const LANES: u64 = 4;

const WARM_UP: usize = 5;

const IDLE: Duration = Duration::from_millis(300);
