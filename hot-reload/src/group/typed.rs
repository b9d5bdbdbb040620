//! [`typed!`]: a group whose value is a struct, with one field for each member.

use std::sync::Arc;

use super::coordinator::Coordinator;
use super::member::{MemberKey, MemberValue};
use super::members::Assembly;
use super::snapshot::GroupSnapshot;
use crate::service::builder::Builder;

/// Declares a struct that is the value of a group: a [typed group](crate::group#typed-groups). Each field declares
/// a member and the type of its value.
///
/// ```
/// # #[cfg(all(feature = "file", feature = "toml", feature = "serde"))] mod example {
/// use hot_reload::source::{File, Source, Toml};
/// use hot_reload::{Live, ReloaderService};
///
/// #[derive(Debug, PartialEq, serde::Deserialize)]
/// struct Limits { connections: usize }
///
/// #[derive(Debug, PartialEq, serde::Deserialize)]
/// struct Users { names: Vec<String> }
///
/// hot_reload::group::typed! {
///     /// The values of this program.
///     #[derive(Clone, Debug)]
///     struct State {
///         limits: Limits,
///         users: Users,
///     }
/// }
///
/// fn has_room(state: &Live<State>) -> bool {
///     // Both values are from one publication.
///     let state = state.load();
///     state.users.names.len() < state.limits.connections
/// }
///
/// # async fn example() -> Result<(), hot_reload::Error> {
/// let limits = File::new("limits.toml").decode(Toml::<Limits>::new());
/// let users = File::new("users.toml").decode(Toml::<Users>::new());
/// let (state, control) = State::group(
///     ReloaderService::builder(limits).hybrid(),
///     ReloaderService::builder(users).hybrid(),
/// )
/// .into_builder()
/// .validate(|state| match state.users.names.len() <= state.limits.connections {
///     true => Ok(()),
///     false => Err("more users than connections"),
/// })
/// .history(5)
/// .start()
/// .await?;
/// assert!(has_room(&state));
/// # control.stop().await; Ok(()) }
///
/// fn test() {
///     let state = State::fixed(Limits { connections: 1 }, Users { names: vec![] });
///     assert!(has_room(&Live::fixed(state)));
/// }
/// # }
/// ```
///
/// The struct gets two functions, as visible as itself:
///
/// - `group(…)` takes the [builder](crate::Builder) of each member, in the order of the fields, and returns the
///   [`Coordinator`](crate::Coordinator) of the group. Each member has the name of its field.
/// - `fixed(…)` takes a value for each member, for tests of code that reads the struct.
///
/// A field holds a [`MemberValue`](crate::group::MemberValue), which dereferences to the value. Other attributes and the
/// visibility of the struct and of its fields stay as they are declared.
#[macro_export]
#[doc(hidden)]
macro_rules! __typed_group {
    (
        $(#[$attribute:meta])*
        $visible:vis struct $state:ident {
            $($(#[$of_field:meta])* $field_visible:vis $field:ident: $value:ty),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        $visible struct $state {
            $($(#[$of_field])* $field_visible $field: $crate::group::MemberValue<$value>),+
        }

        impl $crate::group::Typed for $state {}

        impl $state {
            /// Makes the group of these members.
            #[allow(dead_code, clippy::too_many_arguments, reason = "generated for every group")]
            $visible fn group(
                $($field: impl $crate::group::Member<$value>),+
            ) -> $crate::Coordinator<$state> {
                let mut members = $crate::group::__TypedMembers::<$state>::new();
                $(let $field = members.add(stringify!($field), $field, |state| &state.$field);)+
                members.into_coordinator(move |group| {
                    ::core::option::Option::Some($state {
                        $($field: ::core::clone::Clone::clone(group.get($field)?)),+
                    })
                })
            }

            /// Makes a state of these values, for tests.
            #[allow(dead_code, clippy::too_many_arguments, reason = "generated for every group")]
            $visible fn fixed($($field: $value),+) -> $state {
                $state { $($field: $crate::group::MemberValue::fixed($field)),+ }
            }
        }
    };
}

pub use crate::__typed_group as typed;

/// The value of a group that [`typed!`](macro@crate::group::typed) has declared.
pub trait Typed: Send + Sync + 'static {}

/// The builder of a service that can be a member of a typed group, in a field of the type `V`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the builder of a service whose value is `{V}`",
    label = "the member for this field is a `Builder` of a service with the value `{V}`",
    note = "`ReloaderService::builder(source.decode(format))` makes one; the members come in the order of the fields"
)]
pub trait Member<V> {
    /// Adds the service to a group under this name.
    #[doc(hidden)]
    fn __join<C: Typed>(
        self,
        group: &mut __TypedMembers<C>,
        name: &str,
        find: fn(&C) -> &MemberValue<V>,
    ) -> MemberKey<V>;
}

impl<T, V, S> Member<V> for Builder<T, V, S>
where
    T: Send + Sync + 'static,
    V: Send + Sync + 'static,
    S: 'static,
{
    fn __join<C: Typed>(
        self,
        group: &mut __TypedMembers<C>,
        name: &str,
        find: fn(&C) -> &MemberValue<V>,
    ) -> MemberKey<V> {
        let key = group.0.next_key();
        group.0.add(
            name.to_owned(),
            self,
            Arc::new(move |state| Some(find(state))),
        );
        key
    }
}

/// The members of a typed group that is being made. Only the macro uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct __TypedMembers<C>(Coordinator<C>);

impl<C: Typed> __TypedMembers<C> {
    #[allow(clippy::new_without_default, reason = "only the macro uses it")]
    pub fn new() -> Self {
        Self(Coordinator::with(Assembly {
            assemble: Box::new(|_| None),
            needs_all: true,
        }))
    }

    pub fn add<V>(
        &mut self,
        name: &str,
        member: impl Member<V>,
        find: fn(&C) -> &MemberValue<V>,
    ) -> MemberKey<V> {
        member.__join(self, name, find)
    }

    /// `assemble` makes the state from the values of all members.
    pub fn into_coordinator(
        mut self,
        assemble: impl Fn(&GroupSnapshot) -> Option<C> + Send + Sync + 'static,
    ) -> Coordinator<C> {
        self.0
            .assemble_by(Box::new(move |snapshot| assemble(&snapshot)));
        self.0
    }
}
