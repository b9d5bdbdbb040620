//! Helpers for tests of applications (feature `test-util`).
//!
//! - [`Publisher`]: publishes values in place of a service, for code that only reads a [`Live`](crate::Live);
//! - [`Memory`]: a source in memory, for code that also uses a [`Control`](crate::Control): its service is a real one;
//! - [`Outcomes`]: records the events of a service, and waits for an outcome;
//! - [`files`]: changes files as editors and tools do.
//!
//! # A test of an application
//!
//! Under paused time, the clock of tokio jumps to the next timer, so no test waits. After a change,
//! [`Control::barrier`](crate::Control::barrier) returns once the change is visible, or why it is not.
//!
//! ```
//! use hot_reload::testing::{Memory, Outcomes};
//! use hot_reload::{Control, Live};
//!
//! /// The application: greets, and reloads on request.
//! struct Greeter { greeting: Live<String>, control: Control<String> }
//!
//! impl Greeter {
//!     fn greet(&self, name: &str) -> String {
//!         format!("{}, {name}", *self.greeting.load())
//!     }
//!
//!     /// For an admin route: the status code of the answer.
//!     async fn reload(&self) -> u16 {
//!         if self.control.reload().await.is_current() { 200 } else { 503 }
//!     }
//! }
//!
//! // In a test: #[tokio::test(start_paused = true)]
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), hot_reload::Error> {
//! let source = Memory::new("hello".to_owned());
//! let outcomes = Outcomes::new();
//! let (greeting, control) = source.builder().hybrid().observe(outcomes.clone()).start().await?;
//! let app = Greeter { greeting, control };
//! assert_eq!(app.greet("Ada"), "hello, Ada");
//!
//! // The source is down: the last value stays, and the route says so.
//! source.fail("the store is down");
//! assert_eq!(app.reload().await, 503);
//! assert_eq!(app.greet("Ada"), "hello, Ada");
//!
//! // It is back. A hint of the watch suffices.
//! source.set("good morning".to_owned());
//! // The first call finds the first publication, the second one that after the failure.
//! outcomes.wait_for(|outcome| outcome.is_current()).await;
//! outcomes.wait_for(|outcome| outcome.is_current()).await;
//! assert_eq!(app.greet("Ada"), "good morning, Ada");
//! # Ok(()) }
//! ```

pub mod files;
mod memory;
mod outcomes;
mod publisher;
#[cfg(test)]
mod tests;

pub use self::memory::Memory;
pub use self::outcomes::Outcomes;
pub use self::publisher::Publisher;
