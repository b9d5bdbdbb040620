//! Random changes of every kind, in worlds of every kind: the last one is always seen, soon, whole and once.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod apart;
#[path = "../resources/census.rs"]
#[allow(dead_code, reason = "another program of tests uses the rest of it")]
mod census;
mod course;
mod dice;
mod held;
mod judge;
mod kind;
mod lane;
mod latency;
#[path = "../file/namespace.rs"]
mod namespace;
mod operations;
mod ours;
mod place;
mod schedule;
mod settings;
mod shrink;
mod subject;
mod version;
mod world;

use self::apart::is_ours;
use self::course::Course;
use self::ours::{Hints, Service};
use self::place::FileSystem;
use self::settings::Settings;
use self::subject::Subject;
use self::world::Layout;

async fn course<S: Subject + 'static>(
    test: &'static str,
    (file_system, layout): (FileSystem, Layout),
    subject: S,
    rounds: usize,
) {
    if is_ours(test, file_system != FileSystem::Disk) {
        let settings = Settings::with_rounds(rounds);
        let course = Course {
            test,
            file_system,
            layout,
            subject,
        };
        course.run(&settings).await;
    }
}

macro_rules! worlds {
    ($($test:ident: $file_system:ident, $layout:ident, $subject:expr, $rounds:literal;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                let world = (FileSystem::$file_system, Layout::$layout);
                course(stringify!($test), world, $subject, $rounds).await;
            }
        )*
    };
}

worlds! {
    p05_p15_in_a_plain_folder_every_change_is_seen_whole_by_its_hint: Disk, Plain, Hints, 80;
    p05_in_a_config_map_every_change_is_seen_whole_by_its_hint: Disk, Kubernetes, Hints, 80;
    p05_of_renewed_certificates_every_change_is_seen_whole_by_its_hint: Disk, Certbot, Hints, 80;
    p04_a_hybrid_service_sees_every_change_and_has_missed_none: Disk, Plain, Service, 80;
    p05_on_tmpfs_every_change_is_seen_whole_by_its_hint: Tmpfs, Plain, Hints, 80;
    p05_on_an_overlay_every_change_is_seen_whole_by_its_hint: Overlay, Plain, Hints, 70;
    p05_with_whole_seconds_every_change_is_seen_whole_by_its_hint: Ext4Coarse, Kubernetes, Hints, 70;
    p05_on_fuse_every_change_made_here_is_seen_whole_by_its_hint: Fuse, Plain, Hints, 20;
}
