//! [`Expiry`]: which certificates are in use, and when they expire.
//!
//! It refuses a certificate outside of its validity, degrades the status of the source before the expiry, and knows when the next
//! load is due because of a date.

use std::sync::Arc;
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

/// The state that a date may change.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The certificates of the last good load.
    accepted: Vec<Dated>,
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

    /// Accepts the certificates of a load.
    ///
    /// A certificate that is in use already stays acceptable after its expiry. Otherwise, one expired certificate would keep the
    /// renewed certificates of other names out.
    pub(super) fn accept(&self, found: Vec<Dated>) -> Result<(), Error> {
        let now = Moment::now(&*self.clock)?;
        let refused = {
            let known = self.known.borrow();
            let is_known = |dated: &Dated| {
                let mut leaves = known.accepted.iter().map(|accepted| &accepted.leaf);
                leaves.any(|leaf| *leaf == dated.leaf)
            };
            let is_first = known.accepted.is_empty();
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
                self.known.send_modify(|known| {
                    known.accepted = found;
                    known.refused = None;
                });
                Ok(())
            }
        }
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
        let certificates = known
            .accepted
            .iter()
            .map(|dated| dated.certificate.not_after());
        let expiries = certificates.flat_map(|end| [end.minus(self.warning), end]);
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
        let expires = {
            let known = self.known.borrow();
            let mut ends = known
                .accepted
                .iter()
                .map(|dated| dated.certificate.not_after());
            ends.any(|end| now >= end.minus(self.warning))
        };
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
        let Ok(now) = Moment::now(&*self.clock) else {
            return status;
        };
        for dated in &known.accepted {
            for degradation in degradations(&dated.certificate, now, self.warning) {
                status = status.with_degradation(degradation);
            }
        }
        status
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
const PERIOD: Duration = Duration::from_secs(60 * 60);
