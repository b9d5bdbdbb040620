//! Guards of members compare with values that the group published, not with values that it refused.

use hot_reload::admission::{ShrinkGuard, VersionGuard};
use hot_reload::event::HoldReason;
use hot_reload::group::{GroupSnapshot, MemberKey};
use hot_reload::{Builder, Control, Coordinator, Live};

use super::rig::quiet;
use crate::script::{Good, Script};

/// A group of one member, which takes no text in which there is an `x`.
struct Single {
    script: Script,
    key: MemberKey<String>,
    live: Live<GroupSnapshot>,
    control: Control<GroupSnapshot>,
}

impl Single {
    async fn new(
        text: &'static str,
        doubting: impl FnOnce(Builder<Script, String, String>) -> Builder<Script, String, String>,
    ) -> Self {
        let script = Script::new(Good(text));
        let mut group = Coordinator::new();
        let member = script.builder().hybrid();
        let key = group.member("texts", doubting(member));
        let builder = group.into_builder().history(4).validate(move |snapshot| {
            if snapshot[key].contains('x') {
                return Err("an x");
            }
            Ok(())
        });
        let (live, control) = builder.start().await.unwrap();
        Self {
            script,
            key,
            live,
            control,
        }
    }

    async fn set(&self, text: &'static str) {
        self.script.set(Good(text));
        quiet().await;
    }

    fn text(&self) -> String {
        self.live.load()[self.key].clone()
    }

    fn held(&self) -> Option<HoldReason> {
        let status = self.control.member_status(self.key).unwrap();
        status.hold.map(|hold| hold.reason)
    }
}

fn version_guarded(builder: Builder<Script, String, String>) -> Builder<Script, String, String> {
    builder.version_guard(VersionGuard::by(String::len))
}

fn guarded(builder: Builder<Script, String, String>) -> Builder<Script, String, String> {
    builder.shrink_guard(ShrinkGuard::by(String::len))
}

#[tokio::test(start_paused = true)]
async fn lower_version_than_a_refused_one_is_not_held() {
    let single = Single::new("12", version_guarded).await;
    single.set("12345678x").await;
    assert_eq!(single.text(), "12", "it is refused");
    single.set("123").await;
    assert_eq!((single.text().as_str(), single.held()), ("123", None));
    single.set("1").await;
    assert_eq!(single.held(), Some(HoldReason::Rewound));
    assert_eq!(single.text(), "123");
    single.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn smaller_value_than_a_refused_one_is_not_held() {
    let single = Single::new("12", guarded).await;
    single.set("12345678x").await;
    single.set("123").await;
    assert_eq!((single.text().as_str(), single.held()), ("123", None));
    single.set("1").await;
    assert_eq!(single.held(), Some(HoldReason::Shrunk));
    assert_eq!(single.text(), "123");
    single.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn guards_of_members_compare_with_the_rolled_back_value() {
    let single = Single::new("12", guarded).await;
    single.set("12345678").await;
    assert!(single.control.rollback().await.is_current());
    assert_eq!(single.text(), "12");
    single.set("123").await;
    assert_eq!((single.text().as_str(), single.held()), ("123", None));
    single.control.stop().await;
}

#[tokio::test(start_paused = true)]
async fn rolled_back_version_stays_the_highest_of_its_member() {
    let single = Single::new("12", version_guarded).await;
    single.set("12345678").await;
    assert!(single.control.rollback().await.is_current());
    single.set("1234").await;
    assert_eq!(
        (single.text().as_str(), single.held()),
        ("12", Some(HoldReason::Rewound))
    );
    single.control.stop().await;
}
