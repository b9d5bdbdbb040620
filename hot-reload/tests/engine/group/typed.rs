//! Groups whose value is a struct: the same promises as of other groups, without keys.

use std::sync::Arc;

use futures_util::FutureExt;
use hot_reload::error::ErrorKind;
use hot_reload::group::{MemberValue, WhenAway, typed};
use hot_reload::testing::Publisher;
use hot_reload::{Control, Live, Outcome};

use super::rig::{Notes, Pool, quiet};
use crate::publishing::swap::FromTo;
use crate::script::{Bad, Content, Failing, Good, Script, seconds};
use crate::tray::Tray;

typed! {
    /// Two texts that belong together if they begin with the same letter.
    #[derive(Clone, Debug, PartialEq)]
    struct Pair {
        /// The left one.
        left: String,
        pub(crate) right: String,
    }
}

fn check(pair: &Pair) -> Result<(), String> {
    match pair.left.chars().next() == pair.right.chars().next() {
        true => Ok(()),
        false => Err(format!("{} and {} differ", &*pair.left, &*pair.right)),
    }
}

fn texts(pair: &Pair) -> (&str, &str) {
    (&pair.left, &pair.right)
}

fn scripts(left: Content, right: Content) -> [Script; 2] {
    [Script::new(left), Script::new(right)]
}

async fn start([left, right]: &[Script; 2]) -> (Live<Pair>, Control<Pair>) {
    let group = Pair::group(left.builder().hybrid(), right.builder().hybrid());
    let builder = group.into_builder().validate(check).history(3);
    builder.start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn p19_fields_become_visible_together_or_not_at_all() {
    let scripts = scripts(Good("a1"), Good("a2"));
    let (live, control) = start(&scripts).await;
    assert_eq!(texts(&live.load()), ("a1", "a2"));
    scripts[0].set(Good("b1"));
    let receipt = control.reload().await;
    assert_eq!(receipt.error().unwrap().to_string(), "b1 and a2 differ");
    assert_eq!(texts(&live.load()), ("a1", "a2"));
    let mut changes = live.subscribe();
    scripts[1].set(Good("b2"));
    assert_eq!(texts(&changes.changed().await.unwrap()), ("b1", "b2"));
    assert_eq!(live.get().generation().get(), 2);
    let receipt = control.rollback().await;
    assert!(
        matches!(receipt.outcome, Outcome::Published { .. }),
        "{receipt}"
    );
    assert_eq!(texts(&live.load()), ("a1", "a2"));
    control.stop().await;
    assert!(scripts.iter().all(|script| !script.is_watched()));
}

#[tokio::test(start_paused = true)]
async fn unchanged_member_keeps_its_value_and_wakes_nobody() {
    let scripts = scripts(Good("a1"), Good("a2"));
    let (live, control) = start(&scripts).await;
    let (left, right) = (live.map(|pair| &pair.left), live.map(|pair| &pair.right));
    let (mut of_left, mut of_right) = (left.subscribe(), right.subscribe());
    let before = live.get();
    scripts[1].set(Good("a3"));
    quiet().await;
    let now = live.get();
    assert_eq!(texts(&now), ("a1", "a3"));
    let address = |pair: &Pair| std::ptr::from_ref::<String>(&pair.left).addr();
    assert_eq!(address(&before), address(&now));
    assert!((before.left == now.left) && (before.right != now.right));
    assert!(of_left.changed().now_or_never().is_none());
    let changed = of_right.changed().await.unwrap();
    assert_eq!(changed.snapshot().right.snapshot().generation().get(), 2);
    control.stop().await;
    assert!(of_left.changed().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn participants_of_members_and_of_the_group_take_part() {
    let ([left, right], from_to) = (scripts(Good("a1"), Good("a2")), FromTo::default());
    let notes = Notes::default();
    let group = Pair::group(
        left.builder().hybrid(),
        right
            .builder()
            .hybrid()
            .participant("from-to", from_to.clone()),
    );
    let builder = group
        .into_builder()
        .participant("pool", Pool::new("pool", &notes));
    let (live, control) = builder.start().await.unwrap();
    left.set(Good("a3"));
    right.set(Good("refused"));
    let receipt = control.reload().await;
    let error = receipt.error().unwrap().to_string();
    assert_eq!(error, "right/from-to: it is refused");
    assert_eq!(texts(&live.load()), ("a1", "a2"));
    assert_eq!(from_to.entries(), ["None -> a2", "Some(\"a2\") -> refused"]);
    assert_eq!(
        notes.entries(),
        [
            "pool prepares",
            "pool commits",
            "pool prepares",
            "pool aborts"
        ]
    );
    control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn member_that_never_had_a_value_holds_the_group_under_any_policy() {
    let [left, right] = scripts(Good("a1"), Failing(ErrorKind::Unavailable));
    let mut group = Pair::group(left.builder().hybrid(), right.builder().hybrid());
    group.when_away(WhenAway::LeaveOut);
    let (live, control) = group.into_builder().start_in_background();
    quiet().await;
    let receipt = control.reload().await;
    let error = receipt.error().unwrap().to_string();
    assert!(error.starts_with("right: "), "{error}");
    assert!(live.try_load().is_none());
    right.set(Good("a2"));
    live.ready().await.unwrap();
    // From now on its last good value stays, and the other member changes.
    right.set(Bad("invalid"));
    left.set(Good("a3"));
    assert!(control.reload().await.is_current());
    assert_eq!(texts(&live.load()), ("a3", "a2"));
    let status = control.member_status("right").unwrap();
    assert!(status.last_error.is_some());
    assert!(control.member_status("left").unwrap().last_error.is_none());
    assert!(control.member_status("middle").is_none());
}

#[tokio::test]
async fn fixed_state_serves_tests_of_its_readers() {
    let state = |left: &str| Pair::fixed(left.to_owned(), "a2".to_owned());
    let live = Live::fixed(state("a1"));
    assert_eq!(texts(&live.load()), ("a1", "a2"));
    assert_eq!(live.load().left.snapshot().generation().get(), 1);
    let publisher = Publisher::new(state("a1"));
    let left = publisher.live().map(|pair| &pair.left);
    let mut changes = left.subscribe();
    let right = MemberValue::clone(&publisher.live().load().right);
    publisher.publish(Pair {
        right: right.clone(),
        ..state("a3")
    });
    assert_eq!(changes.changed().await.unwrap().value(), "a3");
    assert_eq!(publisher.live().load().right, right);
}

#[tokio::test(start_paused = true)]
async fn p17_replaced_member_values_are_freed_with_their_group() {
    let trays = [(); 2].map(|()| Tray::with(Arc::new(1)));
    typed! {
        struct Counts { left: Arc<u32>, right: Arc<u32> }
    }
    let group = Counts::group(trays[0].builder(), trays[1].builder());
    let (live, control) = group.into_builder().start().await.unwrap();
    let first = Arc::downgrade(&live.load().left);
    let held = live.get();
    trays[0].put(Arc::new(2));
    assert!(control.reload().await.is_current());
    quiet().await;
    assert_eq!((**live.load().left, live.retained().count), (2, 1));
    assert!(first.upgrade().is_some());
    drop(held);
    tokio::time::sleep(seconds(60)).await;
    assert_eq!(live.retained().count, 0);
    assert!(first.upgrade().is_none());
    assert_eq!(**live.load().right, 1);
}
