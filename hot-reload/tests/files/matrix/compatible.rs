//! A pattern followed through the surface of release 0.3.6. `subject` is the crate in question: this file is also
//! compiled against the published one.

use std::path::{Path, PathBuf};
use std::pin::pin;

use async_trait::async_trait;

use super::follow::{Patience, Publications, Verdict, follow};
use super::patterns::{Content, Pattern};
use super::subject::{
    AsyncFileLoad, FileReloader, ReloaderConfig, ReloaderReceiver, ReloaderService, WatchStrategy,
};

/// A value that loads itself from a file, as programs write it for `FileReloader`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct App(Content);

impl TryFrom<&PathBuf> for App {
    type Error = String;

    fn try_from(path: &PathBuf) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        Content::parse(&text).map(Self)
    }
}

#[async_trait]
impl AsyncFileLoad for App {
    type Error = String;

    async fn async_load_from<T>(path: T) -> Result<Self, String>
    where
        T: AsRef<Path> + Send,
    {
        let text = tokio::fs::read_to_string(path).await;
        Content::parse(&text.map_err(|error| error.to_string())?).map(Self)
    }
}

impl Publications for ReloaderReceiver<App, String> {
    async fn next(&mut self) -> Result<Option<Content>, String> {
        self.changed().await.map_err(|error| error.to_string())?;
        Ok(self.get().map(|App(content)| content))
    }
}

/// Follows the pattern in this folder, which is empty.
pub(crate) async fn run(
    pattern: Pattern,
    root: &Path,
    config: ReloaderConfig,
    patience: Patience,
) -> Verdict {
    pattern.prepare(root).expect("a folder to write to");
    let path = pattern.path(root).to_string_lossy().into_owned();
    let strategy = config.strategy;
    let made = ReloaderService::<FileReloader<App>, App, String>::new(&path, config).await;
    let (service, receiver) = match made {
        Ok(made) => made,
        Err(error) => return Verdict::Ended(error.to_string()),
    };
    let running = pin!(async {
        match strategy {
            WatchStrategy::Polling => service.start().await,
            WatchStrategy::Realtime | WatchStrategy::Hybrid => service.start_with_realtime().await,
        }
    });
    tokio::select! {
        biased;
        ended = running => Verdict::Ended(match ended {
            Ok(()) => "without a reason".to_owned(),
            Err(error) => error.to_string(),
        }),
        verdict = follow(pattern, root, patience, receiver) => verdict,
    }
}
