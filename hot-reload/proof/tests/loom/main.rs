//! The read cell under every order of events.

mod live;
