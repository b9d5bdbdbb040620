//! P2, P7, P14, P15, P17: the grace of replaced values, and retire hooks.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use hot_reload::policy::Retired;
use hot_reload::{Builder, Control, Live};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, sleep_until};

use crate::log::log;
use crate::script::{seconds, settle};
use crate::tray::{Entry, Ledger, Tray};

const GRACE: Duration = Duration::from_secs(30);
/// More than a timer may be late, and less than anybody sees.
const INSTANT: Duration = Duration::from_millis(2);

/// A call of a hook: the value, its generation, the time since it was replaced, and the thread.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<(u64, Retired, thread::ThreadId)>>>);

impl Calls {
    fn hook(&self) -> impl Fn(&Entry, &Retired) + Send + Sync + use<> {
        let calls = self.clone();
        move |entry, retired| {
            assert!(entry.is_whole(), "it is not freed yet");
            let line = (entry.number, *retired, thread::current().id());
            calls.0.lock().unwrap().push(line);
        }
    }

    fn numbers(&self) -> Vec<u64> {
        let calls = self.0.lock().unwrap();
        calls.iter().map(|(number, ..)| *number).collect()
    }

    fn last(&self) -> Retired {
        self.0.lock().unwrap().last().unwrap().1
    }
}

struct Service {
    ledger: Ledger,
    tray: Tray<Entry>,
    calls: Calls,
    live: Live<Entry>,
    control: Control<Entry>,
}

type Entries = Builder<Tray<Entry>, Entry, String>;

impl Service {
    /// With the value 1.
    async fn new(with: impl FnOnce(Entries) -> Entries) -> Self {
        let (ledger, calls) = (Ledger::default(), Calls::default());
        let tray = Tray::with(ledger.value(1));
        let builder = with(tray.builder()).on_retire(calls.hook());
        let (live, control) = builder.start().await.unwrap();
        Self {
            ledger,
            tray,
            calls,
            live,
            control,
        }
    }

    /// Replaces the value; when.
    async fn publish(&self, number: u64) -> Instant {
        self.tray
            .publish(&self.control, self.ledger.value(number))
            .await;
        Instant::now()
    }

    /// The hook ran exactly once for each freed value, before it was freed.
    fn freed(&self) -> Vec<u64> {
        assert_eq!(self.calls.numbers(), self.ledger.freed());
        self.ledger.freed()
    }
}

#[tokio::test(start_paused = true)]
async fn p17_replaced_value_is_kept_for_its_grace() {
    let service = Service::new(|builder| builder.retire_after(GRACE)).await;
    let first = service.publish(2).await;
    sleep(seconds(10)).await;
    let second = service.publish(3).await;
    sleep_until(first + GRACE - INSTANT).await;
    assert!(service.freed().is_empty());
    assert_eq!(service.live.retained().count, 2);
    assert_eq!(service.live.retained().oldest, Some(GRACE - INSTANT));
    sleep_until(first + GRACE + INSTANT).await;
    assert_eq!(service.freed(), [1]);
    let retired = service.calls.last();
    assert_eq!(retired.generation.get(), 1);
    assert!((GRACE..=GRACE + INSTANT).contains(&retired.replaced_for));
    sleep_until(second + GRACE - INSTANT).await;
    assert_eq!(service.freed(), [1]);
    sleep_until(second + GRACE + INSTANT).await;
    assert_eq!(service.freed(), [1, 2]);
    assert_eq!(service.live.retained().count, 0);
}

#[tokio::test(start_paused = true)]
async fn p17_value_without_a_grace_is_retired_and_freed_at_once() {
    let service = Service::new(|builder| builder).await;
    for number in 2..=10 {
        service.publish(number).await;
        settle().await;
        assert_eq!(service.freed(), (1..number).collect::<Vec<_>>());
        let retired = service.calls.last();
        assert_eq!(retired.generation.get(), number - 1);
        assert!(retired.replaced_for <= INSTANT);
    }
}

#[tokio::test(start_paused = true)]
async fn p02_retire_hook_does_not_run_on_the_thread_of_the_last_reader() {
    for grace in [Duration::ZERO, GRACE, seconds(300)] {
        let service = Service::new(|builder| builder.retire_after(grace)).await;
        let (snapshot, guard) = (service.live.get(), service.live.load());
        let replaced = service.publish(2).await;
        sleep_until(replaced + seconds(100)).await;
        assert!(service.freed().is_empty());
        drop(guard);
        sleep(seconds(2)).await;
        assert!(service.freed().is_empty());
        drop(snapshot);
        assert!(service.freed().is_empty(), "not by us");
        let due = seconds(102).max(grace);
        sleep_until(replaced + due + seconds(1) + INSTANT).await;
        assert_eq!(service.freed(), [1]);
        assert!((due..=due + seconds(1) + INSTANT).contains(&service.calls.last().replaced_for));
        let by = service.calls.0.lock().unwrap()[0].2;
        assert_ne!(by, thread::current().id(), "on a thread where it may block");
    }
}

#[tokio::test(start_paused = true)]
async fn blocking_hook_delays_neither_readers_nor_publications() {
    let (ledger, (closed, gate)) = (Ledger::default(), channel::<()>());
    let tray = Tray::with(ledger.value(1));
    let gate = Mutex::new(gate);
    let builder = tray.builder().on_retire(move |_, _| {
        // Until the other end is dropped.
        let _ = gate.lock().unwrap().recv();
    });
    let (live, control) = builder.start().await.unwrap();
    for number in 2..=5 {
        tray.publish(&control, ledger.value(number)).await;
        assert_eq!(live.load().number, number);
    }
    assert!(ledger.freed().is_empty());
    drop(closed);
    sleep(seconds(3)).await;
    assert_eq!(ledger.freed(), [1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn p07_panic_in_a_hook_keeps_no_value_and_no_other_hook() {
    let service =
        Service::new(|builder| builder.on_retire(|_, _| panic!("the hook has a bug"))).await;
    for number in 2..=4 {
        service.publish(number).await;
        settle().await;
        assert_eq!(service.freed().len(), number as usize - 1);
    }
    service.control.stop().await;
    assert_eq!(service.live.load().number, 4);
}

#[tokio::test(start_paused = true)]
async fn p14_stop_frees_values_of_any_age_and_waits_for_the_hook() {
    let service = Service::new(|builder| builder.retire_after(seconds(3600))).await;
    let held = {
        service.publish(2).await;
        service.live.get()
    };
    service.publish(3).await;
    let guard = service.live.load();
    for number in 4..=6 {
        service.publish(number).await;
    }
    service.control.stop().await;
    assert_eq!(service.freed(), [1, 4, 5], "2 and 3 are held, 6 is visible");
    drop(guard);
    drop(held);
    drop(service.live);
    drop(service.control);
    assert_eq!(service.calls.numbers(), [1, 4, 5], "their holders' own");
    assert_eq!(service.ledger.freed().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn p14_value_freed_during_the_stop_is_retired_once() {
    for number in 2..=20 {
        let service = Service::new(|builder| builder).await;
        for number in 2..=number {
            service.publish(number).await;
        }
        service.control.stop().await;
        assert_eq!(service.freed(), (1..number).collect::<Vec<_>>());
    }
}

/// How often the runtime has nothing to do and waits for a time to come.
fn rests() -> u64 {
    Handle::current().metrics().worker_park_count(0)
}

#[tokio::test(start_paused = true)]
async fn p15_no_timer_runs_during_the_grace_of_values() {
    let ledger = Ledger::default();
    let tray = Tray::with(ledger.value(1));
    let builder = tray.builder().retire_after(seconds(3000));
    let (live, control) = builder.start().await.unwrap();
    for number in 2..=4 {
        tray.publish(&control, ledger.value(number)).await;
        sleep(seconds(10)).await;
    }
    let before = rests();
    sleep(seconds(2900)).await;
    let woken = rests() - before;
    // Most of an hour is some steps of the runtime's clock.
    assert!(woken <= 10, "{woken} times");
    assert_eq!(live.retained().count, 3);
    sleep(seconds(300)).await;
    assert_eq!(ledger.freed(), [1, 2, 3]);
    // A held value after its grace is checked again, and does not delay a younger one.
    let held = live.get();
    tray.publish(&control, ledger.value(5)).await;
    sleep(seconds(1500)).await;
    tray.publish(&control, ledger.value(6)).await;
    sleep(seconds(3100)).await;
    assert_eq!(ledger.freed(), [1, 2, 3, 5]);
    drop(held);
    sleep(seconds(2)).await;
    assert_eq!(ledger.freed(), [1, 2, 3, 5, 4]);
}

#[tokio::test(start_paused = true)]
async fn p17_value_held_for_a_minute_is_reported_once() {
    for grace in [Duration::ZERO, GRACE] {
        let log = log();
        let service = Service::new(|builder| builder.retire_after(grace).name("motto")).await;
        let held = service.live.get();
        let replaced = service.publish(2).await;
        sleep_until(replaced + grace + seconds(60) - INSTANT).await;
        assert_eq!(log.count("WARN"), 0);
        sleep_until(replaced + grace + seconds(61) + INSTANT).await;
        let line = "WARN hot_reload: generation 1 is still held, ";
        assert_eq!((log.count("WARN"), log.count(line)), (1, 1));
        assert_eq!(log.count("name=\"motto\" generation=1 age_s="), 1);
        sleep(seconds(3600)).await;
        assert_eq!(log.count("WARN"), 1);
        // Another one is another matter.
        let others = [service.live.get(), {
            service.publish(3).await;
            service.live.get()
        }];
        service.publish(4).await;
        sleep(seconds(200)).await;
        assert_eq!(log.count("generation 2 is still held, "), 1);
        assert_eq!(log.count(", and 1 more: "), 1);
        drop((held, others));
        sleep(seconds(200)).await;
        assert_eq!(service.freed().len(), 3);
        assert_eq!(log.count("WARN"), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn p17_values_without_holders_cause_no_warning() {
    let log = log();
    let service = Service::new(|builder| builder.retire_after(seconds(3600))).await;
    for number in 2..=5 {
        service.publish(number).await;
        sleep(seconds(1000)).await;
    }
    sleep(seconds(10_000)).await;
    assert_eq!(service.freed(), [1, 2, 3, 4]);
    assert_eq!(log.count("WARN"), 0);
}

#[tokio::test(start_paused = true)]
async fn p15_history_values_cause_no_warning_and_retire_when_evicted() {
    let log = log();
    let text = |number: u32| number.to_string();
    let tray = Tray::with(text(1));
    let calls = Arc::new(Mutex::new(Vec::new()));
    let builder = tray.builder().history(2).retire_after(GRACE).on_retire({
        let calls = Arc::clone(&calls);
        move |text: &String, _| calls.lock().unwrap().push(text.clone())
    });
    let (live, control) = builder.start().await.unwrap();
    for number in 2..=4 {
        tray.publish(&control, text(number)).await;
        sleep(GRACE / 2).await;
    }
    sleep(GRACE).await;
    assert_eq!(*calls.lock().unwrap(), ["1"]);
    assert_eq!(live.retained().count, 0);
    let before = rests();
    sleep(seconds(3000)).await;
    let woken = rests() - before;
    assert!(woken <= 10, "{woken} times");
    // The grace of a value that leaves the history is over already, unless a reader holds it.
    let held = control.history().remove(0);
    tray.publish(&control, text(5)).await;
    settle().await;
    assert_eq!(*calls.lock().unwrap(), ["1", "2"]);
    tray.publish(&control, text(6)).await;
    tray.publish(&control, text(7)).await;
    sleep(seconds(50)).await;
    assert_eq!((held.as_str(), log.count("WARN")), ("3", 0));
    sleep(seconds(12)).await;
    assert_eq!(log.count("WARN"), 1);
    assert_eq!(log.count("generation 3 is still held"), 1);
    drop(held);
    sleep(GRACE).await;
    assert_eq!(*calls.lock().unwrap(), ["1", "2", "4", "3"]);
    control.stop().await;
    // The rest of the history is freed with the service.
    assert_eq!(calls.lock().unwrap().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn any_duration_is_accepted_as_a_grace() {
    let service = Service::new(|builder| builder.retire_after(Duration::MAX)).await;
    service.publish(2).await;
    sleep(seconds(24 * 3600)).await;
    assert!(service.freed().is_empty());
    service.control.stop().await;
    assert_eq!(service.freed(), [1]);
}
