//! A service that is stopped or dropped while its file is being written.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::census::watches;
use crate::file::{DEADLINE, Rig, World};
use crate::in_turn;
use crate::services::{Served, until};

/// A service on a half-written file.
struct HalfWritten {
    service: Served,
    writer: File,
    /// The watches that are not the service's.
    alone: usize,
}

impl HalfWritten {
    /// `round` decides how far the service is: anywhere between the first byte and a load that waits for the last.
    async fn start(world: &World, round: u64) -> Self {
        world.rename_into("c", "one");
        let alone = watches();
        let service = Served::start(world.path("c")).await;
        assert!(watches() > alone);
        let mut writer = OpenOptions::new()
            .append(true)
            .open(world.path("c"))
            .unwrap();
        writer.write_all(b" and ").unwrap();
        sleep(Duration::from_micros(round * 200)).await;
        Self {
            service,
            writer,
            alone,
        }
    }
}

#[test]
fn t64_p14_service_stopped_during_a_write_publishes_nothing() {
    in_turn(async {
        let world = World::new();
        // So that the watcher stays, and what it watches can be counted.
        let _neighbour = Rig::watch(world.file("neighbour", "one")).await;
        for round in 0..20 {
            let HalfWritten {
                mut service,
                mut writer,
                alone,
            } = HalfWritten::start(&world, round).await;
            service.control.stop().await;
            assert_eq!(watches(), alone, "round {round}");
            writer.write_all(b"more").unwrap();
            drop(writer);
            let next = timeout(DEADLINE, service.changes.changed()).await.unwrap();
            assert!(next.is_none(), "round {round}");
            assert_eq!(*service.live.load(), "one");
            assert_eq!(service.control.status().counters.published, 1);
        }
    });
}

#[test]
fn t64_p14_service_dropped_during_a_write_watches_nothing() {
    in_turn(async {
        let world = World::new();
        let mut neighbour = Rig::watch(world.file("neighbour", "one")).await;
        for round in 0..20 {
            let HalfWritten {
                service,
                mut writer,
                alone,
            } = HalfWritten::start(&world, round).await;
            drop(service);
            // No handle is left, so the end of its task cannot be awaited.
            until("given up", || watches() == alone).await;
            writer.write_all(b"more").unwrap();
        }
        world.rename_into("neighbour", "two");
        neighbour.expect("two").await;
    });
}
