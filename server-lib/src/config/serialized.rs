//! `Serialize` for [`ServerConfig`], from which its revision is computed.
//!
//! It contains everything that the configuration decides, header values and bodies included. Of certificates it has the paths
//! and the dates.

use axum::http::{HeaderMap, Method};
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use super::route::Route;
use super::routes::Routes;
use super::tls::Tls;
use super::{Methods, ServerConfig};

impl Serialize for ServerConfig {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self {
            id,
            name,
            listen,
            routes,
            limits,
            log,
            tls,
            plaintext,
            dependent_paths: _,
        } = self;
        let mut to = to.serialize_struct("ServerConfig", 8)?;
        to.serialize_field("id", id)?;
        to.serialize_field("name", name)?;
        to.serialize_field("listen", &listen.to_string())?;
        to.serialize_field("routes", routes)?;
        to.serialize_field("limits", limits)?;
        to.serialize_field("log", log)?;
        to.serialize_field("tls", tls)?;
        to.serialize_field("plaintext", plaintext)?;
        to.end()
    }
}

impl Serialize for Routes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

impl Serialize for Route {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let (head, body) = self.response();
        let mut to = to.serialize_struct("Route", 5)?;
        to.serialize_field("methods", &self.methods)?;
        to.serialize_field("status", &self.status.as_u16())?;
        to.serialize_field("headers", &Headers(head.headers()))?;
        to.serialize_field("body", &Bytes(&body))?;
        to.serialize_field("health", &self.health)?;
        to.end()
    }
}

struct Headers<'h>(&'h HeaderMap);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut to = to.serialize_map(None)?;
        for (name, value) in self.0 {
            to.serialize_entry(name.as_str(), &Bytes(value.as_bytes()))?;
        }
        to.end()
    }
}

struct Bytes<'b>(&'b [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(self.0)
    }
}

impl Serialize for Methods {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(Method::as_str))
    }
}

impl Serialize for Tls {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let validity = self.validity();
        let (cert, key) = self.paths();
        let mut to = to.serialize_struct("Tls", 4)?;
        to.serialize_field("cert", cert)?;
        to.serialize_field("key", key)?;
        to.serialize_field("from", &validity.from.unix_seconds())?;
        to.serialize_field("until", &validity.until.unix_seconds())?;
        to.end()
    }
}
