//! The walk along a path: it watches each directory first and reads it afterwards, so no change is lost in between.
//!
//! Every load walks again, except those that only the file's own events have caused: see
//! [`Track`](super::track::Track). A path that was resolved once is wrong as soon as a program re-points a link, swaps a
//! directory or mounts over it. A watch follows the inode, not the name.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use super::activity::Activity;
use super::event::Token;
use super::gaps::Gaps;
use super::hub::{Depth, Hub};
use crate::error::Error;
use crate::source::file::os::{Node, NodeKind};

/// The result of a walk.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Whether a name is watched that was not watched before, so that its earlier changes are unknown.
    pub(crate) fresh: bool,
    /// The names and inodes of the files, without those on the path.
    pub(crate) files: Vec<Token>,
    /// Whether a name on the path could not be watched.
    blind: bool,
    /// The places that could not be watched, with the errors.
    pub(crate) gaps: Gaps,
}

impl Walked {
    /// The name and the inode of the file, if it is the only one and everything on its path is watched.
    pub(crate) fn track(&self, paths: &[PathBuf]) -> Option<(Token, Option<Token>)> {
        match (&*self.files, paths) {
            ([name, inode @ ..], [_]) if !self.blind => Some((*name, inode.first().copied())),
            _ => None,
        }
    }
}

/// Watches the file at the end of a path that still is as it was walked. `None` if it has to be walked again, because it ends
/// at a link or at no file.
///
/// # Errors
///
/// The watcher is gone.
pub(crate) fn last(
    hub: &Hub,
    subscriber: Token,
    path: &Path,
) -> Result<Option<Option<Token>>, Error> {
    match Node::root(path) {
        Ok(node) if node.kind() == NodeKind::File => {
            let inode = hub.arm_only(subscriber, &node)?;
            Ok(Some(inode.map(|arm| arm.token)))
        }
        _ => Ok(None),
    }
}

/// Watches everything that the paths lead through, and releases the rest.
///
/// # Errors
///
/// The system has no watch left.
pub(crate) fn arm(
    hub: &Hub,
    subscriber: Token,
    activity: &Activity,
    paths: &[PathBuf],
) -> Result<Walked, Error> {
    let mut walker = Walker {
        hub,
        subscriber,
        activity,
        walked: Walked::default(),
        folder: None,
    };
    hub.begin(subscriber);
    for path in paths {
        walker.walk(path)?;
    }
    hub.finish(subscriber);
    Ok(walker.walked)
}

struct Walker<'a> {
    hub: &'a Hub,
    subscriber: Token,
    activity: &'a Activity,
    walked: Walked,
    /// The directory of the last path, for other files in it.
    folder: Option<Folder>,
}

/// A directory that this walk has reached.
struct Folder {
    path: PathBuf,
    way: Way,
    links: usize,
}

/// The directories from the root to here.
type Way = Vec<Rc<Node>>;

/// The steps that are left, the next one last.
type Steps = Vec<Step>;

enum Step {
    Root(PathBuf),
    Up,
    Into(OsString),
}

impl Walker<'_> {
    /// Walks one path. It ends early where the path does, and the deepest directory that exists is watched then. An obstacle is
    /// no error here: the reader will meet it.
    fn walk(&mut self, path: &Path) -> Result<(), Error> {
        let mut steps = Steps::new();
        let mut way = Way::new();
        let mut links = 0;
        match (self.folder.take(), path.parent(), path.file_name()) {
            (Some(folder), Some(parent), Some(name)) if folder.path == parent => {
                (way, links) = (folder.way.clone(), folder.links);
                steps.push(Step::Into(name.to_owned()));
                self.folder = Some(folder);
            }
            _ => push(&mut steps, path),
        }
        while let Some(step) = steps.pop() {
            match step {
                Step::Root(path) => match Node::root(&path) {
                    Ok(root) => way = vec![Rc::new(root)],
                    Err(_) => return Ok(()),
                },
                // The root is its own parent.
                Step::Up if way.len() > 1 => way.truncate(way.len() - 1),
                Step::Up => {}
                Step::Into(name) => {
                    let Some(folder) = way.last() else {
                        return Ok(());
                    };
                    let last = steps.is_empty();
                    if last && self.folder.is_none() {
                        self.folder = folder_of(path, &name, &way, links);
                    }
                    match self.step(folder, name, last)? {
                        Some(node) if node.kind() == NodeKind::Link => {
                            links += 1;
                            let target = node.target();
                            match target {
                                Ok(target) if links <= LINKS => push(&mut steps, &target),
                                _ => return Ok(()),
                            }
                        }
                        Some(node) if node.kind() == NodeKind::Directory => way.push(Rc::new(node)),
                        _ => return Ok(()),
                    }
                }
            }
        }
        Ok(())
    }

    /// Watches the name, then looks it up.
    fn step(&mut self, folder: &Node, name: OsString, last: bool) -> Result<Option<Node>, Error> {
        let depth = if last { Depth::Folder } else { Depth::Way };
        let arm = self.hub.arm(self.subscriber, folder, depth, Some(&name))?;
        self.walked.fresh |= arm.is_some_and(|arm| arm.fresh);
        self.walked.blind |= arm.is_none();
        if arm.is_none() {
            self.walked.gaps.unwatched(folder);
        }
        let Ok(node) = folder.child(&name) else {
            return Ok(None);
        };
        match (node.kind(), arm) {
            (NodeKind::File, _) if last => {
                // Not `fresh`: each file that is renamed into place is a new inode.
                let inode = self.hub.arm(self.subscriber, &node, Depth::Inode, None)?;
                self.walked.gaps.scarce(self.activity.take_refusal());
                let tokens = arm.into_iter().chain(inode).map(|arm| arm.token);
                self.walked.files.extend(tokens);
            }
            // A dependency on a directory includes its content.
            (NodeKind::Directory, _) if last => {
                self.hub.arm(self.subscriber, &node, Depth::Folder, None)?;
            }
            _ => {}
        }
        if let (NodeKind::Link | NodeKind::Directory, Some(arm)) = (node.kind(), arm) {
            // The creation of a link or a directory is no write that will be closed.
            self.activity.forget_write(arm.token);
        }
        Ok(Some(node))
    }
}

/// The directory of a path, at its last name, unless that name belongs to the target of a link.
fn folder_of(path: &Path, name: &OsString, way: &Way, links: usize) -> Option<Folder> {
    Some(Folder {
        path: path
            .parent()
            .filter(|_| path.file_name() == Some(name))?
            .to_owned(),
        way: way.clone(),
        links,
    })
}

/// Puts the steps of this path before those that are left.
fn push(steps: &mut Steps, path: &Path) {
    let mut root = PathBuf::new();
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Prefix(_) | Component::RootDir => root.push(component),
            Component::CurDir => {}
            Component::ParentDir => parts.push(Step::Up),
            Component::Normal(name) => parts.push(Step::Into(name.to_owned())),
        }
    }
    if !root.as_os_str().is_empty() {
        parts.insert(0, Step::Root(root));
    }
    steps.extend(parts.into_iter().rev());
}

/// The limit of the kernel, so that the walk ends where the kernel refuses a path.
const LINKS: usize = 40;
