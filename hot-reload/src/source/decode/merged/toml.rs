//! TOML, file over file.

use serde::de::DeserializeOwned;
use toml::map::Entry;
use toml::{Table, Value};

use super::{Layer, Refusal};
use crate::error::Error;
use crate::source::decode::place::Secrets;
use crate::source::files::DecodeMerged;
use crate::source::{Files, Toml};

impl<T: DeserializeOwned + Send + Sync + 'static> DecodeMerged for Toml<T> {
    fn decode_merged(&self, files: &Files, name: &str) -> Result<T, Error> {
        let quotes = self.quoting.quotes();
        super::decode(
            &self.with_value::<Table>(),
            self,
            files,
            name,
            &quotes,
            |whole| {
                let whole = Value::Table(whole);
                serde_path_to_error::deserialize(whole.clone()).map_err(|tracked| Refusal {
                    path: tracked.path().clone(),
                    message: tracked.into_inner().message().to_owned(),
                    secrets: Secrets::of(&quotes, whole.clone()),
                })
            },
        )
    }
}

impl Layer for Table {
    fn cover(&mut self, over: Self) {
        for (key, over) in over {
            match self.entry(key) {
                Entry::Vacant(vacant) => {
                    vacant.insert(over);
                }
                Entry::Occupied(mut occupied) => match (occupied.get_mut(), over) {
                    (Value::Table(under), Value::Table(over)) => under.cover(over),
                    (under, over) => *under = over,
                },
            }
        }
    }

    fn has(&self, keys: &[&str]) -> bool {
        match keys.split_first() {
            None => true,
            Some((first, rest)) => self.get(*first).is_some_and(|value| match value {
                Value::Table(table) => table.has(rest),
                _ => rest.is_empty(),
            }),
        }
    }
}
