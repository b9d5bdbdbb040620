//! Dates of certificates that were loaded but are not visible: held, rejected, rolled back, or refused because of a date.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use tokio::time::{Duration, sleep};

use super::authority::{Authority, DAY, Issued};
use super::dates::{START, days, hints, put, realtime, reasons, source};
use super::memory::Memory;
use crate::tls::ServerTls;
use crate::{Participant, ReloaderService};

/// An authority, and a source that has a certificate for this many days.
fn certified(for_days: u64) -> (Authority, Memory) {
    let (authority, memory) = (Authority::new("root"), Memory::default());
    put(&memory, &issue(&authority, for_days));
    (authority, memory)
}

fn issue(authority: &Authority, for_days: u64) -> Issued {
    authority.issue_between(&["a.test"], START - DAY, START + for_days * DAY)
}

#[tokio::test(start_paused = true)]
async fn held_certificate_that_expires_does_not_become_visible() {
    let (authority, memory) = certified(90);
    let (tls, control) = realtime(source(&memory)).await;
    control.pause();
    put(&memory, &issue(&authority, 2));
    assert!(control.reload().await.outcome.is_held());
    sleep(days(3)).await;
    let error = control.resume().await.error().unwrap().to_string();
    assert!(error.starts_with("cert.pem: has expired on "), "{error}");
    assert_eq!(
        tls.load().not_after().unix_seconds(),
        START + 90 * DAY,
        "an expired certificate has replaced a valid one"
    );
}

#[tokio::test(start_paused = true)]
async fn held_certificate_does_not_end_the_warning_about_the_visible_one() {
    let (authority, memory) = certified(5);
    let (_tls, control) = realtime(source(&memory)).await;
    assert_eq!(reasons(&control), ["certificate_expiry"]);
    control.pause();
    put(&memory, &issue(&authority, 90));
    assert!(control.reload().await.outcome.is_held());
    assert_eq!(reasons(&control), ["certificate_expiry"]);
    let before = hints(&control);
    sleep(Duration::from_secs(3 * 60 * 60 + 2)).await;
    assert!(hints(&control) >= before + 3, "the hourly hints have ended");
    sleep(days(5)).await;
    assert_eq!(
        reasons(&control),
        ["certificate_expiry", "certificate_expired"]
    );
}

#[tokio::test(start_paused = true)]
async fn rejected_certificate_does_not_end_the_warning_about_the_visible_one() {
    let (authority, memory) = certified(5);
    let service = ReloaderService::builder(source(&memory)).realtime();
    let service = service.validate(|tls| match tls.not_after().unix_seconds() {
        end if end < START + 50 * DAY => Ok(()),
        _ => Err("lasts too long"),
    });
    let (_tls, control) = service.start().await.unwrap();
    put(&memory, &issue(&authority, 90));
    let rejected = control.reload().await;
    assert!(rejected.error().is_some(), "{rejected:?}");
    assert_eq!(reasons(&control), ["certificate_expiry"]);
    let before = hints(&control);
    sleep(Duration::from_secs(3 * 60 * 60 + 2)).await;
    assert!(hints(&control) >= before + 3, "the hourly hints have ended");
}

#[tokio::test(start_paused = true)]
async fn rollback_restores_the_warning_about_the_earlier_certificate() {
    let (authority, memory) = certified(5);
    let service = ReloaderService::builder(source(&memory)).realtime();
    let (_tls, control) = service.history(2).start().await.unwrap();
    put(&memory, &issue(&authority, 90));
    assert!(control.reload().await.outcome.is_published());
    // The earlier value still exists in the history.
    assert_eq!(reasons(&control), Vec::<String>::new());
    assert!(control.rollback().await.outcome.is_published());
    assert_eq!(reasons(&control), ["certificate_expiry"]);
    let before = hints(&control);
    sleep(Duration::from_secs(3 * 60 * 60 + 2)).await;
    assert!(hints(&control) >= before + 3, "the hourly hints have ended");
}

#[tokio::test(start_paused = true)]
async fn rolled_back_certificate_that_expires_does_not_become_visible_again() {
    let (authority, memory) = certified(90);
    let service = ReloaderService::builder(source(&memory)).realtime();
    let (tls, control) = service.history(2).start().await.unwrap();
    put(&memory, &issue(&authority, 2));
    assert!(control.reload().await.outcome.is_published());
    assert!(control.rollback().await.outcome.is_published());
    sleep(days(3)).await;
    let error = control.resume().await.error().unwrap().to_string();
    assert!(error.starts_with("cert.pem: has expired on "), "{error}");
    assert_eq!(tls.load().not_after().unix_seconds(), START + 90 * DAY);
}

#[tokio::test(start_paused = true)]
async fn date_of_refused_content_counts_only_while_the_source_has_it() {
    let (authority, memory) = certified(90);
    let (_tls, control) = realtime(source(&memory)).await;
    let early = authority.issue_between(&["a.test"], START + 5 * DAY, START + 150 * DAY);
    put(&memory, &early);
    assert!(control.reload().await.error().is_some());
    memory.put("key.pem", &issue(&authority, 90).key);
    let error = control.reload().await.error().unwrap().to_string();
    assert!(error.starts_with("key.pem: does not match "), "{error}");
    sleep(days(6)).await;
    assert_eq!(hints(&control), 0, "loads of content that stays bad");
}

/// Counts how often it is asked to prepare.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicU64>);

#[async_trait]
impl Participant<ServerTls> for Counting {
    type Prepared = ();

    async fn prepare(&self, _: &ServerTls) -> Result<(), Box<dyn StdError + Send + Sync>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn commit(&self, (): ()) {}
}

#[tokio::test(start_paused = true)]
async fn certificate_that_becomes_valid_is_prepared_once() {
    let (authority, memory) = certified(90);
    let prepared = Counting::default();
    let service = ReloaderService::builder(source(&memory)).realtime();
    let service = service.participant("counting", prepared.clone());
    let (tls, control) = service.start().await.unwrap();
    let early = authority.issue_between(&["a.test"], START + 5 * DAY, START + 150 * DAY);
    put(&memory, &early);
    assert!(control.reload().await.error().is_some());
    sleep(days(6)).await;
    assert_eq!(tls.get().generation().get(), 2);
    assert_eq!(prepared.0.load(Ordering::Relaxed), 2);
    let revision = tls.get().revision().cloned();
    assert!(control.reload().await.outcome.is_current());
    // Another content has the revision of its files again.
    put(&memory, &issue(&authority, 80));
    assert!(control.reload().await.outcome.is_published());
    assert_ne!(tls.get().revision().cloned(), revision);
    assert_eq!(prepared.0.load(Ordering::Relaxed), 3);
}
