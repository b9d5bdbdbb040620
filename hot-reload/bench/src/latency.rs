//! The latency from the change of a file until a task has the decoded value.
//!
//! A thread changes a file of each competitor in turn, so that noise affects them alike. The time begins right before the
//! `rename`, or before the `open` of a write in place. It ends in a task of an idle runtime.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use bench::table::{Table, percentile, ratio, time};
use ours::source::{DecodeWith, File, Source};

use crate::bare;
use crate::content::{Content, How};
use crate::host::{Flavour, Host};
use crate::place::Place;
use crate::published;

pub(crate) fn run() -> anyhow::Result<()> {
    let title = format!(
        "latency: from the change until a task has the decoded value; {ROUNDS} rounds, of 0.3.6 {}",
        ROUNDS / PUBLISHED_EVERY
    );
    let head = [
        "file system",
        "runtime",
        "the file is",
        "call p50",
        "bare p50",
        "bare p99",
        "ours p50",
        "ours p99",
        "p50 to bare",
        "in fifths",
        "0.3.6 p50",
        "0.3.6 lost",
        "p50 to 0.3.6",
    ];
    let mut table = Table::new(title, &head);
    for place in Place::all()? {
        for flavour in Flavour::ALL {
            for how in How::ALL {
                let [bare, ours, published] = measure(&place, flavour, how)?;
                let (bare50, ours50) = (percentile(&bare.times, 50), percentile(&ours.times, 50));
                let published50 = percentile(&published.times, 50);
                table.row([
                    place.file_system().to_owned(),
                    flavour.name().to_owned(),
                    how.name().to_owned(),
                    time(percentile(&ours.calls, 50)),
                    time(bare50),
                    time(percentile(&bare.times, 99)),
                    time(ours50),
                    time(percentile(&ours.times, 99)),
                    ratio(ours50, bare50, bound_of(&place)),
                    fifths(&ours.times, &bare.times),
                    time(published50),
                    published.lost.to_string(),
                    ratio(ours50, published50, BOUND_TO_PUBLISHED),
                ]);
            }
        }
    }
    table.print();
    Ok(())
}

/// The smallest and the largest ratio of a fifth of the rounds, which shows the noise.
fn fifths(ours: &[Duration], bare: &[Duration]) -> String {
    let fifth = (ours.len() / 5).max(1);
    let fifths = ours.chunks_exact(fifth).zip(bare.chunks_exact(fifth));
    let ratios = fifths.map(|(ours, bare)| {
        percentile(ours, 50).as_secs_f64() / percentile(bare, 50).as_secs_f64()
    });
    let (least, greatest) = ratios.fold((f64::MAX, 0.0_f64), |(least, greatest), ratio| {
        (least.min(ratio), greatest.max(ratio))
    });
    format!("{least:.2}–{greatest:.2}")
}

/// A competitor, which follows its own file.
struct Competitor {
    path: PathBuf,
    seen: Receiver<Seen>,
    times: Vec<Duration>,
    /// The times of the system calls alone.
    calls: Vec<Duration>,
    lost: usize,
}

/// The number of a content, and the time when a task had it.
pub(crate) type Seen = (u64, Instant);

fn measure(place: &Place, flavour: Flavour, how: How) -> anyhow::Result<[Competitor; 3]> {
    let host = Host::start(flavour)?;
    let new = |name: &str| {
        let folder = place.folder(&format!("{name}-{flavour:?}-{how:?}"))?;
        let path = folder.join("settings");
        std::fs::write(&path, Content::text(0))?;
        let (sender, seen) = mpsc::channel();
        let competitor = Competitor {
            path: path.clone(),
            seen,
            times: Vec::new(),
            calls: Vec::new(),
            lost: 0,
        };
        anyhow::Ok((competitor, path, sender))
    };
    let (mut bare, path, sender) = new("bare")?;
    host.run(follow_bare(path, sender))?;
    let (mut ours, path, sender) = new("ours")?;
    host.run(follow_ours(path, sender))?;
    let (mut published, path, sender) = new("published")?;
    host.run(published::follow(path, sender))?;
    // Its watch opens some time after its first value.
    thread::sleep(HEAD_START);

    let mut pauses = Pauses(flavour as u64);
    for round in 1..=ROUNDS {
        let pair = if pauses.coin() {
            [&mut ours, &mut bare]
        } else {
            [&mut bare, &mut ours]
        };
        for competitor in pair {
            competitor.round(how, round, &mut pauses)?;
            ensure!(
                competitor.lost == 0,
                "{} was lost",
                competitor.path.display()
            );
        }
        if round % PUBLISHED_EVERY == 0 {
            published.round(how, round, &mut pauses)?;
        }
    }
    Ok([bare, ours, published])
}

impl Competitor {
    fn round(&mut self, how: How, number: u64, pauses: &mut Pauses) -> anyhow::Result<()> {
        let text = Content::text(number);
        how.prepare(&self.path, &text)?;
        thread::sleep(pauses.next());
        let start = Instant::now();
        how.change(&self.path, &text)?;
        self.calls.push(start.elapsed());
        loop {
            let left = DEADLINE.saturating_sub(start.elapsed());
            match self.seen.recv_timeout(left) {
                Ok((seen, at)) if seen == number => {
                    self.times.push(at - start);
                    return Ok(());
                }
                // The content of an earlier round, repeated or late.
                Ok(_) => {}
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    self.lost += 1;
                    return Ok(());
                }
                Err(error) => bail!("{} is not followed any more: {error}", self.path.display()),
            }
        }
    }
}

async fn follow_bare(path: PathBuf, seen: Sender<Seen>) -> anyhow::Result<()> {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let folder = path.parent().context("a file in a folder")?.to_owned();
    let name = path.file_name().context("a file with a name")?.to_owned();
    bare::watch(&folder, move |changed| {
        if changed == name
            && let Ok(content) = Content::read(&path)
        {
            let _ = tell.send(content);
        }
    })?;
    tokio::spawn(async move {
        while let Some(content) = told.recv().await {
            let _ = seen.send((content.number, Instant::now()));
        }
    });
    Ok(())
}

async fn follow_ours(path: PathBuf, seen: Sender<Seen>) -> anyhow::Result<()> {
    let source = File::new(path).decode(DecodeWith::new(Content::decode));
    let (live, control) = ours::ReloaderService::builder(source)
        .realtime()
        .start()
        .await?;
    let mut changes = live.subscribe();
    tokio::spawn(async move {
        while let Some(content) = changes.changed().await {
            let _ = seen.send((content.number, Instant::now()));
        }
        drop(control);
    });
    Ok(())
}

/// Pauses of one to four milliseconds. They are the same in every run, and follow the period of no timer.
struct Pauses(u64);

impl Pauses {
    fn next(&mut self) -> Duration {
        Duration::from_micros(1_000 + self.draw() % 3_000)
    }

    fn coin(&mut self) -> bool {
        self.draw().is_multiple_of(2)
    }

    /// Knuth's generator; its upper bits are good.
    fn draw(&mut self) -> u64 {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

const ROUNDS: u64 = 500;
/// Release 0.3.6 waits for 200 ms each time.
const PUBLISHED_EVERY: u64 = 25;
const HEAD_START: Duration = Duration::from_millis(500);
/// A change that is not seen within this time is lost.
const DEADLINE: Duration = Duration::from_secs(10);

/// The bound is wider without a disk, because then both have less work in common.
fn bound_of(place: &Place) -> f64 {
    match place.file_system() {
        "tmpfs" => 2.0,
        _ => 1.8,
    }
}

const BOUND_TO_PUBLISHED: f64 = 0.005;
