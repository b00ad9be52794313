//! What becomes of secrets in memory.

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

/// Wipes memory when it is given back, whoever used it: buffers that grew, texts of the parsers, copies in libraries.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// Leaves no image of the process on disk when it is aborted.
pub(crate) fn keep_to_this_process() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // Where limits cannot be set, core dumps are as the system has them.
        let _ = setrlimit(Resource::Core, none);
    }
}
