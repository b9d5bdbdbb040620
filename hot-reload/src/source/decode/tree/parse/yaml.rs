//! YAML as a tree: aliases are expanded, and merge keys are resolved.

use serde::de::IgnoredAny;

use super::super::leaf;
use super::super::node::{Entry, Kind, Node};
use super::super::scalar::Scalar;
use super::build::Build;
use crate::error::Error;
use crate::source::Yaml;
use crate::source::decode::merged::yaml::{self as events, Written};
use crate::source::decode::place::Mistake;
use crate::source::decode::{Decode, deep};

/// Builds the tree of a text. `None`: it has too many values.
pub(super) fn build(build: &mut Build, text: &str, name: &str) -> Result<Option<Node>, Error> {
    let yaml = Yaml::<IgnoredAny>::new().of_anything();
    let depth = yaml.scan(text, name)?;
    if yaml.is_empty(text) {
        return Ok(Some(build.node(0, Kind::Table(Vec::new()))));
    }
    // The document must be valid alone: one document without duplicate keys.
    yaml.decode(text.as_bytes(), name)?;
    let built = deep::with_stack(depth, || {
        let read = events::read(yaml.events(text), 0);
        convert(build, &read)
    })?;
    match built {
        Ok(node) => Ok(Some(node)),
        Err(Stop::TooMany) => Ok(None),
        Err(Stop::Mistake(mistake)) => Err(mistake.into_error(name, text)),
    }
}

enum Stop {
    TooMany,
    Mistake(Mistake),
}

fn convert(build: &mut Build, node: &events::Node<'_>) -> Result<Node, Stop> {
    build.count().ok_or(Stop::TooMany)?;
    let kind = match &node.kind {
        events::Kind::Scalar(..) => {
            let written = Written::one(node).unwrap_or_default();
            Kind::Scalar(Scalar::Yaml(leaf::yaml::Scalar::new(written)))
        }
        events::Kind::List(items) => {
            let items = items.iter().map(|item| convert(build, item));
            Kind::List(items.collect::<Result<_, _>>()?)
        }
        events::Kind::Table(entries) => {
            let entries = events::flat(entries);
            let entries = entries.iter().map(|(key, value)| entry(build, key, value));
            Kind::Table(entries.collect::<Result<_, _>>()?)
        }
    };
    let mut converted = build.node(node.offset, kind);
    let tag = node.tag.as_deref();
    let name = tag.filter(|tag| tag.handle() == "!" && !tag.suffix().is_empty());
    converted.tag = name.map(|tag| tag.suffix().into());
    Ok(converted)
}

fn entry(
    build: &mut Build,
    key: &events::Node<'_>,
    value: &events::Node<'_>,
) -> Result<Entry, Stop> {
    let mistake = |text: &str| Stop::Mistake(Mistake::new(key.offset, text));
    if key.merges() {
        return Err(mistake("expected a table, or a list of tables, to merge"));
    }
    let name = key
        .name()
        .ok_or_else(|| mistake("expected a single value as a key, found a list or a table"))?;
    let origin = build.origin(key.offset);
    Ok(Entry::new(name, origin, convert(build, value)?))
}
