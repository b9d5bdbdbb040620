//! [`Process`]: a process of the fleet, seen from its parent.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::census::{Census, SystemCalls};
use crate::member::{Kind, ROLE};

/// It ends when this is dropped.
pub(crate) struct Process {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(kind: Kind, count: u64) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([ROLE, kind.name(), &count.to_string()]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = child.stdin.take().context("no input")?;
        let answers = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Self {
            child,
            requests,
            answers,
        })
    }

    /// Sends it a command, and waits for the answer.
    pub(crate) fn ask(&mut self, step: &str) -> anyhow::Result<Duration> {
        self.begin(step)?;
        self.finish()
    }

    pub(crate) fn begin(&mut self, step: &str) -> anyhow::Result<()> {
        writeln!(self.requests, "{step}").context("a process of the fleet has ended")
    }

    pub(crate) fn finish(&mut self) -> anyhow::Result<Duration> {
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let nanoseconds = answer.trim().parse();
        Ok(Duration::from_nanos(
            nanoseconds.context("a process of the fleet has failed")?,
        ))
    }

    pub(crate) fn census(&self) -> anyhow::Result<Census> {
        Census::of(self.child.id())
    }

    pub(crate) fn system_calls(&self, time: Duration) -> Option<SystemCalls> {
        SystemCalls::count(self.child.id(), time)
    }

    pub(crate) fn end(mut self) -> anyhow::Result<()> {
        drop(self.requests);
        ensure!(
            self.child.wait()?.success(),
            "a process of the fleet has failed"
        );
        Ok(())
    }
}
