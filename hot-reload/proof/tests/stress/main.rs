//! The real read cell under load.

mod live;
