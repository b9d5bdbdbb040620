//! [`Expiry`]: which certificates are in use, and when they expire.
//!
//! It refuses a certificate outside of its validity, degrades the status of the source before the expiry, and knows when the next
//! load is due because of a date.

use std::sync::{Arc, Weak};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::time_provider::TimeProvider;
use tokio::sync::watch;

use super::certificate::Certificate;
use super::moment::Moment;
use crate::error::{Error, ErrorKind, Location};
use crate::status::{Degradation, SourceStatus};

/// The certificates in use, and the dates that matter.
#[derive(Debug)]
pub(super) struct Expiry {
    clock: Arc<dyn TimeProvider>,
    warning: Duration,
    allow_expired: bool,
    known: watch::Sender<Known>,
}

/// A certificate that was decoded, and its encoded form.
#[derive(Debug, Clone)]
pub(super) struct Dated {
    pub(super) leaf: CertificateDer<'static>,
    pub(super) certificate: Certificate,
}

/// The certificates of one value, which shares them with its clones.
pub(super) type Dates = Arc<[Dated]>;

/// The state that a date may change.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The certificates of the visible value, once a service has published one.
    visible: Option<Weak<[Dated]>>,
    /// The certificates of each decoded value. Without a service, nothing shows which value is in use.
    decoded: Vec<Weak<[Dated]>>,
    /// The period of a certificate that was refused because of the date.
    refused: Option<(Moment, Moment)>,
    /// How many loads a date has requested.
    hints: u64,
}

impl Expiry {
    pub(super) fn new(
        clock: Arc<dyn TimeProvider>,
        warning: Duration,
        allow_expired: bool,
    ) -> Self {
        Self {
            clock,
            warning,
            allow_expired,
            known: watch::Sender::default(),
        }
    }

    /// Forgets what earlier content was refused for. Each decoding begins with it.
    pub(super) fn begin(&self) {
        self.known
            .send_if_modified(|known| known.refused.take().is_some());
    }

    /// Accepts the certificates of a load. The value must keep what is returned.
    ///
    /// A certificate that is in use already stays acceptable after its expiry. Otherwise, one expired certificate would keep the
    /// renewed certificates of other names out.
    pub(super) fn accept(&self, found: Vec<Dated>) -> Result<Dates, Error> {
        let now = Moment::now(&*self.clock)?;
        let refused = {
            let known = self.known.borrow();
            let in_use = known.in_use();
            let is_known = |dated: &Dated| {
                let mut leaves = in_use.iter().flat_map(|dates| dates.iter());
                leaves.any(|used| used.leaf == dated.leaf)
            };
            let is_first = in_use.iter().all(|dates| dates.is_empty());
            let mut new = found.iter().filter(|dated| !is_known(dated));
            let refused = new.find(|dated| !is_valid(period(&dated.certificate), now));
            refused
                .filter(|_| !(self.allow_expired && is_first))
                .map(|dated| (period(&dated.certificate), refusal(&dated.certificate, now)))
        };
        match refused {
            Some((period, error)) => {
                self.known.send_modify(|known| known.refused = Some(period));
                Err(error)
            }
            None => {
                let dates = Dates::from(found);
                self.known.send_modify(|known| {
                    known.decoded.retain(|dates| dates.strong_count() > 0);
                    known.decoded.push(Arc::downgrade(&dates));
                });
                Ok(dates)
            }
        }
    }

    /// Notes that the value with these certificates is visible.
    pub(super) fn published(&self, dates: &Dates) {
        let dates = Arc::downgrade(dates);
        self.known.send_if_modified(|known| {
            let before = known.visible.as_ref();
            let is_new = before.is_none_or(|before| !before.ptr_eq(&dates));
            known.visible = Some(dates);
            is_new
        });
    }

    /// Whether content that was refused because of the date would be accepted now.
    pub(super) fn would_accept(&self) -> bool {
        let now = Moment::now(&*self.clock);
        let refused = self.known.borrow().refused;
        matches!((refused, now), (Some(period), Ok(now)) if is_valid(period, now))
    }

    /// The time until a date is reached, at most an hour: the clock may be set meanwhile, or the machine may sleep.
    pub(super) fn pause(&self) -> Duration {
        let Ok(now) = Moment::now(&*self.clock) else {
            return PERIOD;
        };
        let known = self.known.borrow();
        // A certificate is valid until the end of its last second.
        let ends = known.ends();
        let expiries = ends.flat_map(|end| [end.minus(self.warning), end.plus(SECOND)]);
        let starts = known.refused.map(|(from, _)| from);
        let waits = expiries.chain(starts).filter_map(|date| date.after(now));
        let next = waits.filter(|wait| !wait.is_zero()).min();
        next.map_or(PERIOD, |next| next.min(PERIOD))
    }

    /// Whether a load is due because of a date: a certificate expires soon, or a refused one has become valid. Counts it.
    pub(super) fn is_due(&self) -> bool {
        let Ok(now) = Moment::now(&*self.clock) else {
            return false;
        };
        let mut ends = self.known.borrow().ends();
        let expires = ends.any(|end| now >= end.minus(self.warning));
        let is_due = expires || self.would_accept();
        if is_due {
            // Wakes nobody, because it is no change of a date.
            self.known.send_if_modified(|known| {
                known.hints += 1;
                false
            });
        }
        is_due
    }

    /// A receiver that is woken when a load has changed the dates.
    pub(super) fn changes(&self) -> watch::Receiver<Known> {
        self.known.subscribe()
    }

    /// Adds the dates to the status of the files.
    pub(super) fn describe(&self, status: SourceStatus) -> SourceStatus {
        let known = self.known.borrow();
        let mut status = status.with_counter("expiry_hints", known.hints);
        if let Some(first) = known.ends().min() {
            status = status.with_certificate_expiry(first.into());
        }
        let Ok(now) = Moment::now(&*self.clock) else {
            return status;
        };
        let in_use = known.in_use();
        for dated in in_use.iter().flat_map(|dates| dates.iter()) {
            for degradation in degradations(&dated.certificate, now, self.warning) {
                status = status.with_degradation(degradation);
            }
        }
        status
    }
}

impl Known {
    /// The certificates of the visible value. Without a service, those of all values that still exist.
    ///
    /// A service discards a value that it rejects or holds, so such a value counts for nothing.
    fn in_use(&self) -> Vec<Dates> {
        match self.visible.as_ref().and_then(Weak::upgrade) {
            Some(visible) => vec![visible],
            None => self.decoded.iter().filter_map(Weak::upgrade).collect(),
        }
    }

    /// The ends of the certificates in use.
    fn ends(&self) -> impl Iterator<Item = Moment> + use<> {
        let ends = |dates: Dates| -> Vec<_> {
            let certificates = dates.iter().map(|dated| &dated.certificate);
            certificates.map(Certificate::not_after).collect()
        };
        self.in_use().into_iter().flat_map(ends)
    }
}

fn period(certificate: &Certificate) -> (Moment, Moment) {
    (certificate.not_before(), certificate.not_after())
}

fn is_valid((from, until): (Moment, Moment), now: Moment) -> bool {
    from <= now && now <= until
}

fn refusal(certificate: &Certificate, now: Moment) -> Error {
    let (from, until) = period(certificate);
    let text = match now < from {
        true => format!(
            "is not valid before {from}, and it is {now}; the service loads it again at that time; if the clock is wrong, set it"
        ),
        false => format!("has expired on {until}; renew it"),
    };
    Error::new(ErrorKind::Invalid, text).at(Location::new(certificate.file()))
}

/// What limits the use of a certificate now. The one about the coming expiry stays after it, so that no line says that the
/// expiry is resolved.
fn degradations(
    certificate: &Certificate,
    now: Moment,
    warning: Duration,
) -> impl Iterator<Item = Degradation> {
    let file = certificate.file();
    let (from, until) = period(certificate);
    let expiry = (now >= until.minus(warning)).then(|| {
        let text = format!("the certificate in {file} is valid only until {until}");
        Degradation::new("certificate_expiry", text, "renew it")
    });
    let expired = (now > until).then(|| {
        let text = format!("the certificate in {file} has expired: clients refuse it");
        Degradation::new("certificate_expired", text, "renew it now")
    });
    let early = (now < from).then(|| {
        let text =
            format!("the certificate in {file} is not valid before {from}: clients refuse it");
        let remedy = "check the certificate and the clock";
        Degradation::new("certificate_not_yet_valid", text, remedy)
    });
    let chain = certificate.chain_fault().map(|fault| {
        let text = format!("the chain in {file} does not fit: {fault}; some clients may refuse it");
        let remedy = "put each issuer after the certificate that it has signed";
        Degradation::new("certificate_chain", text, remedy)
    });
    [expiry, expired, early, chain].into_iter().flatten()
}

/// The time between two loads while a certificate expires soon.
pub(super) const PERIOD: Duration = Duration::from_secs(60 * 60);
const SECOND: Duration = Duration::from_secs(1);
