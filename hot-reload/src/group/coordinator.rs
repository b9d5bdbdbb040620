//! [`Coordinator`]: several services become one group.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::cut::{GroupSnapshot, Names};
use super::member::MemberKey;
use super::members::{Begun, Members, ToBe};
use super::roster::Roster;
use super::start::GroupProfile;
use super::when_away::WhenAway;
use crate::service::builder::Builder;
use crate::service::settings::GROUP_DEBOUNCE;
use crate::watch::WatchProfile;

/// Several services that become one group: their values become visible together, by one pointer store, or not at all.
///
/// Each [member](Self::member) is a whole service, with a source, a strategy, validators and a removal policy of its own.
/// What it publishes nobody sees but the group. The group is one more service, whose value is the [`GroupSnapshot`]: the newest values
/// of all members. When a member has something new, a cut is put together, validated and prepared for, and takes the place of
/// the one before; members that have nothing new are in it with the same values, and are not asked. If anything refuses, all
/// stays as it was.
///
/// ```
/// # #[cfg(all(feature = "file", feature = "json"))] mod example {
/// use hot_reload::source::{File, Json, Source};
/// use hot_reload::{Coordinator, ReloaderService};
///
/// #[derive(PartialEq, serde::Deserialize)]
/// struct Schema { actions: Vec<String> }
///
/// #[derive(PartialEq, serde::Deserialize)]
/// struct Policies { allowed: Vec<String> }
///
/// # async fn example() -> Result<(), hot_reload::Error> {
/// let mut group = Coordinator::new();
/// let schema = File::new("schema.json").decode(Json::<Schema>::new());
/// let schema = group.member("schema", ReloaderService::builder(schema).hybrid());
/// let policies = File::new("policies.json").decode(Json::<Policies>::new());
/// let policies = group.member("policies", ReloaderService::builder(policies).hybrid());
/// let (live, control) = group
///     .into_builder()
///     .validate(move |cut| {
///         let known = &cut[schema].actions;
///         match cut[policies].allowed.iter().find(|action| !known.contains(action)) {
///             Some(action) => Err(format!("policies: the schema has no action {action:?}")),
///             None => Ok(()),
///         }
///     })
///     .start()
///     .await?;
///
/// let now = live.load();
/// println!("{} of {} actions", now[policies].allowed.len(), now[schema].actions.len());
/// # drop(now); control.stop().await; Ok(()) }
/// # }
/// ```
///
/// # What belongs to whom
///
/// - The [participants](Builder::participant) of a member take part in the swap of the group, under the name
///   `member/participant`. They prepare for that member's value alone, and only when it is another than before.
/// - A value that a member [keeps in a file](Builder::last_good) is saved when the group has made it visible. The member
///   begins with it where its source gives none.
/// - [`reload`](crate::Control::reload) and [`barrier`](crate::Control::barrier) of the group load all members at once,
///   so they see what was changed in any source before.
/// - When a member can offer nothing, it is [`WhenAway`] that says what follows.
/// - [`history`](Builder::history) and [`probation`](Builder::probation) are the group's, and so are
///   [`pause`](crate::Control::pause) and [`rollback`](crate::Control::rollback): earlier values of all members come back
///   together. On the builder of a member they have no effect. What was brought back stays until *any* member changes: that
///   lets in the newest of all of them. Who wants one member's value to stay away pauses the group, or mends that source.
/// - Admission ([`shrink_guard`](Builder::shrink_guard), [`fence`](Builder::version_guard)) may be a member's. They go by what the group
///   has made visible: while the member's new value is held back, the one before is in the cut, and
///   [`resume`](crate::Control::resume) of the group lets it in.
/// - What takes a restart of the process (`Builder::restart_required`) is declared for a member. What is in effect is
///   the first value of the member that the group has made visible, and the group's
///   [`needs_restart`](crate::Status::needs_restart) says what waits, as `member: path`.
/// - [`retire_after`](Builder::retire_after) of a member begins when the group has replaced its value, and the longest of all
///   members is that of whole cuts. [`on_retire`](Builder::on_retire) is told how long ago the *member* had replaced it.
/// - [`max_staleness`](Builder::max_staleness) of a member is about the member's status alone: a group that is held by it is
///   stale at once.
/// - [`stop`](crate::Control::stop) of the group stops the members, too. The group's
///   [status](crate::Status::source_status) names the members that are not well, with the reason `member`.
///
/// Of a member whose newest value the group refuses, that value is held beside the visible one.
///
/// # Default
///
/// - [`named`](Builder::name): `group`
/// - [`when_away`](Self::when_away): [`Hold`](WhenAway::Hold)
/// - debounce window: 50 ms, since files that belong together are mostly written one right after the other;
///   [`Builder::debounce`]
/// - load deadline: twice what the slowest load of a member may take, at least 10 s (60 s with the defaults of its members);
///   [`Builder::load_deadline`]
pub struct Coordinator {
    group: u64,
    names: Vec<String>,
    /// The names as a set, so that a group of many members is built in linear time.
    taken: HashSet<String>,
    when_away: WhenAway,
    policies: Vec<Option<WhenAway>>,
    to_be: Vec<ToBe>,
    adoptions: Vec<Adoption>,
    longest_load: Duration,
}

/// Gives the hooks of a member to the group.
type Adoption = Box<dyn FnOnce(&mut Builder<Members, GroupSnapshot, Cow<'static, str>>) + Send>;

impl Coordinator {
    /// A group without members.
    pub fn new() -> Self {
        Self {
            group: GROUPS.fetch_add(1, Ordering::Relaxed),
            names: Vec::new(),
            taken: HashSet::new(),
            when_away: WhenAway::default(),
            policies: Vec::new(),
            to_be: Vec::new(),
            adoptions: Vec::new(),
            longest_load: Duration::ZERO,
        }
    }

    /// Makes a service a member under this name, which stands in errors, receipts and logs. It starts with the group.
    ///
    /// The key is what finds the member's value in a [`GroupSnapshot`].
    ///
    /// # Panics
    ///
    /// If there is a member of this name already.
    #[track_caller]
    pub fn member<T, V, S>(
        &mut self,
        name: impl Into<String>,
        builder: Builder<T, V, S>,
    ) -> MemberKey<V>
    where
        T: Send + Sync + 'static,
        V: Send + Sync + 'static,
        S: 'static,
    {
        let name = name.into();
        assert!(
            self.taken.insert(name.clone()),
            "there are two members of the name {name:?}"
        );
        let member = MemberKey::<V>::new(self.group, self.names.len());
        let mut builder = builder.name(name.clone());
        self.longest_load = self.longest_load.max(builder.longest_load());
        let hooks = builder.take_hooks();
        self.adoptions.push(Box::new({
            let name = name.clone();
            move |group| {
                let part = move |cut: &GroupSnapshot| cut.get(member)?.snapshot().cloned();
                let good = move |cut: &GroupSnapshot| part(cut).filter(|_| !cut.stands_in(member));
                let lent = move |cut: &GroupSnapshot| cut.get(member)?.lent_again();
                group.adopt(&name, hooks, part, good, lent);
            }
        }));
        self.to_be.push(Box::new(move |group| {
            let begun = builder.begin(group);
            Begun {
                running: Box::new(begun.control),
                keep: begun.keep,
                first_load: begun.first_load,
            }
        }));
        self.names.push(name);
        self.policies.push(None);
        member
    }

    /// What becomes of the group when a member is away.
    pub fn when_away(&mut self, policy: WhenAway) -> &mut Self {
        self.when_away = policy;
        self
    }

    /// As [`when_away`](Self::when_away), for one member.
    ///
    /// # Panics
    ///
    /// If the key is of another group.
    #[track_caller]
    pub fn when_member_away<V>(&mut self, member: MemberKey<V>, policy: WhenAway) -> &mut Self {
        assert!(
            member.group == self.group,
            "the key is of a member of another group"
        );
        self.policies[member.place] = Some(policy);
        self
    }

    /// The group as a service to be: with validators that see all values together, participants, doubts, a history, probation
    /// and a name of its own. What is only declared for a member stands [above](Self).
    pub fn into_builder(self) -> Builder<Members, GroupSnapshot, Cow<'static, str>> {
        let names = Names {
            group: self.group,
            names: self.names,
        };
        let policies = self.policies.into_iter();
        let policies = policies.map(|policy| policy.unwrap_or(self.when_away));
        let roster = Roster::new(Arc::new(names), policies.collect());
        let profile = GroupProfile {
            inside: |members: &Members| Some(members.roster.clone()),
            profile: |_| WatchProfile {
                debounce: GROUP_DEBOUNCE,
                ..WatchProfile::local()
            },
            // A load of a member may have begun before it is asked for the next one.
            patience: self.longest_load.saturating_mul(2),
        };
        let mut builder = Builder::over(Members::new(roster, self.to_be), profile).name("group");
        for adopt in self.adoptions {
            adopt(&mut builder);
        }
        builder
    }
}

impl Default for Coordinator {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Coordinator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coordinator")
            .field("members", &self.names)
            .field("when_away", &self.when_away)
            .finish_non_exhaustive()
    }
}

/// The number of the next group.
static GROUPS: AtomicU64 = AtomicU64::new(0);
