//! Ten thousand watched files of one folder, each replaced once by renaming, as fast as one thread can.
//!
//! A bare thread mostly keeps up with the renames, so little work is left after the last one. The ratio measured from the
//! first rename is steadier.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::Context;
use bench::table::{Table, percentile, plain_ratio, time};
use ours::source::{DecodeWith, File, Source};
use ours::{Changes, Control, ReloaderService};
use rustix::fs::syncfs;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::bare;
use crate::content::Content;
use crate::host::{Flavour, Host};
use crate::place::Place;

pub(crate) fn run() -> anyhow::Result<()> {
    let title = format!(
        "one_folder: {FILES} files in one folder, each renamed over once, until all new values are visible; the median \
         of {PASSES} passes, no value lost"
    );
    let head = [
        "file system",
        "runtime",
        "renaming: bare",
        "ours",
        "after the last: bare",
        "ours",
        "ratio",
        "from the first: bare",
        "ours",
        "ratio",
    ];
    let mut table = Table::new(title, &head);
    for place in Place::all()? {
        // On a disk, the file system takes so long that the runtime makes no difference.
        let in_memory = place.file_system() == "tmpfs";
        let flavours = Flavour::ALL.into_iter();
        for flavour in flavours.filter(|&flavour| in_memory || flavour == Flavour::TwoWorkers) {
            let host = Host::start(flavour)?;
            let mut bare = Folder::new(&place, &format!("bare-{flavour:?}"))?;
            let mut ours = Folder::new(&place, &format!("ours-{flavour:?}"))?;
            let mut contents = follow_bare(&bare.folder)?;
            let mut fleet = host.run(follow_ours(ours.files.clone()))?;
            for pass in 1..=PASSES {
                contents = bare.pass(&host, pass, all_contents(contents, pass))?;
                fleet = ours.pass(&host, pass, all_changed(fleet, pass))?;
            }
            let [bare_renaming, bare_last, bare_first] = bare.medians();
            let [ours_renaming, ours_last, ours_first] = ours.medians();
            table.row([
                place.file_system().to_owned(),
                flavour.name().to_owned(),
                time(bare_renaming),
                time(ours_renaming),
                time(bare_last),
                time(ours_last),
                plain_ratio(ours_last, bare_last),
                time(bare_first),
                time(ours_first),
                plain_ratio(ours_first, bare_first),
            ]);
        }
    }
    table.print();
    Ok(())
}

/// The files of one competitor, and how long its passes took.
struct Folder {
    folder: PathBuf,
    /// By pass.
    drafts: Vec<Vec<PathBuf>>,
    files: Vec<PathBuf>,
    renaming: Vec<Duration>,
    after_last: Vec<Duration>,
    from_first: Vec<Duration>,
}

impl Folder {
    fn new(place: &Place, name: &str) -> anyhow::Result<Self> {
        let folder = place.folder(name)?;
        let files = write_all(&folder, 0)?;
        // All drafts are written in advance, because a file system may take long to reuse space that was just freed.
        let drafts = (1..=PASSES)
            .map(|pass| write_all(&place.folder(&format!("{name}-drafts-{pass}"))?, pass));
        Ok(Self {
            folder,
            drafts: drafts.collect::<Result<_, _>>()?,
            files,
            renaming: Vec::new(),
            after_last: Vec::new(),
            from_first: Vec::new(),
        })
    }

    /// Renames all, and waits for `all_seen`, which also returns the time.
    fn pass<T: Send + 'static>(
        &mut self,
        host: &Host,
        pass: u64,
        all_seen: impl Future<Output = anyhow::Result<(Instant, T)>> + Send + 'static,
    ) -> anyhow::Result<T> {
        // Otherwise the renames would write the files to the disk.
        syncfs(fs::File::open(&self.folder)?)?;
        let (done, seen) = mpsc::channel();
        host.spawn(async move {
            let _ = done.send(all_seen.await);
        });
        let first = Instant::now();
        for (file, draft) in self
            .files
            .iter()
            .zip(&self.drafts[usize::try_from(pass)? - 1])
        {
            fs::rename(draft, file)?;
        }
        let last = Instant::now();
        let seen = seen.recv_timeout(DEADLINE);
        let (at, rest) =
            seen.with_context(|| format!("a value below {} was lost", self.folder.display()))??;
        self.renaming.push(last - first);
        self.after_last.push(at.saturating_duration_since(last));
        self.from_first.push(at - first);
        Ok(rest)
    }

    fn medians(&self) -> [Duration; 3] {
        [&self.renaming, &self.after_last, &self.from_first].map(|times| percentile(times, 50))
    }
}

fn write_all(folder: &Path, number: u64) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::with_capacity(FILES);
    for file in 0..FILES {
        let path = folder.join(format!("file-{file}"));
        fs::write(&path, Content::text(number))?;
        files.push(path);
    }
    Ok(files)
}

type Contents = UnboundedReceiver<(OsString, Content)>;

/// Each file is read once, at its event.
fn follow_bare(folder: &Path) -> anyhow::Result<Contents> {
    let (tell, contents) = unbounded_channel();
    let below = folder.to_owned();
    bare::watch(folder, move |name| {
        if let Ok(content) = Content::read(&below.join(name)) {
            let _ = tell.send((name.to_owned(), content));
        }
    })?;
    Ok(contents)
}

async fn all_contents(mut contents: Contents, pass: u64) -> anyhow::Result<(Instant, Contents)> {
    let mut visible = HashMap::with_capacity(FILES);
    while visible.len() < FILES {
        let (name, content) = contents.recv().await.context("the bare thread has ended")?;
        if content.number == pass {
            visible.insert(name, content);
        }
    }
    Ok((Instant::now(), contents))
}

type Fleet = Vec<(Changes<Content>, Control<Content>)>;

async fn follow_ours(files: Vec<PathBuf>) -> anyhow::Result<Fleet> {
    let mut fleet = Vec::with_capacity(files.len());
    for file in files {
        let source = File::new(file).decode(DecodeWith::new(Content::decode));
        let (live, control) = ReloaderService::builder(source).realtime().start().await?;
        fleet.push((live.subscribe(), control));
    }
    Ok(fleet)
}

async fn all_changed(mut fleet: Fleet, pass: u64) -> anyhow::Result<(Instant, Fleet)> {
    for (changes, _) in &mut fleet {
        while changes.live().load().number != pass {
            changes.changed().await.context("a service has ended")?;
        }
    }
    Ok((Instant::now(), fleet))
}

const FILES: usize = 10_000;
const PASSES: u64 = 5;
/// A file that is not visible within this time is lost.
const DEADLINE: Duration = Duration::from_secs(60);
