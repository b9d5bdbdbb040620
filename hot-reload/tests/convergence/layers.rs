//! Random edits of all layers of a `Layers`, and of a file that one of them references. After each round, the state on
//! disk is published. No state is published that was never on disk.
//!
//! A round is one to four edits, made in order with pauses in between. Each writes a higher number into its layer. A published
//! value must be one that the layers had at one moment, as far as the test has made it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hot_reload::source::Layers;
use hot_reload::{Changes, ReloaderService};
use tokio::time::{sleep, timeout};

use crate::dice::Dice;

/// The layers in order, each with a path and its format.
const LAYERS: [&str; 7] = [
    "app.toml",
    "local.yaml",
    "conf.d/10.toml",
    "conf.d/20.json",
    "secrets/e",
    ".env",
    // Not a layer: the first one references it.
    "secret/g",
];
/// The key that each layer has of its own.
const KEYS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

type Value = BTreeMap<String, u64>;

struct Disk {
    root: PathBuf,
    now: Value,
    /// All states so far.
    states: Vec<Value>,
    number: u64,
}

impl Disk {
    fn new(root: &Path) -> Self {
        fs::create_dir_all(root.join("conf.d")).unwrap();
        fs::create_dir_all(root.join("secrets")).unwrap();
        fs::create_dir_all(root.join("secret")).unwrap();
        let mut disk = Self {
            root: root.to_owned(),
            now: Value::from([("g".to_owned(), 0)]),
            states: Vec::new(),
            number: 0,
        };
        disk.edit(0, 0);
        disk
    }

    fn layers(&self) -> Layers<Value> {
        Layers::new()
            .file(self.root.join(LAYERS[0]))
            .optional_file(self.root.join(LAYERS[1]))
            .dir(self.root.join("conf.d"))
            .secrets(self.root.join("secrets"))
            .dotenv(self.root.join(".env"), "APP_")
            .expand()
    }

    /// Edits one layer in one of several ways, all of which replace the content at once. Only an optional layer is removed.
    fn edit(&mut self, layer: usize, way: u64) {
        let path = self.root.join(LAYERS[layer]);
        let key = KEYS[layer];
        if way == 3 && layer > 0 && path.exists() {
            fs::remove_file(path).unwrap();
            self.now.remove(key);
            // The reference has a default.
            self.now.entry("g".to_owned()).or_insert(0);
            self.states.push(self.now.clone());
            return;
        }
        self.number += 1;
        let number = self.number;
        let text = match layer {
            0 => format!("{key} = {number}\ng = \"${{file:secret/g:-0}}\"\n"),
            2 => format!("{key} = {number}\n"),
            1 => format!("{key}: {number}\n"),
            3 => format!("{{\"{key}\": {number}}}"),
            4 | 6 => format!("{number}\n"),
            _ => format!("APP_{}={number}\n", key.to_uppercase()),
        };
        match way {
            // A finished file of the same folder is renamed over it.
            0 => {
                let beside = path.with_file_name(format!(".{key}.new"));
                fs::write(&beside, text).unwrap();
                fs::rename(&beside, &path).unwrap();
            }
            // The same from elsewhere.
            1 => {
                let elsewhere = self.root.join("elsewhere");
                fs::write(&elsewhere, text).unwrap();
                fs::rename(&elsewhere, &path).unwrap();
            }
            _ => fs::write(&path, text).unwrap(),
        }
        self.now.insert(key.to_owned(), number);
        self.states.push(self.now.clone());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p05_random_edits_of_layers_converge_and_are_published_in_order() {
    let setting = |name: &str, or: u64| {
        let text = std::env::var(format!("HOT_RELOAD_{name}"));
        text.map_or(or, |text| text.parse().unwrap())
    };
    let (seed, rounds) = (setting("SEED", 1), setting("ROUNDS", 60));
    println!("HOT_RELOAD_SEED={seed}");
    let mut dice = Dice::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut disk = Disk::new(folder.path());
    // It never polls, so that only the watch finds a change.
    let hour = Duration::from_secs(3600);
    let service = ReloaderService::builder(disk.layers())
        .realtime()
        .interval(hour);
    let (live, control) = service.start().await.unwrap();
    let mut changes = live.subscribe();
    let mut published = 0;
    for round in 0..rounds {
        for _ in 0..=dice.below(4) {
            let (layer, way) = (dice.below(7) as usize, dice.below(4));
            disk.edit(layer, way);
            sleep(dice.time_within(&[0, 300, 20_000])).await;
        }
        let converged = timeout(
            Duration::from_secs(10),
            converge(&mut changes, &disk, &mut published),
        );
        let seen = converged.await;
        assert!(
            seen.is_ok(),
            "seed {seed}, round {round}: {:?}, but {:?}",
            disk.now,
            *live.load()
        );
    }
    assert_eq!(control.status().counters.rejected, 0);
    control.stop().await;
}

/// Waits until the content on disk is published. Every value before it must be one of the states, in order. A state may occur
/// several times, because a removed layer is as it was before.
async fn converge(changes: &mut Changes<Value>, disk: &Disk, published: &mut usize) {
    while disk.states[*published] != disk.now {
        let Some(next) = changes.changed().await else {
            panic!("the service has stopped");
        };
        let left = &disk.states[*published..];
        match left.iter().position(|state| *state == *next) {
            Some(later) => *published += later,
            None => panic!(
                "this was not on disk, or earlier: {:?}, but {left:?}",
                *next
            ),
        }
    }
}
