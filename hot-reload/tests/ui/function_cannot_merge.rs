//! Only decoders of a known format merge several files.

use hot_reload::source::{DecodeWith, Dir};

fn main() {
    let _ = Dir::new("conf.d").merge(DecodeWith::new(|bytes| String::from_utf8(bytes.to_vec())));
}
