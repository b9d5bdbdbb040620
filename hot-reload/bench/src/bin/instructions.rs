//! Repeats a read, for a count of its instructions: `instructions KIND READS`, see `.ci/instructions`.
//!
//! `instructions barrier` prints whether the system grants `membarrier` to this process, which decides how a guard protects
//! its value.

use std::hint::black_box;

use anyhow::{Context, bail};
use bench::reads::repeat;
use bench::values::{Config, Value};
use ours::live::{Projection, Reader};
use ours::testing::Publisher;
use ours::{Live, Snapshot};
use rustix::thread::{MembarrierCommand, membarrier_query};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next().context("no kind of reads is given")?;
    if kind == "barrier" {
        let granted = membarrier_query().contains_command(MembarrierCommand::PrivateExpedited);
        println!("{}", if granted { "granted" } else { "refused" });
        return Ok(());
    }
    let reads = arguments.next().context("no number of reads is given")?;
    let reads = reads.parse()?;
    let publisher = Publisher::new(Config::sample());
    let live = black_box(publisher.live());
    match &*kind {
        "plain" => plain(&live.get(), reads),
        "reader" => reader(&mut live.reader(), reads),
        "load" => load(&live, reads),
        "get" => get(&live, reads),
        "projection" => projection(&live.map(Config::part), reads),
        _ => bail!("expected plain, reader, load, get or projection, found {kind}"),
    }
    Ok(())
}

#[inline(never)]
fn plain(value: &Snapshot<Config>, reads: u64) {
    repeat(reads, || value.number());
}

#[inline(never)]
fn reader(reader: &mut Reader<Config>, reads: u64) {
    repeat(reads, || reader.load().number());
}

#[inline(never)]
fn load(live: &Live<Config>, reads: u64) {
    repeat(reads, || live.load().number());
}

#[inline(never)]
fn get(live: &Live<Config>, reads: u64) {
    repeat(reads, || live.get().number());
}

#[inline(never)]
fn projection(projection: &Projection<Config, u64, impl Fn(&Config) -> &u64>, reads: u64) {
    repeat(reads, || *projection.load());
}
