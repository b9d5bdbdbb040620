//! The twin of `value_is_read_only`: a program may change a copy of the value.

use hot_reload::Live;

#[derive(Clone)]
struct Config {
    port: u16,
    hosts: Vec<String>,
}

pub(crate) fn main() {
    let live = Live::fixed(Config {
        port: 8080,
        hosts: Vec::new(),
    });
    let mut mine = Config::clone(&live.load());
    mine.port = 1;
    mine.hosts.push("example.org".to_owned());
    assert_eq!(live.load().port, 8080);
}
