//! config as a decoder: a file, drop-in files that it includes, and environment variables. Each file is watched, and an error has
//! the file, the key, the line and the column.
//!
//! `cargo run --manifest-path examples/heavy/Cargo.toml --bin config_layers` needs no input and ends automatically.
//!
//! config knows the file and the key of a wrong value, and [`toml_place`] finds the key in the text of that file.
//!
//! Copy [`decode`], [`Layer`], [`located`] and [`toml_place`] into your program. The rest edits the files.

#[path = "../../toml_place.rs"]
mod toml_place;

use std::fs;

use anyhow::bail;
use config::{Config, ConfigError, Environment, Map, Value, ValueKind};
use hot_reload::error::{ErrorKind, Location};
use hot_reload::source::files::{Files, Part};
use hot_reload::source::{File, Source, Toml};
use hot_reload::{Error, Outcome, ReloaderService};
use serde::Deserialize;

#[derive(Debug, PartialEq, Deserialize)]
struct AppConfig {
    greeting: String,
    server: Server,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Server {
    workers: u16,
}

/// Later layers win: the file, `conf.d/*.toml`, then the variables `APP_…`.
fn decode(files: &Files) -> Result<AppConfig, Error> {
    let drop_ins = files.include_glob("conf.d/*.toml")?;
    let parts: Vec<_> = files.iter().chain(&drop_ins).collect();
    let mut config = Config::builder();
    for part in &parts {
        config = config.add_source(Layer {
            name: part.name().to_owned(),
            // A mistake of syntax has its line and column.
            values: part.decode(&Toml::<Map<String, Value>>::new())?,
        });
    }
    let variables = Environment::with_prefix("APP").prefix_separator("_");
    let built = config.add_source(variables.separator("__")).build();
    let decoded = built.and_then(Config::try_deserialize);
    decoded.map_err(|error| located(error, &parts))
}

/// One file as a source of config.
#[derive(Debug, Clone)]
struct Layer {
    name: String,
    values: Map<String, Value>,
}

impl config::Source for Layer {
    fn clone_into_box(&self) -> Box<dyn config::Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let values = self.values.clone().into_iter();
        Ok(values
            .map(|(key, value)| (key, named(value, &self.name)))
            .collect())
    }
}

/// The value, and all below it, with the name of its layer.
fn named(value: Value, name: &String) -> Value {
    let kind = match value.kind {
        ValueKind::Table(table) => {
            let values = table.into_iter();
            ValueKind::Table(
                values
                    .map(|(key, value)| (key, named(value, name)))
                    .collect(),
            )
        }
        ValueKind::Array(items) => {
            ValueKind::Array(items.into_iter().map(|item| named(item, name)).collect())
        }
        scalar => scalar,
    };
    Value::new(Some(name), kind)
}

/// Names the layer, the key and its place. Does not quote a value of a wrong type, because it may be a secret.
fn located(error: ConfigError, parts: &[&Part]) -> Error {
    let (layer, key, text) = match error {
        ConfigError::Type {
            origin,
            key,
            expected,
            ..
        } => (origin, key, format!("expected {expected}")),
        ConfigError::At { origin, key, error } => (origin, key, error.to_string()),
        ConfigError::NotFound(key) => (None, Some(key), "the key is missing".to_owned()),
        other => (None, None, other.to_string()),
    };
    let key = key.unwrap_or_default();
    let location = match layer {
        Some(name) => match parts.iter().find(|part| part.name() == name) {
            Some(part) => toml_place::place(part, &key),
            // A variable has no lines.
            None => Location::new(name).path(key),
        },
        // A missing key is in no layer.
        None => Location::new(parts.first().map_or("", |part| part.name())).path(key),
    };
    Error::new(ErrorKind::Decode, text).at(location)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let write = |name: &str, text: &str| {
        let (path, part) = (folder.path().join(name), folder.path().join("part"));
        fs::write(&part, text).and_then(|()| fs::rename(part, path))
    };
    write("app.toml", "greeting = 'hello'\nserver.workers = 4\n")?;
    let source = File::new(folder.path().join("app.toml")).decode_files(decode);
    let (config, control) = ReloaderService::watch(source).start().await?;
    println!("{:?}", *config.load());

    // The watch notices a new file in a new directory.
    fs::create_dir(folder.path().join("conf.d"))?;
    write("conf.d/10-big.toml", "[server]\nworkers = 9\n")?;
    let now = config.wait_for(|now| now.server.workers == 9).await?;
    println!("{:?}", *now);

    for mistake in ["[server]\nworkers = 'many'\n", "[server]\nworkers = = 1\n"] {
        write("conf.d/20-mistake.toml", mistake)?;
        let receipt = control.reload().await;
        let Outcome::Rejected { error, .. } = &receipt.outcome else {
            bail!("a mistake was not rejected: {receipt}");
        };
        println!("rejected: {error}");
    }
    println!("still {:?}", *config.load());
    control.stop().await;
    Ok(())
}
