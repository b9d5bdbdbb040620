//! Policies for values beside their publication: removal, probation, retirement, saving.
//!
//! - [`RemovalPolicy`]: the visible value after the source was removed;
//! - [`Probation`]: rolls a new value back automatically if it fails in use;
//! - [`ReloadSettings`]: how a service reloads, as a section of the application's own configuration;
//! - [`Retired`]: a replaced value, for a hook that runs before it is freed;
//! - `LastGood`, `Restored` (feature `last-good`): the last good value in a file, for starts while the source is unavailable.

pub(crate) mod changes;
pub(crate) mod digest;
pub(crate) mod keeper;
#[cfg(feature = "last-good")]
mod last_good;
pub(crate) mod probation;
pub(crate) mod removal;
pub(crate) mod restart;
pub(crate) mod retire;
pub(crate) mod settings;

pub use self::probation::Probation;
pub use self::removal::RemovalPolicy;
pub use self::retire::Retired;
pub use self::settings::ReloadSettings;
#[cfg(feature = "last-good")]
pub use crate::last_good::{LastGood, Restored};
