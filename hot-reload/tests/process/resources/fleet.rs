//! Services of the compatible surface, many at once, each in a task of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hot_reload::testing::files::atomic_save;
use hot_reload::{
    AsyncFileLoad, Control, FileReloader, ReloaderConfig, ReloaderReceiver, ReloaderService,
    WatchStrategy, async_trait,
};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// For a step of a test, on a machine that is busy.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// The text of a file, which is invalid if it begins with "bad".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl TryFrom<&PathBuf> for Text {
    type Error = String;

    fn try_from(path: &PathBuf) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        if text.starts_with("bad") {
            return Err(text);
        }
        Ok(Self(text))
    }
}

#[async_trait]
impl AsyncFileLoad for Text {
    type Error = String;

    async fn async_load_from<T>(path: T) -> Result<Self, String>
    where
        T: AsRef<Path> + Send,
    {
        Self::try_from(&path.as_ref().to_owned())
    }
}

/// Only announced changes: an hour between two polls.
pub(crate) fn realtime() -> ReloaderConfig {
    ReloaderConfig {
        watch_delay_sec: 3600,
        force_reload: false,
        strategy: WatchStrategy::Realtime,
    }
}

/// A service that runs.
pub(crate) struct Running {
    pub(crate) receiver: ReloaderReceiver<Text, String>,
    pub(crate) control: Control<Text>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(path: &Path, config: ReloaderConfig) -> Self {
        let path = path.to_string_lossy().into_owned();
        let made = ReloaderService::<FileReloader<Text>, Text, String>::new(&path, config).await;
        let (service, receiver) = made.unwrap();
        let service = Arc::new(service);
        let control = service.control();
        let task = tokio::spawn(async move {
            service.start_with_realtime().await.unwrap();
        });
        Self {
            receiver,
            control,
            task,
        }
    }

    /// Waits until it has published this.
    pub(crate) async fn expect(&mut self, text: &str) {
        let reached = async {
            while self.receiver.get().is_none_or(|now| now.0 != text) {
                self.receiver.changed().await.unwrap();
            }
        };
        if timeout(DEADLINE, reached).await.is_err() {
            panic!("{text:?} was not seen: {:?}", self.control.status());
        }
    }

    /// Drops the service in the middle of whatever it does.
    pub(crate) async fn drop(self) {
        self.task.abort();
        assert!(self.task.await.is_err_and(|error| error.is_cancelled()));
    }
}

/// Starts a service on each file, and waits until each has this text.
pub(crate) async fn start_all(paths: &[PathBuf], text: &str) -> Vec<Running> {
    let mut fleet = Vec::new();
    for path in paths {
        fleet.push(Running::start(path, realtime()).await);
    }
    expect_all(&mut fleet, text).await;
    fleet
}

pub(crate) async fn expect_all(fleet: &mut [Running], text: &str) {
    for running in fleet {
        running.expect(text).await;
    }
}

/// Writes a finished file and gives it the name.
pub(crate) fn rename_into(path: &Path, text: &str) {
    atomic_save(path, text).unwrap();
}
