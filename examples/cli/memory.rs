//! Secrets in memory.

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

/// Wipes all freed memory: reallocated buffers, texts of parsers, copies in libraries.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// Disables core dumps of the process.
pub(crate) fn keep_to_this_process() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // If limits cannot be set, core dumps are as the system configures them.
        let _ = setrlimit(Resource::Core, none);
    }
}
