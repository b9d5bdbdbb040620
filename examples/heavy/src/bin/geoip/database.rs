//! Writes a small database in the MaxMind format (version 2, IPv4, 24-bit records), as a vendor would.

use std::net::Ipv4Addr;

/// The number of networks in a database.
pub(crate) const NETWORKS: u32 = 4096;

/// An address in the network with this number: 10.0.0.0/24, 10.0.1.0/24, …
pub(crate) fn address(network: u32) -> Ipv4Addr {
    Ipv4Addr::from((10 << 24) | (network << 8) | 7)
}

/// A database in which each network has the number of the build.
pub(crate) fn build(build: u32) -> Vec<u8> {
    let mut tree = Tree::default();
    let mut data = Vec::new();
    for network in 0..NETWORKS {
        let place = data.len();
        begin_map(&mut data, 2);
        string(&mut data, "country");
        string(&mut data, ["AT", "CH", "DE"][network as usize % 3]);
        string(&mut data, "build");
        number(&mut data, UINT32, build.into());
        tree.insert(u32::from(address(network)), 24, place);
    }
    let mut bytes = tree.records();
    // The separator between the tree and the data.
    bytes.extend([0; 16]);
    bytes.extend(data);
    bytes.extend(b"\xab\xcd\xefMaxMind.com");
    metadata(&mut bytes, build, tree.nodes.len());
    bytes
}

/// The metadata. It is at the end of the file, so an interrupted download has none.
fn metadata(out: &mut Vec<u8>, build: u32, nodes: usize) {
    begin_map(out, 9);
    string(out, "binary_format_major_version");
    number(out, UINT16, 2);
    string(out, "binary_format_minor_version");
    number(out, UINT16, 0);
    string(out, "build_epoch");
    number(out, UINT64, build.into());
    string(out, "database_type");
    string(out, "Example-Country");
    string(out, "description");
    begin_map(out, 1);
    string(out, "en");
    string(out, "an example");
    string(out, "ip_version");
    number(out, UINT16, 4);
    string(out, "languages");
    out.extend([1, ARRAY - EXTENDED]);
    string(out, "en");
    string(out, "node_count");
    number(out, UINT32, nodes as u64);
    string(out, "record_size");
    number(out, UINT16, 24);
}

/// The binary tree over the bits of the addresses.
struct Tree {
    nodes: Vec<[Record; 2]>,
}

#[derive(Clone, Copy)]
enum Record {
    Nothing,
    Node(usize),
    Data(usize),
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            nodes: vec![[Record::Nothing; 2]],
        }
    }
}

impl Tree {
    fn insert(&mut self, address: u32, length: u32, place: usize) {
        let mut node = 0;
        for depth in 0..length {
            let side = (address >> (31 - depth)) as usize & 1;
            node = match self.nodes[node][side] {
                Record::Node(next) => next,
                _ if depth + 1 == length => {
                    self.nodes[node][side] = Record::Data(place);
                    return;
                }
                _ => {
                    self.nodes.push([Record::Nothing; 2]);
                    let next = self.nodes.len() - 1;
                    self.nodes[node][side] = Record::Node(next);
                    next
                }
            };
        }
    }

    /// The records of all nodes, three bytes each: another node, nothing, or an offset in the data.
    fn records(&self) -> Vec<u8> {
        let count = self.nodes.len();
        let number = |record: &Record| match *record {
            Record::Node(node) => node,
            Record::Nothing => count,
            Record::Data(place) => count + 16 + place,
        };
        let records = self.nodes.iter().flatten();
        records
            .flat_map(|record| (number(record) as u32).to_be_bytes().into_iter().skip(1))
            .collect()
    }
}

fn begin_map(out: &mut Vec<u8>, pairs: u8) {
    out.push((MAP << 5) | pairs);
}

fn string(out: &mut Vec<u8>, text: &str) {
    // Longer strings need a longer head, but this example has none.
    assert!(text.len() < 29);
    out.push((STRING << 5) | text.len() as u8);
    out.extend(text.as_bytes());
}

/// Writes a number without leading zeros, so zero has no bytes.
fn number(out: &mut Vec<u8>, kind: u8, number: u64) {
    let bytes = number.to_be_bytes();
    let bytes = &bytes[number.leading_zeros() as usize / 8..];
    let size = bytes.len() as u8;
    match kind.checked_sub(EXTENDED) {
        Some(rest) if rest > 0 => out.extend([size, rest]),
        _ => out.push((kind << 5) | size),
    }
    out.extend(bytes);
}

const STRING: u8 = 2;
const UINT16: u8 = 5;
const UINT32: u8 = 6;
const MAP: u8 = 7;
const UINT64: u8 = 9;
const ARRAY: u8 = 11;
/// Types above this one are written in an additional byte.
const EXTENDED: u8 = 7;
