//! Merges the tables of TOML files.

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue, Deserializer};
use ::toml::map::Entry;
use serde::de::DeserializeOwned;

use super::{Origin, Origins};
use crate::error::Error;
use crate::source::Toml;
use crate::source::decode::place::{self, Failure, Secrets};
use crate::source::decode::toml;
use crate::source::files::DecodeMerged;
use crate::source::files::Files;

impl<T: DeserializeOwned + Send + Sync + 'static> DecodeMerged for Toml<T> {
    fn decode_merged(&self, files: &Files, name: &str) -> Result<T, Error> {
        let mut origins = Origins::default();
        let mut whole = Spanned::new(0..0, DeTable::new());
        let mut base = 0;
        for (file, part) in files.iter().enumerate() {
            let text = place::text(part.bytes(), part.name())?;
            let table = toml::parse(text, part.name(), self.quoting)?;
            origins.0.push(Origin {
                at: base,
                file,
                offset: 0,
                length: text.len(),
            });
            cover(whole.get_mut(), moved_table(table.into_inner(), base));
            base += text.len() + 1;
        }
        let document = whole.clone();
        serde_path_to_error::deserialize(Deserializer::from(whole)).map_err(|tracked| {
            let path = Some(place::steps(tracked.path()));
            let error = tracked.into_inner();
            let quotes = self.quoting.quotes();
            let secrets = Secrets::of(&quotes, Deserializer::from(document));
            let failure = Failure {
                at: error.span().map(|span| span.start),
                path,
                message: error.message().to_owned(),
                quoted: Some(Box::new((quotes, secrets))),
            };
            origins.blame(files, name, failure)
        })
    }
}

fn cover<'t>(under: &mut DeTable<'t>, over: DeTable<'t>) {
    for (key, over) in over {
        match under.entry(key) {
            Entry::Vacant(vacant) => {
                vacant.insert(over);
            }
            Entry::Occupied(mut occupied) => {
                let under = occupied.get_mut();
                match (under.get_mut(), over) {
                    (DeValue::Table(under), over) if over.get_ref().is_table() => {
                        if let DeValue::Table(over) = over.into_inner() {
                            cover(under, over);
                        }
                    }
                    (_, over) => *under = over,
                }
            }
        }
    }
}

/// The same table with all offsets moved, so that the offsets of two files never overlap.
fn moved_table(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    let entries = table.into_iter();
    entries
        .map(|(key, value)| {
            let span = key.span();
            let key = Spanned::new(span.start + by..span.end + by, key.into_inner());
            (key, moved(value, by))
        })
        .collect()
}

fn moved(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(moved_table(table, by)),
        DeValue::Array(items) => {
            DeValue::Array(items.into_iter().map(|item| moved(item, by)).collect())
        }
        other => other,
    };
    Spanned::new(span.start + by..span.end + by, value)
}
