//! When a group looks, how far it asks, and what it puts together.

use std::time::Duration;

use hot_reload::{Coordinator, Outcome, ReloaderService, Stage, Trigger};
use tokio::time::sleep;

use super::rig::{Notes, Rig, builder, members, quiet};
use crate::script::{Bad, Good, Script, seconds, settle};

#[tokio::test(start_paused = true)]
async fn p19_members_that_are_only_valid_together_become_visible_together() {
    let rig = Rig::of(2, "1").await;
    let mut changes = rig.live.subscribe();
    rig.scripts[0].set(Good("2"));
    sleep(seconds(5)).await;
    assert_eq!(rig.texts(), ["1", "1"]);
    let status = rig.control.status();
    let refusal = status.last_error.unwrap().to_string();
    assert_eq!(refusal, "they do not belong together: 2, 1");
    rig.scripts[1].set(Good("2"));
    let cut = changes.changed().await.unwrap();
    assert_eq!((&*cut[rig.keys[0]], &*cut[rig.keys[1]]), ("2", "2"));
    assert_eq!(cut.generation().get(), 2);
    assert_eq!(cut.trigger(), Trigger::Watch);
    rig.notes.assert_never_mixed();
    rig.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn p19_what_is_written_one_right_after_the_other_is_one_generation() {
    let rig = Rig::of(5, "1").await;
    quiet().await;
    rig.notes.asked();
    for script in &rig.scripts {
        script.set(Good("2"));
        sleep(Duration::from_millis(20)).await;
    }
    quiet().await;
    assert_eq!(rig.texts(), ["2"; 5]);
    assert_eq!(rig.live.get().generation().get(), 2);
    assert_eq!(rig.notes.asked(), ["2 2 2 2 2"]);
    rig.control.stop().await;
}
