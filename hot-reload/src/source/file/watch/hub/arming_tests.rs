//! Tests of arming when the system has few inotify watches left.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::backend::{Backend, Depth, WatchId};
use super::state::Hub;
use crate::error::{Error, ErrorKind};
use crate::locks::lock;
use crate::source::file::os::Node;
use crate::source::file::watch::activity::Activity;

/// A backend with room for a few watches, each with the number of its inode.
struct Few {
    watched: Mutex<HashSet<WatchId>>,
    room: usize,
}

impl Few {
    fn new(room: usize) -> Arc<Self> {
        Arc::new(Self {
            watched: Mutex::default(),
            room,
        })
    }

    fn id(node: &Node) -> WatchId {
        node.identity().1 as WatchId
    }
}

impl Backend for Few {
    fn watch(&self, node: &Node, _: Depth) -> Result<Option<WatchId>, Error> {
        let (id, mut watched) = (Self::id(node), lock(&self.watched));
        if !watched.contains(&id) && watched.len() >= self.room {
            return Err(Error::new(ErrorKind::Unavailable, "no room"));
        }
        watched.insert(id);
        Ok(Some(id))
    }

    fn unwatch(&self, id: WatchId) -> bool {
        lock(&self.watched).remove(&id);
        false
    }

    fn stop(&self) {}
}

fn hub(few: &Arc<Few>) -> Hub {
    let backend: Arc<dyn Backend> = Arc::clone(few) as _;
    Hub::with(backend, Arc::default())
}

fn file() -> Node {
    Node::root(&std::env::current_exe().unwrap()).unwrap()
}

fn folder() -> Node {
    Node::root(Path::new("/")).unwrap()
}

#[test]
fn t32_source_that_loses_the_watch_of_a_file_is_notified() {
    let hub = hub(&Few::new(1));
    let (one, other): (Arc<Activity>, Arc<Activity>) = Default::default();
    let (has, wants) = (hub.enter(&one), hub.enter(&other));
    hub.begin(has);
    let armed = hub.arm(has, &file(), Depth::Inode, None).unwrap();
    assert!(armed.is_some());
    hub.finish(has);
    let before = one.counts();
    hub.begin(wants);
    let name = Some(OsStr::new("x"));
    let armed = hub.arm(wants, &folder(), Depth::Way, name).unwrap();
    assert!(armed.is_some());
    assert_ne!(one.counts(), before, "it loads again");
    assert!(one.take_refusal().is_some(), "and gets the reason");

    hub.begin(has);
    let armed = hub.arm(has, &file(), Depth::Inode, None).unwrap();
    assert!(armed.is_none(), "a file releases no other watch");
}

#[test]
fn watch_that_ended_without_a_request_is_released() {
    let few = Few::new(100);
    let hub = hub(&few);
    let activity: Arc<Activity> = Arc::default();
    let who = hub.enter(&activity);
    hub.begin(who);
    let name = Some(OsStr::new("x"));
    hub.arm(who, &folder(), Depth::Way, name).unwrap();
    hub.finish(who);
    let mut notified = Vec::new();
    let mut report = hub.table.report(&mut notified);
    report.died(Few::id(&folder()));
    report.notify();
    hub.begin(who);
    hub.finish(who);
    assert!(lock(&few.watched).is_empty());
}
