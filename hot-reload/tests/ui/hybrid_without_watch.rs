//! A source that cannot be watched.

use hot_reload::ReloaderService;
use hot_reload::source;

fn main() {
    let limit = source::from_fn("limit", || async { Ok(1) });
    let _ = ReloaderService::builder(limit).hybrid();
}
