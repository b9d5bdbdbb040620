//! [`Layers`]: the layers that a program declares.

use std::ffi::OsString;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;

use super::contents::Content;
use super::explain::Explain;
use super::layer::{Kind, Layer, Reading, Source};
use super::unknown::Unknown;
use super::variables::Variables;
use super::whole::Whole;
use super::{insert, layer};
use crate::error::{Error, ErrorKind, Location};
use crate::source::decode::quoting::Quoting;
use crate::source::decode::tree::{Node, Origin, of_value};

#[doc = include_str!("layers.md")]
#[must_use = "it does nothing until a service loads it"]
pub struct Layers<T> {
    pub(super) whole: Whole,
    pub(super) unknown: Unknown,
    pub(super) empty_is_content: bool,
    #[cfg(feature = "expand")]
    pub(super) expands: bool,
    value: PhantomData<fn() -> T>,
}

impl<T> Layers<T> {
    /// Makes layers without any layer: the value is decoded from an empty table.
    pub fn new() -> Self {
        Self {
            whole: Whole {
                layers: Arc::default(),
                shared: Arc::default(),
                quoting: Quoting::new(),
            },
            unknown: Unknown::default(),
            empty_is_content: false,
            #[cfg(feature = "expand")]
            expands: false,
            value: PhantomData,
        }
    }

    pub(super) fn add(self, name: impl Into<String>, kind: Kind) -> Self {
        let name = name.into();
        let mut layers = self.apart();
        Arc::make_mut(&mut layers.whole.layers).push(Layer { name, kind });
        layers
    }

    /// Before a change: clones that differ share nothing, because what one has read is not what the other would read.
    pub(super) fn apart(mut self) -> Self {
        if Arc::strong_count(&self.whole.shared) > 1 {
            self.whole.shared = Arc::default();
        }
        self
    }

    /// Adds the defaults of the program, usually as the first layer. `None` is a value, too: it replaces that of an earlier layer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] if the value cannot be serialized, or is not a table.
    pub fn defaults<D: Serialize + ?Sized>(self, defaults: &D) -> Result<Self, Error> {
        let node = of_value(defaults, &Origin::of_name(DEFAULTS))
            .map_err(|text| refused(DEFAULTS, text))?;
        if !node.is_table() {
            return Err(refused(DEFAULTS, "expected a table".to_owned()));
        }
        Ok(self.add(DEFAULTS, Kind::Fixed(Ok(Content::of_tree(node)))))
    }

    /// Adds a document of the program, such as one from `include_str!`. `name` is its name in errors. Errors of this document follow
    /// the `secret` and `hide_values` that were set before this call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] if the text is not a document of this format, or its root is not a
    /// table.
    ///
    /// ```
    /// # #[cfg(feature = "toml")] {
    /// use std::collections::BTreeMap;
    ///
    /// use hot_reload::source::{Format, Layers};
    ///
    /// // In a program: `include_str!("defaults.toml")`.
    /// const DEFAULTS: &str = "port = 80\nworkers = 4";
    /// # fn example() -> Result<(), hot_reload::Error> {
    /// let layers = Layers::<BTreeMap<String, u16>>::new()
    ///     .document("defaults.toml", Format::Toml, DEFAULTS)?
    ///     .env("APP_");
    /// # Ok(())
    /// # }
    /// # example().unwrap();
    ///
    /// let error = Layers::<u8>::new().document("defaults.toml", Format::Toml, "port = ").unwrap_err();
    /// assert_eq!(error.to_string(), "defaults.toml:1:8: expected a value after '='");
    /// # }
    /// ```
    #[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
    pub fn document(
        self,
        name: &str,
        format: crate::source::Format,
        text: &str,
    ) -> Result<Self, Error> {
        let part = crate::source::files::Part::new(name, text);
        let node = layer::document(format, &part, self.whole.quoting)?;
        let content = Content::of_documents(name, vec![(&part, node)]);
        Ok(self.add(name, Kind::Fixed(Ok(content))))
    }

    /// Adds the environment variables with this prefix. They are read at each load. The environment has no watch, so the service
    /// polls.
    ///
    /// The rest of the name is the path in lower case, where `__` stands for a dot: with the prefix `APP_`, the variable
    /// `APP_SERVER__PORT` is `server.port`. The values are [texts](Self#texts).
    pub fn env(self, prefix: impl Into<String>) -> Self {
        self.add_variables(Variables::of_process(prefix.into()))
    }

    /// Adds variables that this function returns at each load, as [`env`](Self::env). For tests, and for other environments.
    ///
    /// ```
    /// use hot_reload::source::Layers;
    ///
    /// let layers = Layers::<u16>::new().env_from("APP_", || [("APP_PORT", "80")]);
    /// ```
    pub fn env_from<F, I, N, V>(self, prefix: impl Into<String>, read: F) -> Self
    where
        F: Fn() -> I + Send + Sync + 'static,
        I: IntoIterator<Item = (N, V)>,
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let read = move || {
            let variables = read().into_iter();
            variables
                .map(|(name, value)| (name.into(), value.into()))
                .collect()
        };
        self.add_variables(Variables {
            prefix: prefix.into(),
            read: Arc::new(read),
        })
    }

    fn add_variables(self, variables: Variables) -> Self {
        self.add(format!("{}*", variables.prefix), Kind::Variables(variables))
    }

    /// Adds any other source in this format, such as a key of a store. It must have content. Of several
    /// [parts](crate::source::Fetched::Files), each is a document; later ones win.
    ///
    /// ```
    /// # #[cfg(feature = "json")] {
    /// use std::collections::BTreeMap;
    ///
    /// use hot_reload::ReloaderService;
    /// use hot_reload::source::{self, Format, Layers};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn example() -> Result<(), hot_reload::Error> {
    /// let store = source::bytes_from_fn("store/limits", || async { Ok(r#"{"rate": 100}"#) });
    /// let limits = Layers::<BTreeMap<String, u32>>::new()
    ///     .source(store, Format::Json)
    ///     .set("burst", 20)?;
    /// let (limits, _control) = ReloaderService::builder(limits).start().await?;
    /// assert_eq!((limits.load()["rate"], limits.load()["burst"]), (100, 20));
    /// # Ok(())
    /// # }
    /// # example().unwrap();
    /// # }
    /// ```
    #[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
    pub fn source(self, source: impl crate::source::Source, format: crate::source::Format) -> Self {
        self.add_source(source.boxed(), format, true)
    }

    /// Adds any other source, as [`source`](Self::source). It may have no content.
    #[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
    pub fn optional_source(
        self,
        source: impl crate::source::Source,
        format: crate::source::Format,
    ) -> Self {
        self.add_source(source.boxed(), format, false)
    }

    #[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
    fn add_source(
        self,
        source: crate::source::BoxSource,
        format: crate::source::Format,
        is_required: bool,
    ) -> Self {
        let name = crate::source::Source::name(&source);
        let source = Source {
            source,
            reading: Reading::Format(format),
            is_required,
        };
        self.add(name, Kind::Source(source))
    }

    /// Adds one value of the program, usually as the last layer. A key with a dot is in quotes: `hosts."a.example".port`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] if `path` is not a path of keys (an index or `*` is an error), or if the value cannot be
    /// serialized.
    pub fn set(self, path: &str, value: impl Serialize) -> Result<Self, Error> {
        use crate::scope::pattern::{Wanted, parse};

        let steps = parse(path)?.into_iter().map(|step| match step {
            Wanted::Key(key) => Ok(key),
            Wanted::Index(_) | Wanted::Any => {
                let text = format!("{path:?} has an index; a list is replaced as a whole");
                Err(refused(SET, text))
            }
        });
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        let origin = Origin::of_name(SET);
        let value = of_value(&value, &origin).map_err(|text| refused(SET, text))?;
        if steps.is_empty() {
            return Err(refused(SET, "expected the path of a key".to_owned()));
        }
        let mut root = Node::table(origin);
        insert::insert(&mut root, &steps, value, SET)?;
        Ok(self.add(
            format!("{path} {SET}"),
            Kind::Fixed(Ok(Content::of_tree(root))),
        ))
    }

    /// Sets the effect of a key that the value does not know. Default: [`Unknown::Warn`]. [`Unknown`] has an example.
    pub fn unknown_keys(self, unknown: Unknown) -> Self {
        Self {
            unknown,
            ..self.apart()
        }
    }

    /// Declares the values at these paths, and all below them, [secret](crate::source::Decode#secrets). A second call replaces the
    /// paths of the first. Default: none.
    ///
    /// The paths hold for all layers, in errors and in explanations.
    ///
    /// ```
    /// use hot_reload::ReloaderService;
    /// use hot_reload::source::Layers;
    ///
    /// #[derive(Debug, PartialEq, serde::Deserialize)]
    /// struct AppConfig {
    ///     door: u16,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let layers = Layers::<AppConfig>::new()
    ///     .env_from("APP_", || [("APP_DOOR", "12x")])
    ///     .secret(&["door"]);
    /// let error = ReloaderService::builder(layers).start().await.unwrap_err();
    /// assert_eq!(error.to_string(), "APP_DOOR: door: expected u16, found a string (not shown)");
    /// # }
    /// ```
    pub fn secret(self, paths: &'static [&'static str]) -> Self {
        let mut layers = self.apart();
        layers.whole.quoting = layers.whole.quoting.secret(paths);
        layers
    }

    /// Quotes no value of the content in errors, nor in explanations. Default: values that do not look like
    /// [secrets](crate::source::Decode#secrets) are quoted.
    pub fn hide_values(self) -> Self {
        let mut layers = self.apart();
        layers.whole.quoting = layers.whole.quoting.off();
        layers
    }

    /// Sets whether a file that becomes empty or blank is treated like any other. Default: `false`; see
    /// [`Loaded::Emptied`](crate::Loaded::Emptied).
    pub fn empty_is_content(self, is_content: bool) -> Self {
        Self {
            empty_is_content: is_content,
            ..self.apart()
        }
    }

    /// Returns a handle that explains where a value comes from. Call it before the service takes the layers. While there is
    /// such a handle, the layers of the visible value and of 15 other loads stay in memory.
    pub fn explain(&self) -> Explain {
        Explain::new(Arc::clone(&self.whole.shared.history))
    }
}

impl<T> Default for Layers<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Layers<T> {
    fn clone(&self) -> Self {
        Self {
            whole: self.whole.clone(),
            ..*self
        }
    }
}

pub(super) fn refused(name: &str, text: String) -> Error {
    Error::new(ErrorKind::Misconfigured, text).at(Location::new(name))
}

const DEFAULTS: &str = "defaults";
const SET: &str = "set by the program";
