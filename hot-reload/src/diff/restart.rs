//! [`RestartRequired`]: the parts of a value that only a restart applies.

use std::fmt;

use serde::Serialize;

use super::collect::collect;
use super::policy::RestartPolicy;
use super::show;
use super::tree::Node;
use super::verdict::Verdict;
use super::walk::{Step, Walk, first_key, take};
use crate::error::Error;
use crate::scope::pattern::{self, Wanted};
use crate::scope::{Rules, Scope};

/// The parts of a value that only a restart applies, such as a listen address or a number of threads.
///
/// # Default
///
/// - policy: [`RestartPolicy::Warn`];
/// - secrets: those that [`between`](super::between) recognizes.
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
///      workres: declared as needing a restart, but not in the value: perhaps a typo",
/// );
/// assert!(verdict.into_result().is_err());
/// # Ok::<(), hot_reload::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "it has no effect until it checks values"]
pub struct RestartRequired {
    declared: Vec<Declared>,
    /// The first declaration that is not a path.
    fault: Option<Error>,
    policy: RestartPolicy,
    rules: Rules,
}

#[derive(Debug, Clone)]
struct Declared {
    text: String,
    steps: Vec<Wanted>,
}

/// The declared parts of the value that the process started with. [`RestartRequired::in_effect`] returns it.
pub struct InEffect(Node);

impl RestartRequired {
    /// Declares these parts, each a [`Path`](super::Path) to a value, or to a table or list with all its content.
    ///
    /// `*` stands for any one segment: `listeners.*.port`. If a text is not a path, every check fails with
    /// [`ErrorKind::Misconfigured`](crate::error::ErrorKind::Misconfigured).
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

    /// Sets what happens to a new value in which a declared part changed.
    pub fn policy(mut self, policy: RestartPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Declares a path as secret, as [`Differ::secret`](super::Differ::secret) does.
    pub fn secret(mut self, path: &str) -> Self {
        self.rules.declare(path);
        self
    }

    /// Compares the declared parts of two values.
    ///
    /// `old` is the value in effect: the one that the process *started* with, not the one published before. With
    /// [`RestartPolicy::Warn`] these two differ. [`in_effect`](Self::in_effect) keeps the needed parts.
    ///
    /// The result depends only on the arguments. Each call reports the declared parts that neither value has; report them to a
    /// person once.
    ///
    /// # Errors
    ///
    /// Those of [`between`](super::between), and [`ErrorKind::Misconfigured`](crate::error::ErrorKind::Misconfigured) if a declared
    /// path is invalid.
    pub fn check<V: Serialize + ?Sized>(&self, old: &V, new: &V) -> Result<Verdict, Error> {
        self.judge(&self.collect(old)?, &self.collect(new)?)
    }

    /// Keeps the declared parts of the value that the process starts with, for [`check_against`](Self::check_against).
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
    /// // It still needs a restart, but not once the first value is back.
    /// assert!(required.check_against(&in_effect, &[2, 30])?.needs_restart());
    /// assert!(!required.check_against(&in_effect, &[1, 30])?.needs_restart());
    /// # Ok::<(), hot_reload::Error>(())
    /// ```
    pub fn in_effect<V: Serialize + ?Sized>(&self, first: &V) -> Result<InEffect, Error> {
        let mut node = self.collect(first)?;
        keep(&mut node, &self.steps());
        Ok(InEffect(node))
    }

    /// Compares the declared parts of a value with those in effect.
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
        // Two declarations can cover one part: a pattern and a path, or a part and the table around it.
        changes.dedup();
        Ok(Verdict::new(self.policy, changes, unknown))
    }
}

/// Compares the parts that the steps match. Returns whether they match anything.
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
        if *step == Wanted::Any || matches!(step, Wanted::Key(wanted) if *wanted == show::name(key))
        {
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

/// Removes all parts that no steps match. Unmatched items become `Nothing`, so that the others keep their index.
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
            let wanted =
                below(&|step| matches!(step, Wanted::Key(name) if *name == show::name(key)));
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
    /// Omits the values, because they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InEffect").finish_non_exhaustive()
    }
}
