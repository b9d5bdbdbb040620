//! `FileReloader`, through the traits only.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hot_reload::FileReloader as AtRoot;
use hot_reload::error::ErrorKind;
use hot_reload::file_reloader::FileReloader;
use hot_reload::{
    AsyncFileLoad, Error, Loaded, RealtimeWatch, RealtimeWatchHandle, Reload, ReloaderError,
    WatchEvent, async_trait,
};
use tokio::time::timeout;

use crate::file::{DEADLINE, World, write};

/// The text of a file, in which a first line `include NAME` names a second one.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    text: String,
    included: Vec<PathBuf>,
}

impl TryFrom<&PathBuf> for Page {
    type Error = String;

    fn try_from(path: &PathBuf) -> Result<Self, String> {
        let read = |path: &Path| {
            let text = std::fs::read_to_string(path);
            text.map_err(|error| format!("cannot read: {error}"))
        };
        let text = read(path)?;
        if text.contains("bad") {
            return Err(format!("{}:1: bad\n  indeed", path.display()));
        }
        let Some(name) = text.strip_prefix("include ") else {
            let included = Vec::new();
            return Ok(Self { text, included });
        };
        let included = path.with_file_name(name);
        Ok(Self {
            text: read(&included)?,
            included: vec![included],
        })
    }
}

#[async_trait]
impl AsyncFileLoad for Page {
    type Error = String;

    async fn async_load_from<T>(path: T) -> Result<Self, String>
    where
        T: AsRef<Path> + Send,
    {
        Self::try_from(&path.as_ref().to_owned())
    }

    fn dependent_paths(&self) -> Vec<PathBuf> {
        self.included.clone()
    }
}

type Reloader = FileReloader<Page>;

async fn reloader(path: &Path) -> Reloader {
    Reloader::new(&path.to_string_lossy().into_owned())
        .await
        .unwrap()
}

async fn text(reloader: &Reloader) -> Option<String> {
    let loaded = timeout(DEADLINE, reloader.reload_since(None)).await;
    match loaded.expect("a load takes too long").unwrap() {
        Loaded::Value { value, .. } => Some(value.text),
        _ => None,
    }
}

#[tokio::test]
async fn new_loads_nothing_and_makes_the_path_absolute() {
    let relative = Reloader::new(&"no/such/file".to_owned()).await.unwrap();
    assert!(relative.file_path.is_absolute());
    assert!(relative.file_path.ends_with("no/such/file"));
    match relative.reload().await {
        Err(ReloaderError::Reload(text)) => assert!(text.starts_with("cannot read")),
        other => panic!("{other:?}"),
    }
    assert_eq!(text(&relative).await, None, "an absent file is no error");
}

#[test]
fn reloader_is_send_for_any_value() {
    fn everywhere<T: Send + Sync + Unpin + Clone + 'static>() {}
    struct Neither(std::rc::Rc<()>);
    everywhere::<FileReloader<Neither>>();
    everywhere::<AtRoot<Page>>();
    let _ = Neither(std::rc::Rc::default()).0;
}

#[tokio::test]
async fn error_has_the_text_of_the_loader() {
    let world = World::new();
    let path = world.file("c", "bad");
    let error = reloader(&path).await.reload_since(None).await.unwrap_err();
    let error = Error::from(error);
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error.to_string(),
        format!("{}:1: bad; indeed", path.display())
    );

    let path = world.file("d", "include nothing");
    let error = reloader(&path).await.reload_since(None).await.unwrap_err();
    let start = format!("{}: cannot read: ", path.display());
    assert!(Error::from(error).to_string().starts_with(&start));
}

#[tokio::test]
async fn dependencies_of_the_value_are_watched() {
    let world = World::new();
    let path = world.file("c", "plain");
    world.file("first", "one");
    world.file("second", "two");
    let reloader = reloader(&path).await;
    let mut handle = reloader.watch_realtime().await.unwrap();
    assert_eq!(text(&reloader).await.as_deref(), Some("plain"));

    let mut change = async |name: &str, content: &str, expected: &str| {
        world.rename_into(name, content);
        let reached = async {
            while text(&reloader).await.as_deref() != Some(expected) {
                assert_eq!(handle.rx.recv().await, Some(WatchEvent::Hint));
            }
        };
        timeout(DEADLINE, reached).await.expect("no hint");
        while let Ok(Some(_)) = timeout(Duration::from_millis(100), handle.rx.recv()).await {}
    };
    change("c", "include first", "one").await;
    change("first", "uno", "uno").await;
    change("c", "include second", "two").await;
    change("second", "due", "due").await;
    change("c", "alone", "alone").await;
    let quiet = async {
        world.rename_into("second", "nobody reads this any more");
        timeout(Duration::from_millis(200), handle.rx.recv()).await
    };
    assert!(quiet.await.is_err());
}

#[tokio::test]
async fn p12_emptied_file_or_dependency_is_named() {
    let world = World::new();
    let path = world.file("c", "");
    world.file("first", "one");
    let reloader = reloader(&path).await;
    let _handle = reloader.watch_realtime().await.unwrap();
    let load = async || {
        let loaded = timeout(DEADLINE, reloader.reload_since(None)).await;
        loaded.expect("a load takes too long").unwrap()
    };
    let emptied = |loaded| match loaded {
        Loaded::Emptied { value, file, .. } => {
            let value: Option<Page> = value;
            (value.map(|page| page.text), file)
        }
        other => panic!("{other:?}"),
    };
    let as_it_began = emptied(load().await);
    assert_eq!(as_it_began, (Some(String::new()), None));
    world.rename_into("c", "include first");
    assert_eq!(text(&reloader).await.as_deref(), Some("one"));
    write(world.path("first"), "\n");
    let name = world.path("first").display().to_string();
    for _ in 0..2 {
        assert_eq!(
            emptied(load().await),
            (Some("\n".to_owned()), Some(name.clone()))
        );
    }
    world.rename_into("first", "uno");
    assert_eq!(text(&reloader).await.as_deref(), Some("uno"));
    write(&path, "");
    assert_eq!(emptied(load().await), (Some(String::new()), None));
}

/// A page whose errors name the included file.
#[derive(Debug, PartialEq, Eq)]
struct NamingPage(Page);

impl TryFrom<&PathBuf> for NamingPage {
    type Error = Error;

    fn try_from(path: &PathBuf) -> Result<Self, Error> {
        let included = || {
            let text = std::fs::read_to_string(path).ok()?;
            Some(PathBuf::from(text.strip_prefix("include ")?))
        };
        let failed = |text| Error::new(ErrorKind::Decode, text).with_files(included());
        let page = Page::try_from(path).map_err(failed)?;
        if page.text.contains("wrong") {
            return Err(failed("wrong".to_owned()));
        }
        Ok(Self(page))
    }
}

#[async_trait]
impl AsyncFileLoad for NamingPage {
    type Error = Error;

    async fn async_load_from<T>(path: T) -> Result<Self, Error>
    where
        T: AsRef<Path> + Send,
    {
        Self::try_from(&path.as_ref().to_owned())
    }

    fn dependent_paths(&self) -> Vec<PathBuf> {
        self.0.included.clone()
    }

    fn paths_of_error(error: &Error) -> Vec<PathBuf> {
        error.files().to_vec()
    }
}

/// A watched page, loaded at every hint.
struct Pages {
    reloader: FileReloader<NamingPage>,
    handle: RealtimeWatchHandle<NamingPage>,
}

impl Pages {
    async fn watch(path: &Path) -> Self {
        let path = path.to_string_lossy().into_owned();
        let reloader = FileReloader::<NamingPage>::new(&path).await.unwrap();
        let handle = reloader.watch_realtime().await.unwrap();
        Self { reloader, handle }
    }

    async fn load(&self) -> Result<Option<String>, Error> {
        let loaded = timeout(DEADLINE, self.reloader.reload_since(None)).await;
        match loaded.expect("a load takes too long")? {
            Loaded::Value { value, .. } => Ok(Some(value.0.text)),
            _ => Ok(None),
        }
    }

    /// Loads at every hint until it is this text; `None`: until it fails.
    async fn expect(&mut self, expected: Option<&str>) {
        let reached = async {
            while self.load().await.ok().flatten().as_deref() != expected {
                assert_eq!(self.handle.rx.recv().await, Some(WatchEvent::Hint));
            }
        };
        timeout(DEADLINE, reached).await.expect("no hint");
        while let Ok(Some(_)) = timeout(Duration::from_millis(100), self.handle.rx.recv()).await {}
    }
}

#[tokio::test]
async fn p03_missing_file_named_by_a_failed_load_hints_when_it_appears() {
    let world = World::new();
    let path = world.file("c", "include not/yet/there");
    let mut pages = Pages::watch(&path).await;
    pages.expect(None).await;
    world.folder("not/yet");
    world.rename_into("not/yet/there", "text");
    pages.expect(Some("text")).await;

    world.rename_into("c", "include later");
    pages.expect(None).await;
    world.rename_into("later", "later text");
    pages.expect(Some("later text")).await;
}

#[tokio::test]
async fn p03_wrong_file_named_by_a_failed_load_hints_when_it_is_fixed() {
    let world = World::new();
    let path = world.file("c", "include first");
    world.file("first", "one");
    world.file("second", "wrong");
    let mut pages = Pages::watch(&path).await;
    pages.expect(Some("one")).await;
    world.rename_into("c", "include second");
    pages.expect(None).await;

    // The dependencies of the good value stay watched as well.
    world.rename_into("first", "uno");
    let hint = timeout(DEADLINE, pages.handle.rx.recv()).await;
    assert_eq!(hint.expect("no hint"), Some(WatchEvent::Hint));
    pages.expect(None).await;
    write(world.path("second"), "two");
    pages.expect(Some("two")).await;

    // After a good load, files that only failed loads had named are not watched any more.
    world.rename_into("c", "alone");
    pages.expect(Some("alone")).await;
    world.rename_into("second", "nobody reads this any more");
    let hint = timeout(Duration::from_millis(200), pages.handle.rx.recv()).await;
    assert!(hint.is_err());
}

#[tokio::test]
async fn p05_torn_file_is_not_loaded() {
    let world = World::new();
    let path = world.file("c", "old");
    let reloader = reloader(&path).await;
    let _handle = reloader.watch_realtime().await.unwrap();
    assert_eq!(text(&reloader).await.as_deref(), Some("old"));
    let (sender, writing) = tokio::sync::oneshot::channel();
    let writer = tokio::spawn(async move {
        use std::io::Write;
        let mut file = std::fs::File::create(path).unwrap();
        file.write_all(b"ne").unwrap();
        sender.send(()).unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
        file.write_all(b"w!").unwrap();
    });
    writing.await.unwrap();
    assert_eq!(text(&reloader).await.as_deref(), Some("new!"));
    writer.await.unwrap();
}

#[tokio::test]
async fn clone_shares_the_watch() {
    let world = World::new();
    let path = world.file("c", "one");
    let first = reloader(&path).await;
    let second = first.clone();
    let mut handles = [
        first.watch_realtime().await.unwrap(),
        second.watch_realtime().await.unwrap(),
    ];
    write(&path, "two");
    for handle in &mut handles {
        let hint = timeout(DEADLINE, handle.rx.recv()).await.unwrap();
        assert_eq!(hint, Some(WatchEvent::Hint));
    }
    assert_eq!(text(&second).await.as_deref(), Some("two"));
}

#[tokio::test]
async fn p11_other_bad_content_has_another_revision() {
    let world = World::new();
    let path = world.path("page");
    write(&path, "bad");
    let reloader = reloader(&path).await;
    let refusal = async || {
        let loaded = timeout(DEADLINE, reloader.reload_since(None)).await;
        let error = Error::from(
            loaded
                .expect("a load takes too long")
                .map(drop)
                .unwrap_err(),
        );
        (error.to_string(), error.revision().cloned().unwrap())
    };
    let first = refusal().await;
    assert_eq!(refusal().await, first);
    write(&path, "bad, too");
    let second = refusal().await;
    assert_eq!(second.0, first.0);
    assert_ne!(second.1, first.1);
    let mut mode = std::fs::metadata(&path).unwrap().permissions();
    mode.set_readonly(true);
    std::fs::set_permissions(&path, mode).unwrap();
    assert_eq!(refusal().await, second, "its content is the same");
}

/// Loads wait for a dependent path as for the file, also without a watch.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn p05_dependent_path_being_written_is_waited_for() {
    use std::io::Write;
    let world = World::new();
    for watched in [true, false] {
        let path = world.file("c", "include part");
        let part = world.file("part", "one");
        let reloader = reloader(&path).await.wait_for_writers(DEADLINE);
        let _handle = match watched {
            true => Some(reloader.watch_realtime().await.unwrap()),
            false => {
                reloader.follow_dependencies();
                None
            }
        };
        assert_eq!(text(&reloader).await.as_deref(), Some("one"));
        let mut writer = std::fs::File::create(&part).unwrap();
        writer.write_all(b"half").unwrap();
        // Longer than one load waits.
        let held = timeout(DEADLINE, reloader.reload_since(None)).await;
        let Loaded::Held { hold, .. } = held.unwrap().unwrap() else {
            panic!("watched {watched}: it was loaded");
        };
        assert_eq!(hold.reason, hot_reload::event::HoldReason::BeingWritten);
        assert!(
            hold.message.contains("part is open for writing"),
            "{}",
            hold.message
        );
        writer.write_all(b" and half").unwrap();
        drop(writer);
        assert_eq!(text(&reloader).await.as_deref(), Some("half and half"));
    }
}
