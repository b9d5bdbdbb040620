//! [`LogFilter`]: a log filter by level and target, parsed strictly.

use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};

/// A log filter by level and target: `info`, or `warn,server_lib=debug`.
///
/// A filter is a list of levels, separated by commas. A level is `off`, `error`, `warn`, `info`, `debug` or `trace`. Alone
/// it applies to all lines; written `target=level`, to the lines whose target starts with `target`. A filter that names
/// only targets still lets the errors of all others through, so that only the word `off` silences an error.
///
/// Parsing refuses every other word, since a misspelt level would silence the log. The error names what was expected and,
/// if a word is close to a valid one, suggests that one.
///
/// ```
/// use server_lib::LogFilter;
///
/// assert!("warn,server_lib=debug".parse::<LogFilter>().is_ok());
/// let expected = "inof".parse::<LogFilter>().unwrap_err();
/// assert!(expected.ends_with("(did you mean \"info\"?)"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LogFilter(Targets);

impl LogFilter {
    /// The filter for a subscriber.
    pub fn targets(&self) -> Targets {
        self.0.clone()
    }
}

/// The longest text that is a filter, in bytes.
const LONGEST: usize = 4096;

/// The crates of the server, for suggestions. Targets of other crates are valid, but not known here.
const TARGETS: [&str; 3] = ["hot_reload", "server_bin", "server_lib"];

const LEVELS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::OFF),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

/// Names of levels in other programs, for suggestions.
const OTHER_NAMES: [(&str, &str); 20] = [
    ("0", "off"),
    ("none", "off"),
    ("quiet", "off"),
    ("silent", "off"),
    ("disabled", "off"),
    ("1", "error"),
    ("critical", "error"),
    ("fatal", "error"),
    ("severe", "error"),
    ("2", "warn"),
    ("warning", "warn"),
    ("3", "info"),
    ("information", "info"),
    ("normal", "info"),
    ("notice", "info"),
    ("4", "debug"),
    ("verbose", "debug"),
    ("5", "trace"),
    ("all", "trace"),
    ("everything", "trace"),
];

impl FromStr for LogFilter {
    /// The text of what was expected.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LONGEST {
            return Err(format!("a log filter of at most {LONGEST} bytes"));
        }
        let directives: Vec<&str> = text.split(',').map(str::trim).collect();
        let mut targets = Targets::new();
        let mut seen = Vec::new();
        for (index, directive) in directives.iter().enumerate() {
            let (target, level) = parse(directive).map_err(|meant| {
                let corrected = meant.map(|meant| {
                    let mut corrected = directives.clone();
                    corrected[index] = &meant;
                    corrected.join(",")
                });
                expected(corrected.as_deref())
            })?;
            if seen.contains(&target) {
                return Err("a log filter with one level for each target".to_owned());
            }
            seen.push(target);
            targets = match target {
                Some(target) => targets.with_target(target, level),
                None => targets.with_default(level),
            };
        }
        if !seen.contains(&None) {
            targets = targets.with_default(LevelFilter::ERROR);
        }
        Ok(Self(targets))
    }
}

fn expected(meant: Option<&str>) -> String {
    let expected = "a log filter, such as \"info\" or \"warn,server_lib=debug\"";
    match meant {
        Some(meant) if meant.len() <= 80 => format!("{expected} (did you mean \"{meant}\"?)"),
        _ => expected.to_owned(),
    }
}

/// The target and its level. An error is the suggestion, if there is one.
fn parse(directive: &str) -> Result<(Option<&str>, LevelFilter), Option<String>> {
    let Some((target, level)) = directive.split_once('=') else {
        return match level_of(directive) {
            Some(level) => Ok((None, level)),
            // A target alone allows all its lines, as in other programs.
            None if is_known(directive) => Ok((Some(directive), LevelFilter::TRACE)),
            None => Err(level_meant(directive)
                .or_else(|| target_meant(directive))
                .map(str::to_owned)),
        };
    };
    let (target, level) = (target.trim(), level.trim());
    let meant = target_meant(target).filter(|_| !is_known(target));
    let named = !target.is_empty()
        && target
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.'));
    match level_of(level) {
        Some(level) if named && meant.is_none() => Ok((Some(target), level)),
        found => {
            let level = match found {
                Some(_) => Some(level),
                None => level_meant(level),
            };
            Err(level.filter(|_| named).map(|level| {
                let target = meant.unwrap_or(target);
                format!("{target}={level}")
            }))
        }
    }
}

fn level_of(word: &str) -> Option<LevelFilter> {
    let named = |(name, _): &&(&str, _)| name.eq_ignore_ascii_case(word);
    LEVELS.iter().find(named).map(|(_, level)| *level)
}

/// Whether this is a target of the server's own crates.
fn is_known(target: &str) -> bool {
    TARGETS.contains(&crate_of(target))
}

fn crate_of(target: &str) -> &str {
    target.split("::").next().unwrap_or(target)
}

fn level_meant(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == word);
    other
        .map(|(_, level)| *level)
        .or_else(|| nearest(&word, LEVELS.iter().map(|(name, _)| *name)))
}

fn target_meant(target: &str) -> Option<&'static str> {
    nearest(&crate_of(target).to_lowercase(), TARGETS.into_iter())
}

/// The name that this word misspells: at most two letters are wrong, and more are right than wrong.
fn nearest(word: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    names
        .map(|name| (strsim::osa_distance(word, name), name))
        .filter(|(distance, name)| *distance <= 2 && distance * 2 < name.len())
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn filter(text: &str) -> Targets {
        text.parse::<LogFilter>().unwrap().targets()
    }

    fn meant(text: &str) -> Option<String> {
        let error = text.parse::<LogFilter>().unwrap_err();
        let (_, rest) = error.split_once("did you mean \"")?;
        Some(rest.trim_end_matches("\"?)").to_owned())
    }

    #[test]
    fn levels_and_targets_are_as_written() {
        for text in [
            "info",
            "INFO",
            " info ",
            "warn,server_lib=info",
            "server_lib = info , warn",
        ] {
            assert!(
                filter(text).would_enable("server_lib::front", &Level::INFO),
                "{text}"
            );
            assert!(
                !filter(text).would_enable("server_lib::front", &Level::DEBUG),
                "{text}"
            );
        }
        assert!(filter("hot_reload").would_enable("hot_reload", &Level::TRACE));
        assert!(
            filter("some_crate::module=debug").would_enable("some_crate::module", &Level::DEBUG)
        );
    }

    #[test]
    fn only_the_word_off_silences_errors() {
        for text in ["error", "server_lib=debug", "server_lib=off", "server_lib"] {
            assert!(
                filter(text).would_enable("hot_reload", &Level::ERROR),
                "{text}"
            );
        }
        for text in ["off", "info,hot_reload=off", "off,server_lib=info"] {
            assert!(
                !filter(text).would_enable("hot_reload", &Level::ERROR),
                "{text}"
            );
        }
    }

    #[test]
    fn misspelt_word_is_refused_with_a_suggestion() {
        let cases = [
            ("inof", "info"),
            ("infoo", "info"),
            ("Inf", "info"),
            ("warning", "warn"),
            ("verbose", "debug"),
            ("debgu", "debug"),
            ("err", "error"),
            ("none", "off"),
            ("3", "info"),
            ("server_lib=inof", "server_lib=info"),
            ("warn,server_lib=verbose", "warn,server_lib=debug"),
            ("sevrer_lib=debug", "server_lib=debug"),
            ("server-lib=debug", "server_lib=debug"),
            ("servr_lib=inof", "server_lib=info"),
            ("hot_relaod", "hot_reload"),
            ("hyper=info,warnn", "hyper=info,warn"),
        ];
        for (text, good) in cases {
            assert_eq!(meant(text).as_deref(), Some(good), "{text}");
            assert!(good.parse::<LogFilter>().is_ok(), "{good}");
        }
    }

    #[test]
    fn invalid_filters_are_refused() {
        let long = "a=info,".repeat(1000);
        for text in [
            "",
            " ",
            "info,",
            "=",
            "=info",
            "loud=chatty",
            "a b=info",
            "[x]=info",
            "info,info",
            "info,debug",
            "1.5",
            &long,
        ] {
            assert_eq!(meant(text), None, "{text:?}");
        }
    }
}
