//! Configurations with very many routes.

use std::fmt::Write as _;
use std::path::Path;

use rustix::time::{ClockId, clock_gettime};
use server_lib::ServerConfig;

const HEAD: &str = "id = 1\nname = 'many'\n";

/// The CPU time of this thread for loading a configuration with one file for each route, in seconds.
fn seconds_for(count: usize, folder: &Path) -> f64 {
    let mut text = HEAD.to_owned();
    for index in 0..count {
        let name = format!("{count}-{index}");
        std::fs::write(folder.join(&name), "content").unwrap();
        write!(text, "[[routes]]\npath = '/{index}'\nfile = '{name}'\n").unwrap();
    }
    let path = folder.join("config.toml");
    std::fs::write(&path, text).unwrap();
    let now = || {
        // CPU time of the thread, so that a busy machine does not matter.
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let before = now();
    ServerConfig::load(&path).unwrap();
    now() - before
}

#[test]
fn work_grows_in_proportion_to_the_number_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let few = seconds_for(1000, folder.path());
    let path = folder.path().join("config.toml");
    let load = || ServerConfig::load(&path).unwrap();
    assert_eq!(load(), load(), "the same content is the same value");
    let many = seconds_for(10_000, folder.path());
    // Linear work takes ten times as long, quadratic work a hundred times.
    assert!(
        many < few * 30.0,
        "{few} s for 1,000 and {many} s for 10,000"
    );
}

#[test]
fn file_of_many_routes_is_read_once_and_shared() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page"), vec![b'a'; 1 << 20]).unwrap();
    let mut text = HEAD.to_owned();
    for index in 0..20_000 {
        write!(text, "[[routes]]\npath = '/{index}'\nfile = 'page'\n").unwrap();
    }
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    // Twenty gigabytes if each had its own.
    let config = ServerConfig::load(&path).unwrap();
    assert!(config.route("/0").is_some() && config.route("/19999").is_some());
    assert!(config.route("/20000").is_none());
}

#[test]
fn error_in_a_large_file_has_its_line_and_route() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let line = |wrong: &str, end: &str| {
        let mut text = HEAD.to_owned();
        for index in 0..20_000 {
            let wrong = if index == 15_000 { wrong } else { "" };
            write!(text, "[[routes]]\npath = '/{index}'\n{wrong}").unwrap();
        }
        std::fs::write(&path, text + end).unwrap();
        let line = ServerConfig::load(&path).unwrap_err().to_string();
        line.replace(&format!("{}/", folder.path().display()), "")
    };
    assert_eq!(
        line("status = 99\n", ""),
        "config.toml:30005:10: routes[15000].status: expected a status from 200 to 599, found 99"
    );
    assert_eq!(
        line("", "[limits]\nmax_body_bytes = 0\n"),
        "config.toml:40004:18: limits.max_body_bytes: expected a whole number from 1 to 4294967295, found 0"
    );
    assert_eq!(
        line("[[routes]]\npath = '/7'\n", ""),
        "config.toml: routes[15001].path: \"/7\" is the path of routes[7] already; give each route a path of its own"
    );
}
