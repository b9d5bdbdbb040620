//! [`Remote`]: a subject in a process of its own, which can be stopped and killed.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use rustix::process::Pid;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::subject::{Followed, Publisher, Subject};

/// Started by this command, whose program calls [`serve`].
pub(crate) struct Remote {
    pub(crate) start: Box<dyn Fn(&Path) -> Command + Send + Sync>,
    pub(crate) reports_absence: bool,
}

impl Subject for Remote {
    async fn follow(&self, path: &Path) -> Followed {
        let mut child = (self.start)(path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a process");
        let process = child.id().and_then(|id| Pid::from_raw(id as i32));
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (publisher, published) = Publisher::new();
        let wakes = publisher.wakes();
        let reader = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(text) = line.strip_prefix(MARK) {
                    publisher.woken();
                    publisher.publish(text.parse().expect("what was published"));
                }
            }
        });
        let end = Box::pin(async move {
            child.kill().await.expect("its end");
            reader.await.expect("its last words");
            0
        });
        Followed {
            published,
            wakes,
            process,
            end,
        }
    }

    fn reports_absence(&self) -> bool {
        self.reports_absence
    }

    fn is_here(&self) -> bool {
        false
    }
}

/// The other side: says what this subject publishes, until its end.
pub(crate) async fn serve(subject: impl Subject, path: &Path) {
    let mut followed = subject.follow(path).await;
    while let Some((_, published)) = followed.published.recv().await {
        let written = writeln!(std::io::stdout(), "\n{MARK}{published}");
        written.expect("somebody listens");
    }
}

const MARK: &str = "published: ";
