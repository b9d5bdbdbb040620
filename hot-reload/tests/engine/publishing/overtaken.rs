//! A source that changes while one of its values is prepared.

use std::time::Duration;

use tokio::time::sleep;

use crate::ledger::{Ledger, open, service};
use crate::script::{Good, Missing, Script, seconds};

#[tokio::test(start_paused = true)]
async fn overtaken_value_gives_way_to_the_newer_one() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 1).start().await.unwrap();
    let mut changes = live.subscribe();
    ledger.entries();
    ledger.book().takes = seconds(1);
    script.state().muted = true;
    script.set(Good("second"));
    let reload = control.reload();
    let overtake = async {
        sleep(Duration::from_millis(500)).await;
        script.set(Good("third"));
    };
    let (receipt, ()) = tokio::join!(reload, overtake);
    assert!(receipt.is_current(), "{receipt}");
    assert_eq!(ledger.entries(), ["a aborted", "a committed"]);
    let changed = changes.changed().await.unwrap();
    assert_eq!((changed.as_str(), changed.generation().get()), ("third", 2));
    assert_eq!(ledger.open(), open(&["a"], "third"));
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn value_that_changes_back_or_vanishes_during_prepare_is_dropped() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 1).start().await.unwrap();
    ledger.entries();
    ledger.book().takes = seconds(1);
    script.state().muted = true;
    for (content, word) in [(Good("first"), "unchanged"), (Missing, "missing")] {
        script.set(Good("second"));
        let change = async {
            sleep(Duration::from_millis(500)).await;
            script.set(content);
        };
        let (receipt, ()) = tokio::join!(control.reload(), change);
        assert_eq!(receipt.outcome.as_str(), word);
        assert_eq!(ledger.entries(), ["a aborted"]);
        assert_eq!(ledger.open(), open(&["a"], "first"));
        assert_eq!(
            (live.load().as_str(), live.get().generation().get()),
            ("first", 1)
        );
    }
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn source_that_keeps_changing_is_still_published() {
    let (script, ledger) = (Script::new(Good("first")), Ledger::default());
    let (live, control) = service(&script, &ledger, 1).start().await.unwrap();
    ledger.entries();
    ledger.book().takes = seconds(1);
    script.state().muted = true;
    script.set(Good("second"));
    let values = ["third", "fourth", "fifth", "sixth", "seventh"];
    let restless = async {
        for value in values {
            sleep(Duration::from_millis(700)).await;
            script.set(Good(value));
        }
    };
    let (receipt, ()) = tokio::join!(control.reload(), restless);
    assert!(receipt.is_current(), "{receipt}");
    assert_eq!(ledger.entries().len(), 4, "three gave way");
    assert_ne!(*live.load(), "first");
    assert!(control.reload().await.is_current());
    assert_eq!(*live.load(), "seventh");
    control.stop().await;
}
