//! The material of edits: misplaced values, keys and bytes, and content that expands without bound.

use super::Format;

/// Values that a person or a broken program writes where another one belongs.
pub(super) const VALUES: [&str; 34] = [
    "true",
    "no",
    "null",
    "~",
    "None",
    "0",
    "-1",
    "70000",
    "007",
    "0x1F",
    "1_000",
    "1e999",
    "nan",
    "-.inf",
    "3.5",
    "18446744073709551616",
    "170141183460469231731687303715884105728",
    "340282366920938463463374607431768211456",
    "1979-05-27T07:32:00Z",
    "07:32:00",
    "\"\"",
    "\"80a\"",
    "'80a'",
    "\"line\\nbreak\"",
    "\"\\u001b[31mred\"",
    "\"\\u202eleft\"",
    "\"\u{202e}left\"",
    "\"\u{1f980}\u{1f980}\u{1f980}\"",
    "[]",
    "{}",
    "[1, \"x\"]",
    "\"{{ template }}\"",
    "\"${HOME}\"",
    "",
];

/// Keys that a person or a broken program writes where another one belongs.
pub(super) const KEYS: [&str; 12] = [
    "Port",
    "porrt",
    "server.port",
    "\"\"",
    "\"a b\"",
    "\"line\\nbreak\"",
    "\"\\u001b[2J\"",
    "\"\u{202e}tor\"",
    "é",
    "<<",
    "123",
    "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
];

/// Bytes that are invalid in a configuration, or valid only in some places.
pub(super) const PIECES: [&[u8]; 30] = [
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\r",
    b"\r\n",
    b"\t",
    b"\x1b[31m",
    "\u{202e}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{a0}".as_bytes(),
    b"\x7f",
    b"#",
    b"//",
    b"/* */",
    b"---\n",
    b"...\n",
    b"%YAML 1.2\n",
    b"&a ",
    b"*a ",
    b"<<: *a\n",
    b"!!binary ",
    b"<<<<<<< HEAD\n",
    b"=======\n",
    b"\"",
    b"'''",
    b"\"\"\"",
    b"\\",
];

/// Content that is small in the file and large in memory.
pub(super) fn bomb(choice: u64, format: Format) -> Vec<u8> {
    let n = [10, 100, 3_000][choice as usize / 8 % 3];
    let text = match (format, choice % 4) {
        (Format::Json, 0) => "[".repeat(n * 10),
        (Format::Json, 1) => "{\"a\":".repeat(n * 10),
        (Format::Json, 2) => format!("\"{}", "a".repeat(n * 10)),
        (Format::Json, _) => "9".repeat(n * 10),
        (Format::Toml, 0) => format!("deep = {}\n", "[".repeat(n * 10)),
        (Format::Toml, 1) => format!("{}a = 1\n", "a.".repeat(n * 10)),
        (Format::Toml, 2) => format!("[{}a]\n", "a.".repeat(n * 10)),
        (Format::Toml, _) => format!("deep = {}\n", "{a=".repeat(n * 10)),
        (Format::Yaml, 0) => laughs(n.min(30), "[*a{}, *a{}, *a{}, *a{}]"),
        (Format::Yaml, 1) => laughs(n.min(30), "{x: *a{}, y: *a{}, z: *a{}}"),
        (Format::Yaml, 2) => format!("deep: {}\n", "[".repeat(n * 10)),
        (Format::Yaml, _) => (0..n.min(500))
            .map(|at| format!("{}k:\n", " ".repeat(at)))
            .collect(),
    };
    text.into_bytes()
}

/// Lists of aliases of lists of aliases.
fn laughs(levels: usize, list: &str) -> String {
    let mut text = "a0: &a0 lol\n".to_owned();
    for level in 1..levels {
        let list = list.replace("{}", &(level - 1).to_string());
        text.push_str(&format!("a{level}: &a{level} {list}\n"));
    }
    text
}

/// The value within this many tables or lists.
pub(super) fn nested(value: &[u8], depth: usize, format: Format) -> Vec<u8> {
    let (open, close) = match format {
        Format::Toml => ("{ a = ", " }"),
        Format::Json => ("{\"a\": ", "}"),
        Format::Yaml => ("[", "]"),
    };
    [
        open.repeat(depth).as_bytes(),
        value,
        close.repeat(depth).as_bytes(),
    ]
    .concat()
}
