//! [`Yaml`]: values from YAML.
//!
//! - `scan`: the first pass, which finds syntax errors and enforces the limits;
//! - `words`: the locations and texts of syntax errors;
//! - `values`: the texts for wrong values.

mod limits;
mod scan;
mod values;
mod words;

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::de::IgnoredAny;
use serde_saphyr::granit_parser::{Event, ScalarStyle};
use serde_saphyr::options::NonFiniteFloatPolicy;
use serde_saphyr::{Deserializer, Options};

use self::limits::Limits;
use super::Decode;
use super::decoder::decoder;
use super::deep;
use super::place::{self, Failure, Secrets};
use super::quoting::Quoting;
use crate::error::Error;

/// The default for [`Yaml::max_depth`], the same as for JSON.
const DEPTH: usize = 128;
/// The largest [`Yaml::max_depth`]. An ordinary stack must suffice to drop the decoded value.
const DEEPEST: usize = 1_000;

/// Decodes YAML, one document.
///
/// An error is one line: `app.yaml:4:9: server.port: expected u16, found "80a"`.
///
/// # Limits
///
/// Only the size of the content limits the number of values, anchors, aliases and merge keys. The source limits the size
/// ([`File::max_size`](crate::source::File::max_size) and similar). There are two further limits:
///
/// - [`max_depth`](Self::max_depth): nested tables and lists, 128 levels;
/// - [`max_expansion`](Self::max_expansion): the bytes that anchors and aliases add, 16 MiB or twice the content.
///
/// Both are checked before any value is made, so a document that is too deep or an alias bomb is refused in linear time.
/// Decoding a deep document does not depend on the caller's stack: beyond 16 levels, a thread with a sufficient stack
/// decodes it.
///
/// ```
/// use hot_reload::source::{Decode, Yaml};
///
/// let ports = Yaml::<Vec<u16>>::new();
/// assert_eq!(ports.decode(b"- 80\n- 443\n", "ports.yaml").unwrap(), [80, 443]);
/// let error = ports.decode(b"- 80\n- many\n", "ports.yaml").unwrap_err();
/// assert_eq!(error.to_string(), "ports.yaml:2:3: [1]: expected u16, found \"many\"");
/// ```
pub struct Yaml<T> {
    limits: Limits,
    pub(super) quoting: Quoting,
    floats: NonFiniteFloatPolicy,
    value: PhantomData<fn() -> T>,
}

impl<T> Yaml<T> {
    /// A decoder of YAML into `T`.
    pub const fn new() -> Self {
        Self {
            limits: Limits {
                depth: DEPTH,
                expansion: None,
            },
            quoting: Quoting::new(),
            floats: NonFiniteFloatPolicy::Default,
            value: PhantomData,
        }
    }

    /// The greatest depth of nested tables and lists, with aliases expanded. Default: 128. A number above 1,000 counts as
    /// 1,000.
    #[must_use]
    pub const fn max_depth(mut self, levels: usize) -> Self {
        self.limits.depth = if levels > DEEPEST { DEEPEST } else { levels };
        self
    }

    /// The most bytes that anchors and aliases may add to a document, with each alias expanded. Default: 16 MiB, or twice
    /// the content if that is more.
    ///
    /// An anchor and each of its aliases count the length of the texts in it, and 16 bytes for each value.
    #[must_use]
    pub const fn max_expansion(mut self, bytes: u64) -> Self {
        self.limits.expansion = Some(bytes);
        self
    }
}

decoder!(Yaml);

impl<T: DeserializeOwned + Send + Sync + 'static> Decode for Yaml<T> {
    type Value = T;

    fn decode(&self, bytes: &[u8], name: &str) -> Result<T, Error> {
        let text = place::text(bytes, name)?;
        let depth = self.scan(text, name)?;
        deep::with_stack(depth, || {
            self.decode_text(text)
                .map_err(|failure| failure.about(name, text))
        })?
    }
}

impl<T> Yaml<T> {
    /// Refuses a text that is not YAML or exceeds a limit. Returns the depth of the text.
    pub(super) fn scan(&self, text: &str, name: &str) -> Result<usize, Error> {
        let scanned = scan::scan(text, self.limits);
        scanned.map_err(|mistake| mistake.into_error(name, text))
    }

    /// Decodes a text that was scanned.
    pub(super) fn decode_text(&self, text: &str) -> Result<T, Failure>
    where
        T: DeserializeOwned,
    {
        let mut path = None;
        let decoded = with_yaml(text, self.floats, |yaml| {
            serde_path_to_error::deserialize(yaml).map_err(|tracked| {
                path = Some(place::steps(tracked.path()));
                tracked.into_inner()
            })
        });
        decoded.map_err(|error| {
            let error = error.without_snippet();
            let quotes = self.quoting.quotes();
            let secrets = with_yaml(text, self.floats, |yaml| Ok(Secrets::of(&quotes, yaml)));
            let path = path.take();
            let place = error.location();
            // For an error about a whole value, the decoder knows only the table around it.
            let located = match values::is_of_a_whole(error) {
                true => path
                    .as_deref()
                    .and_then(|path| scan::locate(text, self.limits, path)),
                false => None,
            };
            Failure {
                at: located.or_else(|| {
                    place.and_then(|place| place::offset(text, place.line(), place.column()))
                }),
                path,
                message: values::sentence(error, text, self.limits),
                quoted: Some(Box::new((quotes, secrets.unwrap_or_default()))),
            }
        })
    }

    /// A decoder with the same limits that ignores the value.
    pub(super) fn of_anything(&self) -> Yaml<IgnoredAny> {
        Yaml {
            limits: self.limits,
            quoting: self.quoting,
            // Whether an infinite number is allowed depends on the target.
            floats: NonFiniteFloatPolicy::PassThrough,
            value: PhantomData,
        }
    }

    /// The events of the parser with their offsets, up to the first mistake.
    pub(super) fn events<'t>(&self, text: &'t str) -> impl Iterator<Item = (Event<'t>, usize)> {
        let events = scan::parser(text, self.limits).map_while(Result::ok);
        events.map(|(event, span)| (event, words::offset(text, span.start)))
    }

    /// Whether the text holds no value.
    pub(super) fn is_empty(&self, text: &str) -> bool {
        let mut events = self.events(text).map(|(event, _)| event);
        let value = events.find(|event| event.is_node());
        value.is_none_or(|value| value.scalar() == Some(("", ScalarStyle::Plain)))
    }
}

/// Runs serde over one value, whose text is a document. An error is in serde's form.
#[cfg(feature = "layers")]
pub(super) fn with_scalar<'t, R>(
    text: &'t str,
    run: impl for<'e> FnOnce(Deserializer<'t, 'e>) -> Result<R, serde_saphyr::Error>,
) -> Result<R, String> {
    let yaml = Yaml::<()>::new();
    with_yaml(text, yaml.floats, run)
        .map_err(|error| values::sentence(error.without_snippet(), text, yaml.limits))
}

/// Runs serde over the text. Its own limits are off, since the scan has checked all limits.
fn with_yaml<'t, R>(
    text: &'t str,
    floats: NonFiniteFloatPolicy,
    run: impl for<'e> FnOnce(Deserializer<'t, 'e>) -> Result<R, serde_saphyr::Error>,
) -> Result<R, serde_saphyr::Error> {
    serde_saphyr::with_deserializer_from_str_with_options(text, options(floats), run)
}

fn options(floats: NonFiniteFloatPolicy) -> Options {
    const ANY: usize = usize::MAX;
    serde_saphyr::options! {
        with_snippet: false,
        non_finite_float_policy: floats,
        budget: serde_saphyr::budget! {
            max_events: ANY,
            max_aliases: ANY,
            max_anchors: ANY,
            max_recorded_anchor_events: ANY,
            max_recorded_anchor_bytes: ANY,
            max_depth: DEEPEST + 1,
            flow_nesting_limit: DEEPEST + 1,
            max_documents: ANY,
            max_nodes: ANY,
            max_total_scalar_bytes: ANY,
            max_merge_keys: ANY,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: ANY,
            max_replay_stack_depth: ANY,
            max_alias_expansions_per_anchor: ANY,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::place::tests::{App, fails, never_shows_the_secret, same_for_all};

    #[test]
    fn common_tests_of_all_decoders_pass() {
        same_for_all(&Yaml::<App>::new(), "server:\n  host: a\n  port: 1\n");
    }

    #[test]
    fn syntax_error_has_its_location() {
        let text = "server:\n  port: 1\n  host: \"a\n";
        assert_eq!(
            fails(&Yaml::<App>::new(), text),
            "app:3:9: this quote is not closed"
        );
    }

    #[test]
    fn type_error_has_its_location() {
        let text = "server:\n  host: é\n  port: 80a\n";
        assert_eq!(
            fails(&Yaml::<App>::new(), text),
            "app:3:9: server.port: expected u16, found \"80a\""
        );
        let text = "ports: [1, é, x]\nserver: {port: 1}\n";
        assert_eq!(
            fails(&Yaml::<App>::new(), text),
            "app:1:12: ports[1]: expected u16, found \"é\""
        );
    }

    #[test]
    fn unknown_and_missing_keys_are_named() {
        assert_eq!(
            fails(&Yaml::<App>::new(), "server:\n  prot: 1\n"),
            "app:2:3: server: unknown key \"prot\", expected one of \"host\", \"port\", \"password\" (did you mean \"port\"?)"
        );
        assert_eq!(
            fails(&Yaml::<App>::new(), "server: {}"),
            "app:1:9: server: missing key \"port\""
        );
    }

    #[test]
    fn empty_content_has_no_keys() {
        assert_eq!(
            fails(&Yaml::<App>::new(), ""),
            "app:1:1: the document is empty"
        );
    }

    #[test]
    fn p18_secret_is_not_shown() {
        let text = "server:\n  port: 1\n  password: hunter2\n";
        assert_eq!(
            fails(&Yaml::<App>::new(), text),
            "app:3:13: server.password: expected u16, found a string (not shown)"
        );
    }

    #[test]
    fn p18_secret_of_a_corrupted_text_is_not_shown() {
        never_shows_the_secret(
            &Yaml::<App>::new(),
            "server:\n  host: a\n  port: 1\n  password: hunter2\nports: [1]\n",
        );
    }
}
