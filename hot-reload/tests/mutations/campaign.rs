//! Mutation test: broken files are decoded, and their errors and log lines checked.

use std::cell::RefCell;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use crate::mutator::{Case, Format, Mutant, Shrink};
use crate::samples::Site;
use crate::{alone, samples};
use hot_reload::Error;
use hot_reload::source::{Decode, Json, Toml, Yaml};

/// The default number of mutants.
const ROUNDS: u64 = 1_500;
/// The memory limit of the run, beside the test itself.
const MEMORY: usize = 256 << 20;

#[test]
fn p17_broken_file_is_one_line_and_takes_bounded_memory() {
    let test = "campaign::p17_broken_file_is_one_line_and_takes_bounded_memory";
    let folder = tempfile::tempdir().unwrap();
    let last = |folder: &Path| {
        let seed = fs::read_to_string(folder.join("seed")).unwrap_or_default();
        format!("the last seed was {seed}")
    };
    alone::within(test, MEMORY, folder.path(), last, |folder| {
        let current = folder.join("seed");
        tracing::subscriber::with_default(subscriber(), || {
            let began = Instant::now();
            let hours = number("HOURS").map(|hours| Duration::from_secs_f64(hours * 3_600.0));
            let rounds = number("ROUNDS").map_or(ROUNDS, |rounds| rounds as u64);
            let first = number("SEED").map_or(1, |seed| seed as u64);
            for round in 0.. {
                let ended = hours.map_or(round >= rounds, |time| began.elapsed() >= time);
                if ended {
                    break;
                }
                let seed = first + round;
                let (format, sample) = samples::ALL[(seed % 3) as usize];
                let kind = Kind {
                    format,
                    expands: seed.is_multiple_of(2) && cfg!(feature = "expand"),
                };
                fs::write(&current, seed.to_string()).unwrap();
                let mutant = match kind.expands {
                    true => Mutant::new(seed, format, &with_references(sample)),
                    false => Mutant::new(seed, format, sample),
                };
                if let Err(why) = passes(kind, &mutant.case()) {
                    let small = Shrink::new(mutant.clone()).run(|case| {
                        // Only an edit of a line that was right before says where the fault is.
                        let was_right = case.before().is_none_or(|before| is_right(kind, &before));
                        was_right && passes(kind, case).is_err()
                    });
                    let smallest = passes(kind, small.smallest()).err().unwrap_or_default();
                    panic!("{why}\n{mutant}\n{smallest}\n{small}");
                }
            }
        });
    });
}

/// How a mutant is decoded.
#[derive(Clone, Copy)]
struct Kind {
    format: Format,
    /// Whether its references are expanded.
    expands: bool,
}

/// Decodes and logs. An error describes a wrong outcome.
fn passes(kind: Kind, case: &Case) -> Result<(), String> {
    let bytes = case.bytes();
    let decoded = catch_unwind(AssertUnwindSafe(|| decode(kind, &bytes)));
    let decoded = decoded.map_err(|_| "panicked".to_owned())?;
    #[cfg(feature = "layers")]
    passes_as_layer(kind, &bytes, case, decoded.is_ok())?;
    let Err(error) = decoded else { return Ok(()) };
    is_one_line(&error)?;
    is_placed(&error, &bytes, case.edited_line())
}

/// Decodes the same as a layer, which accepts what its decoder accepts.
#[cfg(feature = "layers")]
fn passes_as_layer(kind: Kind, bytes: &[u8], case: &Case, is_right: bool) -> Result<(), String> {
    let decoded = catch_unwind(AssertUnwindSafe(|| decode_layer(kind, bytes)));
    match decoded.map_err(|_| "panicked as a layer".to_owned())? {
        Ok(()) => Ok(()),
        Err(error) if is_right => Err(format!("only a layer has the error {error}")),
        Err(error) => {
            is_one_line(&error)?;
            is_placed(&error, bytes, case.edited_line())
        }
    }
}

/// Decodes the content as one layer, over a layer with other keys.
#[cfg(feature = "layers")]
fn decode_layer(kind: Kind, bytes: &[u8]) -> Result<(), Error> {
    use futures_util::FutureExt;
    use hot_reload::source::{Fetched, Format as Document, Layers, Source};
    use hot_reload::{Reload, ReloaderError, Revision};

    struct Bytes(Vec<u8>);

    impl Source for Bytes {
        fn name(&self) -> String {
            "conf".to_owned()
        }

        async fn fetch(&self, seen: Option<&Revision>) -> Result<Fetched, Error> {
            let (bytes, revision) = (self.0.clone(), Revision::from(1_u64));
            Ok(match seen {
                Some(_) => Fetched::Unchanged,
                None => Fetched::Content { bytes, revision },
            })
        }
    }

    let document = match kind.format {
        Format::Toml => Document::Toml,
        Format::Json => Document::Json,
        Format::Yaml => Document::Yaml,
    };
    let layers = Layers::<Site>::new().source(Bytes(bytes.to_vec()), document);
    #[cfg(feature = "expand")]
    let layers = match kind.expands {
        true => layers.expand(),
        false => layers,
    };
    let load = Reload::<Site, String>::reload(&layers);
    match load.now_or_never().expect("nothing waits") {
        Ok(Some(_)) => Ok(()),
        Ok(None) => panic!("the layer is missing"),
        Err(ReloaderError::Other(error)) => Err(error.downcast().expect("the error of a decoder")),
        Err(error) => panic!("{error}"),
    }
}

fn is_right(kind: Kind, bytes: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| decode(kind, bytes))).is_ok_and(|decoded| decoded.is_ok())
}

fn decode(kind: Kind, bytes: &[u8]) -> Result<(), Error> {
    #[cfg(feature = "expand")]
    if kind.expands {
        return expand(kind.format, bytes).map(drop);
    }
    match kind.format {
        Format::Toml => Toml::<Site>::new().decode(bytes, "conf").map(drop),
        Format::Json => Json::<Site>::new().decode(bytes, "conf").map(drop),
        Format::Yaml => Yaml::<Site>::new().decode(bytes, "conf").map(drop),
    }
}

/// A sample with references. Cargo sets the variable, whose value is [`REFERENCED`].
fn with_references(sample: &str) -> String {
    let sample = sample.replace("hunter2-hunter2", "hunter2-hunter2${CARGO_MANIFEST_DIR}");
    let sample = sample.replace("8080", "\"${NO_SUCH_PORT:-8080}\"");
    sample.replace("ünter", "$$ünter${CARGO_MANIFEST_DIR}")
}

/// The value of the references in the samples.
const REFERENCED: &str = env!("CARGO_MANIFEST_DIR");

#[cfg(feature = "expand")]
fn expand(format: Format, bytes: &[u8]) -> Result<Site, Error> {
    use hot_reload::source::{ByFormat, Expand, Format as Source};
    let format = match format {
        Format::Toml => Source::Toml,
        Format::Json => Source::Json,
        Format::Yaml => Source::Yaml,
    };
    Expand::new(ByFormat::new(format)).decode(bytes, "conf")
}

#[cfg(feature = "expand")]
#[test]
fn sample_with_references_is_valid() {
    for (format, sample) in samples::ALL {
        let text = with_references(sample);
        let site = format!("{:?}", expand(format, text.as_bytes()).unwrap());
        let host = format!("$ünter{}.example", REFERENCED);
        assert!(
            site.contains("port: 8080") && site.contains(&host),
            "{site}"
        );
    }
}

fn is_one_line(error: &Error) -> Result<(), String> {
    let line = error.to_string();
    let hidden = |sign: char| {
        sign.is_control() || matches!(sign, '\u{2028}' | '\u{202e}' | '\u{200b}' | '\u{feff}')
    };
    let secrets = ["hunter2-hunter2", REFERENCED];
    let shows = secrets.iter().any(|secret| line.contains(secret));
    if line.contains(hidden) || line.len() > 1_000 || shows {
        return Err(format!("the error is {line:?}"));
    }
    LOG.take();
    tracing::error!("rejected: {error}");
    let log = LOG.take();
    let lines = log.iter().filter(|byte| **byte == b'\n').count();
    match lines == 1 && log.ends_with(b"\n") {
        true => Ok(()),
        false => Err(format!("the log is {:?}", String::from_utf8_lossy(&log))),
    }
}

/// Checks that the error has a line of the content: that of the edit, if the edit touches one line only.
fn is_placed(error: &Error, bytes: &[u8], edited: Option<u64>) -> Result<(), String> {
    let lines = bytes.split(|byte| *byte == b'\n').count() as u64;
    let place = error
        .location()
        .and_then(|location| location.line_and_column());
    let Some((line, column)) = place else {
        return Err(format!("no place: {error}"));
    };
    if line == 0 || column == 0 || line > lines {
        return Err(format!("{error} of {lines} lines"));
    }
    match edited {
        Some(edited) if edited != line => {
            // Some errors are not in the edited line. A missing key is reported at its table, and an unclosed bracket at its
            // start. A duplicate or misplaced key is reported at its second occurrence, and a merged key at its definition.
            let message = error.message();
            let is_elsewhere = message.contains("missing key")
                || message.contains("not closed") && line < edited
                || message.contains("no anchor above")
                || message.contains("unknown key") && merges(bytes, edited)
                || message.contains("is defined twice")
                || (message.contains("wrong indentation") || message.contains("expected '-'"))
                    && line == edited + 1;
            match is_elsewhere {
                true => Ok(()),
                false => Err(format!("{error}, but line {edited} was edited")),
            }
        }
        _ => Ok(()),
    }
}

/// Whether this line is the merge key of YAML.
fn merges(bytes: &[u8], line: u64) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').nth(line as usize - 1);
    line.is_some_and(|line| line.trim_ascii_start().starts_with(b"<<"))
}

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn subscriber() -> impl tracing::Subscriber {
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(|| Log)
        .finish()
}

fn number(name: &str) -> Option<f64> {
    let text = env::var(format!("HOT_RELOAD_{name}")).ok()?;
    Some(text.parse().expect("a number"))
}
