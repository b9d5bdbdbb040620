//! Blank content: empty or only white space. A full disk or a crashed writer leaves such a file.

/// Whether these bytes are empty or contain only white space and a byte order mark.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    let is_space = |byte: &u8| matches!(byte, b'\t'..=b'\r' | b' ');
    match bytes.iter().find(|byte| !is_space(byte)) {
        None => true,
        // Nearly all content returns here, at its first byte.
        Some(byte) if byte.is_ascii() => false,
        Some(_) => {
            let is_seen = |letter: char| !letter.is_whitespace() && letter != BYTE_ORDER_MARK;
            UTF16_MARKS.contains(&bytes)
                || std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(is_seen))
        }
    }
}

const BYTE_ORDER_MARK: char = '\u{feff}';
const UTF16_MARKS: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_a_byte_order_mark_are_blank() {
        let blank: [&[u8]; 7] = [
            b"",
            b"\n",
            b" \t\r\n\x0b\x0c",
            b"\xef\xbb\xbf",
            b"\xef\xbb\xbf\r\n",
            b"\xff\xfe",
            "\u{a0}\u{3000}\n".as_bytes(),
        ];
        for bytes in blank {
            assert!(is_blank(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn other_content_is_not_blank() {
        let content: [&[u8]; 6] = [
            b"x",
            b"\n#",
            b"\0\0\0",
            b"\xff",
            b"\xef\xbb\xbf\xff",
            "\u{a0}\u{e9}".as_bytes(),
        ];
        for bytes in content {
            assert!(!is_blank(bytes), "{bytes:?}");
        }
    }
}
