//! [`decoder!`]: implements the common parts of the built-in decoders.

/// Implements the settings for quoting and the traits of a decoder `$name<T>`, which has a field `quoting` and `new()`.
macro_rules! decoder {
    ($name:ident) => {
        impl<T> $name<T> {
            /// Declares the values at these paths, and all below them, [secret](Decode#secrets): errors do not quote them. A second
            /// call replaces the paths of the first.
            ///
            /// A path is written like `users.*.note`, where `*` stands for any key and `[*]` for any item. An invalid path hides
            /// all values. Default: none.
            #[must_use]
            pub const fn secret(self, paths: &'static [&'static str]) -> Self {
                Self {
                    quoting: self.quoting.secret(paths),
                    ..self
                }
            }

            /// Quotes no value of the content in errors. Default: values that do not look like
            /// [secrets](Decode#secrets) are quoted.
            #[must_use]
            pub const fn hide_values(self) -> Self {
                Self {
                    quoting: self.quoting.off(),
                    ..self
                }
            }
        }

        impl<T> Default for $name<T> {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T> Copy for $name<T> {}

        impl<T> std::fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

pub(super) use decoder;
