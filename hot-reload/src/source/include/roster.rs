//! [`Wanted`]: lists the included files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::base::Base;
use super::companion::{Shared, Unit};
use super::glob::{MAX_MATCHES, Matches, Refusal};
use super::requests::Requests;
use tokio::sync::Mutex;

use crate::error::{Error, ErrorKind, Location};
use crate::revision::Revision;
use crate::source::boxed::BoxSource;
use crate::source::file::fault;
use crate::source::unit::{self, Limits, Listing, Member, Presence, Roster, Spec, Unlisted};

/// The included files of the source with this name. They are watched with the options of the source.
pub(super) fn unit(base: &Base, name: &str) -> Unit {
    let requests = Arc::new(Shared::default());
    let wanted = Arc::clone(&requests);
    let options = base.options.clone();
    let options = options.with_interest(move |name| wanted.get().may_matter(name));
    let spec = Spec {
        name: format!("{name} and the files that it includes"),
        roster: Box::new(Wanted {
            requests: Arc::clone(&requests),
            name: name.to_owned(),
        }),
        limits: Limits {
            file: MAX_FILE,
            total: MAX_TOTAL,
        },
        empty_is_content: true,
        base: base.clone(),
    };
    Unit {
        turn: Mutex::default(),
        source: BoxSource::new(unit::Unit::new(spec, options)),
        requests,
    }
}

struct Wanted {
    requests: Arc<Shared>,
    /// The name of the source.
    name: String,
}

impl Roster for Wanted {
    fn known(&self) -> Listing {
        listing(&self.requests.get(), Matches::default())
    }

    fn list(&self) -> Result<Option<Listing>, Unlisted> {
        let requests = self.requests.get();
        let mut matches = Matches::default();
        let listed = requests
            .globs()
            .try_for_each(|glob| glob.list(&mut matches));
        let error = match listed {
            Ok(()) => return Ok(Some(listing(&requests, matches))),
            Err(Refusal::TooMany) => {
                let text =
                    format!("its patterns include more than the limit of {MAX_MATCHES} files");
                Error::new(ErrorKind::TooLarge, text)
                    .at(Location::new(&self.name))
                    .with_revision(Revision::new("too many"))
            }
            Err(Refusal::System(path, error)) => fault::refused(&requests.name_of(&path), error),
        };
        let mut ways = matches.ways;
        ways.extend(requests.files().map(Path::to_owned));
        let ways = Listing::new(ways.into_iter().collect(), Vec::new());
        Err(Unlisted { error, ways })
    }

    fn wants(&self, key: &Path) -> bool {
        self.requests.get().want(key)
    }

    fn name_of(&self, key: &Path) -> String {
        self.requests.get().name_of(key)
    }
}

fn listing(requests: &Requests, matches: Matches) -> Listing {
    let mut members = BTreeMap::new();
    for path in matches.files {
        members.insert(path, Presence::Listed);
    }
    // Requested by its own path, it may be absent.
    for path in requests.files() {
        members.insert(path.to_owned(), Presence::Optional);
    }
    let ways = matches.ways.into_iter().collect();
    let member = |(path, presence): (PathBuf, _)| Member {
        key: path.clone(),
        path,
        presence,
    };
    Listing::new(ways, members.into_iter().map(member).collect())
}

/// As the files of a directory.
const MAX_FILE: u64 = 16 << 20;
const MAX_TOTAL: u64 = 64 << 20;
