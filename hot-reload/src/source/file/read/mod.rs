//! Loading files: whether they are at rest, and bytes of one state.

pub(crate) mod bytes;
pub(crate) mod load;
pub(crate) mod memory;
pub(crate) mod patience;
pub(crate) mod settle;
pub(crate) mod stamp;
pub(crate) mod view;
