//! Dependencies of a value are found where release 0.3.6 found them.

use std::fs;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use hot_reload::{AsyncFileLoad, FileReloader, ReloaderConfig, ReloaderService};
use tokio::time::timeout;

use crate::DEADLINE;

/// The text of a second file, which the first one names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Linked {
    name: String,
    text: String,
}

impl TryFrom<&PathBuf> for Linked {
    type Error = std::io::Error;

    fn try_from(path: &PathBuf) -> Result<Self, Self::Error> {
        let name = fs::read_to_string(path)?;
        let text = fs::read_to_string(path.with_file_name(&name))?;
        Ok(Self { name, text })
    }
}

#[async_trait]
impl AsyncFileLoad for Linked {
    type Error = std::io::Error;

    async fn async_load_from<T>(path: T) -> Result<Self, Self::Error>
    where
        T: AsRef<Path> + Send,
    {
        Self::try_from(&path.as_ref().to_owned())
    }

    /// The path as in the file.
    fn dependent_paths(&self) -> Vec<PathBuf> {
        vec![PathBuf::from(&self.name)]
    }
}

#[tokio::test]
async fn relative_dependency_is_resolved_from_the_file_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.txt");
    let part = folder.path().join("part.txt");
    fs::write(&path, "part.txt").unwrap();
    fs::write(&part, "one").unwrap();
    let name = path.to_string_lossy().into_owned();
    let config = ReloaderConfig {
        watch_delay_sec: 3600,
        ..ReloaderConfig::realtime()
    };
    let made = ReloaderService::<FileReloader<Linked>, Linked, String>::new(&name, config).await;
    let (service, mut receiver) = made.unwrap();
    let seen = async {
        receiver.changed().await.unwrap();
        // Longer than 0.3.6 needs between its first value and its watch.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        fs::write(&part, "two").unwrap();
        receiver.changed().await.unwrap();
        receiver.get().unwrap().text
    };
    tokio::select! {
        ended = service.start_with_realtime() => panic!("{:?}", ended.err()),
        text = timeout(DEADLINE, seen) => {
            assert_eq!(text.expect("the change was not seen"), "two");
        }
    }
}
