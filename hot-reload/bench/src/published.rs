//! Release 0.3.6, following a file.

use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::time::Instant;

use async_trait::async_trait;
use hot_reload::{AsyncFileLoad, FileReloader, ReloaderConfig, ReloaderService, WatchStrategy};

use crate::content::Content;
use crate::latency::Seen;

/// Sends each content of this file that it sees.
pub(crate) async fn follow(path: PathBuf, seen: Sender<Seen>) -> anyhow::Result<()> {
    let config = ReloaderConfig {
        watch_delay_sec: 3600,
        force_reload: false,
        strategy: WatchStrategy::Realtime,
    };
    let (service, mut receiver) = ReloaderService::<FileReloader<Content>, Content, String>::new(
        &path.to_string_lossy().into_owned(),
        config,
    )
    .await?;
    tokio::spawn(async move { service.start_with_realtime().await });
    receiver.changed().await?;
    tokio::spawn(async move {
        while receiver.changed().await.is_ok() {
            if let Some(content) = receiver.get() {
                let _ = seen.send((content.number, Instant::now()));
            }
        }
    });
    Ok(())
}

impl TryFrom<&PathBuf> for Content {
    type Error = String;

    fn try_from(path: &PathBuf) -> Result<Self, String> {
        Self::read(path)
    }
}

#[async_trait]
impl AsyncFileLoad for Content {
    type Error = String;

    async fn async_load_from<T>(path: T) -> Result<Self, String>
    where
        T: AsRef<Path> + Send,
    {
        let bytes = tokio::fs::read(path).await;
        Self::decode(&bytes.map_err(|error| error.to_string())?)
    }
}
