//! The same load without the publisher's barrier: the proof that it would show if one were missing.

mod live;
