//! Builds the configuration from its file: checks values across keys, and reads the other files that it names.

use std::path::Path;

use hot_reload::Error;
use hot_reload::error::ErrorKind;
use hot_reload::error::Location;

use super::ServerConfig;
use super::file::ConfigFile;
use super::others::Others;
use super::route::Route;
use super::routes::{Routes, Taken};
use super::sections;
use super::tls::Tls;

/// Builds the configuration from the file at `path`. An error carries the files that the load has read or tried to read.
pub(super) fn build(
    file: ConfigFile,
    (count, tables): (usize, sections::Routes<'_>),
    path: &Path,
) -> Result<ServerConfig, Error> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let mut others = Others::of(folder, file.root.as_deref());
    match build_with(file, (count, tables), path, &mut others) {
        Ok(config) => Ok(ServerConfig {
            dependent_paths: others.into_paths(),
            ..config
        }),
        Err(error) => Err(error.with_files(others.into_paths())),
    }
}

fn build_with(
    file: ConfigFile,
    (count, tables): (usize, sections::Routes<'_>),
    path: &Path,
    others: &mut Others<'_>,
) -> Result<ServerConfig, Error> {
    let refuse = |key: String, message: String| {
        Error::new(ErrorKind::Invalid, message)
            .at(Location::new(path.display().to_string()).path(key))
    };
    if file.root.is_some() {
        others
            .root_is_there()
            .map_err(|message| refuse("root".to_owned(), message))?;
    }
    let mut routes = Routes::with_capacity(count);
    for (index, table) in tables.enumerate() {
        let table = table?;
        let path = table.path.0.clone();
        let route = Route::build(table, |name| others.read_public(name))
            .map_err(|(key, message)| refuse(format!("routes[{index}].{key}"), message))?;
        routes.push(path, route);
    }
    let routes = routes.finish().map_err(|Taken { path, first, index }| {
        let message = format!(
            "{path:?} is the path of routes[{first}] already; give each route a path of its own"
        );
        refuse(format!("routes[{index}].path"), message)
    })?;

    if file.plaintext && file.tls.is_some() {
        let message = "there is also a table [tls]; remove one of the two".to_owned();
        return Err(refuse("plaintext".to_owned(), message));
    }
    let tls = match file.tls {
        None => None,
        Some(table) => {
            let cert = others
                .read(&table.cert)
                .map_err(|message| refuse("tls.cert".to_owned(), message))?;
            let key = others
                .read(&table.key)
                .map_err(|message| refuse("tls.key".to_owned(), message))?;
            let folder = path.parent().unwrap_or_else(|| Path::new(""));
            let tls = Tls::build(&table, folder, &cert, &key);
            Some(tls.map_err(|(key, message)| refuse(key.to_owned(), message))?)
        }
    };

    Ok(ServerConfig {
        id: file.id,
        name: file.name.0,
        listen: file.listen.0,
        routes,
        limits: file.limits.into(),
        log: file.log.0,
        tls,
        plaintext: file.plaintext,
        dependent_paths: Vec::new(),
    })
}
