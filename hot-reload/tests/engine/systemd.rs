//! Notifications of systemd, under paused time. A signal is in the tests of processes.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use hot_reload::systemd::Notifier;
use hot_reload::{Control, Live, Registry, ReloaderConfig, ReloaderService};
use tokio::time::sleep;

use crate::script::{Bad, Good, Hanging, Script, seconds, settle};

/// A service manager that waits for messages.
struct Manager {
    socket: UnixDatagram,
    folder: tempfile::TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket, folder }
    }

    fn notifier(&self, registry: &Registry, watchdog: Option<Duration>) -> Notifier {
        Notifier::start_at(registry, self.folder.path().join("notify"), watchdog).unwrap()
    }

    /// The messages since the last call.
    fn messages(&self) -> Vec<String> {
        let mut messages = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(len) = self.socket.recv(&mut buffer) {
            let text = std::str::from_utf8(&buffer[..len]).unwrap();
            messages.push(text.trim_end().replace('\n', "|"));
        }
        messages
    }

    /// The number of watchdog keep-alives. Nothing else may have come.
    fn signs_of_life(&self) -> usize {
        let messages = self.messages();
        assert!(
            messages.iter().all(|message| message == "WATCHDOG=1"),
            "{messages:?}"
        );
        messages.len()
    }
}

async fn start(registry: &Registry, script: &Script) -> (Live<String>, Control<String>) {
    let builder = script.builder().name("app").register(registry);
    builder.start().await.unwrap()
}

const WATCHDOG: Option<Duration> = Some(Duration::from_secs(10));

#[tokio::test(start_paused = true)]
async fn status_line_follows_the_services_from_ready_to_stopping() {
    let (manager, registry) = (Manager::new(), Registry::new());
    let script = Script::new(Good("first"));
    let notifier = manager.notifier(&registry, None);
    let (_live, control) = start(&registry, &script).await;
    sleep(seconds(1)).await;
    assert_eq!(manager.messages(), [""; 0], "it is not ready");
    notifier.ready();
    assert_eq!(manager.messages(), ["READY=1|STATUS=app: generation 1"]);
    notifier.ready();
    sleep(seconds(60)).await;
    assert_eq!(manager.messages(), [""; 0], "nothing has changed");

    script.set(Good("second"));
    drop(control.reload().await);
    settle().await;
    assert_eq!(manager.messages(), ["STATUS=app: generation 2"]);
    script.set(Bad("typo"));
    drop(control.reload().await);
    sleep(seconds(1)).await;
    let refused = "STATUS=app: REJECTED at stage decode, generation 2 stays: cannot read \"typo\"";
    assert_eq!(manager.messages(), [refused]);
    control.pause();
    sleep(seconds(1)).await;
    let held = manager.messages();
    assert!(
        held[0].starts_with("STATUS=app: HELD, generation 2 stays: paused"),
        "{held:?}"
    );

    notifier.stopping();
    control.stop().await;
    sleep(seconds(60)).await;
    assert_eq!(manager.messages(), ["STOPPING=1|STATUS=stopping"]);
}

#[tokio::test(start_paused = true)]
async fn watchdog_is_fed_at_half_its_time_while_a_source_hangs_until_the_last_stop() {
    let (manager, registry) = (Manager::new(), Registry::new());
    let script = Script::new(Good("first"));
    let notifier = manager.notifier(&registry, WATCHDOG);
    let builder = script.builder().name("app").register(&registry);
    let builder = builder.load_deadline(seconds(60));
    let (_live, control) = builder.start().await.unwrap();
    sleep(seconds(20)).await;
    assert_eq!(manager.signs_of_life(), 0, "it is not ready");
    notifier.ready();
    assert_eq!(manager.messages().len(), 1);
    // So that the stop is not at the moment of a keep-alive.
    sleep(seconds(19)).await;
    assert_eq!(manager.signs_of_life(), 4);
    script.set(Hanging);
    let reload = tokio::spawn({
        let target = control.target();
        async move { target.reload().await }
    });
    sleep(seconds(20)).await;
    assert!(!reload.is_finished());
    assert_eq!(
        manager.signs_of_life(),
        4,
        "a load does not delay the answer"
    );
    control.stop().await;
    sleep(seconds(1)).await;
    assert_eq!(manager.messages(), ["STATUS=no service"]);
    sleep(seconds(60)).await;
    assert_eq!(manager.signs_of_life(), 0, "no service is left");
}

#[tokio::test(start_paused = true)]
async fn watchdog_is_not_fed_while_the_task_of_a_service_does_not_run() {
    let (manager, registry) = (Manager::new(), Registry::new());
    let script = Script::new(Good("first"));
    let (_live, _control) = start(&registry, &script).await;
    // Of the compatible surface: its task runs within the future of its caller.
    let config = ReloaderConfig::polling(10);
    let made = ReloaderService::<Script, String, String>::new(&script, config).await;
    let (service, _receiver) = made.unwrap();
    registry.register(service.control().target()).unwrap();
    let notifier = manager.notifier(&registry, WATCHDOG);
    notifier.ready();
    assert_eq!(manager.messages().len(), 1);
    sleep(seconds(60)).await;
    assert_eq!(manager.signs_of_life(), 0, "one of two does not answer");
    {
        let mut run = std::pin::pin!(service.start());
        let some_time = tokio::time::timeout(seconds(60), &mut run).await;
        assert!(some_time.is_err());
        let fed = manager.messages();
        let fed = fed
            .iter()
            .filter(|message| *message == "WATCHDOG=1")
            .count();
        assert!(fed >= 10, "{fed}");
    }
    sleep(seconds(60)).await;
    assert_eq!(manager.signs_of_life(), 0, "it has ended without a stop");
}

#[tokio::test(start_paused = true)]
async fn watchdog_is_fed_during_a_steady_stream_of_events() {
    let (manager, registry) = (Manager::new(), Registry::new());
    let script = Script::new(Good("first"));
    let notifier = manager.notifier(&registry, WATCHDOG);
    let (_live, control) = start(&registry, &script).await;
    notifier.ready();
    assert_eq!(manager.messages().len(), 1);
    for _ in 0..2_000 {
        drop(control.reload().await);
        sleep(Duration::from_millis(10)).await;
    }
    let fed = manager.signs_of_life();
    assert!(fed >= 3, "{fed}");
}
