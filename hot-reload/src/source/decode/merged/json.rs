//! JSON, file over file.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::map::{Entry, Map};

use super::{Layer, Refusal};
use crate::error::Error;
use crate::source::decode::place::Secrets;
use crate::source::files::DecodeMerged;
use crate::source::{Files, Json};

impl<T: DeserializeOwned + Send + Sync + 'static> DecodeMerged for Json<T> {
    fn decode_merged(&self, files: &Files, name: &str) -> Result<T, Error> {
        let quotes = self.quoting.quotes();
        super::decode(
            &self.with_value::<Object>(),
            self,
            files,
            name,
            &quotes,
            |whole| {
                let whole = Value::Object(whole);
                serde_path_to_error::deserialize(&whole).map_err(|tracked| Refusal {
                    path: tracked.path().clone(),
                    message: tracked.into_inner().to_string(),
                    secrets: Secrets::of(&quotes, &whole),
                })
            },
        )
    }
}

type Object = Map<String, Value>;

impl Layer for Object {
    fn cover(&mut self, over: Self) {
        for (key, over) in over {
            match self.entry(key) {
                Entry::Vacant(vacant) => {
                    vacant.insert(over);
                }
                Entry::Occupied(mut occupied) => match (occupied.get_mut(), over) {
                    (Value::Object(under), Value::Object(over)) => under.cover(over),
                    (under, over) => *under = over,
                },
            }
        }
    }

    fn has(&self, keys: &[&str]) -> bool {
        match keys.split_first() {
            None => true,
            Some((first, rest)) => self.get(*first).is_some_and(|value| match value {
                Value::Object(object) => object.has(rest),
                _ => rest.is_empty(),
            }),
        }
    }
}
