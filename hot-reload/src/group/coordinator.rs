//! [`Coordinator`]: combines several services into one group.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::hooks::FindMember;
use super::member::MemberKey;
use super::members::{Assemble, Assembly, Begun, Members, PendingMember};
use super::roster::Roster;
use super::snapshot::{GroupSnapshot, Names};
use super::start::GroupProfile;
use super::when_away::WhenAway;
use crate::service::builder::Builder;
use crate::service::settings::GROUP_DEBOUNCE;
use crate::watch::WatchProfile;

/// Combines several services into one group: their values become visible together, by one pointer store, or not at all.
///
/// Each [member](Self::member) is a service of its own, with a source, a strategy, validators and a removal policy. Only the
/// group sees the values that a member publishes. The group is one more service. Its value is a [`GroupSnapshot`], which has
/// the newest value of each member. When a member has a new value, the group makes a new snapshot, validates it, prepares the
/// participants and publishes it. Unchanged members keep their values in it, and their participants are not asked. If a
/// validator or a participant refuses, nothing changes.
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
///     .validate(move |snapshot| {
///         let known = &snapshot[schema].actions;
///         match snapshot[policies].allowed.iter().find(|action| !known.contains(action)) {
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
/// In a [typed group](crate::group#typed-groups), the value is a struct of yours, with a field for each member.
///
/// # Options and commands of members and of the group
///
/// - The [participants](Builder::participant) of a member join the swap of the group, under the name `member/participant`. They
///   prepare for the value of that member alone, and only if it has changed.
/// - A value that a member [keeps in a file](Builder::last_good) is saved once the group has published it. The member starts
///   with the saved value if its source gives none.
/// - [`reload`](crate::Control::reload) and [`barrier`](crate::Control::barrier) of the group load all members at once, so they
///   see all earlier changes in any source.
/// - [`WhenAway`] is the policy for a member whose last load failed or was rejected.
/// - [`history`](Builder::history), [`probation`](Builder::probation), [`pause`](crate::Control::pause) and
///   [`rollback`](crate::Control::rollback) belong to the group: a rollback publishes the earlier values of all members. The
///   options have no effect on the builder of a member. A rollback lasts until *any* member changes; then the newest values of
///   all members are published. To hold the value of one member, pause the group or fix the source of that member.
/// - A member may have a [`shrink_guard`](Builder::shrink_guard) or a [`version_guard`](Builder::version_guard). Guards compare
///   with the value that the group has published. While a guard holds a new value, the snapshot keeps the value before.
///   [`resume`](crate::Control::resume) of the group ends such a hold.
/// - `Builder::restart_required` declares the parts of a member that need a restart of the process. They are compared with the
///   first value of the member that the group has published. [`needs_restart`](crate::Status::needs_restart) of the group lists
///   the pending parts as `member: path`.
/// - `Builder::changed_paths` of a member reports what changed in its value when the group publishes it. The events of the group
///   list the paths as `member: path`.
/// - [`retire_after`](Builder::retire_after) of a member begins when the group has replaced its value. Whole snapshots are kept
///   for the longest time of all members. [`on_retire`](Builder::on_retire) gets the time since the *member* replaced the
///   value.
/// - [`max_staleness`](Builder::max_staleness) of a member affects the status of the member only. A group that the member keeps
///   from changing is stale at once.
/// - [`stop`](crate::Control::stop) of the group stops the members, too. The [status](crate::Status::source_status) of the
///   group names each unhealthy member, with the reason `member`.
///
/// If the group refuses the newest value of a member, that value is kept in memory beside the visible one.
///
/// # Default
///
/// - [`name`](Builder::name): `group`
/// - [`when_away`](Self::when_away): [`Hold`](WhenAway::Hold)
/// - debounce window: 50 ms, because files that belong together are mostly written in quick succession;
///   [`Builder::debounce`]
/// - load deadline: twice the longest load of a member, at least 10 s (60 s with the defaults of its members);
///   [`Builder::load_deadline`]
pub struct Coordinator<C = GroupSnapshot> {
    group: u64,
    names: Vec<String>,
    /// The names as a set, so that a group of many members is built in linear time.
    taken: HashSet<String>,
    when_away: WhenAway,
    policies: Vec<Option<WhenAway>>,
    pending: Vec<PendingMember>,
    adoptions: Vec<Adoption<C>>,
    longest_load: Duration,
    assembly: Assembly<C>,
}

/// Gives the hooks of a member to the group.
type Adoption<C> = Box<dyn FnOnce(&mut Builder<Members<C>, C, Cow<'static, str>>) + Send>;

impl Coordinator {
    /// Makes a group without members.
    pub fn new() -> Self {
        Self::with(Assembly {
            assemble: Box::new(Some),
            needs_all: false,
        })
    }

    /// Adds a service as a member with this name. Errors, receipts and logs use the name. The member starts with the group.
    ///
    /// The returned key finds the value of the member in a [`GroupSnapshot`].
    ///
    /// # Panics
    ///
    /// If another member has this name.
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
        let member = self.next_key();
        self.add(
            name.into(),
            builder,
            Arc::new(move |group| group.get(member)),
        );
        member
    }
}

impl<C: Send + Sync + 'static> Coordinator<C> {
    pub(super) fn with(assembly: Assembly<C>) -> Self {
        Self {
            group: GROUPS.fetch_add(1, Ordering::Relaxed),
            names: Vec::new(),
            taken: HashSet::new(),
            when_away: WhenAway::default(),
            policies: Vec::new(),
            pending: Vec::new(),
            adoptions: Vec::new(),
            longest_load: Duration::ZERO,
            assembly,
        }
    }

    pub(super) fn assemble_by(&mut self, assemble: Assemble<C>) {
        self.assembly.assemble = assemble;
    }

    /// The key of the member that is added next.
    pub(super) fn next_key<V>(&self) -> MemberKey<V> {
        MemberKey::new(self.group, self.names.len())
    }

    /// Adds a member, which `find` finds in a value of the group.
    #[track_caller]
    pub(super) fn add<T, V, S>(
        &mut self,
        name: String,
        builder: Builder<T, V, S>,
        find: FindMember<C, V>,
    ) where
        T: Send + Sync + 'static,
        V: Send + Sync + 'static,
        S: 'static,
    {
        assert!(
            self.taken.insert(name.clone()),
            "two members have the name {name:?}"
        );
        let mut builder = builder.name(name.clone());
        self.longest_load = self.longest_load.max(builder.longest_load());
        let hooks = builder.take_hooks();
        self.adoptions.push(Box::new({
            let name = name.clone();
            move |group| group.adopt(&name, hooks, &find)
        }));
        self.pending.push(Box::new(move |group| {
            let begun = builder.begin(group);
            Begun {
                running: Box::new(begun.control),
                keep: begun.keep,
                first_load: begun.first_load,
            }
        }));
        self.names.push(name);
        self.policies.push(None);
    }

    /// Sets the policy for members that are away. Default: [`WhenAway::Hold`].
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

    /// Returns the builder of the group, with options such as a name, validators for whole snapshots, participants, a history
    /// and a probation. [Some options](Self) belong to the members.
    pub fn into_builder(self) -> Builder<Members<C>, C, Cow<'static, str>> {
        let names = Names {
            group: self.group,
            names: self.names,
        };
        let policies = self.policies.into_iter();
        let policies = policies.map(|policy| policy.unwrap_or(self.when_away));
        let roster = Roster::new(Arc::new(names), policies.collect());
        let profile = GroupProfile {
            inside: |members: &Members<C>| Some(members.roster.clone()),
            profile: |_| WatchProfile {
                debounce: GROUP_DEBOUNCE,
                ..WatchProfile::local()
            },
            // A load of a member may have begun before it is asked for the next one.
            patience: self.longest_load.saturating_mul(2),
        };
        let members = Members::new(roster, self.pending, self.assembly);
        let mut builder = Builder::over(members, profile).name("group");
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

impl<C> fmt::Debug for Coordinator<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coordinator")
            .field("members", &self.names)
            .field("when_away", &self.when_away)
            .finish_non_exhaustive()
    }
}

/// The number of the next group.
static GROUPS: AtomicU64 = AtomicU64::new(0);
