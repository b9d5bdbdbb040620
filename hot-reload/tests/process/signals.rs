//! SIGHUP reloads all services, and systemd is notified of it.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use hot_reload::event::EventKind;
use hot_reload::source::from_fn;
use hot_reload::systemd::Notifier;
use hot_reload::{Control, Live, Registry, ReloaderService, signal};
use rustix::process::{Signal, getpid, kill_process};
use tokio::time::{Instant, sleep, timeout};

use crate::file::DEADLINE;
use crate::in_turn;

/// A service of a value that only a request loads.
struct Requested {
    text: Arc<Mutex<Result<String, &'static str>>>,
    loads: Arc<AtomicUsize>,
    live: Live<String>,
    _control: Control<String>,
}

impl Requested {
    async fn start(registry: &Registry, name: &str) -> Self {
        let text = Arc::new(Mutex::new(Ok("first".to_owned())));
        let loads = Arc::new(AtomicUsize::new(0));
        let source = from_fn(name, {
            let (text, loads) = (Arc::clone(&text), Arc::clone(&loads));
            move || {
                loads.fetch_add(1, Ordering::Relaxed);
                let text = text.lock().unwrap().clone();
                async move { text.map_err(anyhow::Error::msg) }
            }
        });
        let builder = ReloaderService::builder(source).name(name).enabled(false);
        let (live, control) = builder.register(registry).start().await.unwrap();
        Self {
            text,
            loads,
            live,
            _control: control,
        }
    }

    fn set(&self, text: Result<&str, &'static str>) {
        *self.text.lock().unwrap() = text.map(str::to_owned);
    }

    async fn expect(&self, text: &str) {
        let mut changes = self.live.subscribe();
        let reached = async {
            while *self.live.load() != text {
                changes.changed().await.unwrap();
            }
        };
        timeout(DEADLINE, reached).await.expect(text);
    }
}

fn hang_up() {
    kill_process(getpid(), Signal::HUP).unwrap();
}

#[test]
fn hangup_before_the_first_service_does_not_end_the_process() {
    in_turn(async {
        let registry = Registry::new();
        let _hangups = signal::reload_on_hangup(&registry).unwrap();
        hang_up();
        let service = Requested::start(&registry, "app").await;
        service.set(Ok("second"));
        hang_up();
        service.expect("second").await;
    });
}

#[test]
fn storm_of_hangups_leads_to_few_loads_and_the_last_state() {
    in_turn(async {
        let registry = Registry::new();
        let triggers = Arc::new(Mutex::new(Vec::new()));
        registry.on_event({
            let triggers = Arc::clone(&triggers);
            move |event| {
                if let EventKind::Load { trigger, .. } = &event.kind {
                    triggers.lock().unwrap().push(trigger.as_str());
                }
            }
        });
        let _hangups = signal::reload_on_hangup(&registry).unwrap();
        let services = [
            Requested::start(&registry, "one").await,
            Requested::start(&registry, "two").await,
        ];
        let began = Instant::now();
        for round in 0..10_000 {
            if round == 9_999 {
                services.iter().for_each(|service| service.set(Ok("last")));
            }
            hang_up();
            if round % 100 == 0 {
                tokio::task::yield_now().await;
            }
        }
        for service in &services {
            service.expect("last").await;
        }
        // Ten a second, one at the start, one for the last state, and that of the start of the service.
        let most = began.elapsed().as_millis() as usize / 100 + 3;
        for service in &services {
            let loads = service.loads.load(Ordering::Relaxed);
            assert!(loads <= most, "{loads} loads, {most} expected");
        }
        let mut triggers = triggers.lock().unwrap().clone();
        triggers.sort_unstable();
        triggers.dedup();
        assert_eq!(triggers, ["signal", "startup"]);
    });
}

/// Reads messages of a program as systemd would.
struct Manager(UnixDatagram);

impl Manager {
    fn bind(folder: &Path) -> Self {
        let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
        Self(socket)
    }

    /// The next message, within this time.
    async fn message(&self, patience: Duration) -> Option<String> {
        self.0.set_read_timeout(Some(patience)).unwrap();
        let socket = self.0.try_clone().unwrap();
        let read = tokio::task::spawn_blocking(move || {
            let mut buffer = [0; 4096];
            let len = socket.recv(&mut buffer).ok()?;
            let text = std::str::from_utf8(&buffer[..len]).unwrap();
            Some(text.trim_end().replace('\n', "|"))
        });
        read.await.unwrap()
    }

    async fn expect(&self, message: &str) {
        let found = self.message(DEADLINE).await;
        assert_eq!(found.as_deref(), Some(message));
    }
}

#[test]
fn systemd_gets_one_message_of_a_reload_and_one_of_its_result() {
    in_turn(async {
        let folder = tempfile::tempdir().unwrap();
        let manager = Manager::bind(folder.path());
        let registry = Registry::new();
        let socket = folder.path().join("notify");
        let notifier = Notifier::start_at(&registry, socket, None).unwrap();
        let service = Requested::start(&registry, "app").await;
        notifier.ready();
        manager.expect("READY=1|STATUS=app: generation 1").await;
        let results = [
            (Ok("second"), "app: generation 2"),
            (
                Err("a typo"),
                "app: FAILED, generation 2 stays: app: a typo",
            ),
            (Ok("second"), "app: generation 2"),
        ];
        for (text, status) in results {
            service.set(text);
            let before = monotonic();
            hang_up();
            let reloading = manager.message(DEADLINE).await.unwrap();
            let fields: Vec<_> = reloading.split('|').collect();
            assert_eq!((fields[0], fields[2]), ("RELOADING=1", "STATUS=reloading"));
            let time = fields[1].strip_prefix("MONOTONIC_USEC=").unwrap();
            let time: i64 = time.parse().unwrap();
            assert!((before..=monotonic()).contains(&time), "{reloading}");
            manager.expect(&format!("READY=1|STATUS={status}")).await;
        }
        notifier.stopping();
        manager.expect("STOPPING=1|STATUS=stopping").await;
    });
}

/// The time in microseconds that systemd compares.
fn monotonic() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
}

#[test]
fn watchdog_is_not_fed_while_an_observer_blocks_the_engine() {
    in_turn(async {
        let folder = tempfile::tempdir().unwrap();
        let manager = Manager::bind(folder.path());
        let registry = Registry::new();
        let service = Requested::start(&registry, "app").await;
        let socket = folder.path().join("notify");
        let watchdog = Some(Duration::from_millis(400));
        let notifier = Notifier::start_at(&registry, socket, watchdog).unwrap();
        notifier.ready();
        manager.expect("READY=1|STATUS=app: generation 1").await;
        manager.expect("WATCHDOG=1").await;
        let (release, blocked) = mpsc::channel::<()>();
        let blocked = Mutex::new(blocked);
        registry.on_event(move |_| {
            // An error means that the test has released it for good.
            let _ = blocked.lock().unwrap().recv();
        });
        service.set(Ok("second"));
        request(&registry);
        let is_quiet = async { while manager.message(Duration::from_secs(1)).await.is_some() {} };
        timeout(DEADLINE, is_quiet)
            .await
            .expect("a silence of five periods");
        drop(release);
        let lives = async {
            while manager.message(DEADLINE).await.as_deref() != Some("WATCHDOG=1") {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(DEADLINE, lives).await.expect("it lives again");
        service.expect("second").await;
    });
}

/// Requests a reload, and does not wait for it.
fn request(registry: &Registry) {
    let target = registry.get("app").unwrap();
    drop(tokio::spawn(async move { target.reload().await }));
}
