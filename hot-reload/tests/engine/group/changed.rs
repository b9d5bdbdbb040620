//! The changed paths of the members of a group.

use std::sync::{Arc, Mutex};

use hot_reload::event::{ChangedPaths, EventKind};
use hot_reload::{Coordinator, Outcome};
use serde::{Serialize, Serializer};

use super::rig::quiet;
use crate::log::log;
use crate::tray::Tray;

#[derive(Clone, Copy, Serialize)]
struct Config {
    listen: u16,
    workers: u16,
}

const fn config(listen: u16, workers: u16) -> Config {
    Config { listen, workers }
}

/// A value that counts how often it is serialized, and panics in serialization if its flag is set.
#[derive(Clone)]
struct Counted(Arc<Mutex<(usize, bool)>>);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let panics = {
            let mut counted = self.0.lock().unwrap();
            counted.0 += 1;
            counted.1
        };
        assert!(!panics, "a bug");
        serializer.serialize_unit()
    }
}

#[tokio::test(start_paused = true)]
async fn group_lists_the_paths_of_changed_members_after_their_names() {
    let log = log();
    let reported = Arc::new(Mutex::new(None::<ChangedPaths>));
    let trays = [Tray::with(config(80, 1)), Tray::with(config(90, 1))];
    let counted = Counted(Arc::default());
    let (other, plain) = (Tray::with(counted.clone()), Tray::with(1));
    let mut group = Coordinator::new();
    for (tray, name) in trays.iter().zip(["one", "two"]) {
        group.member(name, tray.builder().changed_paths());
    }
    group.member("other", other.builder().changed_paths());
    group.member("plain", plain.builder());
    let noted = Arc::clone(&reported);
    let builder = group.into_builder().on_event(move |event| {
        if let EventKind::Load { changed, .. } = &event.kind {
            noted.lock().unwrap().clone_from(changed);
        }
    });
    let (_live, control) = builder.start().await.unwrap();
    quiet().await;
    let paths = || {
        reported
            .lock()
            .unwrap()
            .clone()
            .map(|changed| changed.paths)
    };

    trays[0].put(config(81, 2));
    trays[1].put(config(90, 2));
    assert!(control.reload().await.is_current());
    let expected = ["one: listen", "one: workers", "two: workers"].map(str::to_owned);
    assert_eq!(paths(), Some(expected.to_vec()));
    assert_eq!(
        log.count("changed=\"one: listen, one: workers, two: workers\""),
        1
    );
    assert_eq!(counted.0.lock().unwrap().0, 0, "it has not changed");

    plain.put(2);
    assert!(control.reload().await.is_current());
    assert_eq!(
        paths(),
        Some(Vec::new()),
        "of a member that is not compared"
    );

    counted.0.lock().unwrap().1 = true;
    other.put(counted.clone());
    trays[0].put(config(80, 2));
    let receipt = control.reload().await;
    assert!(matches!(receipt.outcome, Outcome::Published { .. }));
    assert_eq!(paths(), Some(vec!["one: listen".to_owned()]));
    assert_eq!(log.count("cannot find out what has changed: other: "), 1);
    control.stop().await;
}
