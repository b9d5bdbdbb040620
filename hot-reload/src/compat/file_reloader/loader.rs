//! The caller's loader behind one function type, and the metadata of the files that it reads.

use std::fmt::Display;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use super::async_file_load::AsyncFileLoad;
use super::memory::in_order;
use crate::revision::Revision;
use crate::source::file::os;
use crate::source::file::path::absolute;
use crate::source::file::read::stamp::{Kind, Stamp};

/// A loader that also returns the other files that the value or the error depends on.
pub(super) type Loader<F> = for<'a> fn(&'a Path) -> Loading<'a, F>;
pub(super) type Loading<'a, F> = Pin<Box<dyn Future<Output = Named<F>> + Send + 'a>>;
type Named<F> = (Result<F, String>, Vec<PathBuf>);

/// Loads the value through [`AsyncFileLoad`].
pub(super) fn load<F>(path: &Path) -> Loading<'_, F>
where
    F: AsyncFileLoad + Send + 'static,
    <F as AsyncFileLoad>::Error: Display,
{
    Box::pin(async move {
        let beside = |named: &PathBuf| absolute(&path.with_file_name(named));
        let absolute = |named: &[PathBuf]| in_order(named.iter().map(beside).collect());
        match F::async_load_from(path).await {
            Ok(value) => {
                let named = absolute(&value.dependent_paths());
                (Ok(value), named)
            }
            Err(error) => {
                let named = absolute(&F::paths_of_error(&error));
                (Err(error.to_string()), named)
            }
        }
    })
}

/// The stamps of the paths. `None` for a path that leads nowhere.
pub(super) fn stamps(paths: &[PathBuf]) -> Vec<Option<Stamp>> {
    let stamp = |path: &PathBuf| os::stamp_at(path).ok();
    paths.iter().map(stamp).collect()
}

/// The revision of these files by their metadata, without reading them.
pub(super) fn revision(stamps: &[Option<Stamp>]) -> Revision {
    let token = |stamp: &Option<Stamp>| stamp.map(Stamp::content).unwrap_or_default();
    Revision::join(stamps.iter().map(token))
}

/// Whether the file can be opened, so that the fault is in its content. Never waits for the other end of a pipe.
pub(super) fn is_readable(path: &Path) -> bool {
    let is_file = |found: Stamp| found.kind == Kind::File;
    // The first check avoids opening a device; the second one catches a device that has replaced the file since.
    os::stamp_at(path).is_ok_and(is_file)
        && os::open(path)
            .and_then(|file| os::stamp_of(&file))
            .is_ok_and(is_file)
}
