//! A published value never changes: guards, snapshots and readers give no mutable access.

use hot_reload::Live;

struct Config {
    port: u16,
    hosts: Vec<String>,
}

fn main() {
    let live = Live::fixed(Config {
        port: 8080,
        hosts: Vec::new(),
    });
    let guard = live.load();
    guard.port = 1;
    guard.hosts.push("example.org".to_owned());
    let snapshot = live.get();
    snapshot.port = 1;
    let mut reader = live.reader();
    reader.load().port = 1;
}
