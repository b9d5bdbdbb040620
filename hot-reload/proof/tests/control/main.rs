//! The control: the load of `stress` without the publisher's barrier must fail.

mod live;
