//! Every way in which programs change a file, with every strategy and both surfaces: each content is seen, and no other.
//!
//! A test is one cell. Under a watch, the interval is an hour, so a change that the watch does not report fails the test.

mod compatible;
mod follow;
mod full;
mod patterns;

use std::time::Duration;

use hot_reload as subject;
use hot_reload::{ReloaderConfig, WatchStrategy};
use tempfile::TempDir;

use self::follow::{Patience, Verdict};
use self::patterns::Pattern;

/// Ten times the worst of a healthy run, for machines that are busy.
const PATIENCE: Patience = Patience {
    deadline: Duration::from_secs(5),
    head_start: Duration::ZERO,
};

#[track_caller]
fn expect_seen(pattern: Pattern, verdict: &Verdict) {
    match verdict {
        Verdict::Seen(slowest) => note(&format!("seen after {slowest:.1?}")),
        other => panic!("{}: {other:?}", pattern.title()),
    }
}

#[allow(
    clippy::print_stdout,
    reason = "shown with the output of the test when somebody asks for it"
)]
fn note(text: &str) {
    println!("{text}");
}

async fn compatible(pattern: Pattern, config: ReloaderConfig) {
    let folder = TempDir::new().unwrap();
    let verdict = compatible::run(pattern, folder.path(), config, PATIENCE).await;
    expect_seen(pattern, &verdict);
}

async fn full(pattern: Pattern, strategy: fn(full::Draft) -> full::Draft) {
    let folder = TempDir::new().unwrap();
    let verdict = full::run(pattern, folder.path(), strategy, PATIENCE).await;
    expect_seen(pattern, &verdict);
}

/// `ReloaderConfig::realtime()`, without its poll.
fn realtime() -> ReloaderConfig {
    ReloaderConfig {
        strategy: WatchStrategy::Realtime,
        ..hybrid()
    }
}

fn hybrid() -> ReloaderConfig {
    ReloaderConfig::hybrid(3600)
}

macro_rules! cells {
    ($($pattern:ident: $polling:ident, $realtime:ident, $hybrid:ident;)+) => {
        mod through_the_compatible_surface {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $polling() {
                    compatible(Pattern::$pattern, ReloaderConfig::polling(1)).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $realtime() {
                    compatible(Pattern::$pattern, realtime()).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $hybrid() {
                    compatible(Pattern::$pattern, hybrid()).await;
                }
            )+
        }

        mod through_the_builder {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $polling() {
                    full(Pattern::$pattern, |draft| draft.interval(Duration::from_secs(1))).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $realtime() {
                    full(Pattern::$pattern, |draft| draft.realtime().interval(full::NO_POLL)).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $hybrid() {
                    full(Pattern::$pattern, |draft| draft.hybrid().interval(full::NO_POLL)).await;
                }
            )+
        }

        #[test]
        fn every_pattern_is_tested() {
            assert_eq!([$(Pattern::$pattern),+], Pattern::ALL);
        }
    };
}

cells! {
    InPlaceWrite: in_place_write_in_polling, in_place_write_in_realtime, in_place_write_in_hybrid;
    RenameOver: rename_over_in_polling, rename_over_in_realtime, rename_over_in_hybrid;
    VimSave: vim_save_in_polling, vim_save_in_realtime, vim_save_in_hybrid;
    TruncateAndWrite: truncate_and_write_in_polling, truncate_and_write_in_realtime, truncate_and_write_in_hybrid;
    ConfigMapSwap: configmap_swap_in_polling, configmap_swap_in_realtime, configmap_swap_in_hybrid;
    RepointedLink: repointed_link_in_polling, repointed_link_in_realtime, repointed_link_in_hybrid;
    BadThenFixed: bad_then_fixed_in_polling, bad_then_fixed_in_realtime, bad_then_fixed_in_hybrid;
    Deleted300Ms: deleted_for_300_ms_in_polling, deleted_for_300_ms_in_realtime, deleted_for_300_ms_in_hybrid;
    Deleted5S: deleted_for_5_s_in_polling, deleted_for_5_s_in_realtime, deleted_for_5_s_in_hybrid;
    FolderReplaced: folder_replaced_in_polling, folder_replaced_in_realtime, folder_replaced_in_hybrid;
    AbsentAtStart: absent_at_start_in_polling, absent_at_start_in_realtime, absent_at_start_in_hybrid;
    FolderAbsentAtStart: folder_absent_at_start_in_polling, folder_absent_at_start_in_realtime,
        folder_absent_at_start_in_hybrid;
    AbsentInLinkedFolder: absent_in_linked_folder_in_polling, absent_in_linked_folder_in_realtime,
        absent_in_linked_folder_in_hybrid;
}
