//! Tests of the format: only an intact file is parsed.

use super::*;

const SCHEMA: u32 = 7;

fn facts(revision: Option<Revision>) -> Facts {
    Facts {
        schema: SCHEMA,
        generation: Generation::saved(41).unwrap(),
        revision,
        loaded_at: UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_700),
        saved_at: UNIX_EPOCH - Duration::new(3, 500),
    }
}

fn file(facts: &Facts, payload: &[u8]) -> Vec<u8> {
    let parts = Parts::new(facts, payload);
    let bytes = parts.pieces(10).collect::<Vec<_>>().concat();
    assert_eq!(bytes.len() as u64, parts.len());
    bytes
}

/// Replaces the checksum by the right one, as a program of another version would write it.
fn signed(mut file: Vec<u8>) -> Vec<u8> {
    file.truncate(file.len() - SUM);
    let sum = sum(&[&file]);
    file.extend(sum);
    file
}

#[test]
fn parsing_a_file_returns_the_written_value() {
    let revisions = [
        None,
        Some(Revision::new("")),
        Some(Revision::from(7_u128)),
        Some(Revision::new(vec![9; 5_000])),
    ];
    for revision in revisions {
        let facts = facts(revision);
        for payload in [&b""[..], b"x", &[0; 1_000]] {
            let file = file(&facts, payload);
            assert_eq!(parse(&file, SCHEMA), Ok((facts.clone(), payload)));
        }
    }
}

#[test]
fn overhead_is_as_documented() {
    assert_eq!(file(&facts(None), b"").len(), OVERHEAD);
    assert_eq!(OVERHEAD, 84);
}

#[test]
fn every_flipped_bit_is_refused() {
    let whole = file(&facts(Some(Revision::from(5_u64))), b"some content");
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut file = whole.clone();
            file[at] ^= 1 << bit;
            let refusal = parse(&file, SCHEMA).expect_err(&format!("bit {bit} of byte {at}"));
            let expected = match at {
                0..8 => refusal == Refusal::Foreign,
                8..12 => matches!(refusal, Refusal::Newer(_) | Refusal::Damaged),
                // A bit in a length may make the file look truncated.
                56..68 => matches!(refusal, Refusal::Truncated(..) | Refusal::Damaged),
                _ => refusal == Refusal::Damaged,
            };
            assert!(expected, "bit {bit} of byte {at}: {refusal:?}");
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    let whole = file(&facts(Some(Revision::from(5_u64))), b"some content");
    for len in 0..whole.len() {
        let refusal = parse(&whole[..len], SCHEMA).expect_err(&format!("{len} bytes"));
        let expected = match len {
            0 => Refusal::Empty,
            1..HEAD => Refusal::Truncated(len, None),
            _ => Refusal::Truncated(len, Some(whole.len() as u64)),
        };
        assert_eq!(refusal, expected);
    }
}

#[test]
fn file_with_trailing_bytes_is_refused() {
    let mut longer = file(&facts(None), b"some content");
    longer.push(0);
    assert_eq!(parse(&longer, SCHEMA), Err(Refusal::Damaged));
    assert_eq!(parse(&signed(longer), SCHEMA), Err(Refusal::Damaged));
}

#[test]
fn foreign_file_newer_format_and_other_schema_are_distinguished() {
    for foreign in [&b"{\"port\": 80}"[..], b"x", &[0; 200]] {
        assert_eq!(parse(foreign, SCHEMA), Err(Refusal::Foreign));
    }
    let ours = file(&facts(None), b"some content");
    let mut newer = ours.clone();
    newer[8] = 2;
    assert_eq!(
        parse(&signed(newer.clone()), SCHEMA),
        Err(Refusal::Newer(2))
    );
    // Only the bytes up to the format number have a fixed meaning.
    assert_eq!(parse(&newer[..12], SCHEMA), Err(Refusal::Newer(2)));
    let mut never = ours.clone();
    never[8] = 0;
    assert_eq!(parse(&signed(never), SCHEMA), Err(Refusal::Damaged));
    assert_eq!(parse(&ours, 8), Err(Refusal::Schema(SCHEMA, 8)));
}

#[test]
fn impossible_field_is_refused_although_the_checksum_fits() {
    let ours = file(&facts(None), b"some content");
    let with = |range: std::ops::Range<usize>, byte: u8| {
        let mut file = ours.clone();
        file[range].fill(byte);
        parse(&signed(file), SCHEMA).expect_err("nothing impossible")
    };
    assert_eq!(with(16..24, 0), Refusal::Damaged);
    assert_eq!(with(16..24, 0xff), Refusal::Damaged);
    assert_eq!(with(24..40, 0x7f), Refusal::Damaged);
    assert_eq!(with(40..56, 0x80), Refusal::Damaged);
    assert!(matches!(with(56..60, 0xfe), Refusal::Truncated(..)));
    assert_eq!(with(60..68, 0xff), Refusal::Damaged);
}

#[test]
fn saved_value_is_recognized_by_its_beginning() {
    let ours = file(&facts(None), b"some content");
    assert!(is_ours(&ours[..8]));
    assert!(is_ours(b""));
    assert!(is_ours(&ours[..3]));
    assert!(!is_ours(b"[server]"));
    assert!(!is_ours(b"["));
}
