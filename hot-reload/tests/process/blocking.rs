//! A program of plain threads: blocking services on real files, the threads that they use, and how the process ends.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use hot_reload::source::{File, Source};
use hot_reload::{
    Live, Loaded, Reload, ReloadResult, ReloaderService, Revision, async_trait, blocking,
};
use tokio::runtime;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::census::{Census, no_watcher, threads_of};
use crate::file::{DEADLINE, TextDecoder, World};
use crate::turn;
use crate::twin::{Twin, report, task};

type Service = (Live<String>, blocking::Control<String>);

/// Only the watch leads to a change.
fn start(path: &Path) -> Service {
    ReloaderService::builder(File::new(path).decode(TextDecoder))
        .hybrid()
        .interval(Duration::from_secs(365 * 24 * 60 * 60))
        .start_blocking()
        .unwrap()
}

fn expect(live: &Live<String>, text: &str) {
    blocking::wait_for(live, |now| now == text, DEADLINE).unwrap();
}

/// Runs this on a plain thread, and fails if it hangs.
fn in_time<R: Send + 'static>(what: &str, run: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, done) = mpsc::channel();
    let thread = thread::spawn(move || sender.send(run()));
    match done.recv_timeout(DEADLINE) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what} hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(thread.join().unwrap_err())
        }
    }
}

/// Waits without a thread or a descriptor of its own.
fn wait(waiting: impl Future<Output = ()>) {
    let runtime = runtime::Builder::new_current_thread().enable_time().build();
    runtime.unwrap().block_on(waiting);
}

/// The kernel keeps fifteen bytes of a thread's name, and lists a thread a moment longer than it can be joined.
fn engine_threads_become(count: usize) {
    wait(async {
        let start = Instant::now();
        while threads_of("hot-reload-engi") != count {
            let found = threads_of("hot-reload-engi");
            assert!(
                start.elapsed() < Duration::from_secs(1),
                "{found} engine threads, expected {count}"
            );
            sleep(Duration::from_millis(1)).await;
        }
    });
}

/// After one service has come and gone: tokio keeps a pair of sockets for signals from the first runtime on.
fn before(world: &World) -> Census {
    start(&world.file("before", "one")).1.stop();
    engine_threads_become(0);
    wait(no_watcher());
    Census::take()
}

fn nothing_is_left_of(before: Census) {
    engine_threads_become(0);
    wait(async {
        no_watcher().await;
        before.flat_since().await;
    });
}

fn files(world: &World, count: usize) -> Vec<PathBuf> {
    let names = (0..count).map(|number| format!("file-{number}"));
    names.map(|name| world.file(&name, "one")).collect()
}

#[test]
fn p14_many_blocking_services_share_one_thread_and_leave_nothing() {
    let _turn = turn();
    let world = World::new();
    let before = before(&world);
    let paths = files(&world, 64);
    let services: Vec<_> = in_time("the start", move || {
        // Of several threads, as a program may start them.
        thread::scope(|scope| {
            let starting = paths.chunks(16).map(|paths| {
                scope.spawn(|| paths.iter().map(|path| start(path)).collect::<Vec<_>>())
            });
            let starting: Vec<_> = starting.collect();
            starting
                .into_iter()
                .flat_map(|starting| starting.join().unwrap())
                .collect()
        })
    });
    engine_threads_become(1);

    // Readers and callbacks on plain threads, while every file is replaced.
    let stopping = AtomicBool::new(false);
    let (sender, calls) = mpsc::channel();
    let callbacks: Vec<_> = services
        .iter()
        .enumerate()
        .map(|(number, (live, _))| {
            let sender = sender.clone();
            live.on_change(move |now| sender.send((number, now.to_string())).unwrap())
        })
        .collect();
    drop(sender);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stopping.load(Ordering::Relaxed) {
                    for (live, _) in &services {
                        assert!(["one", "two"].contains(&live.load().as_str()));
                    }
                }
            });
        }
        for number in 0..services.len() {
            world.rename_into(&format!("file-{number}"), "two");
        }
        for (live, _) in &services {
            expect(live, "two");
        }
        stopping.store(true, Ordering::Relaxed);
    });
    engine_threads_become(1);

    // Stopped by several threads at once.
    in_time("the stops", move || {
        thread::scope(|scope| {
            for services in services.chunks(16) {
                scope.spawn(|| services.iter().for_each(|(_, control)| control.stop()));
            }
        });
        for callback in callbacks {
            blocking::wait(callback.finished()).unwrap();
        }
    });
    let mut called: Vec<_> = calls.iter().collect();
    called.sort();
    let expected = (0..64).map(|number| (number, "two".to_owned()));
    assert_eq!(called, expected.collect::<Vec<_>>());
    nothing_is_left_of(before);
}

#[test]
fn p14_stop_of_the_last_service_joins_the_thread() {
    let _turn = turn();
    let world = World::new();
    let before = before(&world);
    let paths = files(&world, 2);
    for _ in 0..20 {
        let first = start(&paths[0]);
        let second = start(&paths[1]);
        first.1.stop();
        engine_threads_become(1);
        second.1.stop();
        // No handle is needed any more, and none ends anything.
        assert_eq!(*first.0.load(), "one");
        engine_threads_become(0);
        drop((first, second));
    }
    nothing_is_left_of(before);
}

#[test]
fn p14_stop_waits_for_a_running_callback_and_then_for_the_thread() {
    let _turn = turn();
    let world = World::new();
    let before = before(&world);
    let (live, control) = start(&world.file("file", "one"));
    let (begin, begun) = mpsc::channel();
    let (go, gate) = mpsc::channel();
    let callback = live.for_each(move |_| {
        begin.send(()).unwrap();
        gate.recv().unwrap();
    });
    begun.recv_timeout(DEADLINE).unwrap();
    let stopping = thread::spawn(move || control.stop());
    go.send(()).unwrap();
    in_time("the stop during a call", move || stopping.join().unwrap());
    in_time("the callback", move || {
        blocking::wait(callback.finished()).unwrap();
    });
    drop(live);
    nothing_is_left_of(before);
}

/// Its second load begins work on a blocking thread and waits for it.
#[derive(Clone)]
struct Working {
    begun: mpsc::Sender<()>,
    go: Arc<Mutex<Option<mpsc::Receiver<()>>>>,
    ended: Arc<AtomicBool>,
}

#[async_trait]
impl Reload<u8, String> for Working {
    type Source = Self;

    async fn new(source: &Self) -> ReloadResult<Self, u8, String> {
        Ok(source.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<u8>, u8, String> {
        Ok(Some(1))
    }

    async fn reload_since(&self, seen: Option<&Revision>) -> ReloadResult<Loaded<u8>, u8, String> {
        if seen.is_some() {
            let Self { begun, go, ended } = self.clone();
            let work = move || {
                let go = go.lock().unwrap().take().unwrap();
                begun.send(()).unwrap();
                go.recv().unwrap();
                // A stop that does not wait returns within this time.
                thread::park_timeout(Duration::from_millis(100));
                ended.store(true, Ordering::SeqCst);
            };
            spawn_blocking(work).await.unwrap();
        }
        let revision = Some(Revision::new("1"));
        Ok(Loaded::Value { value: 1, revision })
    }
}

#[test]
fn p14_stop_of_the_last_service_waits_for_blocking_work() {
    let _turn = turn();
    let (begun, began) = mpsc::channel();
    let (go_on, go) = mpsc::channel();
    let source = Working {
        begun,
        go: Arc::new(Mutex::new(Some(go))),
        ended: Arc::default(),
    };
    let ended = Arc::clone(&source.ended);
    let (_live, control) = ReloaderService::builder_by_revision(source)
        .start_blocking()
        .unwrap();
    thread::scope(|scope| {
        scope.spawn(|| control.reload());
        began.recv_timeout(DEADLINE).unwrap();
        let stopping = scope.spawn(|| control.stop());
        go_on.send(()).unwrap();
        stopping.join().unwrap();
        assert!(ended.load(Ordering::SeqCst), "its thread is left");
    });
    engine_threads_become(0);
}

#[test]
fn p14_drops_of_the_last_handles_leave_nothing() {
    let _turn = turn();
    let world = World::new();
    let before = before(&world);
    let path = world.file("file", "one");
    for round in 0..20 {
        let (live, control) = start(&path);
        match round % 3 {
            0 => drop((live, control)),
            // In a callback, on a thread of the engine.
            1 => {
                let handles = Mutex::new(Some((live.clone(), control)));
                live.for_each(move |_| drop(handles.lock().unwrap().take()))
                    .detach();
            }
            // The reading handle is the last one, on another thread.
            _ => {
                drop(control);
                thread::spawn(move || assert_eq!(*live.load(), "one"))
                    .join()
                    .unwrap();
            }
        }
    }
    nothing_is_left_of(before);
}

#[test]
fn p14_stops_in_callbacks_leave_nothing() {
    let _turn = turn();
    let world = World::new();
    let before = before(&world);
    let path = world.file("file", "one");
    static STOPPED: AtomicUsize = AtomicUsize::new(0);
    for _ in 0..20 {
        let (live, control) = start(&path);
        let callback = live.for_each(move |_| {
            control.stop();
            STOPPED.fetch_add(1, Ordering::Relaxed);
        });
        in_time("the callback", || blocking::wait(callback.finished())).unwrap();
    }
    assert_eq!(STOPPED.load(Ordering::Relaxed), 20);
    nothing_is_left_of(before);
}

#[test]
fn process_with_running_blocking_services_exits_promptly() {
    const NAME: &str = "blocking::process_with_running_blocking_services_exits_promptly";
    if let Some(folder) = task() {
        // Neither stopped nor dropped when `main` returns.
        static SERVICES: std::sync::OnceLock<Vec<Service>> = std::sync::OnceLock::new();
        let path = Path::new(&folder).join("file");
        let services = SERVICES.get_or_init(|| (0..8).map(|_| start(&path)).collect());
        let busy = services[0].0.for_each(|_| {
            loop {
                // Also a callback that never returns delays nothing.
                thread::park();
            }
        });
        busy.detach();
        return report("they run");
    }
    let _turn = turn();
    let world = World::new();
    let path = world.file("file", "one");
    let mut twin = Twin::start(NAME, path.parent().unwrap());
    twin.expect("they run");
    in_time("the exit", move || twin.end());
}
