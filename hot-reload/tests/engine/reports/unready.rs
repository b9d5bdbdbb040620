//! What the reports say of a source that was never ready.

use std::time::SystemTime;

use futures_util::FutureExt;
use hot_reload::event::HoldReason;
use hot_reload::source::{DecodeWith, Fetched, Source};
use hot_reload::status::{Degradation, Hold};
use hot_reload::{Control, Error, ReloaderService, Revision};
use tokio::time::sleep;

use crate::script::seconds;

struct NeverReady;

impl Source for NeverReady {
    fn name(&self) -> String {
        "queue".to_owned()
    }

    async fn fetch(&self, _: Option<&Revision>) -> Result<Fetched, Error> {
        let message = "half of it is here\n  forged line, password=correct-horse-battery";
        Ok(Fetched::Held {
            hold: Hold::new(HoldReason::BeingWritten, SystemTime::UNIX_EPOCH, message),
            again: seconds(1),
        })
    }
}

async fn started() -> Control<String> {
    let decoder = DecodeWith::new(|bytes: &[u8]| String::from_utf8(bytes.to_vec()));
    let (_, control) = ReloaderService::builder(NeverReady.decode(decoder)).start_in_background();
    sleep(seconds(1)).await;
    control
}

#[tokio::test(start_paused = true)]
async fn p18_message_of_a_hold_is_one_line_without_a_secret() {
    let control = started().await;
    let receipt = control.reload().now_or_never();
    let all = format!("{}\n{}\n{receipt:?}", control.status(), control.explain());
    assert!(all.contains("half of it is here"), "{all}");
    assert!(!all.contains("\n  forged line"), "{all}");
    assert!(!all.contains("correct-horse"), "{all}");
}

#[test]
fn p18_remedy_of_a_degradation_shows_no_secret() {
    let remedy = "connect with password=correct-horse-battery";
    let degradation = Degradation::new("replica", "the primary is down", remedy);
    assert!(!degradation.to_string().contains("correct-horse"));
}

#[tokio::test(start_paused = true)]
async fn source_that_was_never_ready_was_never_verified() {
    let control = started().await;
    assert_eq!(control.status().last_verified, None);
    let explained = control.explain().to_string();
    assert!(explained.contains("never verified"), "{explained}");
}
