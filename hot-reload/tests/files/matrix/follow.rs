//! Follows a reader through a pattern, and returns the result.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::patterns::{AT_START, Content, Pattern, STEPS};

/// How one reader got through one pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It saw every change; the slowest one this long after it was complete.
    Seen(Duration),
    /// It has not seen this content in time.
    Never(u64),
    /// It has given up.
    Ended(String),
    /// It has published a part of a content.
    Torn(String),
    /// It has published that there is no value.
    Emptied,
    /// It has published an older content after a newer one.
    Backwards(u64, u64),
}

/// The publications that a reader gets.
pub(crate) trait Publications {
    /// Waits for the next publication; an error means the end. May be dropped while it waits.
    async fn next(&mut self) -> Result<Option<Content>, String>;
}

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For each change, from when it is complete.
    pub(crate) deadline: Duration,
    /// From the first value to the first change. None at all is the hardest.
    pub(crate) head_start: Duration,
}

/// Takes the pattern's steps, each as soon as the one before was seen, and checks all that is published meanwhile.
pub(crate) async fn follow(
    pattern: Pattern,
    root: &Path,
    patience: Patience,
    reader: impl Publications,
) -> Verdict {
    let mut follower = Follower { reader, last: 0 };
    match follower.attempt(pattern, root, patience).await {
        Ok(slowest) => Verdict::Seen(slowest),
        Err(verdict) => verdict,
    }
}

struct Follower<N> {
    reader: N,
    /// The last published version.
    last: u64,
}

impl<N: Publications> Follower<N> {
    async fn attempt(
        &mut self,
        pattern: Pattern,
        root: &Path,
        patience: Patience,
    ) -> Result<Duration, Verdict> {
        if pattern.has_file_at_start() {
            self.reach(AT_START, Instant::now() + patience.deadline)
                .await?;
        }
        self.during(sleep(patience.head_start)).await?;
        let mut slowest = Duration::ZERO;
        for number in STEPS {
            let root = root.to_owned();
            let step = tokio::task::spawn_blocking(move || {
                let done = pattern.step(&root, number);
                done.map(|()| Instant::now())
            });
            let step = self.during(step).await?;
            let complete = step.expect("a step that returns").expect("a step of files");
            self.reach(number, complete + patience.deadline).await?;
            slowest = slowest.max(complete.elapsed());
        }
        self.during(sleep(AFTERMATH)).await?;
        Ok(slowest)
    }

    /// Checks publications until this content is published.
    async fn reach(&mut self, number: u64, deadline: Instant) -> Result<(), Verdict> {
        while self.last != number {
            match timeout_at(deadline, self.check_next()).await {
                Ok(checked) => checked?,
                Err(_) => return Err(Verdict::Never(number)),
            }
        }
        Ok(())
    }

    /// Checks publications during this operation.
    async fn during<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Verdict> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                checked = self.check_next() => checked?,
            }
        }
    }

    async fn check_next(&mut self) -> Result<(), Verdict> {
        match self.reader.next().await.map_err(Verdict::Ended)? {
            Some(Content::Whole(number)) if number >= self.last => self.last = number,
            Some(Content::Whole(number)) => return Err(Verdict::Backwards(self.last, number)),
            Some(Content::Torn(text)) => return Err(Verdict::Torn(text)),
            None => return Err(Verdict::Emptied),
        }
        Ok(())
    }
}

/// Long enough for a running load to publish.
const AFTERMATH: Duration = Duration::from_millis(100);
