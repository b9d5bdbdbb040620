//! [`RestartRequired`]: the parts of a value that a running process cannot take over.

use std::fmt;

use serde::Serialize;

use super::collect::collect;
use super::policy::RestartPolicy;
use super::tree::Node;
use super::verdict::Verdict;
use super::walk::{Step, Walk, first_key, take};
use crate::error::Error;
use crate::scope::pattern::{self, Wanted};
use crate::scope::{Rules, Scope};

/// The parts of a value that a running process cannot take over: a listen address, a number of threads.
///
/// # Default
///
/// - policy: [`RestartPolicy::Warn`];
/// - secrets: those that the names of keys tell.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use hot_reload::diff::{RestartPolicy, RestartRequired};
///
/// let required = RestartRequired::new(["listen", "workres"]).policy(RestartPolicy::Reject);
/// let old = BTreeMap::from([("listen", "0.0.0.0:80"), ("workers", "4")]);
/// let new = BTreeMap::from([("listen", "0.0.0.0:81"), ("workers", "8")]);
/// let verdict = required.check(&old, &new)?;
/// assert_eq!(
///     verdict.to_string(),
///     "listen: needs a restart to take effect: \"0.0.0.0:80\" -> \"0.0.0.0:81\"\n\
///      workres: declared as needing a restart, and not there: perhaps a typo",
/// );
/// assert!(verdict.into_result().is_err());
/// # Ok::<(), hot_reload::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "it does nothing until it is given values"]
pub struct RestartRequired {
    declared: Vec<Declared>,
    /// The first declaration that could not be read.
    fault: Option<Error>,
    policy: RestartPolicy,
    rules: Rules,
}

#[derive(Debug, Clone)]
struct Declared {
    text: String,
    steps: Vec<Wanted>,
}

/// The declared parts of the value that a process started with. From [`RestartRequired::in_effect`].
pub struct InEffect(Node);

impl RestartRequired {
    /// These parts, each a [`Path`](super::Path) to a value or to a table or list with all that is in it. `*` stands for one segment of any
    /// name: `listeners.*.port`.
    ///
    /// A text that is not a path makes every check fail with
    /// [`ErrorKind::Misconfigured`](crate::ErrorKind::Misconfigured).
    pub fn new<I>(paths: I) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let mut new = Self {
            declared: Vec::new(),
            fault: None,
            policy: RestartPolicy::default(),
            rules: Rules::default(),
        };
        for path in paths {
            let text = path.as_ref().to_owned();
            match pattern::parse(&text) {
                Ok(steps) if new.declared.iter().any(|known| known.steps == steps) => {}
                Ok(steps) => new.declared.push(Declared { text, steps }),
                Err(error) => {
                    new.fault.get_or_insert(error);
                }
            }
        }
        new
    }

    /// What becomes of a value in which one of them changed.
    pub fn policy(mut self, policy: RestartPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Declares a path as secret, as [`Differ::secret`](super::Differ::secret) does.
    pub fn secret(mut self, path: &str) -> Self {
        self.rules.declare(path);
        self
    }

    /// Which of the declared parts differ between two values.
    ///
    /// `old` is the value that is in effect: the one that the process *started* with, and not the one published before, because
    /// with [`RestartPolicy::Warn`] those part company. [`in_effect`](Self::in_effect) keeps what is needed of it.
    ///
    /// It depends on nothing but its arguments, and tells of a declared part that is in neither value each time; whoever
    /// calls it says so once.
    ///
    /// # Errors
    ///
    /// Those of [`between`](super::between), and [`ErrorKind::Misconfigured`](crate::ErrorKind::Misconfigured) if a declared
    /// path is none.
    pub fn check<V: Serialize + ?Sized>(&self, old: &V, new: &V) -> Result<Verdict, Error> {
        self.judge(&self.collect(old)?, &self.collect(new)?)
    }

    /// Keeps the declared parts of the value that a process starts with, for [`check_against`](Self::check_against).
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    ///
    /// ```
    /// use hot_reload::diff::RestartRequired;
    ///
    /// let required = RestartRequired::new(["[0]"]);
    /// let in_effect = required.in_effect(&[1, 10])?;
    /// assert!(required.check_against(&in_effect, &[2, 20])?.needs_restart());
    /// // It needs one still, and does no more when the first value is back.
    /// assert!(required.check_against(&in_effect, &[2, 30])?.needs_restart());
    /// assert!(!required.check_against(&in_effect, &[1, 30])?.needs_restart());
    /// # Ok::<(), hot_reload::Error>(())
    /// ```
    pub fn in_effect<V: Serialize + ?Sized>(&self, first: &V) -> Result<InEffect, Error> {
        let mut node = self.collect(first)?;
        keep(&mut node, &self.steps());
        Ok(InEffect(node))
    }

    /// Which of the declared parts differ from what is in effect.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub fn check_against<V: Serialize + ?Sized>(
        &self,
        in_effect: &InEffect,
        new: &V,
    ) -> Result<Verdict, Error> {
        self.judge(&in_effect.0, &self.collect(new)?)
    }

    fn collect<V: Serialize + ?Sized>(&self, value: &V) -> Result<Node, Error> {
        match &self.fault {
            Some(error) => Err(error.clone()),
            None => collect(value, &self.rules),
        }
    }

    fn steps(&self) -> Vec<&[Wanted]> {
        let steps = self.declared.iter();
        steps.map(|declared| declared.steps.as_slice()).collect()
    }

    fn judge(&self, old: &Node, new: &Node) -> Result<Verdict, Error> {
        let scope = self.rules.scope()?;
        let mut walk = Walk::default();
        let mut unknown = Vec::new();
        for declared in &self.declared {
            let sides = (Some(old), Some(new));
            if !visit(&mut walk, sides, &declared.steps, &scope) {
                unknown.push(declared.text.clone());
            }
        }
        let mut changes = walk.changes();
        // A part may be declared twice: by a pattern, or with all that is around it.
        changes.dedup();
        Ok(Verdict::new(self.policy, changes, unknown))
    }
}

/// Compares what the steps lead to, and says whether they lead to anything.
fn visit<'a>(
    walk: &mut Walk<'a>,
    (old, new): (Option<&'a Node>, Option<&'a Node>),
    steps: &[Wanted],
    scope: &Scope<'_>,
) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        walk.compare(old, new, scope);
        return old.is_some() || new.is_some();
    };
    let mut found = false;
    let entries = |node: Option<&'a Node>| node.and_then(Node::entries).unwrap_or_default();
    let (mut was, mut is) = (entries(old), entries(new));
    while let Some(key) = first_key(was, is) {
        let sides = (take(&mut was, key), take(&mut is, key));
        if *step == Wanted::Any || matches!(step, Wanted::Key(wanted) if wanted == key) {
            walk.within(Step::Key(key), scope, |walk, scope| {
                found |= visit(walk, sides, rest, scope);
            });
        }
    }
    let items = |node: Option<&'a Node>| node.and_then(Node::items).unwrap_or_default();
    let (was, is) = (items(old), items(new));
    for at in 0..was.len().max(is.len()) {
        if *step == Wanted::Any || *step == Wanted::Index(at) {
            walk.within(Step::at(at, at), scope, |walk, scope| {
                found |= visit(walk, (was.get(at), is.get(at)), rest, scope);
            });
        }
    }
    found
}

/// Forgets what none of the steps lead to. Items become nothing, so that the others stay in their places.
fn keep(node: &mut Node, wanted: &[&[Wanted]]) {
    if wanted.iter().any(|steps| steps.is_empty()) {
        return;
    }
    let below = |fits: &dyn Fn(&Wanted) -> bool| -> Vec<&[Wanted]> {
        let steps = wanted.iter().filter_map(|steps| steps.split_first());
        let fitting = steps.filter(|(step, _)| **step == Wanted::Any || fits(step));
        fitting.map(|(_, rest)| rest).collect()
    };
    match node {
        Node::Map(entries) | Node::Record(entries) => entries.retain_mut(|(key, value)| {
            let wanted = below(&|step| matches!(step, Wanted::Key(name) if name == key));
            keep(value, &wanted);
            !wanted.is_empty()
        }),
        Node::List(items) | Node::Tuple(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                let wanted = below(&|step| *step == Wanted::Index(at));
                match wanted.is_empty() {
                    true => *item = Node::Nothing,
                    false => keep(item, &wanted),
                }
            }
        }
        other => *other = Node::Nothing,
    }
}

impl fmt::Debug for InEffect {
    /// Without the values, of which some may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InEffect").finish_non_exhaustive()
    }
}
