//! Services in programs without a runtime. [`Builder::start_blocking`](crate::Builder::start_blocking) starts one.
//!
//! ```no_run
//! # #[cfg(all(feature = "file", feature = "toml"))]
//! # fn main() -> Result<(), hot_reload::Error> {
//! # #[derive(PartialEq, serde::Deserialize)] struct AppConfig { greeting: String }
//! let (config, control) = hot_reload::open::<AppConfig>("app.toml").start_blocking()?;
//!
//! println!("{}", config.load().greeting);
//! config.on_change(|now| println!("now {}", now.greeting)).detach();
//! println!("{}", control.reload());
//! control.stop();
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "file", feature = "toml")))]
//! # fn main() {}
//! ```
//!
//! - [`Control`]: the commands of a service, as calls that block;
//! - [`wait_for`]: waits for a certain value;
//! - [`iter()`]: the changes of a [`Live`](crate::Live), or the events of a service, as an iterator;
//! - [`wait()`], [`wait_timeout`]: any other future of this crate, such as `target.reload()` or `registry.stop_all()`.
//!
//! Reading does not differ: [`Live`](crate::Live) needs no runtime, and neither do its callbacks.
//!
//! # Threads
//!
//! All blocking services of a process share one thread, the engine's. It starts with the first service and ends with the
//! last. Files are watched by one more thread, and work that blocks has threads that end when they are idle.
//!
//! | code of yours | runs on | may block | may call this module |
//! |---|---|---|---|
//! | loaders, decoders, validators, participants, retire hooks | the engine's thread, or one for blocking work | no: it delays all blocking services | no |
//! | observers and `on_event` | the engine's thread, never two at a time | no: it delays all blocking services | no |
//! | `on_change`, `on_change_from` and `for_each` | a thread of its own for each call, never two at a time for one callback | yes | yes |
//!
//! A loader that blocks uses [`spawn_blocking`](https://docs.rs/tokio/latest/tokio/task/fn.spawn_blocking.html), which works
//! as in any runtime. A panic in any of this code is caught and logged.
//!
//! A call of this module that would make the engine wait for itself returns
//! [`ErrorKind::WouldDeadlock`](crate::error::ErrorKind::WouldDeadlock) and does nothing. [`Control::stop`] is the exception: it
//! requests the stop, and does not wait. A thread that *your* loader starts and waits for is not recognized.
//!
//! On a thread of a tokio runtime, calls block that thread and do not panic. In a current-thread runtime, do not wait for work of
//! that same runtime: it would never finish.
//!
//! The engine's thread has the signal mask of the thread that started the first service.
//!
//! # The end
//!
//! [`Control::stop`] also waits for the callbacks of the service. For the last service, it waits for the end of the engine's
//! thread, too. After that, none of your code is called. If the last handles are dropped instead, the thread ends soon after. A
//! program that returns from `main` with running services ends at once.
//!
//! # Fork
//!
//! A forked child has a copy of the memory, but no engine's thread. Its handles return the last value before the fork, for
//! ever. Commands return [`ErrorKind::Stopped`](crate::error::ErrorKind::Stopped) at once; a wait for a change
//! without a limit never returns. A child may read, and replace itself with another program (`exec`). A service that it starts gets a
//! thread of the child. But if another thread of the parent was using this crate at the moment of the fork, a lock stays
//! locked in the child for ever. So a parent with services and several threads should have children that only read or `exec`.

mod control;
mod iter;
mod start;
mod wait;

pub use self::control::Control;
pub use self::iter::{Iter, iter};
pub use self::wait::{wait, wait_for, wait_timeout};
