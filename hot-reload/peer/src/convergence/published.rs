//! Release 0.3.6.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use hot_reload::{AsyncFileLoad, FileReloader, ReloaderConfig, ReloaderService};

use crate::subject::{Followed, Publisher, Subject};
use crate::version::Published;

pub(crate) enum Published036 {
    Realtime,
    Polling,
}

/// As programs write it for `FileReloader`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version(Published);

impl Version {
    fn of(read: std::io::Result<Vec<u8>>) -> Result<Self, String> {
        read.map(|bytes| Self(Published::of(&bytes)))
            .map_err(|error| error.to_string())
    }
}

impl TryFrom<&PathBuf> for Version {
    type Error = String;

    fn try_from(path: &PathBuf) -> Result<Self, String> {
        Self::of(std::fs::read(path))
    }
}

#[async_trait]
impl AsyncFileLoad for Version {
    type Error = String;

    async fn async_load_from<T: AsRef<Path> + Send>(path: T) -> Result<Self, String> {
        Self::of(tokio::fs::read(path).await)
    }
}

impl Subject for Published036 {
    async fn follow(&self, path: &Path) -> Followed {
        let path = path.to_string_lossy().into_owned();
        let polling = matches!(self, Self::Polling);
        let config = match self {
            Self::Realtime => ReloaderConfig::realtime(),
            Self::Polling => ReloaderConfig::polling(1),
        };
        let made = ReloaderService::<FileReloader<Version>, Version, String>::new(&path, config);
        let (service, mut receiver) = made.await.expect("a service");
        let (publisher, published) = Publisher::new();
        let wakes = publisher.wakes();
        tokio::spawn(async move {
            let running = async {
                let ended = match polling {
                    true => service.start().await,
                    false => service.start_with_realtime().await,
                };
                say(ended.err());
            };
            let reading = async {
                while receiver.changed().await.is_ok() {
                    if let Some(Version(now)) = receiver.get() {
                        publisher.publish(now);
                    }
                }
            };
            tokio::select! {
                () = running => {}
                () = reading => {}
            }
        });
        Followed {
            published,
            wakes,
            process: None,
            end: Box::pin(async { 0 }),
        }
    }

    fn reports_absence(&self) -> bool {
        false
    }
}

/// Ignores the reason of the end, because only the end is counted.
fn say(_: Option<impl Display>) {}
