//! The rows that criterion does not measure: the swap, the retained values, the publication.

use std::time::Duration;

use crate::accessors::{Load, Remember};
use crate::contender::Contender;
use crate::others::{SwapCache, SwapLoad};
use crate::rows::Rows;
use crate::swap::{Strings, first_read};
use crate::{publish, retired, waking};

pub(crate) fn add(rows: &mut Rows) -> anyhow::Result<()> {
    of_the_first_read(rows);
    of_old_values(rows)?;
    of_publishing(rows);
    of_waking(rows)
}

fn of_the_first_read(rows: &mut Rows) {
    fn row<C>(rows: &mut Rows, new: impl FnOnce(Strings) -> C, bound: Option<Duration>)
    where
        C: Contender<Strings>,
    {
        let what = format!(
            "{}: the first read of a new value of 200,000 strings",
            C::NAME
        );
        rows.time(what, first_read(new), bound);
    }
    row(rows, Load::new, Some(Duration::from_micros(10)));
    row(rows, Remember::new, Some(Duration::from_micros(10)));
    row(rows, SwapLoad::new, None);
    row(rows, SwapCache::new, None);
}

fn of_old_values(rows: &mut Rows) -> anyhow::Result<()> {
    let what = "old values 100 ms after a swap, no guard held";
    rows.count(what, retired::at_most(false)?, 0);
    rows.count(
        format!("{what}, a Reader idles"),
        retired::at_most(true)?,
        1,
    );
    Ok(())
}

fn of_publishing(rows: &mut Rows) {
    let what = "publish, nobody waits";
    rows.time(what, publish::beside_idle_threads(0), None);
    let bound = Some(Duration::from_micros(5));
    let what = format!("{what}, 64 threads have read and idle");
    rows.time(what, publish::beside_idle_threads(64), bound);
}

fn of_waking(rows: &mut Rows) -> anyhow::Result<()> {
    for tasks in [0, 1, 1_000, 100_000] {
        let woken = waking::of_tasks(tasks)?;
        let what = format!("a service publishes, {tasks} tasks wait");
        rows.time(format!("{what}: until it is done"), woken.published, None);
        let next = format!("{what}: until the next one at once is done");
        rows.time(next, woken.next_published, None);
        if tasks > 0 {
            let last = format!("{what}: until the last task has it");
            rows.time(last, woken.last_ran, None);
        }
    }
    Ok(())
}
