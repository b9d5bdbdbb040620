//! [`Rig`]: a group of scripted members, each with a pool as its participant. A combination is valid if all members have the
//! same text. [`Book`] counts opened and closed pools, and records what readers see.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hot_reload::group::{GroupSnapshot, MemberKey, Members};
use hot_reload::{Builder, Control, Coordinator, Live, Participant, async_trait};
use tokio::time::sleep;

use crate::script::{Content, Good, Script};

pub(crate) type Group = Builder<Members, GroupSnapshot, Cow<'static, str>>;

/// A fault of a pool or a validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    Refuse,
    Panic,
    Hang,
    PanicCommitting,
    HangCommitting,
}

/// The book that all participants write into.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Book>>);

#[derive(Default)]
pub(crate) struct Book {
    /// The faults, by participant: `m0`, `m0/pool`, `group`, `group/pool`.
    pub(crate) wrong: Vec<(String, Wrong)>,
    /// How long preparing takes.
    pub(crate) takes: Duration,
    pub(crate) opened: usize,
    pub(crate) closed: usize,
    pub(crate) entries: Vec<String>,
    /// The combinations that the group's validator was asked about.
    pub(crate) asked: Vec<String>,
    in_use: Vec<(String, Opened)>,
    live: Option<(Live<GroupSnapshot>, Vec<MemberKey<String>>)>,
    /// The mixed values that readers saw.
    mixed: Vec<String>,
}

impl Notes {
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap()
    }

    pub(crate) fn entries(&self) -> Vec<String> {
        std::mem::take(&mut self.book().entries)
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.book().asked)
    }

    pub(crate) fn fail(&self, who: &str, wrong: Wrong) {
        self.book().wrong.push((who.to_owned(), wrong));
    }

    pub(crate) fn open(&self) -> usize {
        let book = self.book();
        book.opened - book.closed
    }

    fn wrong(&self, who: &str) -> Option<Wrong> {
        let book = self.book();
        let wrong = book.wrong.iter().find(|(name, _)| name == who);
        wrong.map(|(_, wrong)| *wrong)
    }

    /// Reads the group, as anybody may at any time.
    pub(crate) fn look(&self) {
        let live = self.book().live.clone();
        if let Some((live, keys)) = live
            && let Some(snapshot) = live.try_load()
        {
            let texts: Vec<_> = keys
                .iter()
                .filter_map(|key| Some(snapshot.get(*key)?.value()))
                .collect();
            if texts.windows(2).any(|pair| pair[0] != pair[1]) {
                let seen = format!("{texts:?}");
                self.book().mixed.push(seen);
            }
        }
    }

    /// Runs this, and reads the group before and after every poll of it.
    async fn watched<R>(&self, code: impl Future<Output = R>) -> R {
        let mut code = pin!(code);
        poll_fn(|context| {
            self.look();
            let polled = code.as_mut().poll(context);
            self.look();
            polled
        })
        .await
    }

    pub(crate) fn assert_never_mixed(&self) {
        assert_eq!(self.book().mixed, Vec::<String>::new());
    }

    /// No pool is in use any more, and no reader runs.
    pub(crate) fn close(&self) {
        let mut book = self.book();
        let (in_use, live) = (std::mem::take(&mut book.in_use), book.live.take());
        drop(book);
        drop((in_use, live));
    }

    fn refuse(&self, who: &str) -> Result<(), String> {
        match self.wrong(who) {
            Some(Wrong::Refuse) => Err("not today".to_owned()),
            Some(Wrong::Panic) => panic!("a bug in {who}"),
            _ => Ok(()),
        }
    }

    /// A validator that asks whether all texts are the same.
    pub(crate) fn check(
        &self,
        keys: &[MemberKey<String>],
        snapshot: &GroupSnapshot,
    ) -> Result<(), String> {
        self.look();
        let texts = keys
            .iter()
            .filter_map(|key| Some(snapshot.get(*key)?.value()));
        let mut texts: Vec<_> = texts.cloned().collect();
        self.book().asked.push(texts.join(" "));
        self.refuse("group")?;
        texts.dedup();
        match texts.len() {
            0 | 1 => Ok(()),
            _ => Err(format!("they do not belong together: {}", texts.join(", "))),
        }
    }
}

/// An open pool. Dropping it closes it.
pub(crate) struct Opened(Notes);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.look();
        self.0.book().closed += 1;
    }
}

/// A participant, of a member or of the group.
pub(crate) struct Pool {
    name: String,
    notes: Notes,
}

impl Pool {
    pub(crate) fn new(name: impl Into<String>, notes: &Notes) -> Self {
        Self {
            name: name.into(),
            notes: notes.clone(),
        }
    }

    fn note(&self, what: &str) {
        let text = format!("{} {what}", self.name);
        self.notes.book().entries.push(text);
    }
}

#[async_trait]
impl<V: Sync> Participant<V> for Pool {
    type Prepared = Opened;

    async fn prepare(&self, _: &V) -> Result<Opened, Box<dyn StdError + Send + Sync>> {
        let notes = &self.notes;
        let prepare = async {
            self.note("prepares");
            notes.book().opened += 1;
            let (opened, takes) = (Opened(notes.clone()), notes.book().takes);
            sleep(takes).await;
            if notes.wrong(&self.name) == Some(Wrong::Hang) {
                pending::<()>().await;
            }
            notes.refuse(&self.name)?;
            Ok(opened)
        };
        notes.watched(prepare).await
    }

    async fn commit(&self, opened: Opened) {
        let commit = async {
            match self.notes.wrong(&self.name) {
                Some(Wrong::PanicCommitting) => panic!("a bug in {}", self.name),
                Some(Wrong::HangCommitting) => pending().await,
                _ => {}
            }
            self.note("commits");
            let mut book = self.notes.book();
            let before = book.in_use.iter().position(|(name, _)| *name == self.name);
            let before = before.map(|at| book.in_use.swap_remove(at));
            book.in_use.push((self.name.clone(), opened));
            drop(book);
            drop(before);
        };
        self.notes.watched(commit).await;
    }

    async fn abort(&self, opened: Opened) {
        let abort = async {
            self.note("aborts");
            drop(opened);
        };
        self.notes.watched(abort).await;
    }
}

/// A group that runs.
pub(crate) struct Rig {
    pub(crate) scripts: Vec<Script>,
    pub(crate) keys: Vec<MemberKey<String>>,
    pub(crate) notes: Notes,
    pub(crate) live: Live<GroupSnapshot>,
    pub(crate) control: Control<GroupSnapshot>,
}

/// A group of so many members that hold this, not yet started. A member refuses what its notes say.
pub(crate) fn members(
    contents: &[Content],
    notes: &Notes,
) -> (Coordinator, Vec<Script>, Vec<MemberKey<String>>) {
    let mut group = Coordinator::new();
    let scripts = contents.iter().cloned().map(Script::new);
    let scripts: Vec<_> = scripts.collect();
    let keys = scripts.iter().enumerate().map(|(place, script)| {
        let name = format!("m{place}");
        let pool = Pool::new(format!("{name}/pool"), notes);
        let (own, notes) = (name.clone(), notes.clone());
        let builder = script
            .builder()
            .hybrid()
            .validate(move |_| notes.refuse(&own))
            .participant("pool", pool);
        group.member(name, builder)
    });
    let keys = keys.collect();
    (group, scripts, keys)
}

/// The group with its validator and its pool.
pub(crate) fn builder(group: Coordinator, keys: &[MemberKey<String>], notes: &Notes) -> Group {
    let (all, checks) = (keys.to_vec(), notes.clone());
    group
        .into_builder()
        .name("group")
        .validate(move |snapshot| checks.check(&all, snapshot))
        .participant("pool", Pool::new("group/pool", notes))
}

impl Rig {
    /// So many members that hold the same.
    pub(crate) async fn of(count: usize, text: &'static str) -> Self {
        let notes = Notes::default();
        let (group, scripts, keys) = members(&vec![Good(text); count], &notes);
        Self::start(builder(group, &keys, &notes), scripts, keys, notes).await
    }

    pub(crate) async fn start(
        builder: Group,
        scripts: Vec<Script>,
        keys: Vec<MemberKey<String>>,
        notes: Notes,
    ) -> Self {
        let (live, control) = builder.start().await.unwrap();
        notes.book().live = Some((live.clone(), keys.clone()));
        Self {
            scripts,
            keys,
            notes,
            live,
            control,
        }
    }

    /// The visible texts.
    pub(crate) fn texts(&self) -> Vec<String> {
        let snapshot = self.live.load();
        let texts = self
            .keys
            .iter()
            .filter_map(|key| Some(snapshot.get(*key)?.value()));
        texts.cloned().collect()
    }

    /// All members hold this from now on, and say so.
    pub(crate) fn set_all(&self, text: &'static str) {
        for script in &self.scripts {
            script.set(Good(text));
        }
    }

    /// All members hold this from now on, and do not say so.
    pub(crate) fn set_all_silently(&self, text: &'static str) {
        for script in &self.scripts {
            script.state().set_silently(Good(text));
        }
    }
}

/// Longer than the debounce windows of a group and of its members.
pub(crate) async fn quiet() {
    sleep(Duration::from_millis(60)).await;
}
