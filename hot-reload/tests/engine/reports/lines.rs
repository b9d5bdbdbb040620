//! Every name, key or message reaches the operator as one line without hidden characters.

use anyhow::anyhow;
use hot_reload::error::ErrorKind;
use hot_reload::error::Location;
use hot_reload::source::DecodeWith;
use hot_reload::status::{Degradation, SourceStatus};
use hot_reload::{Error, Outcome, ReloaderError, Revision};
use proptest::prelude::*;

use crate::script::{Bad, Good, Script};

/// Characters that end a line, move the cursor, colour, reverse or hide text.
const HOSTILE: &str = "a\nERROR forged\r\u{1b}[31m\u{202e}\u{2028}\u{200b}\u{9b}\tz\0";

/// Asserts that a text is one line without hidden characters.
fn is_plain(text: &str) {
    let hidden = |sign: char| {
        sign.is_control() || matches!(sign, '\u{2028}' | '\u{202e}' | '\u{200b}' | '\u{feff}')
    };
    assert!(!text.contains(hidden), "{text:?}");
}

fn hostile() -> impl Strategy<Value = String> {
    let signs = prop::collection::vec(
        prop_oneof![
            prop::sample::select(HOSTILE.chars().collect::<Vec<_>>()),
            any::<char>(),
            prop::char::range('a', 'z'),
        ],
        0..60,
    );
    signs.prop_map(|signs| signs.into_iter().collect())
}

proptest! {
    #[test]
    fn every_error_is_one_line(text in hostile(), other in hostile(), place in any::<bool>()) {
        let mut location = Location::new(&text).path(&other);
        if place {
            location = location.line(3, 4);
        }
        let made = Error::new(ErrorKind::Decode, &other);
        let cause = anyhow::Error::new(made.clone().at(location.clone()));
        let errors = [
            made.clone(),
            made.clone().at(location.clone()),
            made.clone().at(location.clone()).with_revision(Revision::from(1_u64)),
            made.with_source(text.clone()),
            Error::from(ReloaderError::<(), String>::Reload(text.clone())),
            Error::from(ReloaderError::<(), String>::Other(anyhow!(text.clone()).context(other.clone()))),
            Error::from(ReloaderError::<(), String>::Other(cause.context(text.clone()))),
            hot_reload::source::Decode::decode(
                &DecodeWith::new({
                    let other = other.clone();
                    move |_: &[u8]| Err::<(), _>(other.clone())
                }),
                b"",
                &text,
            )
            .unwrap_err(),
        ];
        for error in errors {
            is_plain(&error.to_string());
            is_plain(error.message());
            is_plain(&format!("{error:?}"));
            prop_assert!(!error.to_string().is_empty());
        }
        is_plain(&location.to_string());
        is_plain(location.name());
        is_plain(location.key_path().unwrap_or_default());
        is_plain(&ReloaderError::<(), String>::Reload(text).to_string());
        is_plain(&ReloaderError::<(), String>::Other(anyhow!(other)).to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn names_messages_and_panics_reach_status_and_log_as_one_line() {
    let log = crate::log::log();
    let script = Script::new(Good("first"));
    let hostile = Degradation::new(HOSTILE, HOSTILE, HOSTILE);
    let status = SourceStatus::default().with_degradation(hostile);
    script.state().status = Some(status);
    let (_live, control) = script
        .builder()
        .name(HOSTILE)
        .hybrid()
        .validate(|value: &String| match value.as_str() {
            "panics" => panic!("{HOSTILE}"),
            "invalid" => Err(HOSTILE),
            _ => Ok(()),
        })
        .start()
        .await
        .unwrap();
    for content in [Good("panics"), Good("invalid"), Bad(HOSTILE)] {
        script.set(content);
        let receipt = control.reload().await;
        let Outcome::Rejected { error, .. } = &receipt.outcome else {
            panic!("{receipt:?}");
        };
        is_plain(&error.to_string());
    }
    let status = control.status();
    is_plain(&status.name);
    let degraded = &status.source_status.unwrap().degraded[0];
    is_plain(&degraded.to_string());
    is_plain(&degraded.reason);
    assert!(log.count("rejected, the last good value stays") >= 3);
    assert_eq!(log.count(HOSTILE.lines().nth(1).unwrap()), 0);
    assert_eq!(log.starting_with("ERROR forged"), 0);
}
