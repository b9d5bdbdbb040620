//! [`Storm`]: other files that come and go beside the watched one.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn};
use tokio::time::sleep;

/// Blows until it is dropped.
pub(crate) struct Storm(JoinHandle<()>);

impl Storm {
    pub(crate) fn around(file: PathBuf) -> Self {
        Self(spawn(async move {
            for number in 0_u64.. {
                let beside = file.with_file_name(format!("gust-{}", number % 8));
                // Its folder may be away just now.
                let _ = fs::write(&beside, "").and_then(|()| fs::remove_file(beside));
                if number % GUST == 0 {
                    sleep(LULL).await;
                }
            }
        }))
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// So many at once.
const GUST: u64 = 50;

const LULL: Duration = Duration::from_millis(2);
