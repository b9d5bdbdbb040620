//! The configuration file as written: its keys, their defaults, and the checks of single values.
//!
//! A value that fails a check here is refused with line and column.

use std::fmt;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use axum::http::StatusCode;
use axum::http::uri::PathAndQuery;
use serde::de::{Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::DEFAULT_STATUS;
use super::limits::LimitsTable;
use super::methods::Methods;
use super::number::number;
use crate::address;
use crate::log_filter::LogFilter;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) id: u64,
    pub(super) name: NameText,
    #[serde(default = "ListenText::usual")]
    pub(super) listen: ListenText,
    pub(super) root: Option<PathBuf>,
    #[serde(default)]
    pub(super) routes: Vec<RouteTable>,
    #[serde(default)]
    pub(super) limits: LimitsTable,
    #[serde(default)]
    pub(super) log: LogText,
    pub(super) tls: Option<TlsTable>,
    #[serde(default)]
    pub(super) plaintext: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RouteTable {
    pub(super) path: PathText,
    #[serde(default)]
    pub(super) methods: Methods,
    #[serde(default)]
    pub(super) status: Status,
    #[serde(default)]
    pub(super) headers: std::collections::BTreeMap<String, String>,
    pub(super) body: Option<String>,
    pub(super) file: Option<PathBuf>,
    pub(super) health: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsTable {
    pub(super) cert: PathBuf,
    pub(super) key: PathBuf,
}

/// A status with which a response may end.
#[derive(Debug)]
pub(super) struct Status(pub(super) StatusCode);

impl Default for Status {
    fn default() -> Self {
        Self(DEFAULT_STATUS)
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a status from 200 to 599";
        let number: u16 = number(deserializer, 200..=599, expected)?;
        StatusCode::from_u16(number)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// The name of the server, for its log lines.
#[derive(Debug)]
pub(super) struct NameText(pub(super) String);

impl FromStr for NameText {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() <= 256 && !text.contains(char::is_control);
        fits.then(|| Self(text.to_owned()))
            .ok_or("a name of at most 256 bytes, on one line")
    }
}

/// An address and a port.
#[derive(Debug)]
pub(super) struct ListenText(pub(super) SocketAddr);

impl ListenText {
    fn usual() -> Self {
        Self(SocketAddr::from(([127, 0, 0, 1], 8080)))
    }
}

impl FromStr for ListenText {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        address::parse(text)
            .map(Self)
            .ok_or("an address and a port, such as \"127.0.0.1:8080\"")
    }
}

/// The path of a route.
#[derive(Debug)]
pub(super) struct PathText(pub(super) String);

/// The longest path of a route, in bytes.
const LONGEST_PATH: usize = 8192;

impl FromStr for PathText {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LONGEST_PATH {
            return Err("a path of at most 8192 bytes");
        }
        let fits = text.starts_with('/')
            && text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'?' && byte != b'#')
            // No client can request any other path.
            && text.parse::<PathAndQuery>().is_ok();
        fits.then(|| Self(text.to_owned()))
            .ok_or("a path that starts with \"/\" and has no space, \"?\" or \"#\"")
    }
}

/// A filter of log events.
#[derive(Debug)]
pub(super) struct LogText(pub(super) String);

impl Default for LogText {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl FromStr for LogText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<LogFilter>().map(|_| Self(text.to_owned()))
    }
}

/// Reads a string that must have a form, whose name is the error of its parser.
fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: AsRef<str>>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Text<T>(PhantomData<T>);

    impl<T: FromStr<Err: AsRef<str>>> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse()
                .map_err(|form: T::Err| E::invalid_value(Unexpected::Str(text), &form.as_ref()))
        }
    }

    deserializer.deserialize_str(Text(PhantomData))
}

impl<'de> Deserialize<'de> for NameText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

impl<'de> Deserialize<'de> for ListenText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

impl<'de> Deserialize<'de> for PathText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

impl<'de> Deserialize<'de> for LogText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}
