//! The read lease: the question to the kernel whether anybody has a file open for writing.
#![allow(
    unsafe_code,
    reason = "no safe interface takes a lease; the proof stands at the one call"
)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use libc::c_int;

use super::filesystem::is_local_file;
use super::kinds::Writers;

/// Asks by taking a lease and releasing it at once. The file must be open for reading only.
pub(crate) fn writers(file: &File) -> Writers {
    if !is_local_file(file) {
        return Writers::Unknown;
    }
    writers_now(file)
}

/// Asks again about an open file that had an answer before.
pub(crate) fn writers_now(file: &File) -> Writers {
    // Before the lease, because a writer that opens the file during it causes a signal. The default, SIGIO, ends a process
    // without a handler; SIGURG is ignored then. Each time, because releasing a lease resets the signal.
    let answer = fcntl(file, F_SETSIG, libc::SIGURG)
        .and_then(|()| fcntl(file, libc::F_SETLEASE, libc::F_RDLCK as c_int));
    match answer {
        Ok(()) => {
            // A writer that opens the file waits for this. If it fails, the lease ends with the descriptor.
            let _ = fcntl(file, libc::F_SETLEASE, libc::F_UNLCK as c_int);
            Writers::Nobody
        }
        Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => Writers::Somebody,
        // Another user's file.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Writers::Withheld,
        // A kernel or file system without leases.
        Err(_) => Writers::Unknown,
    }
}

fn fcntl(file: &File, command: c_int, argument: c_int) -> io::Result<()> {
    // SAFETY: `fcntl` is given a descriptor that is open for the length of the call, since `file` is borrowed for it. The
    // two commands used, `F_SETSIG` and `F_SETLEASE`, take an `int` by value as their third argument. The kernel gets no
    // pointer and accesses no memory of this process. They change the signal and the lease of this open file. Closing the
    // file undoes both, and no other part of this crate depends on them.
    let answer = unsafe { libc::fcntl(file.as_raw_fd(), command, argument) };
    if answer == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// The same on every architecture of Linux that Rust knows; not in `libc` for most of them.
const F_SETSIG: c_int = 10;
