//! Expiry under paused time: what is refused, what the status says, and which loads a date causes.

use std::sync::{Arc, Mutex};

use tokio::time::{Duration, sleep, timeout};

use super::authority::{Authority, DAY, Issued};
use super::certificates;
use super::memory::{Clock, Memory};
use crate::event::EventKind;
use crate::locks::lock;
use crate::tls::{Moment, ServerCertificates, ServerTls};
use crate::{Control, Live, Reload, ReloaderService};

/// A day in 2027.
pub(super) const START: u64 = 20_800 * DAY;

pub(super) fn put(memory: &Memory, issued: &Issued) {
    memory.put("cert.pem", &issued.cert);
    memory.put("key.pem", &issued.key);
}

pub(super) fn source(memory: &Memory) -> ServerCertificates {
    let clock = Clock::starts_at(START);
    certificates()
        .read_from(memory.clone())
        .time_provider(clock)
}

/// A service in pure realtime mode, whose watch never hints.
pub(super) async fn realtime(source: ServerCertificates) -> (Live<ServerTls>, Control<ServerTls>) {
    let service = ReloaderService::builder(source).realtime();
    service.start().await.unwrap()
}

pub(super) fn days(days: u64) -> Duration {
    Duration::from_secs(days * DAY)
}

pub(super) fn reasons(control: &Control<ServerTls>) -> Vec<String> {
    let status = control.status().source_status.unwrap();
    let reasons = status
        .degraded
        .iter()
        .map(|why| why.reason.clone().into_owned());
    reasons.collect()
}

pub(super) fn hints(control: &Control<ServerTls>) -> u64 {
    let status = control.status().source_status.unwrap();
    status.counter("expiry_hints").unwrap()
}

#[tokio::test(start_paused = true)]
async fn p04_renewal_without_an_event_is_loaded_before_the_expiry() {
    let (authority, memory) = (Authority::new("root"), Memory::default());
    put(
        &memory,
        &authority.issue_between(&["a.test"], START - DAY, START + 90 * DAY),
    );
    let (tls, control) = realtime(source(&memory)).await;
    let mut changes = tls.subscribe();
    // Long before, nothing is loaded in pure realtime mode.
    sleep(days(60)).await;
    put(
        &memory,
        &authority.issue_between(&["a.test"], START, START + 150 * DAY),
    );
    sleep(days(15)).await;
    assert_eq!((hints(&control), tls.get().generation().get()), (0, 1));
    // 14 days before the expiry.
    let renewed = timeout(days(1) + Duration::from_secs(2), changes.changed());
    let renewed = renewed.await.expect("no load before the expiry").unwrap();
    assert_eq!(renewed.not_after().unix_seconds(), START + 150 * DAY);
    assert_eq!(hints(&control), 1);
    // The renewed certificate is a long way from its expiry.
    sleep(days(30)).await;
    assert_eq!((hints(&control), reasons(&control)), (1, vec![]));
}

#[tokio::test(start_paused = true)]
async fn renewal_within_the_last_days_is_loaded_within_an_hour() {
    let (authority, memory) = (Authority::new("root"), Memory::default());
    put(
        &memory,
        &authority.issue_between(&["a.test"], START - DAY, START + 3 * DAY),
    );
    let (tls, _control) = realtime(source(&memory)).await;
    sleep(days(2)).await;
    put(
        &memory,
        &authority.issue_between(&["a.test"], START, START + 90 * DAY),
    );
    let mut changes = tls.subscribe();
    let hour = Duration::from_secs(60 * 60 + 2);
    timeout(hour, changes.changed())
        .await
        .expect("no load")
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn interval_of_a_polling_service_loads_a_renewal_without_a_hint() {
    let (authority, memory) = (Authority::new("root"), Memory::default());
    put(
        &memory,
        &authority.issue_between(&["a.test"], START - DAY, START + 90 * DAY),
    );
    let service = ReloaderService::builder(source(&memory));
    let (tls, control) = service.start().await.unwrap();
    let mut changes = tls.subscribe();
    put(
        &memory,
        &authority.issue_between(&["a.test"], START, START + 150 * DAY),
    );
    let interval = Duration::from_secs(30);
    timeout(interval, changes.changed())
        .await
        .expect("no load")
        .unwrap();
    assert_eq!(hints(&control), 0);
}

#[tokio::test(start_paused = true)]
async fn status_warns_ahead_of_the_expiry_and_after_it() {
    let (authority, memory) = (Authority::new("root"), Memory::default());
    let first = authority.issue_between(&["a.test"], START - DAY, START + 20 * DAY);
    put(&memory, &first);
    let warned = source(&memory).expiry_warning(days(10));
    let reported = Arc::new(Mutex::new(Vec::new()));
    let report = Arc::clone(&reported);
    let service = ReloaderService::builder(warned).realtime();
    let service = service.on_event(move |event| {
        if let EventKind::Degraded(why) | EventKind::Resolved(why) = &event.kind {
            lock(&report).push(format!("{} {}", event.kind, why.reason));
        }
    });
    let (tls, control) = service.start().await.unwrap();
    sleep(days(9)).await;
    assert_eq!(reasons(&control), Vec::<String>::new());
    let expiry = |control: &Control<_>| control.status().source_status?.certificate_expiry;
    let end = Moment::from_unix_seconds(START + 20 * DAY);
    assert_eq!(expiry(&control), Some(end.into()));
    sleep(days(1) + Duration::from_secs(2)).await;
    assert_eq!(reasons(&control), ["certificate_expiry"]);
    let status = control.status().source_status.unwrap();
    assert_eq!(
        status.degraded[0].to_string(),
        "the certificate in cert.pem is valid only until 2027-01-02 00:00:00 UTC; renew it"
    );
    // It stays the same text until the end, and is not resolved by the expiry.
    sleep(days(9)).await;
    assert_eq!(
        control.status().source_status.unwrap().degraded,
        status.degraded
    );
    sleep(days(2)).await;
    assert_eq!(
        reasons(&control),
        ["certificate_expiry", "certificate_expired"]
    );
    assert_eq!(tls.get().generation().get(), 1, "the last good value stays");
    put(
        &memory,
        &authority.issue_between(&["a.test"], START, START + 90 * DAY),
    );
    assert!(control.reload().await.error().is_none());
    assert_eq!(reasons(&control), Vec::<String>::new());
    assert!(expiry(&control) > Some(end.into()));
    // Once each.
    let expected = [
        "degraded certificate_expiry",
        "degraded certificate_expired",
        "resolved certificate_expiry",
        "resolved certificate_expired",
    ];
    assert_eq!(*lock(&reported), expected);
}

#[tokio::test(start_paused = true)]
async fn expired_certificate_is_refused_at_a_reload_and_at_the_start() {
    let (authority, memory) = (Authority::new("root"), Memory::default());
    let expired = authority.issue_between(&["a.test"], START - 9 * DAY, START - DAY);
    put(&memory, &expired);
    let refused = ReloaderService::builder(source(&memory)).start().await;
    let said = "cert.pem: has expired on 2026-12-12 00:00:00 UTC; renew it";
    assert_eq!(refused.unwrap_err().to_string(), said);

    let (tls, control) = realtime(source(&memory).allow_expired()).await;
    assert_eq!(
        reasons(&control),
        ["certificate_expiry", "certificate_expired"]
    );
    put(
        &memory,
        &authority.issue_between(&["a.test"], START - DAY, START + 90 * DAY),
    );
    assert!(control.reload().await.error().is_none());
    put(&memory, &expired);
    assert_eq!(control.reload().await.error().unwrap().to_string(), said);
    assert_eq!(tls.get().generation().get(), 2);
}

#[tokio::test(start_paused = true)]
async fn certificate_that_is_not_valid_yet_is_loaded_when_it_is() {
    let (authority, memory) = (Authority::new("root"), Memory::default());
    put(
        &memory,
        &authority.issue_between(&["a.test"], START - DAY, START + 90 * DAY),
    );
    let (tls, control) = realtime(source(&memory)).await;
    let early = authority.issue_between(&["a.test"], START + 5 * DAY, START + 150 * DAY);
    put(&memory, &early);
    let error = control.reload().await.error().unwrap().to_string();
    assert!(
        error.starts_with("cert.pem: is not valid before 2026-12-18 00:00:00 UTC, "),
        "{error}"
    );
    let mut changes = tls.subscribe();
    sleep(days(4)).await;
    assert_eq!(tls.get().generation().get(), 1);
    // The same content, which was rejected before.
    let valid = timeout(days(1) + Duration::from_secs(2), changes.changed());
    let valid = valid.await.expect("no load at its date").unwrap();
    assert_eq!(valid.not_after().unix_seconds(), START + 150 * DAY);
}

#[tokio::test(start_paused = true)]
async fn expired_certificate_in_use_does_not_keep_a_renewed_one_out() {
    use crate::tls::CertifiedFiles;
    let (authority, memory) = (Authority::new("root"), Memory::default());
    put(
        &memory,
        &authority.issue_between(&["a.test"], START - DAY, START + 5 * DAY),
    );
    let put_other = |until: u64| {
        let other = authority.issue_between(&["b.test"], START - DAY, until);
        memory.put("b.pem", &other.cert);
        memory.put("b.key", &other.key);
    };
    put_other(START + 8 * DAY);
    let both = source(&memory).and(CertifiedFiles::new("b.pem", "b.key"));
    let (tls, control) = realtime(both).await;
    sleep(days(6)).await;
    put_other(START + 90 * DAY);
    assert!(control.reload().await.error().is_none());
    assert_eq!(
        tls.load().certificates()[1].not_after().unix_seconds(),
        START + 90 * DAY
    );
    assert_eq!(
        reasons(&control),
        ["certificate_expiry", "certificate_expired"]
    );
}

#[tokio::test(start_paused = true)]
async fn expiry_is_reported_in_the_second_after_it() {
    let (authority, memory) = (Authority::new("root"), Memory::default());
    put(
        &memory,
        &authority.issue_between(&["a.test"], START - DAY, START + 20 * DAY),
    );
    let (_tls, control) = realtime(source(&memory)).await;
    sleep(days(20)).await;
    assert_eq!(reasons(&control), ["certificate_expiry"]);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(
        reasons(&control),
        ["certificate_expiry", "certificate_expired"]
    );
}

#[tokio::test(start_paused = true)]
async fn renewal_is_loaded_before_the_expiry_whatever_the_heartbeat() {
    let (authority, memory) = (Authority::new("root"), Memory::default());
    put(
        &memory,
        &authority.issue_between(&["a.test"], START - DAY, START + 20 * DAY),
    );
    let service = ReloaderService::builder(source(&memory)).hybrid();
    let service = service.heartbeat(days(60));
    let (tls, control) = service.start().await.unwrap();
    sleep(days(5)).await;
    put(
        &memory,
        &authority.issue_between(&["a.test"], START, START + 90 * DAY),
    );
    sleep(days(1) - Duration::from_secs(60)).await;
    assert_eq!((hints(&control), tls.get().generation().get()), (0, 1));
    sleep(Duration::from_secs(62)).await;
    assert_eq!(tls.load().not_after().unix_seconds(), START + 90 * DAY);
    assert_eq!(hints(&control), 1);
}

#[tokio::test(start_paused = true)]
async fn services_of_clones_have_dates_of_their_own() {
    let (authority, memory) = (Authority::new("root"), Memory::default());
    put(
        &memory,
        &authority.issue_between(&["a.test"], START - DAY, START + 3 * DAY),
    );
    let source = source(&memory);
    // It has a state from now on.
    source.reload().await.unwrap();
    let (_one, first) = realtime(source.clone()).await;
    let (_two, second) = realtime(source).await;
    sleep(Duration::from_secs(60 * 60 + 2)).await;
    assert_eq!([hints(&first), hints(&second)], [1, 1]);
}
