//! [`World`]: a service with its source, on which a schedule runs.

use std::time::Duration;

use hot_reload::policy::RemovalPolicy;
use hot_reload::{Control, Generation, Live};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::record::{Asked, Entry, Record, Value};
use super::reference::Reference;
use super::rest::{INTERVAL, Observed, check, patience};
use super::schedule::{
    Ask, DEFAULT, FIRST, IMPLAUSIBLE, LAST, Mode, Round, Schedule, Setup, Step, What,
};
use super::witness::Witness;
use crate::script::{Content, Good, Script};

pub(super) struct World {
    setup: Setup,
    script: Script,
    witness: Witness,
    live: Live<String>,
    control: Control<String>,
    record: Record,
    reference: Reference,
    /// The callers that wait for a receipt.
    asking: Vec<JoinHandle<()>>,
    asked: usize,
    stopped: bool,
}

/// Under paused time. The error, with everything that happened.
pub(super) fn run(schedule: &Schedule) -> Result<(), String> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(&schedule.setup);
        let record = world.record.clone();
        world
            .see(&schedule.rounds)
            .await
            .map_err(|wrong| format!("{wrong}\n{record}"))
    })
}

impl World {
    fn new(setup: &Setup) -> Self {
        let record = Record::new();
        let script = Script::new(Good(FIRST)).with(|state| {
            state.revisions = setup.revisions;
            state.load_takes = setup.load_takes;
        });
        let loads = record.clone();
        script.on_load(move |content| loads.add(Entry::Loaded(content.clone())));
        let witness = Witness::new(setup, &record);
        let builder = script.builder().interval(INTERVAL);
        let builder = match setup.mode {
            Mode::Polling => builder,
            Mode::Realtime => builder.realtime(),
            Mode::Hybrid => builder.hybrid(),
        };
        let policy = match setup.default {
            true => RemovalPolicy::Replace(DEFAULT.to_owned()),
            false => RemovalPolicy::Keep,
        };
        let plausible = |value: &String| match value == IMPLAUSIBLE {
            true => Err("it cannot be"),
            false => Ok(()),
        };
        let (live, control) = builder
            .on_removal(policy)
            .history(setup.history)
            .validate(plausible)
            .participant("witness", witness.clone())
            .start_in_background();
        assert!(witness.live.set(live.clone()).is_ok());
        Self {
            setup: setup.clone(),
            script,
            witness,
            live,
            control,
            record,
            reference: Reference::new(setup),
            asking: Vec::new(),
            asked: 0,
            stopped: false,
        }
    }

    async fn see(&mut self, rounds: &[Round]) -> Result<(), String> {
        for (number, round) in rounds.iter().enumerate() {
            for step in &round.0 {
                self.take(step).await;
            }
            self.rest(round)
                .await
                .map_err(|wrong| format!("round {}: {wrong}", number + 1))?;
        }
        if !self.stopped {
            let end = self.heal();
            for step in &end.0 {
                self.take(step).await;
            }
            let ended = self.rest(&end).await;
            ended.map_err(|wrong| format!("at the end: {wrong}"))?;
            if *self.live.load() != LAST {
                return Err("the newest is not visible at the end".to_owned());
            }
            self.do_what(&What::Stop);
            let stopped = self.rest(&Round(Vec::new())).await;
            stopped.map_err(|wrong| format!("stopped: {wrong}"))?;
        }
        Ok(())
    }

    /// The steps that end all faults.
    fn heal(&self) -> Round {
        let last = match self.setup.mode {
            // The service need not see it.
            Mode::Realtime => What::Set(Good(LAST)),
            _ => What::SetMuted(Good(LAST)),
        };
        let whats = [
            What::Opening(None),
            What::Refuse(false),
            What::Ask(Ask::Resume),
            last,
        ];
        let gap = Duration::from_millis(3);
        let steps = whats.map(|what| Step { what, gap });
        Round(steps.to_vec())
    }

    async fn take(&mut self, step: &Step) {
        self.do_what(&step.what);
        if !step.gap.is_zero() {
            sleep(step.gap).await;
        }
    }

    fn do_what(&mut self, what: &What) {
        match what {
            What::Set(content) => self.set(content, false),
            What::SetMuted(content) => self.set(content, true),
            What::LoseTheWatch => {
                self.record.add(Entry::WatchLost);
                self.script.lose_watch();
            }
            What::Opening(fault) => self.script.set_opening(fault.clone()),
            What::Ask(ask) => self.ask(*ask),
            What::Pause => {
                self.control.pause();
                self.record.add(Entry::Paused);
            }
            What::Refuse(refuses) => self.witness.refuse(*refuses),
            What::Stop => {
                self.stopped = true;
                let (control, record) = (self.control.clone(), self.record.clone());
                self.asking.push(tokio::spawn(async move {
                    record.add(Entry::StopAsked);
                    control.stop().await;
                    record.add(Entry::Stopped);
                }));
            }
        }
    }

    fn set(&self, content: &Content, muted: bool) {
        // Without an open watch, the source is polled.
        let hidden = muted && self.setup.mode == Mode::Realtime && self.script.is_watched();
        self.record.add(Entry::Holds {
            content: content.clone(),
            promised: !hidden,
        });
        self.script.state().muted = muted;
        self.script.set(content.clone());
    }

    fn ask(&mut self, ask: Ask) {
        let number = self.asked;
        self.asked += 1;
        let (control, record) = (self.control.clone(), self.record.clone());
        let target = match ask {
            Ask::RollbackTo(back) => {
                let kept = control.history();
                kept.get(back).map(|value| value.generation())
            }
            _ => None,
        };
        self.asking.push(tokio::spawn(async move {
            let generation = target.map(Generation::get);
            record.add(Entry::Asked(number, Asked { ask, generation }));
            let receipt = match (ask, target) {
                (Ask::Reload, _) => control.reload().await,
                (Ask::Barrier, _) => control.barrier().await,
                (Ask::Resume, _) => control.resume().await,
                (_, Some(target)) => control.rollback_to(target).await,
                (_, None) => control.rollback().await,
            };
            record.add(Entry::Answered(number, receipt.outcome));
        }));
    }

    /// Waits until everything that is promised has come, and compares.
    async fn rest(&mut self, round: &Round) -> Result<(), String> {
        // The requests reach the service last.
        sleep(Duration::from_millis(1)).await;
        sleep(patience(&self.setup, round, &self.reference)).await;
        self.reference.follow(self.record.take())?;
        if self.asking.iter().any(|asking| !asking.is_finished()) {
            return Err("somebody still waits for an answer".to_owned());
        }
        self.asking.clear();
        let history = self.control.history();
        let observed = Observed {
            visible: self.live.try_get().as_ref().map(Value::from),
            status: self.control.status(),
            history: history.iter().map(Value::from).collect(),
            open: self.witness.open(),
            most_running: self.script.state().most_running,
            holders: self.script.holders(),
        };
        check(&self.reference, &observed)
    }
}
