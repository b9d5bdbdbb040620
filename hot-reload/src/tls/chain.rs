//! Checks the order and the signatures of a certificate chain.

use rustls::crypto::CryptoProvider;

use super::moment::Moment;
use super::x509::Parsed;

/// The result of a check.
pub(super) struct Inspected {
    /// The period in which all certificates from the first to its last issuer are valid.
    pub(super) not_before: Moment,
    pub(super) not_after: Moment,
    /// A certificate that does not belong to the chain, which clients may ignore.
    pub(super) fault: Option<String>,
}

/// Checks a chain, which is not empty and whose first certificate is the server's.
///
/// An error says which certificate is in the wrong place. A certificate that fits nowhere is a fault and no error: clients
/// ignore it, and a renewal must not fail because of it.
pub(super) fn inspect(
    chain: &[Parsed<'_>],
    provider: &CryptoProvider,
) -> Result<Inspected, String> {
    let mut linked = 0;
    let fault = chain.windows(2).enumerate().find_map(|(index, pair)| {
        linked = index;
        let why = misfit(&pair[0], &pair[1], provider)?;
        Some((index, why))
    });
    let linked = match &fault {
        Some(_) => &chain[..=linked],
        None => chain,
    };
    if let Some((index, _)) = fault
        && let Some(issuer) = (index + 2..chain.len())
            .find(|other| misfit(&chain[index], &chain[*other], provider).is_none())
    {
        return Err(format!(
            "is in the wrong order: certificate {} is the issuer of certificate {}; put each issuer after the certificate that it has signed",
            issuer + 1,
            index + 1
        ));
    }
    let from = linked.iter().map(|one| one.not_before).max();
    let until = linked.iter().map(|one| one.not_after).min();
    Ok(Inspected {
        not_before: from.unwrap_or(Moment::from_unix_seconds(0)),
        not_after: until.unwrap_or(Moment::from_unix_seconds(0)),
        fault: fault.map(|(index, why)| {
            let (one, next) = (index + 1, index + 2);
            format!("certificate {next} of the chain {why} certificate {one}")
        }),
    })
}

/// The reason why the next certificate is not the issuer of this one, if it is not.
fn misfit(one: &Parsed<'_>, next: &Parsed<'_>, provider: &CryptoProvider) -> Option<&'static str> {
    if one.issuer != next.subject {
        return Some("is not the issuer of");
    }
    let algorithms = provider.signature_verification_algorithms.all.iter();
    let mut fitting = algorithms.filter(|algorithm| {
        algorithm.signature_alg_id().as_ref() == one.signature_algorithm
            && algorithm.public_key_alg_id().as_ref() == next.key_algorithm
    });
    // A signature of an unsupported kind is neither right nor wrong.
    let algorithm = fitting.next()?;
    let verified = algorithm.verify_signature(next.key, one.signed, one.signature);
    verified
        .is_err()
        .then_some("has the issuer's name, but did not sign")
}
