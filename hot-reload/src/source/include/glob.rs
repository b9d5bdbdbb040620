//! [`Glob`]: a shell pattern for paths.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::base::Folder;
use crate::source::dir::names::Names;
use crate::source::dir::pattern::Pattern;
use crate::source::file::fault::is_absent;

/// A shell pattern for paths below a directory. Each part of the path may have `*`, `?` and sets.
#[derive(Debug)]
pub(in crate::source) struct Glob {
    folder: Folder,
    /// The directory, and the first parts of the pattern that are plain names.
    start: PathBuf,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Name(OsString),
    Like(Names),
}

/// The files that match, and what to watch to notice others.
#[derive(Debug, Default)]
pub(in crate::source) struct Matches {
    pub(in crate::source) files: BTreeSet<PathBuf>,
    pub(in crate::source) ways: BTreeSet<PathBuf>,
}

/// Why the matches cannot be listed.
#[derive(Debug)]
pub(in crate::source) enum Refusal {
    /// The system refuses to list this directory.
    System(PathBuf, io::Error),
    TooMany,
}

impl Glob {
    /// Only the pattern has wildcards. Names in the directory's own path mean themselves.
    pub(in crate::source) fn new(folder: Folder, pattern: &str) -> Self {
        let (mut start, mut steps) = (folder.path.clone(), Vec::new());
        for part in Path::new(pattern).components() {
            let name = part.as_os_str();
            let step = match (part, name.to_str()) {
                (Component::CurDir, _) => continue,
                (Component::Normal(_), Some(text)) if text.contains(['*', '?', '[']) => {
                    Step::Like(Names {
                        patterns: vec![Pattern::new(text)],
                        hidden: text.starts_with('.'),
                    })
                }
                _ => Step::Name(name.to_owned()),
            };
            match step {
                Step::Name(name) if steps.is_empty() => start.push(name),
                step => steps.push(step),
            }
        }
        Self {
            folder,
            start,
            steps,
        }
    }

    /// The directory or the file where the search begins.
    pub(in crate::source) fn start(&self) -> &Path {
        &self.start
    }

    /// The name of a match in errors.
    pub(in crate::source) fn display(&self, path: &Path) -> String {
        self.folder.display(path)
    }

    /// Whether the path matches.
    pub(in crate::source) fn fits(&self, path: &Path) -> bool {
        let Ok(rest) = path.strip_prefix(&self.start) else {
            return false;
        };
        let mut names = rest.components().map(Component::as_os_str);
        let mut steps = self.steps.iter();
        steps.all(|step| names.next().is_some_and(|name| step.fits(name))) && names.next().is_none()
    }

    /// Whether a file or a searched directory may have this name.
    pub(in crate::source) fn may_matter(&self, name: &OsStr) -> bool {
        self.steps.iter().any(|step| step.fits(name))
    }

    /// Lists the matches. Blocks.
    pub(in crate::source) fn list(&self, matches: &mut Matches) -> Result<(), Refusal> {
        enter(self.start.clone(), &self.steps, matches)
    }
}

impl Step {
    fn fits(&self, name: &OsStr) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Like(names) => names.wants(name) && names.fits(name),
        }
    }
}

fn enter(path: PathBuf, steps: &[Step], matches: &mut Matches) -> Result<(), Refusal> {
    let Some((step, rest)) = steps.split_first() else {
        let is_file = fs::metadata(&path).is_ok_and(|metadata| metadata.is_file());
        let list = match is_file {
            true => &mut matches.files,
            // Not there, a link that leads nowhere, or another thing: it may become a file.
            false => &mut matches.ways,
        };
        return push(list, path);
    };
    let names = match step {
        Step::Name(name) => return enter(path.join(name), rest, matches),
        Step::Like(names) => names,
    };
    push(&mut matches.ways, path.clone())?;
    let refused = |error| match is_absent(&error) {
        true => Ok(()),
        false => Err(Refusal::System(path.clone(), error)),
    };
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) => return refused(error),
    };
    for entry in entries {
        let name = match entry {
            Ok(entry) => entry.file_name(),
            Err(error) => return refused(error),
        };
        if names.wants(&name) && names.fits(&name) {
            enter(path.join(name), rest, matches)?;
        }
    }
    Ok(())
}

/// A path that matches several patterns counts once.
fn push(list: &mut BTreeSet<PathBuf>, path: PathBuf) -> Result<(), Refusal> {
    if list.len() >= MAX_MATCHES && !list.contains(&path) {
        return Err(Refusal::TooMany);
    }
    list.insert(path);
    Ok(())
}

/// As many as a directory may have. It prevents reading a tree of another kind by mistake.
pub(in crate::source) const MAX_MATCHES: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(pattern: &str) -> Glob {
        let folder = Folder {
            path: "/etc/[app]".into(),
            name: "conf".into(),
        };
        Glob::new(folder, pattern)
    }

    #[test]
    fn only_the_pattern_has_wildcards() {
        let matches = |pattern: &str, path: &str| glob(pattern).fits(Path::new(path));
        assert!(matches("conf.d/*.toml", "/etc/[app]/conf.d/a.toml"));
        assert!(matches("./conf.d/*.toml", "/etc/[app]/conf.d/a.toml"));
        assert!(matches("sites/*/site.toml", "/etc/[app]/sites/a/site.toml"));
        assert!(matches("local.toml", "/etc/[app]/local.toml"));
        assert!(matches("/srv/*.toml", "/srv/x.toml"));
        assert!(matches(".*", "/etc/[app]/.hidden"));
        for (pattern, path) in [
            ("conf.d/*.toml", "/etc/a/conf.d/a.toml"),
            ("conf.d/*.toml", "/etc/[app]/conf.d/a/b.toml"),
            ("conf.d/*.toml", "/etc/[app]/conf.d"),
            ("conf.d/*", "/etc/[app]/conf.d/.a.toml.swp"),
            ("conf.d/*", "/etc/[app]/conf.d/..data"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn p17_file_counts_once_whatever_patterns_it_matches() {
        let mut list: BTreeSet<_> = (0..MAX_MATCHES).map(|n| n.to_string().into()).collect();
        assert!(push(&mut list, "0".into()).is_ok());
        let refused = push(&mut list, "new".into());
        assert!(matches!(refused, Err(Refusal::TooMany)));
        assert_eq!(list.len(), MAX_MATCHES);
    }

    #[test]
    fn match_is_named_as_a_person_would_write_it() {
        let glob = glob("conf.d/*.toml");
        let name = glob.display(Path::new("/etc/[app]/conf.d/a.toml"));
        assert_eq!(name, Path::new("conf/conf.d/a.toml").display().to_string());
    }
}
