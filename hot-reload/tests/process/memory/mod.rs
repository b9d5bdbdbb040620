//! The memory of files, services and readers, to the byte. Each test runs in a process of its own.

mod files;
mod flight;
mod reads;

use std::alloc::System;

use cap::Cap;

/// A program of tests has one allocator, and this one counts.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);
