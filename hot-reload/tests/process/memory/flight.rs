//! The memory of the flight recorder, to the byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hot_reload::error::ErrorKind;
use hot_reload::source::{HintSender, Subscription};
use hot_reload::{
    Control, Error, Live, Loaded, RealtimeWatch, RealtimeWatchHandle, Reload, ReloadResult,
    ReloaderError, ReloaderService, Revision, async_trait,
};
use tokio::time::sleep;

use super::HEAP;
use crate::alone::is_alone;
use crate::turn;

const SERVICES: usize = 50;
const HOUR: Duration = Duration::from_secs(3600);

/// The bound for a service to which nothing has happened for hours.
const IDLE: usize = 2_048;
/// The bound for one to which something happens all the time.
const TROUBLED: usize = 24 << 10;

#[test]
fn p17_flight_recorder_is_bounded_and_small_while_idle() {
    let _turn = turn();
    if !is_alone("p17_flight_recorder_is_bounded_and_small_while_idle") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let (idle_without, troubled_without) = runtime.block_on(bytes_of_a_service(Some(0)));
    let (idle, troubled) = runtime.block_on(bytes_of_a_service(None));
    let (idle_more, troubled_more) = (idle - idle_without, troubled - troubled_without);
    println!("idle: {idle} bytes for a service, {idle_more} of which record");
    println!("troubled: {troubled} bytes for a service, {troubled_more} of which record");
    assert!(idle_more <= IDLE, "{idle_more}");
    assert!(troubled_more <= TROUBLED, "{troubled_more}");
}

/// After hours in which nothing happens, and after one that is all trouble.
async fn bytes_of_a_service(entries: Option<usize>) -> (usize, usize) {
    let source = Source::default();
    let mut services: Vec<(Live<u64>, Control<u64>)> = Vec::with_capacity(SERVICES + 1);
    let mut before = 0;
    for number in 0..=SERVICES {
        let builder = ReloaderService::builder(source.clone()).hybrid();
        let builder = match entries {
            Some(entries) => builder.flight_recorder(entries),
            None => builder,
        };
        services.push(builder.start().await.unwrap());
        if number == 0 {
            // The memory that exists once per process.
            before = HEAP.allocated();
        }
    }
    sleep(3 * HOUR).await;
    let idle = (HEAP.allocated() - before) / SERVICES;
    source.0.fetch_add(1, Ordering::SeqCst);
    sleep(HOUR).await;
    let troubled = (HEAP.allocated() - before) / SERVICES;
    for (_, control) in &services {
        let explanation = control.explain();
        assert!(
            entries == Some(0)
                || explanation
                    .to_string()
                    .contains("earlier entries were dropped"),
            "{explanation}"
        );
        control.stop().await;
    }
    (idle, troubled)
}

/// Good as long as its number is zero; from then on it fails each time for a reason that it has never had.
#[derive(Debug, Clone, Default)]
struct Source(Arc<AtomicU64>);

#[async_trait]
impl Reload<u64, String> for Source {
    type Source = ();

    async fn new((): &()) -> ReloadResult<Self, u64, String> {
        Ok(Self::default())
    }

    async fn reload(&self) -> ReloadResult<Option<u64>, u64, String> {
        Ok(Some(0))
    }

    async fn reload_since(
        &self,
        seen: Option<&Revision>,
    ) -> ReloadResult<Loaded<u64>, u64, String> {
        if self.0.load(Ordering::SeqCst) > 0 {
            let failures = self.0.fetch_add(1, Ordering::SeqCst);
            let text = format!("failure {failures:060}");
            let error = Error::new(ErrorKind::Unavailable, text);
            return Err(ReloaderError::Other(anyhow::Error::new(error)));
        }
        let revision = Revision::from(7_u64);
        Ok(match seen == Some(&revision) {
            true => Loaded::Unchanged,
            false => Loaded::Value {
                value: 0,
                revision: Some(revision),
            },
        })
    }
}

#[async_trait]
impl RealtimeWatch<u64, String> for Source {
    async fn watch_realtime(&self) -> ReloadResult<RealtimeWatchHandle<u64>, u64, String> {
        Err(ReloaderError::Other(anyhow::anyhow!("there are hints")))
    }

    async fn watch_hints(
        &self,
        hints: HintSender,
    ) -> ReloadResult<Option<Subscription>, u64, String> {
        Ok(Some(Subscription::new(hints)))
    }
}
