//! From the file to the value: what one key alone cannot say, and the content of other files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hot_reload::error::Location;
use hot_reload::{Error, ErrorKind};

use super::file::ConfigFile;
use super::route::Route;
use super::tls::Tls;
use super::{ServerConfig, read};

/// Makes the value of the file at `path`. An error bears the files that were read or looked for until then.
pub(super) fn build(file: ConfigFile, path: &Path) -> Result<ServerConfig, Error> {
    let mut others = Others {
        folder: path.parent().unwrap_or_else(|| Path::new("")),
        seen: Vec::new(),
    };
    match build_with(file, path, &mut others) {
        Ok(config) => Ok(ServerConfig {
            dependent_paths: others.seen,
            ..config
        }),
        Err(error) => Err(error.with_files(others.seen)),
    }
}

fn build_with(
    file: ConfigFile,
    path: &Path,
    others: &mut Others<'_>,
) -> Result<ServerConfig, Error> {
    let refuse = |key: String, message: String| {
        Error::new(ErrorKind::Invalid, message)
            .at(Location::new(path.display().to_string()).path(key))
    };
    let mut routes = HashMap::new();
    let mut places = HashMap::new();
    for (index, table) in file.routes.into_iter().enumerate() {
        let place = format!("routes[{index}]");
        let path = table.path.0.clone();
        if let Some(first) = places.insert(path.clone(), index) {
            let message = format!(
                "{path:?} is the path of routes[{first}] already; give each route a path of its own"
            );
            return Err(refuse(format!("{place}.path"), message));
        }
        let route = Route::build(table, |name| others.read(name))
            .map_err(|(key, message)| refuse(format!("{place}.{key}"), message))?;
        routes.insert(path, route);
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
            let tls = Tls::build(&table, &cert, &key);
            Some(tls.map_err(|(key, message)| refuse(key.to_owned(), message))?)
        }
    };

    Ok(ServerConfig {
        id: file.id,
        name: file.name,
        listen: file.listen.0,
        routes,
        limits: file.limits.into(),
        log: file.log.0,
        tls,
        dependent_paths: Vec::new(),
    })
}

/// The files that the configuration names, by paths that are relative to its own folder.
struct Others<'a> {
    folder: &'a Path,
    seen: Vec<PathBuf>,
}

impl Others<'_> {
    fn read(&mut self, name: &Path) -> Result<Vec<u8>, String> {
        let path = self.folder.join(name);
        let content =
            read::file(&path).map_err(|why| format!("cannot read {}: {why}", path.display()));
        if !self.seen.contains(&path) {
            self.seen.push(path);
        }
        content
    }
}
