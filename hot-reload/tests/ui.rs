//! Programs that the compiler must refuse, each beside a similar twin that must compile.
//!
//! The compiler's messages are compared, because a refusal for another reason proves nothing. They change with the compiler,
//! and with what the types are made of. To renew them, set [`WRITTEN_WITH`], run `TRYBUILD=overwrite cargo test -p
//! hot_reload --all-features --test ui`, and read the difference.
//!
//! The twins are modules of this test, so that `trybuild` has nothing to build: it would build every dependency once more.

#![allow(missing_docs, reason = "tests are named by sentences")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic, too")]
#![allow(clippy::print_stdout, reason = "a test that cannot run says so")]

#[path = "ui/guard_lives_with_its_part.rs"]
mod guard_lives_with_its_part;
#[path = "ui/snapshot_across_await.rs"]
mod snapshot_across_await;
#[path = "ui/snapshot_outlives_live.rs"]
mod snapshot_outlives_live;
#[path = "ui/value_is_copied_to_change.rs"]
mod value_is_copied_to_change;
#[path = "ui/value_shared_by_threads.rs"]
mod value_shared_by_threads;

use std::env;
use std::process::Command;

/// The version of the compiler that wrote the `.stderr` files.
const WRITTEN_WITH: &str = "1.95";

/// Whether this compiler is the one. If it is not, that is reported; on CI it is a failure.
fn words_are_known() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output().unwrap();
    let version = String::from_utf8(said.stdout).unwrap();
    if version.starts_with(&format!("rustc {WRITTEN_WITH}.")) {
        return true;
    }
    let why =
        format!("the refusals are written down as of rustc {WRITTEN_WITH}, this is {version}");
    assert!(env::var_os("HOT_RELOAD_REQUIRE").is_none(), "{why}");
    println!("not compared: {why}");
    false
}

#[test]
fn misuse_is_refused_by_the_compiler_for_the_right_reason() {
    if words_are_known() {
        let cases = trybuild::TestCases::new();
        cases.compile_fail("tests/ui/function_cannot_expand.rs");
        cases.compile_fail("tests/ui/function_cannot_merge.rs");
        cases.compile_fail("tests/ui/guard_across_await.rs");
        cases.compile_fail("tests/ui/guard_outlives_its_part.rs");
        cases.compile_fail("tests/ui/guard_outlives_live.rs");
        cases.compile_fail("tests/ui/hybrid_without_watch.rs");
        cases.compile_fail("tests/ui/member_is_a_builder.rs");
        cases.compile_fail("tests/ui/value_bound_to_its_thread.rs");
        cases.compile_fail("tests/ui/value_is_read_only.rs");
    }
}

#[test]
fn correct_twin_of_each_misuse_compiles_and_runs() {
    guard_lives_with_its_part::main();
    snapshot_across_await::main();
    snapshot_outlives_live::main();
    value_is_copied_to_change::main();
    value_shared_by_threads::main();
}
