//! [`Included`]: the included files of one decoding, and the record of what the decoder has asked for.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::base::Folder;
use super::glob::MAX_MATCHES;
use super::requests::{MAX_REQUESTS, Requests};
use crate::locks::lock;

/// What is known while a decoder runs. A request for anything else is recorded, and the decoder runs again once it is known.
#[derive(Default)]
pub(in crate::source) struct Included {
    /// The directory of the source.
    pub(in crate::source) folder: Option<Folder>,
    known: Requests,
    /// Those of the known files that exist.
    files: BTreeMap<PathBuf, Arc<Vec<u8>>>,
    asked: Mutex<Asked>,
}

/// What a decoder has asked for.
#[derive(Default)]
pub(in crate::source) struct Asked {
    pub(in crate::source) requests: Requests,
    /// Environment variables, each with the value that the decoder saw.
    pub(in crate::source) variables: BTreeMap<String, Option<OsString>>,
    /// Whether a file was included whose content is secret.
    pub(in crate::source) has_secrets: bool,
    /// Whether something was not read yet, so that the decoder runs again.
    has_unread: bool,
    /// The number of requests and of matching files, each time that it was asked for.
    answers: usize,
}

/// The answer to a request.
pub(in crate::source) enum Answer<T> {
    Known(T),
    /// It was read, and does not exist.
    Absent,
    /// It was not read yet, so the decoder runs again.
    Unread,
    /// The decoder has asked for too many, as this text says.
    TooMany(String),
}

/// A file that matches a pattern.
pub(in crate::source) struct Match {
    pub(in crate::source) path: PathBuf,
    /// Its name in errors.
    pub(in crate::source) name: String,
    pub(in crate::source) bytes: Arc<Vec<u8>>,
}

impl Included {
    /// `known` was read, and these are the files that exist.
    pub(in crate::source) fn new(
        folder: Option<Folder>,
        known: Requests,
        files: BTreeMap<PathBuf, Arc<Vec<u8>>>,
    ) -> Self {
        Self {
            folder,
            known,
            files,
            asked: Mutex::default(),
        }
    }

    /// The content of this file.
    pub(in crate::source) fn file(
        &self,
        path: &Path,
        name: &str,
        is_secret: bool,
    ) -> Answer<Arc<Vec<u8>>> {
        {
            let mut asked = lock(&self.asked);
            asked.has_secrets |= is_secret;
            if !asked.requests.add_file(path, name) {
                return Answer::TooMany(too_many_requests());
            }
            if !asked.count(1) {
                return Answer::TooMany(too_many_answers());
            }
            if !self.known.has_file(path) {
                asked.has_unread = true;
                return Answer::Unread;
            }
        }
        match self.files.get(path) {
            Some(bytes) => Answer::Known(Arc::clone(bytes)),
            None => Answer::Absent,
        }
    }

    /// The files that match a pattern, in the order of the bytes of their paths.
    pub(in crate::source) fn glob(&self, folder: &Folder, pattern: &str) -> Answer<Vec<Match>> {
        let mut asked = lock(&self.asked);
        if !asked.requests.add_glob(folder, pattern) {
            return Answer::TooMany(too_many_requests());
        }
        if !asked.count(1) {
            return Answer::TooMany(too_many_answers());
        }
        let Some(glob) = self.known.glob(folder, pattern) else {
            asked.has_unread = true;
            return Answer::Unread;
        };
        let fits = |(path, bytes): (&PathBuf, &Arc<Vec<u8>>)| {
            let found = || Match {
                path: path.clone(),
                name: glob.display(path),
                bytes: Arc::clone(bytes),
            };
            glob.fits(path).then(found)
        };
        let mut found: Vec<_> = self.files.iter().filter_map(fits).collect();
        if !asked.count(found.len()) {
            return Answer::TooMany(too_many_answers());
        }
        drop(asked);
        found.sort_unstable_by(|one, other| bytes(&one.path).cmp(bytes(&other.path)));
        Answer::Known(found)
    }

    /// The environment variable, the same during one decoding.
    #[cfg(feature = "expand")]
    pub(in crate::source) fn variable(&self, name: &str) -> Option<OsString> {
        let mut asked = lock(&self.asked);
        let variables = &mut asked.variables;
        let value = variables.entry(name.to_owned());
        value.or_insert_with(|| std::env::var_os(name)).clone()
    }

    /// Whether something was not read yet, so that the decoder runs again.
    pub(in crate::source) fn has_unread(&self) -> bool {
        lock(&self.asked).has_unread
    }

    /// What the decoder has asked for.
    pub(in crate::source) fn take(&self) -> Asked {
        mem::take(&mut lock(&self.asked))
    }
}

impl Asked {
    pub(in crate::source) fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.variables.is_empty()
    }

    /// Counts this many answers. `false`: there are too many.
    fn count(&mut self, more: usize) -> bool {
        self.answers += more;
        self.answers <= MAX_ANSWERS
    }
}

fn too_many_requests() -> String {
    format!("includes more than the limit of {MAX_REQUESTS} files and patterns")
}

fn too_many_answers() -> String {
    format!("includes files more often than the limit of {MAX_ANSWERS} times")
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// How often one decoding may include a file. Few files that include each other twice could be decoded billions of times.
/// Each of the most files that match, and as many again.
const MAX_ANSWERS: usize = 2 * MAX_MATCHES;
