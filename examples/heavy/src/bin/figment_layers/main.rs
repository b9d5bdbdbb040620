//! figment as a decoder: a file, drop-in files that it includes, and environment variables. Each file is watched, and an error has
//! the file, the key, the line and the column.
//!
//! `cargo run --manifest-path examples/heavy/Cargo.toml --bin figment_layers` needs no input and ends automatically.
//!
//! figment knows the file and the key of a wrong value, and [`toml_place`] finds the key in the text of that file.
//!
//! Copy [`decode`], [`Layer`], [`located`] and [`toml_place`] into your program. The rest edits the files.

#[path = "../../toml_place.rs"]
mod toml_place;

use std::fs;

use anyhow::bail;
use figment::error::Kind;
use figment::providers::Env;
use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider};
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
    let mut figment = Figment::new();
    for part in &parts {
        figment = figment.merge(Layer {
            name: part.name().to_owned(),
            // A mistake of syntax has its line and column.
            values: part.decode(&Toml::<Dict>::new())?,
        });
    }
    let variables = Env::prefixed("APP_").split("__");
    let extracted = figment.merge(variables).extract();
    extracted.map_err(|error| located(&error, &parts))
}

/// One file as a provider of figment.
struct Layer {
    name: String,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

/// Names the layer, the key and its place. Does not quote a value of a wrong type, because it may be a secret.
fn located(error: &figment::Error, parts: &[&Part]) -> Error {
    let text = match &error.kind {
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            format!("expected {expected}")
        }
        other => other.to_string(),
    };
    let path = error.path.join(".");
    let location = match error.metadata.as_ref().map(|layer| &*layer.name) {
        Some(name) => match parts.iter().find(|part| part.name() == name) {
            Some(part) => toml_place::place(part, &path),
            // A variable has no lines.
            None => Location::new(name).path(path),
        },
        // A missing key is in no layer.
        None => Location::new(parts.first().map_or("", |part| part.name())).path(path),
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
