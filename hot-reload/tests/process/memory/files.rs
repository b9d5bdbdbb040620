//! The memory of a watched file, to the byte.

use std::path::PathBuf;

use hot_reload::source::{DecodeWith, File, HintSender, Hints, Source, Subscription};
use hot_reload::{Control, Live, RealtimeWatch, Reload, ReloaderService};

use super::HEAP;
use crate::alone::is_alone;
use crate::turn;

const FOLDERS: usize = 100;
const FILES: usize = 1_000;

/// The bound for a watched file, with its source and the state of its last load.
const WATCHED: usize = 2_048;
/// The bound for a whole service with a value of eight bytes.
const SERVED: usize = 7680;

/// The runtime, the watcher and its tables are there with the first files, and the last ones are compared with those.
#[test]
fn watched_file_takes_two_kibibytes_and_a_service_seven_and_a_half() {
    let _turn = turn();
    if !is_alone("watched_file_takes_two_kibibytes_and_a_service_seven_and_a_half") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..FILES + FOLDERS)
        .map(|number| {
            let folder = folder.path().join(format!("folder-{}", number % FOLDERS));
            std::fs::create_dir_all(&folder).unwrap();
            let path = folder.join(format!("file-{number}"));
            std::fs::write(&path, number.to_string()).unwrap();
            path
        })
        .collect();
    let (first, others) = paths.split_at(FOLDERS);

    let mut watched = Vec::with_capacity(paths.len());
    runtime.block_on(watch(first, &mut watched));
    let before = HEAP.allocated();
    runtime.block_on(watch(others, &mut watched));
    let each = (HEAP.allocated() - before) / FILES;
    assert!(each <= WATCHED, "{each} bytes for each watched file");
    drop(watched);

    let mut served = Vec::with_capacity(paths.len());
    runtime.block_on(serve(first, &mut served));
    let before = HEAP.allocated();
    runtime.block_on(serve(others, &mut served));
    let each = (HEAP.allocated() - before) / FILES;
    assert!(each <= SERVED, "{each} bytes for each service");
    let stop = async {
        for (_, control) in &served {
            control.stop().await;
        }
    };
    runtime.block_on(stop);
}

type Decoded = hot_reload::source::Decoded<File, DecodeWith<fn(&[u8]) -> Result<u64, String>>>;

fn source(path: &PathBuf) -> Decoded {
    let number: fn(&[u8]) -> Result<u64, String> = |bytes| {
        let text = str::from_utf8(bytes).map_err(|error| error.to_string())?;
        text.parse()
            .map_err(|error: std::num::ParseIntError| error.to_string())
    };
    File::new(path).decode(DecodeWith::new(number))
}

async fn watch(paths: &[PathBuf], watched: &mut Vec<(Decoded, Hints, Subscription)>) {
    for path in paths {
        let source = source(path);
        let (sender, hints) = HintSender::pair();
        let subscription = source.watch_hints(sender).await.unwrap().unwrap();
        source.reload_since(None).await.unwrap();
        watched.push((source, hints, subscription));
    }
}

async fn serve(paths: &[PathBuf], served: &mut Vec<(Live<u64>, Control<u64>)>) {
    for path in paths {
        let service = ReloaderService::builder(source(path)).hybrid();
        served.push(service.start().await.unwrap());
    }
}
