//! [`Kind`]: the ways in which files are changed, and how often each is chosen.

use crate::dice::Dice;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal,)*) => {
        /// How a file is changed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($(#[$doc])* $kind,)* }

        impl Kind {
            const ALL: &[Self] = &[$(Self::$kind,)*];

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    InPlace "in-place",
    /// Emptied and written in four parts.
    Chunks "chunks",
    /// Emptied and closed, then written.
    EmptiedFirst "emptied-first",
    /// Written over without being emptied, with the same size and time as before.
    SameTime "same-size-and-time",
    /// Written with a time of long ago, as `cp -p` does.
    OldTime "old-time",
    /// Written by another name of the same inode.
    OtherName "other-name",
    /// Written, and held open.
    NeverClosed "never-closed",
    /// Written while its permissions forbid reading, which are then restored.
    Forbidden "forbidden",
    /// Touched only, its bytes are the same.
    Touched "touched",
    /// A finished file of the same folder is renamed over it.
    RenameBeside "rename-beside",
    /// The same from another folder.
    RenameFrom "rename-from-elsewhere",
    /// The old inode is still written to after it was replaced.
    StaleWriter "stale-writer",
    /// The new file and the old one change places.
    Exchange "exchange",
    Recreate "remove-and-make",
    Remove "remove",
    HardLink "hard-link",
    /// A file without a name is given this one.
    Tmpfile "tmpfile",
    /// A folder has the name for a moment.
    FolderBetween "folder-between",
    /// The name becomes a link to another file.
    LinkSwap "link-swap",
    /// The target of the links is written in place.
    TargetWritten "target-written",
    /// The target of the links is replaced by renaming.
    TargetRenamed "target-renamed",
    /// A link in the path is changed to another folder.
    Generation "generation",
    /// As it is done in this layout.
    Layout "layout",
    /// Another folder takes the place of its folder, and the old one is still written to.
    ParentReplaced "parent-replaced",
    /// Its folder is removed and created again.
    ParentAnew "parent-anew",
    GrandparentReplaced "grandparent-replaced",
    /// Its folder and the parent folder are removed and created again.
    MissingParents "missing-parents",
    /// Another file system is mounted over its folder.
    MountOver "mount-over",
    /// The process that watches sleeps for a while.
    Stopped "stopped",
    /// The same while more happens than the kernel keeps for it.
    Overflow "overflow",
}

impl Kind {
    pub(crate) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|kind| kind.name() == name)
    }

    /// Whether there are other bytes after it.
    pub(crate) fn changes_bytes(self) -> bool {
        !matches!(self, Self::Touched | Self::Stopped)
    }
}

/// The kinds of change in a world, with their weights.
#[derive(Debug, Clone)]
pub(crate) struct Menu(Vec<(Kind, u64)>);

impl Menu {
    /// All that can be done by anybody to a file of any file system.
    pub(crate) fn all() -> Self {
        let needs_more =
            |kind: &Kind| matches!(kind, Kind::MountOver | Kind::Stopped | Kind::Overflow);
        let kinds = Kind::ALL.iter().filter(|kind| !needs_more(kind));
        Self(kinds.map(|kind| (*kind, OFTEN)).collect()).with(Kind::NeverClosed, 1)
    }

    /// The changes that every program makes.
    #[allow(dead_code, reason = "the comparison with others uses it")]
    pub(crate) fn simple() -> Self {
        let kinds = [
            Kind::InPlace,
            Kind::Chunks,
            Kind::RenameBeside,
            Kind::RenameFrom,
            Kind::Recreate,
        ];
        Self(kinds.map(|kind| (kind, OFTEN)).to_vec())
    }

    #[allow(dead_code, reason = "the comparison with others uses it")]
    pub(crate) fn only(kind: Kind) -> Self {
        Self(vec![(kind, OFTEN)])
    }

    /// The same, with this weight for one kind.
    pub(crate) fn with(mut self, kind: Kind, weight: u64) -> Self {
        self.0.retain(|(other, _)| *other != kind);
        self.0.push((kind, weight));
        self
    }

    pub(crate) fn any(&self, dice: &mut Dice) -> Kind {
        let total = self.0.iter().map(|(_, weight)| weight).sum();
        let mut left = dice.below(total);
        for (kind, weight) in &self.0 {
            if left < *weight {
                return *kind;
            }
            left -= weight;
        }
        Kind::InPlace
    }
}

/// The others are chosen more seldom, or more often than this.
pub(crate) const OFTEN: u64 = 6;
