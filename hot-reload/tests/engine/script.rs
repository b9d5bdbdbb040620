//! [`Script`]: a scripted source that records its calls.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use hot_reload::error::ErrorKind;
use hot_reload::event::HoldReason;
use hot_reload::source::WatchProfile;
use hot_reload::status::{Hold, SourceStatus};
use hot_reload::{
    Builder, Control, Error, Live, Loaded, RealtimeWatch, RealtimeWatchHandle, Reload,
    ReloadResult, ReloaderError, ReloaderService, Revision, WatchEvent, async_trait,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

/// The content of the source, or its fault.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Good(&'static str),
    Bad(&'static str),
    Missing,
    Failing(ErrorKind),
    Hanging,
    Panicking,
    /// It is being written, since this time after 1970.
    Written(Duration),
}

pub(crate) use Content::{Bad, Failing, Good, Hanging, Missing, Panicking, Written};

type OpenHook = Box<dyn FnMut(&mut State) + Send>;
type LoadHook = Box<dyn FnMut(&Content) + Send>;
type StatusHook = Box<dyn FnOnce() + Send>;

#[derive(Clone)]
pub(crate) struct Script(Arc<Mutex<State>>);

pub(crate) struct State {
    content: Content,
    /// The behaviour of opening the watch: it opens, fails or hangs.
    opening: Option<Content>,
    /// Whether changes are announced.
    pub(crate) muted: bool,
    /// Whether loads have revisions.
    pub(crate) revisions: bool,
    pub(crate) load_takes: Duration,
    pub(crate) profile: WatchProfile,
    /// Its `source_status`.
    pub(crate) status: Option<SourceStatus>,
    /// Whether it panics when it is asked how it is.
    pub(crate) speechless: bool,
    watch: Option<mpsc::Sender<WatchEvent<String>>>,
    /// When each load began.
    pub(crate) loads: Vec<Instant>,
    /// When each attempt to open a watch began.
    pub(crate) opens: Vec<Instant>,
    /// How often bad content was decoded.
    pub(crate) decoded_bad: u32,
    running: u32,
    /// The most loads that ever ran at once.
    pub(crate) most_running: u32,
    /// Called when a watch is open, before `watch_realtime` returns.
    on_open: Option<OpenHook>,
    /// Called when a load begins, with what it will find.
    on_load: Option<LoadHook>,
    /// Called when the source is asked next how it is.
    on_status: Option<StatusHook>,
}

impl Script {
    pub(crate) fn new(content: Content) -> Self {
        Self(Arc::new(Mutex::new(State {
            content,
            opening: None,
            muted: false,
            revisions: true,
            load_takes: Duration::ZERO,
            profile: WatchProfile::local(),
            status: None,
            speechless: false,
            watch: None,
            loads: Vec::new(),
            opens: Vec::new(),
            decoded_bad: 0,
            running: 0,
            most_running: 0,
            on_open: None,
            on_load: None,
            on_status: None,
        })))
    }

    pub(crate) fn builder(&self) -> Builder<Self, String, String> {
        ReloaderService::builder(self.clone())
    }

    /// A service on it that watches and polls.
    pub(crate) async fn service(&self) -> (Live<String>, Control<String>) {
        self.builder().hybrid().start().await.unwrap()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn with(self, change: impl FnOnce(&mut State)) -> Self {
        change(&mut self.state());
        self
    }

    /// Changes the content, and announces it unless muted.
    pub(crate) fn set(&self, content: Content) {
        let mut state = self.state();
        state.content = content;
        if !state.muted {
            state.send(WatchEvent::Hint);
        }
    }

    /// Lets the watch say something.
    pub(crate) fn send(&self, event: WatchEvent<String>) {
        self.state().send(event);
    }

    /// Ends the watch without a word.
    pub(crate) fn lose_watch(&self) {
        self.state().watch = None;
    }

    /// The fault of the next watches. `None`: they open.
    pub(crate) fn set_opening(&self, opening: Option<Content>) {
        self.state().opening = opening;
    }

    pub(crate) fn on_open(&self, hook: impl FnMut(&mut State) + Send + 'static) {
        self.state().on_open = Some(Box::new(hook));
    }

    pub(crate) fn on_load(&self, hook: impl FnMut(&Content) + Send + 'static) {
        self.state().on_load = Some(Box::new(hook));
    }

    pub(crate) fn on_status(&self, hook: impl FnOnce() + Send + 'static) {
        self.state().on_status = Some(Box::new(hook));
    }

    pub(crate) fn loads(&self) -> usize {
        self.state().loads.len()
    }

    pub(crate) fn opens(&self) -> usize {
        self.state().opens.len()
    }

    /// Whether a watch is open.
    pub(crate) fn is_watched(&self) -> bool {
        let state = self.state();
        state.watch.as_ref().is_some_and(|watch| !watch.is_closed())
    }

    /// How many hold the source, without the test.
    pub(crate) fn holders(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

impl State {
    pub(crate) fn set_silently(&mut self, content: Content) {
        self.content = content;
    }

    fn send(&mut self, event: WatchEvent<String>) {
        if let Some(watch) = &self.watch {
            let _ = watch.try_send(event);
        }
    }
}

/// Counts a running load down again, also when it is dropped half-way.
struct Running(Script);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.state().running -= 1;
    }
}

#[async_trait]
impl Reload<String, String> for Script {
    type Source = Self;

    async fn new(script: &Self) -> ReloadResult<Self, String, String> {
        Ok(script.clone())
    }

    async fn reload(&self) -> ReloadResult<Option<String>, String, String> {
        match self.reload_since(None).await? {
            Loaded::Value { value, .. } => Ok(Some(value)),
            _ => Ok(None),
        }
    }

    fn source_name(&self) -> Option<String> {
        Some("script".to_owned())
    }

    fn source_status(&self) -> Option<SourceStatus> {
        let (status, speechless, hook) = {
            let mut state = self.state();
            (
                state.status.clone(),
                state.speechless,
                state.on_status.take(),
            )
        };
        if let Some(hook) = hook {
            hook();
        }
        assert!(!speechless, "the source has a bug");
        status
    }

    async fn reload_since(
        &self,
        seen: Option<&Revision>,
    ) -> ReloadResult<Loaded<String>, String, String> {
        let (content, takes, revisions) = {
            let mut state = self.state();
            state.loads.push(Instant::now());
            state.running += 1;
            state.most_running = state.most_running.max(state.running);
            let content = state.content.clone();
            if let Some(hook) = &mut state.on_load {
                hook(&content);
            }
            (content, state.load_takes, state.revisions)
        };
        let _running = Running(self.clone());
        sleep(takes).await;
        let revision = |text: &str| revisions.then(|| Revision::new(text));
        match content {
            Good(text) | Bad(text) if revisions && seen == revision(text).as_ref() => {
                Ok(Loaded::Unchanged)
            }
            Good(text) => Ok(Loaded::Value {
                value: text.to_owned(),
                revision: revision(text),
            }),
            Bad(text) => {
                self.state().decoded_bad += 1;
                let error = Error::new(ErrorKind::Decode, format!("cannot read {text:?}"));
                let error = match revision(text) {
                    Some(revision) => error.with_revision(revision),
                    None => error,
                };
                Err(ReloaderError::Other(anyhow::Error::new(error)))
            }
            Missing => Ok(Loaded::Missing),
            Failing(kind) => Err(ReloaderError::Other(anyhow::Error::new(Error::new(
                kind,
                "the source is away",
            )))),
            Hanging => pending().await,
            Panicking => panic!("the loader has a bug"),
            Written(since) => Ok(Loaded::Held {
                hold: Hold::new(
                    HoldReason::BeingWritten,
                    SystemTime::UNIX_EPOCH + since,
                    "it is being written",
                ),
                again: seconds(1),
            }),
        }
    }
}

#[async_trait]
impl RealtimeWatch<String, String> for Script {
    async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<String>, String, String> {
        let opening = {
            let mut state = self.state();
            state.opens.push(Instant::now());
            state.opening.clone()
        };
        match opening {
            Some(Failing(kind)) => {
                let error = Error::new(kind, "no watch to be had");
                return Err(ReloaderError::Other(anyhow::Error::new(error)));
            }
            Some(Hanging) => pending().await,
            Some(Panicking) => panic!("the watch has a bug"),
            _ => {}
        }
        let (sender, rx) = mpsc::channel(16);
        let mut state = self.state();
        state.watch = Some(sender);
        if let Some(mut hook) = state.on_open.take() {
            hook(&mut state);
            state.on_open = Some(hook);
        }
        Ok(RealtimeWatchHandle::new(rx))
    }

    fn profile(&self) -> WatchProfile {
        self.state().profile
    }
}

/// Lets everything run that can run without time passing by more than an instant.
pub(crate) async fn settle() {
    sleep(Duration::from_millis(2)).await;
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
