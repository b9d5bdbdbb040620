//! A process of the fleet: watches a number of files, and follows commands on its standard input.
//!
//! Each command and each answer is one line. The caller measures this process from outside meanwhile.

use std::io::{BufRead, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use ours::event::WatchState;
use ours::source::{DecodeWith, File, HintSender, Hints, Source, Subscription};
use ours::{Control, Live, RealtimeWatch, Reload, ReloaderService};

use crate::content::{Content, How};
use crate::host::{Flavour, Host};
use crate::place::Place;

/// What the process runs for each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A service with a watch and a heartbeat.
    Service,
    /// The source alone: an open watch, and one load.
    Source,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Source => "source",
        }
    }
}

/// The steps.
pub(crate) const FIRST: &str = "first";
pub(crate) const OTHERS: &str = "others";
/// Waits until every watch is trusted.
pub(crate) const TRUST: &str = "trust";
pub(crate) const CHANGE: &str = "change";

/// The first argument of the process, before the kind and the count.
pub(crate) const ROLE: &str = "member-of-the-fleet";

pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let [kind, count] = arguments else {
        bail!("a kind and a count are missing");
    };
    let kind = [Kind::Service, Kind::Source]
        .into_iter()
        .find(|known| known.name() == kind);
    let mut member = Member::new(kind.context("no such kind")?, count.parse()?)?;
    for line in std::io::stdin().lock().lines() {
        let answer = match line?.as_str() {
            FIRST => member.start_first()?,
            OTHERS => member.start_others()?,
            TRUST => member.wait_for_trust()?,
            CHANGE => member.change()?,
            other => bail!("no such step: {other}"),
        };
        println!("{}", answer.as_nanos());
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// A source, and its watch as a service holds it.
type Watched = (Box<dyn Send>, Hints, Subscription);

struct Member {
    kind: Kind,
    host: Host,
    paths: Arc<[PathBuf]>,
    services: Vec<(Live<u64>, Control<u64>)>,
    sources: Vec<Watched>,
    /// Some of the files, each with the numbers that a task saw and when.
    probes: Vec<(PathBuf, Receiver<(u64, Instant)>)>,
    round: u64,
    _place: Place,
}

impl Member {
    fn new(kind: Kind, count: usize) -> anyhow::Result<Self> {
        let place = Place::all()?.pop().context("nowhere to write to")?;
        let paths = place.spread(count)?;
        for path in &paths {
            std::fs::write(path, Content::text(0))?;
        }
        Ok(Self {
            kind,
            host: Host::start(Flavour::TwoWorkers)?,
            services: Vec::with_capacity(count),
            sources: Vec::with_capacity(count),
            probes: Vec::new(),
            paths: paths.into(),
            round: 0,
            _place: place,
        })
    }

    /// Starts the first file. It bears the costs that the others do not: the runtime, the watcher, the code that is paged in.
    fn start_first(&mut self) -> anyhow::Result<Duration> {
        self.start(0..1)?;
        for _ in 0..WARM_UP {
            self.change()?;
        }
        self.rest()
    }

    fn start_others(&mut self) -> anyhow::Result<Duration> {
        self.start(1..self.paths.len())?;
        self.rest()
    }

    fn start(&mut self, range: Range<usize>) -> anyhow::Result<()> {
        let paths = Arc::clone(&self.paths);
        match self.kind {
            Kind::Service => {
                let services = self.host.run(start_services(paths, range))?;
                self.services.extend(services);
            }
            Kind::Source => {
                let sources = self.host.run(start_sources(paths, range))?;
                self.sources.extend(sources);
            }
        }
        Ok(())
    }

    /// A service also polls until its watch has been open for some time.
    fn wait_for_trust(&self) -> anyhow::Result<Duration> {
        let start = Instant::now();
        for (_, control) in &self.services {
            while control.status().watch != WatchState::Trusted {
                ensure!(
                    start.elapsed() < TRUSTED_BY,
                    "a watch is not trusted: {:?}",
                    control.status()
                );
                thread::sleep(PAUSE);
            }
        }
        self.rest()
    }

    /// Waits until the threads that only the start needed have ended.
    fn rest(&self) -> anyhow::Result<Duration> {
        thread::sleep(REST);
        Ok(REST)
    }

    /// Replaces one file, and says how long it took until a task had the new value.
    fn change(&mut self) -> anyhow::Result<Duration> {
        if self.kind == Kind::Source {
            return Ok(Duration::ZERO);
        }
        let wanted = self.services.len().min(PROBES);
        if self.probes.len() != wanted {
            self.probes = (0..wanted)
                .map(|probe| self.probe(probe * self.services.len() / wanted))
                .collect();
        }
        self.round += 1;
        let probe = usize::try_from(self.round)? % wanted;
        let (path, seen) = &self.probes[probe];
        let text = Content::text(self.round);
        How::Renamed.prepare(path, &text)?;
        thread::sleep(PAUSE);
        let start = Instant::now();
        How::Renamed.change(path, &text)?;
        loop {
            let (number, at) = seen.recv_timeout(DEADLINE).context("a value was lost")?;
            if number == self.round {
                return Ok(at - start);
            }
        }
    }

    /// A task that reports the versions of this file.
    fn probe(&self, file: usize) -> (PathBuf, Receiver<(u64, Instant)>) {
        let (tell, seen) = mpsc::channel();
        let mut changes = self.services[file].0.subscribe();
        self.host.spawn(async move {
            while let Some(number) = changes.changed().await {
                let _ = tell.send((*number, Instant::now()));
            }
        });
        (self.paths[file].clone(), seen)
    }
}

async fn start_services(
    paths: Arc<[PathBuf]>,
    range: Range<usize>,
) -> anyhow::Result<Vec<(Live<u64>, Control<u64>)>> {
    let mut services = Vec::with_capacity(range.len());
    for path in &paths[range] {
        let source = File::new(path).decode(DecodeWith::new(number));
        let builder = ReloaderService::builder(source)
            .hybrid()
            .heartbeat(HEARTBEAT);
        services.push(builder.start().await?);
    }
    Ok(services)
}

async fn start_sources(paths: Arc<[PathBuf]>, range: Range<usize>) -> anyhow::Result<Vec<Watched>> {
    let mut sources = Vec::with_capacity(range.len());
    for path in &paths[range] {
        let source = File::new(path).decode(DecodeWith::new(number));
        let (sender, hints) = HintSender::pair();
        let subscription = source.watch_hints(sender).await?;
        let subscription = subscription.context("no watch that only hints")?;
        source.reload_since(None).await?;
        let source: Box<dyn Send> = Box::new(source);
        sources.push((source, hints, subscription));
    }
    Ok(sources)
}

/// A value of eight bytes, so that nearly all memory is that of watching.
fn number(bytes: &[u8]) -> Result<u64, String> {
    Content::decode(bytes).map(|content| content.number)
}

/// So long that no heartbeat falls into the measured time.
const HEARTBEAT: Duration = Duration::from_secs(600);
const TRUSTED_BY: Duration = Duration::from_secs(180);
const REST: Duration = Duration::from_secs(2);
const WARM_UP: usize = 50;
/// The number of files that are changed, one after the other.
const PROBES: usize = 100;
const PAUSE: Duration = Duration::from_millis(2);
const DEADLINE: Duration = Duration::from_secs(10);
