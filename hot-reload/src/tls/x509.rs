//! [`Parsed`]: the fields of an X.509 certificate that a check of its dates, its names and its signature needs.
//!
//! rustls checks the structure of the certificate that it serves. It does not expose the dates.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use der::asn1::{AnyRef, GeneralizedTime};
use der::{Decode, Reader, SliceReader, Tag, Tagged};

use super::moment::Moment;

/// The fields of a certificate, as they are encoded.
pub(super) struct Parsed<'a> {
    /// The signed part.
    pub(super) signed: &'a [u8],
    pub(super) signature_algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
    pub(super) serial: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) not_before: Moment,
    pub(super) not_after: Moment,
    pub(super) key_algorithm: &'a [u8],
    pub(super) key: &'a [u8],
    alternative_names: Option<&'a [u8]>,
}

impl<'a> Parsed<'a> {
    /// Reads a certificate. `None` if it is none, or damaged.
    pub(super) fn of(certificate: &'a [u8]) -> Option<Self> {
        let mut outer = Fields::of(certificate)?;
        let mut whole = Fields::of(outer.next(Tag::Sequence)?)?;
        outer.end()?;
        let signed = whole.0.tlv_bytes().ok()?;
        let signature_algorithm = whole.next(Tag::Sequence)?;
        let signature = bits(whole.next(Tag::BitString)?)?;
        whole.end()?;

        let mut fields = Fields::of(Fields::of(signed)?.next(Tag::Sequence)?)?;
        // The version, which version 1 leaves out.
        fields.skip(context(0, true));
        let serial = fields.next(Tag::Integer)?;
        fields.next(Tag::Sequence)?;
        let issuer = fields.next(Tag::Sequence)?;
        let mut validity = Fields::of(fields.next(Tag::Sequence)?)?;
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        let subject = fields.next(Tag::Sequence)?;
        let mut key_info = Fields::of(fields.next(Tag::Sequence)?)?;
        let key_algorithm = key_info.next(Tag::Sequence)?;
        let key = bits(key_info.next(Tag::BitString)?)?;
        // Unique identifiers of version 2.
        fields.skip(context(1, false));
        fields.skip(context(2, false));
        let alternative_names = match fields.skip(context(3, true)) {
            Some(extensions) => alternative_names(extensions)?,
            None => None,
        };
        Some(Self {
            signed,
            signature_algorithm,
            signature,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            key_algorithm,
            key,
            alternative_names,
        })
    }

    /// The serial number in hexadecimal digits, as `openssl x509 -serial` prints it.
    pub(super) fn serial(&self) -> String {
        let digits = match self.serial {
            [0, rest @ ..] if !rest.is_empty() => rest,
            whole => whole,
        };
        digits.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// The names of hosts for which the certificate is: DNS names, and IP addresses.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut fields = self.alternative_names.and_then(Fields::of);
        while let Some((tag, value)) = fields.as_mut().and_then(Fields::any) {
            if tag == context(2, false) {
                names.extend(std::str::from_utf8(value).map(str::to_ascii_lowercase));
            } else if tag == context(7, false) {
                names.extend(address(value).map(|address| address.to_string()));
            }
        }
        names
    }
}

/// Whether the content is a certificate request in binary form.
pub(super) fn is_request(content: &[u8]) -> bool {
    let parse = || {
        let mut whole = Fields::of(Fields::of(content)?.next(Tag::Sequence)?)?;
        let mut info = Fields::of(whole.next(Tag::Sequence)?)?;
        let version = info.next(Tag::Integer)?;
        info.next(Tag::Sequence)?;
        info.next(Tag::Sequence)?;
        whole.next(Tag::Sequence)?;
        whole.next(Tag::BitString)?;
        Some(version == [0])
    };
    parse().unwrap_or(false)
}

/// The value of the extension with the alternative names. The outer `None` means that the extensions are damaged.
#[allow(
    clippy::option_option,
    reason = "a certificate without names is not damaged"
)]
fn alternative_names(extensions: &[u8]) -> Option<Option<&[u8]>> {
    let mut list = Fields::of(Fields::of(extensions)?.next(Tag::Sequence)?)?;
    while !list.0.is_finished() {
        let mut extension = Fields::of(list.next(Tag::Sequence)?)?;
        let identifier = extension.next(Tag::ObjectIdentifier)?;
        extension.skip(Tag::Boolean);
        let value = extension.next(Tag::OctetString)?;
        if identifier == ALTERNATIVE_NAMES {
            return Fields::of(value)?.next(Tag::Sequence).map(Some);
        }
    }
    Some(None)
}

/// 2.5.29.17, encoded.
const ALTERNATIVE_NAMES: [u8; 3] = [0x55, 0x1d, 0x11];

/// The bytes of a bit string, which must be whole.
fn bits(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(&[0])
}

fn address(value: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(value).map(|octets| IpAddr::from(Ipv4Addr::from(octets)));
    let v6 = <[u8; 16]>::try_from(value).map(|octets| IpAddr::from(Ipv6Addr::from(octets)));
    v4.or(v6).ok()
}

/// The number that these digits write.
fn number(digits: &[u8]) -> Option<u16> {
    let is_number = digits.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(digits).ok().filter(|_| is_number)?;
    text.parse().ok()
}

/// The tag of a field that only its number names.
const fn context(number: u32, constructed: bool) -> Tag {
    Tag::ContextSpecific {
        constructed,
        number: der::TagNumber(number),
    }
}

/// The fields of a sequence, one after the other.
struct Fields<'a>(SliceReader<'a>);

impl<'a> Fields<'a> {
    fn of(content: &'a [u8]) -> Option<Self> {
        SliceReader::new(content).ok().map(Self)
    }

    /// The content of the next field, whatever it is.
    fn any(&mut self) -> Option<(Tag, &'a [u8])> {
        let field = AnyRef::decode(&mut self.0).ok()?;
        Some((field.tag(), field.value()))
    }

    /// The content of the next field, which must have this tag.
    fn next(&mut self, tag: Tag) -> Option<&'a [u8]> {
        self.any()
            .filter(|(found, _)| *found == tag)
            .map(|(_, value)| value)
    }

    /// The content of the next field if it has this tag. Otherwise, it remains.
    fn skip(&mut self, tag: Tag) -> Option<&'a [u8]> {
        let is_next = Tag::peek(&self.0).is_ok_and(|next| next == tag);
        is_next.then(|| self.next(tag)).flatten()
    }

    /// A date. One before 1970 counts as the start of 1970.
    fn time(&mut self) -> Option<Moment> {
        let (tag, text) = self.any()?;
        let (year, rest) = match (tag, text) {
            // Two digits of the year: from 50 on, they mean 1950 to 1999.
            (Tag::UtcTime, [tens, ones, rest @ ..]) => {
                let year = number(&[*tens, *ones])?;
                (if year < 50 { 2000 + year } else { 1900 + year }, rest)
            }
            (Tag::GeneralizedTime, [a, b, c, d, rest @ ..]) => (number(&[*a, *b, *c, *d])?, rest),
            _ => return None,
        };
        // The crate `der` has no date before 1970. The calendar repeats after 400 years.
        let is_early = year < 1970;
        let shown = if is_early { year % 400 + 2000 } else { year };
        let text = [format!("{shown:04}").as_bytes(), rest].concat();
        let time = AnyRef::new(Tag::GeneralizedTime, &text).ok()?;
        let since = time.decode_as::<GeneralizedTime>().ok()?.to_unix_duration();
        let seconds = if is_early { 0 } else { since.as_secs() };
        Some(Moment::from_unix_seconds(seconds))
    }

    fn end(&self) -> Option<()> {
        self.0.is_finished().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SerialNumber, date_time_ymd};

    use super::*;

    fn certificate() -> Vec<u8> {
        let names = ["Localhost", "*.example.com", "127.0.0.1", "::1"].map(str::to_owned);
        let mut params = CertificateParams::new(names).unwrap();
        params.serial_number = Some(SerialNumber::from(vec![0x8a, 0x0b]));
        params.not_before = date_time_ymd(2020, 2, 3);
        // From 2050 on, dates have another form.
        params.not_after = date_time_ymd(2051, 1, 1);
        params.distinguished_name.push(DnType::CommonName, "own");
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn certificate_has_its_dates_names_and_serial() {
        let der = certificate();
        let parsed = Parsed::of(&der).unwrap();
        assert_eq!(parsed.not_before.to_string(), "2020-02-03 00:00:00 UTC");
        assert_eq!(parsed.not_after.to_string(), "2051-01-01 00:00:00 UTC");
        assert_eq!(parsed.serial(), "8A0B");
        assert_eq!(
            parsed.names(),
            ["localhost", "*.example.com", "127.0.0.1", "::1"]
        );
        assert_eq!(parsed.issuer, parsed.subject);
    }

    #[test]
    fn date_before_1970_counts_as_the_start_of_1970() {
        let early = [
            date_time_ymd(1950, 1, 1),
            date_time_ymd(1968, 2, 29),
            // Dates before 1950 have another form.
            date_time_ymd(1932, 2, 29),
        ];
        for date in early {
            let mut params = CertificateParams::new(["a.test".to_owned()]).unwrap();
            params.not_before = date;
            params.not_after = date_time_ymd(9999, 12, 31);
            let key = KeyPair::generate().unwrap();
            let own = params.self_signed(&key).unwrap();
            let parsed = Parsed::of(own.der()).unwrap();
            assert_eq!(parsed.not_before, Moment::from_unix_seconds(0), "{date}");
            assert_eq!(parsed.not_after.to_string(), "9999-12-31 00:00:00 UTC");
        }
    }

    #[test]
    fn date_that_does_not_exist_is_damage() {
        let time = |tag: u8, text: &str| {
            let length = u8::try_from(text.len()).unwrap();
            let field = [&[tag, length], text.as_bytes()].concat();
            Fields::of(&field).unwrap().time().map(Moment::unix_seconds)
        };
        assert_eq!(time(0x17, "700101000001Z"), Some(1));
        assert_eq!(time(0x17, "500228000000Z"), Some(0));
        assert_eq!(time(0x18, "00010101000000Z"), Some(0));
        assert_eq!(time(0x18, "99991231235959Z"), Some(253_402_300_799));
        for damaged in ["500229000000Z", "5001010000Z", "+10101000000Z", ""] {
            assert_eq!(time(0x17, damaged), None, "{damaged}");
        }
        for damaged in ["19000229000000Z", "+9990101000000Z", "20200101000000", "20"] {
            assert_eq!(time(0x18, damaged), None, "{damaged}");
        }
    }

    #[test]
    fn damaged_certificate_is_no_certificate() {
        let der = certificate();
        for end in 0..der.len() {
            assert!(Parsed::of(&der[..end]).is_none(), "{end} bytes");
        }
        let longer = [&der[..], &[0]].concat();
        assert!(Parsed::of(&longer).is_none());
        // No change of one byte leads to a panic.
        for place in 0..der.len() {
            for change in [1, 0x80, 0xff] {
                let mut changed = der.clone();
                changed[place] ^= change;
                if let Some(parsed) = Parsed::of(&changed) {
                    let _ = (parsed.serial(), parsed.names());
                }
                let _ = is_request(&changed);
            }
        }
    }

    #[test]
    fn request_is_recognized_and_a_certificate_is_none() {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let request = params.serialize_request(&key).unwrap();
        assert!(is_request(request.der()));
        assert!(!is_request(&certificate()));
        assert!(!is_request(&key.serialize_der()));
        assert!(Parsed::of(request.der()).is_none());
    }
}
