//! [`Ledger`]: scripted participants, counted together with the resources that they open.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hot_reload::{Builder, Participant, Receipt, async_trait};
use tokio::time::sleep;

use crate::script::Script;

/// A fault, and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    Refuse,
    HangPreparing,
    PanicPreparing,
    HangEnding,
    PanicEnding,
}

pub(crate) use Fault::{HangEnding, HangPreparing, Nothing, PanicEnding, PanicPreparing, Refuse};

/// Counts what participants do, each under its name.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Book>>);

#[derive(Default)]
pub(crate) struct Book {
    fault: BTreeMap<String, Fault>,
    /// How long preparing takes.
    pub(crate) takes: Duration,
    /// How long committing takes.
    pub(crate) commit_takes: Duration,
    told: Vec<String>,
    /// The open resources and their owners: opened for a candidate, or in use.
    pub(crate) open: BTreeMap<String, Vec<String>>,
    in_use: BTreeMap<String, Opened>,
}

impl Ledger {
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap()
    }

    /// The open resources of each participant.
    pub(crate) fn open(&self) -> BTreeMap<String, Vec<String>> {
        let open = self.book().open.clone();
        open.into_iter()
            .filter(|(_, open)| !open.is_empty())
            .collect()
    }

    pub(crate) fn entries(&self) -> Vec<String> {
        std::mem::take(&mut self.book().told)
    }

    pub(crate) fn fail(&self, name: &str, fault: Fault) {
        self.book().fault.insert(name.to_owned(), fault);
    }

    fn participant(&self, name: &str) -> Member {
        Member {
            name: name.to_owned(),
            ledger: self.clone(),
        }
    }
}

/// A resource that was opened for a value. It is closed by being dropped.
struct Opened {
    name: String,
    value: String,
    ledger: Ledger,
}

impl Drop for Opened {
    fn drop(&mut self) {
        let mut book = self.ledger.book();
        let open = book.open.get_mut(&self.name).unwrap();
        let at = open.iter().position(|open| *open == self.value).unwrap();
        open.remove(at);
    }
}

struct Member {
    name: String,
    ledger: Ledger,
}

impl Member {
    fn fault(&self) -> Fault {
        let book = self.ledger.book();
        book.fault.get(&self.name).copied().unwrap_or(Nothing)
    }

    fn note(&self, what: &str) {
        let text = format!("{} {what}", self.name);
        self.ledger.book().told.push(text);
    }

    async fn end(&self) {
        match self.fault() {
            HangEnding => pending().await,
            PanicEnding => panic!("no end"),
            _ => {}
        }
    }
}

#[async_trait]
impl Participant<String> for Member {
    type Prepared = Opened;

    async fn prepare(&self, candidate: &String) -> Result<Opened, Box<dyn StdError + Send + Sync>> {
        let opened = Opened {
            name: self.name.clone(),
            value: candidate.clone(),
            ledger: self.ledger.clone(),
        };
        let takes = {
            let mut book = self.ledger.book();
            let open = book.open.entry(self.name.clone()).or_default();
            open.push(candidate.clone());
            book.takes
        };
        sleep(takes).await;
        match self.fault() {
            Refuse => Err("not today".into()),
            HangPreparing => pending().await,
            PanicPreparing => panic!("cannot"),
            _ => Ok(opened),
        }
    }

    async fn commit(&self, opened: Opened) {
        let takes = self.ledger.book().commit_takes;
        sleep(takes).await;
        self.end().await;
        self.note("committed");
        let before = self.ledger.book().in_use.insert(self.name.clone(), opened);
        drop(before);
    }

    async fn abort(&self, opened: Opened) {
        self.end().await;
        self.note("aborted");
        drop(opened);
    }
}

/// A service with so many participants: `a`, `b` …
pub(crate) fn service(
    script: &Script,
    ledger: &Ledger,
    members: usize,
) -> Builder<Script, String, String> {
    let names = ["a", "b", "c", "d", "e"];
    let builder = script.builder().hybrid();
    names[..members].iter().fold(builder, |builder, name| {
        builder.participant(*name, ledger.participant(name))
    })
}

pub(crate) fn open(names: &[&str], value: &str) -> BTreeMap<String, Vec<String>> {
    let open = names
        .iter()
        .map(|name| (name.to_string(), vec![value.to_owned()]));
    open.collect()
}

pub(crate) fn refusals(receipt: &Receipt) -> Vec<(String, String)> {
    let refused = receipt.votes.iter().filter_map(|vote| {
        let refusal = vote.refusal.as_ref()?;
        Some((vote.participant.clone(), refusal.to_string()))
    });
    refused.collect()
}
