//! References are expanded in values, which only the decoders of a known format have.

use hot_reload::source::{DecodeWith, Expand};

fn main() {
    let _ = Expand::new(DecodeWith::new(|bytes| String::from_utf8(bytes.to_vec())));
}
