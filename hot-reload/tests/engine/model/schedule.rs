//! [`Schedule`]: operations on a service and its source, as data that proptest generates and shrinks.

use std::fmt;
use std::time::Duration;

use hot_reload::error::ErrorKind;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::script::{Bad, Content, Failing, Good, Hanging, Missing, Panicking};

/// Some rounds in a world of one kind.
#[derive(Clone)]
pub(super) struct Schedule {
    pub(super) setup: Setup,
    pub(super) rounds: Vec<Round>,
}

/// Steps at short distances, so that what they cause overlaps. After them, all comes to rest.
#[derive(Clone)]
pub(super) struct Round(pub(super) Vec<Step>);

#[derive(Clone)]
pub(super) struct Step {
    pub(super) what: What,
    /// How long to wait before the next one. After none at all, nothing runs in between.
    pub(super) gap: Duration,
}

/// The constant options of a run.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) mode: Mode,
    pub(super) revisions: bool,
    pub(super) load_takes: Duration,
    pub(super) prepare_takes: Duration,
    pub(super) commit_takes: Duration,
    /// How many values of before are kept.
    pub(super) history: usize,
    /// Whether [`DEFAULT`] follows a removal. The last value does otherwise.
    pub(super) default: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Polling,
    Realtime,
    Hybrid,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Set(Content),
    SetMuted(Content),
    LoseTheWatch,
    /// The fault of the next watches. `None`: they open.
    Opening(Option<Content>),
    Ask(Ask),
    Pause,
    /// The participant refuses from now on, or ceases to.
    Refuse(bool),
    Stop,
}

/// A request that is answered by a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Reload,
    Barrier,
    Resume,
    Rollback,
    /// So far back in the history, as it is at the moment of asking.
    RollbackTo(usize),
}

/// Content that is loaded well and that the validator refuses.
pub(super) const IMPLAUSIBLE: &str = "implausible";
/// The default of the removal policy.
pub(super) const DEFAULT: &str = "default";
/// Few, so that old ones come again.
const VALUES: [&str; 5] = ["a", "b", "c", "d", "e"];
pub(super) const FIRST: &str = VALUES[0];
/// A state that only the end of a schedule sets.
pub(super) const LAST: &str = "last";

pub(super) fn schedules() -> impl Strategy<Value = Schedule> {
    (setup(), vec(vec(step(), 1..9).prop_map(Round), 1..6))
        .prop_map(|(setup, rounds)| Schedule { setup, rounds })
}

fn setup() -> impl Strategy<Value = Setup> {
    use Mode::{Hybrid, Polling, Realtime};
    let mode = select(vec![Hybrid, Polling, Realtime]);
    let load = millis(&[0, 0, 5, 25]);
    let (prepare, commit) = (millis(&[0, 10, 30]), millis(&[0, 10]));
    let history = select(vec![3, 0, 1, 2, 8]);
    let all = (
        mode,
        any::<bool>(),
        load,
        prepare,
        commit,
        history,
        any::<bool>(),
    );
    all.prop_map(
        |(mode, revisions, load_takes, prepare_takes, commit_takes, history, default)| Setup {
            mode,
            revisions,
            load_takes,
            prepare_takes,
            commit_takes,
            history,
            default,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let what = prop_oneof![
        20 => content().prop_map(What::Set),
        10 => content().prop_map(What::SetMuted),
        24 => ask().prop_map(What::Ask),
        4 => Just(What::Pause),
        4 => any::<bool>().prop_map(What::Refuse),
        3 => Just(What::LoseTheWatch),
        3 => opening().prop_map(What::Opening),
        1 => Just(What::Stop),
    ];
    let gap = prop_oneof![
        1 => Just(0),
        2 => 0..30_u64,
    ];
    (what, gap).prop_map(|(what, gap)| Step {
        what,
        gap: Duration::from_millis(gap),
    })
}

fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        20 => select(&VALUES[..]).prop_map(Good),
        1 => Just(Good(IMPLAUSIBLE)),
        2 => select(vec!["typo", "slip"]).prop_map(Bad),
        3 => Just(Missing),
        2 => Just(Failing(ErrorKind::Unavailable)),
        1 => Just(Failing(ErrorKind::Denied)),
        1 => Just(Hanging),
        1 => Just(Panicking),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        3 => Just(Ask::Reload),
        2 => Just(Ask::Barrier),
        5 => Just(Ask::Rollback),
        4 => (0..4_usize).prop_map(Ask::RollbackTo),
        5 => Just(Ask::Resume),
    ]
}

fn opening() -> impl Strategy<Value = Option<Content>> {
    let fault = prop_oneof![
        Just(Failing(ErrorKind::Unavailable)),
        Just(Failing(ErrorKind::Denied)),
        Just(Hanging),
        Just(Panicking),
    ];
    proptest::option::of(fault)
}

fn millis(choice: &[u64]) -> impl Strategy<Value = Duration> + use<> {
    select(choice.to_vec()).prop_map(Duration::from_millis)
}

/// One step on a line, also where a pretty print is asked for.
impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.setup)?;
        self.rounds
            .iter()
            .try_for_each(|round| write!(f, "\n{round:?}"))
    }
}

impl fmt::Debug for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  round")?;
        self.0
            .iter()
            .try_for_each(|step| write!(f, "\n    {step:?}"))
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, then {:?}", self.what, self.gap)
    }
}
