//! The behavior that programs written for 0.3.6 rely on, and fixed faults of that release.

use std::rc::Rc;
use std::sync::Arc;

use hot_reload::error::ErrorKind;
use hot_reload::{
    Outcome, Reload, ReloadResult, ReloaderConfig, ReloaderError, ReloaderReceiver,
    ReloaderService, WatchEvent, async_trait,
};
use tokio::time::{Instant, sleep, timeout};

use crate::script::{Bad, Failing, Good, Hanging, Missing, Panicking, Script, seconds, settle};

type Service = ReloaderService<Script, String, String>;
type Receiver = ReloaderReceiver<String, String>;

async fn service(script: &Script, config: ReloaderConfig) -> (Arc<Service>, Receiver) {
    let (service, receiver) = Service::new(script, config).await.unwrap();
    (Arc::new(service), receiver)
}

fn spawn(service: &Arc<Service>) -> tokio::task::JoinHandle<()> {
    let service = Arc::clone(service);
    tokio::spawn(async move { service.start_with_realtime().await.unwrap() })
}

#[tokio::test(start_paused = true)]
async fn new_loads_nothing_and_the_first_load_is_a_change() {
    let script = Script::new(Good("first"));
    let (service, mut receiver) = service(&script, ReloaderConfig::hybrid(10)).await;
    assert_eq!((script.loads(), receiver.get()), (0, None));
    assert!(timeout(seconds(60), receiver.changed()).await.is_err());
    let running = spawn(&service);
    receiver.changed().await.unwrap();
    assert_eq!(receiver.get().as_deref(), Some("first"));
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn clone_has_seen_the_values_of_the_original() {
    let script = Script::new(Good("first"));
    let (service, unread) = service(&script, ReloaderConfig::realtime()).await;
    let _running = spawn(&service);
    settle().await;
    let mut late = unread.clone();
    timeout(seconds(1), late.changed())
        .await
        .expect("at once")
        .unwrap();
    let mut later = late.clone();
    assert!(timeout(seconds(1), later.changed()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn start_can_be_dropped_and_repeated_and_two_take_turns() {
    let script = Script::new(Good("first")).with(|state| state.load_takes = seconds(1) / 10);
    let (service, mut receiver) = service(&script, ReloaderConfig::hybrid(10)).await;
    for text in ["first", "second", "third"] {
        script.set(Good(text));
        tokio::select! {
            ended = service.start_with_realtime() => panic!("{ended:?}"),
            changed = receiver.changed() => changed.unwrap(),
        }
        assert_eq!(receiver.get().as_deref(), Some(text));
        assert!(!script.is_watched(), "a dropped run leaves no watch");
    }
    let (first, second) = (spawn(&service), spawn(&service));
    settle().await;
    script.set(Good("fourth"));
    receiver.changed().await.unwrap();
    first.abort();
    settle().await;
    script.set(Good("fifth"));
    receiver.changed().await.unwrap();
    assert_eq!(receiver.get().as_deref(), Some("fifth"));
    assert_eq!(script.state().most_running, 1);
    second.abort();
}

#[tokio::test(start_paused = true)]
async fn start_refuses_a_strategy_with_a_watch() {
    for config in [ReloaderConfig::realtime(), ReloaderConfig::hybrid(10)] {
        let script = Script::new(Good("first"));
        let (service, _receiver) = service(&script, config).await;
        assert!(matches!(
            service.start().await,
            Err(ReloaderError::Other(_))
        ));
    }
}

#[tokio::test(start_paused = true)]
async fn p01_p06_no_failure_publishes_none_or_ends_the_service() {
    let configs = [
        ReloaderConfig::polling(1),
        ReloaderConfig::realtime(),
        ReloaderConfig::hybrid(10),
    ];
    for config in configs {
        let script = Script::new(Good("first"));
        let (service, receiver) = service(&script, config.clone()).await;
        let running = spawn(&service);
        settle().await;
        for content in [
            Bad("typo"),
            Failing(ErrorKind::Other),
            Panicking,
            Missing,
            Hanging,
        ] {
            script.set(content.clone());
            script.lose_watch();
            sleep(seconds(100)).await;
            assert_eq!(
                receiver.get().as_deref(),
                Some("first"),
                "{config:?} {content:?}"
            );
            assert!(!running.is_finished(), "{config:?} {content:?}");
        }
        script.set(Good("second"));
        sleep(seconds(45)).await;
        assert_eq!(receiver.get().as_deref(), Some("second"), "{config:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn explicit_removal_publishes_none_until_a_value_returns() {
    let script = Script::new(Good("first"));
    let (service, mut receiver) = service(&script, ReloaderConfig::realtime()).await;
    let _running = spawn(&service);
    receiver.changed().await.unwrap();
    script.send(WatchEvent::Removed);
    receiver.changed().await.unwrap();
    assert!(receiver.borrow().is_none());
    script.send(WatchEvent::Changed("first".to_owned()));
    receiver.changed().await.unwrap();
    assert_eq!(
        receiver.get().as_deref(),
        Some("first"),
        "the same value is a change again"
    );
}

#[tokio::test(start_paused = true)]
async fn values_through_the_watch_are_published_even_if_reload_fails() {
    let script = Script::new(Failing(ErrorKind::Other));
    let (service, mut receiver) = service(&script, ReloaderConfig::realtime()).await;
    let _running = spawn(&service);
    settle().await;
    script.send(WatchEvent::Changed("pushed".to_owned()));
    receiver.changed().await.unwrap();
    assert_eq!(receiver.get().as_deref(), Some("pushed"));
}

#[tokio::test(start_paused = true)]
async fn equal_values_are_not_published_again_unless_forced() {
    let script = Script::new(Good("first"));
    let (quiet, mut receiver) = service(&script, ReloaderConfig::polling(1)).await;
    let running = spawn(&quiet);
    receiver.changed().await.unwrap();
    assert!(timeout(seconds(100), receiver.changed()).await.is_err());
    running.abort();
    let forced = ReloaderConfig {
        force_reload: true,
        ..ReloaderConfig::polling(1)
    };
    let (forced, mut receiver) = service(&script, forced).await;
    let _running = spawn(&forced);
    for _ in 0..10 {
        timeout(seconds(2), receiver.changed())
            .await
            .expect("every second")
            .unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn p13_dropping_all_receivers_ends_nothing() {
    let script = Script::new(Good("first"));
    let (service, receiver) = service(&script, ReloaderConfig::hybrid(10)).await;
    let live = service.live();
    drop(receiver);
    let running = spawn(&service);
    live.ready().await.unwrap();
    script.set(Good("second"));
    settle().await;
    assert!(!running.is_finished());
    assert_eq!(*live.load(), "second");
    let mut late = service.receiver();
    timeout(seconds(1), late.changed())
        .await
        .expect("the current value counts as a change")
        .unwrap();
    assert_eq!(late.get().as_deref(), Some("second"));
}

#[tokio::test(start_paused = true)]
async fn p06_end_is_reported_once_then_changed_never_returns() {
    let script = Script::new(Good("first"));
    let (service, mut receiver) = service(&script, ReloaderConfig::hybrid(10)).await;
    let running = spawn(&service);
    receiver.changed().await.unwrap();
    service.control().stop().await;
    running.await.unwrap();
    let end = Instant::now() + seconds(2);
    let (mut errors, mut rounds) = (0, 0);
    while Instant::now() < end {
        tokio::select! {
            changed = receiver.changed() => errors += u32::from(changed.is_err()),
            () = sleep(seconds(1) / 10) => rounds += 1,
        }
    }
    assert_eq!((errors, rounds), (1, 20));
    assert_eq!(receiver.get(), None);
    assert_eq!(
        receiver.borrow().as_deref(),
        Some("first"),
        "it stays readable"
    );
    assert!(
        receiver.clone().changed().await.is_err(),
        "each clone is notified"
    );
    assert_eq!(service.receiver().get(), None);
    assert_eq!(*service.live().load(), "first");
    service.start_with_realtime().await.unwrap();
}

/// The loop that 0.3.6 documents.
async fn values_until_the_end(mut receiver: ReloaderReceiver<String, String>) -> Vec<String> {
    let mut values = Vec::new();
    loop {
        tokio::select! {
            _ = receiver.changed() => {
                if let Some(value) = receiver.get() {
                    values.push(value);
                } else {
                    break values;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p06_documented_loop_ends_with_the_service() {
    for is_dropped in [false, true] {
        let script = Script::new(Good("first"));
        let (service, receiver) = service(&script, ReloaderConfig::hybrid(10)).await;
        let late = receiver.clone();
        let running = spawn(&service);
        let reading = tokio::spawn(values_until_the_end(receiver));
        settle().await;
        script.set(Good("second"));
        settle().await;
        match is_dropped {
            false => service.control().stop().await,
            true => {
                running.abort();
                settle().await;
            }
        }
        drop(service);
        let values = timeout(seconds(1), reading).await.unwrap().unwrap();
        assert_eq!(values, ["first", "second"]);
        // A receiver that has never read, and one whose source never existed.
        assert_eq!(late.get(), None);
        assert!(values_until_the_end(late).await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_an_unfinished_run_does_not_end_the_loop() {
    let script = Script::new(Good("first"));
    let (service, mut receiver) = service(&script, ReloaderConfig::hybrid(10)).await;
    let running = spawn(&service);
    receiver.changed().await.unwrap();
    running.abort();
    settle().await;
    assert_eq!(
        receiver.get().as_deref(),
        Some("first"),
        "the service can be started again"
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_the_service_is_reported_as_its_end() {
    let script = Script::new(Good("first"));
    let (service, mut receiver) = service(&script, ReloaderConfig::hybrid(10)).await;
    drop(service);
    let end = receiver.changed().await;
    assert!(matches!(end, Err(ReloaderError::WatchRecvError(_))));
    assert_eq!(script.holders(), 0);
}

#[tokio::test(start_paused = true)]
async fn p14_stopping_from_inside_the_same_select_does_not_deadlock() {
    let script = Script::new(Good("first"));
    let (service, mut receiver) = service(&script, ReloaderConfig::hybrid(10)).await;
    let control = service.control();
    tokio::select! {
        ended = service.start_with_realtime() => panic!("{ended:?}"),
        _ = receiver.changed() => timeout(seconds(1), control.stop()).await.expect("stops"),
    }
    assert!(control.status().stopped);
}

#[tokio::test(start_paused = true)]
async fn full_surface_commands_the_same_service() {
    let script = Script::new(Good("first")).with(|state| state.muted = true);
    let (service, receiver) = service(&script, ReloaderConfig::realtime()).await;
    let (live, control) = (service.live(), service.control());
    let _running = spawn(&service);
    live.ready().await.unwrap();
    script.set(Good("second"));
    assert!(matches!(
        control.reload().await.outcome,
        Outcome::Published { .. }
    ));
    assert_eq!(live.load().as_str(), receiver.get().unwrap());
    assert_eq!(control.status().source.as_deref(), Some("script"));
}

#[test]
fn value_that_is_not_send_works_inside_block_on() {
    #[derive(Clone, PartialEq, Eq, Debug)]
    struct NotSend(Rc<u8>);
    #[derive(Clone)]
    struct Source;
    #[async_trait]
    impl Reload<NotSend> for Source {
        type Source = ();
        async fn new(_: &()) -> ReloadResult<Self, NotSend> {
            Ok(Self)
        }
        async fn reload(&self) -> ReloadResult<Option<NotSend>, NotSend> {
            Ok(Some(NotSend(Rc::new(7))))
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (service, mut receiver) = ReloaderService::<Source, NotSend>::with_delay(&(), 1)
            .await
            .unwrap();
        tokio::select! {
            ended = service.start() => panic!("{ended:?}"),
            changed = receiver.changed() => changed.unwrap(),
        }
        assert_eq!(receiver.get(), Some(NotSend(Rc::new(7))));
    });
}

#[tokio::test(start_paused = true)]
async fn p08_hanging_load_fails_after_thirty_seconds() {
    let script = Script::new(Hanging);
    let (service, receiver) = service(&script, ReloaderConfig::polling(10)).await;
    let _running = spawn(&service);
    sleep(seconds(29)).await;
    script.set(Good("first"));
    assert_eq!((script.loads(), receiver.get()), (1, None));
    sleep(seconds(2)).await;
    assert_eq!(receiver.get().as_deref(), Some("first"));
}
