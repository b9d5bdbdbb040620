//! The read cell as it is shipped, under load.

mod live;
