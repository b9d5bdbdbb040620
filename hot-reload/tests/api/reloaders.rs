//! Reloaders as programs write them.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, MutexGuard};

use async_trait::async_trait;
use hot_reload::{
    AsyncFileLoad, RealtimeWatch, RealtimeWatchHandle, Reload, ReloadResult, ReloaderError,
    WatchEvent,
};
use tokio::sync::mpsc;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certs(pub(crate) Vec<String>);

pub(crate) trait CertSource: Send + Sync {
    fn read(&self) -> Result<String, anyhow::Error>;
}

impl CertSource for &'static str {
    fn read(&self) -> Result<String, anyhow::Error> {
        match *self {
            "" => Err(anyhow::anyhow!("no certificate")),
            text => Ok(text.to_owned()),
        }
    }
}

pub(crate) type CertSources = HashMap<String, Arc<dyn CertSource>>;

/// `S` left at its default, a source of trait objects, results spelled out.
#[derive(Clone)]
pub(crate) struct CertReloader(CertSources);

#[async_trait]
impl Reload<Certs> for CertReloader {
    type Source = CertSources;

    async fn new(source: &Self::Source) -> Result<Self, ReloaderError<Certs>> {
        Ok(Self(source.clone()))
    }

    async fn reload(&self) -> Result<Option<Certs>, ReloaderError<Certs>> {
        if self.0.is_empty() {
            return Err(ReloaderError::<Certs>::Reload("nothing to serve"));
        }
        let mut all = Vec::new();
        for source in self.0.values() {
            // `?` on an `anyhow::Error`.
            all.push(source.read()?);
        }
        Ok(Some(Certs(all)))
    }
}

/// `S` set to `String`, and a watch of its own.
#[derive(Clone)]
pub(crate) struct Pushed(String);

#[async_trait]
impl Reload<u32, String> for Pushed {
    type Source = String;

    async fn new(source: &Self::Source) -> ReloadResult<Self, u32, String> {
        Ok(Self(source.clone()))
    }

    async fn reload(&self) -> ReloadResult<Option<u32>, u32, String> {
        let number = self.0.parse();
        let text = |error| format!("{}: {error}", self.0);
        number
            .map(Some)
            .map_err(|error: std::num::ParseIntError| ReloaderError::Reload(text(error)))
    }
}

#[async_trait]
impl RealtimeWatch<u32, String> for Pushed {
    async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<u32>, u32, String> {
        let (sender, rx) = mpsc::channel(100);
        let event = WatchEvent::Changed(7);
        let sent = sender.send(event.clone()).await;
        sent.map_err(|error| anyhow::anyhow!("{error}"))?;
        let _ = format!("{event:?}");
        let _: [WatchEvent<u32>; 2] = [WatchEvent::Removed, WatchEvent::Error("x".to_owned())];
        let _: RealtimeWatchHandle<u32> = RealtimeWatchHandle::new(mpsc::channel(1).1);
        let cleanup: Box<dyn Any + Send> = Box::new(sender);
        let mut handle = RealtimeWatchHandle::with_cleanup(rx, cleanup);
        let _: &mut mpsc::Receiver<WatchEvent<u32>> = &mut handle.rx;
        Ok(handle)
    }
}

/// A value from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page(pub(crate) String);

impl TryFrom<&PathBuf> for Page {
    type Error = std::io::Error;

    fn try_from(path: &PathBuf) -> Result<Self, Self::Error> {
        std::fs::read_to_string(path).map(Self)
    }
}

#[async_trait]
impl AsyncFileLoad for Page {
    type Error = String;

    async fn async_load_from<T>(path: T) -> Result<Self, Self::Error>
    where
        T: AsRef<Path> + Send,
    {
        let text = tokio::fs::read_to_string(path.as_ref()).await;
        text.map(Self).map_err(|error| error.to_string())
    }
}

#[allow(unused_qualifications, reason = "programs name it by this path")]
pub(crate) type PageReloader = hot_reload::file_reloader::FileReloader<Page>;

/// A value from a file that is only polled, and must not go to another thread.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tag(PhantomData<MutexGuard<'static, ()>>);

impl TryFrom<&PathBuf> for Tag {
    type Error = &'static str;

    fn try_from(path: &PathBuf) -> Result<Self, Self::Error> {
        match path.is_absolute() {
            true => Ok(Self::default()),
            false => Err("relative"),
        }
    }
}

/// Neither `Send` nor `'static`, and compared by nothing but `Eq`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Local<'a>(Rc<Cell<u8>>, pub(crate) &'a str);

#[derive(Clone)]
pub(crate) struct LocalReloader<'a>(&'a str);

#[async_trait]
impl<'a> Reload<Local<'a>, Cow<'static, str>> for LocalReloader<'a> {
    type Source = &'a str;

    async fn new(source: &&'a str) -> ReloadResult<Self, Local<'a>, Cow<'static, str>> {
        Ok(Self(source))
    }

    async fn reload(&self) -> ReloadResult<Option<Local<'a>>, Local<'a>, Cow<'static, str>> {
        Ok(Some(Local(Rc::default(), self.0)))
    }
}

#[async_trait]
impl<'a> RealtimeWatch<Local<'a>, Cow<'static, str>> for LocalReloader<'a> {
    async fn watch_realtime(
        &self,
    ) -> ReloadResult<RealtimeWatchHandle<Local<'a>>, Local<'a>, Cow<'static, str>> {
        Err(ReloaderError::Reload("no watch today".into()))
    }
}
