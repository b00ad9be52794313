use zeroize::Zeroize;

/// More than the functions that handle secrets use, and less than a thread's stack.
const DEPTH: usize = 256 * 1024;

/// Runs a closure and wipes the part of this thread's stack that it used.
///
/// Moved values leave copies that no destructor reaches. Meant for the last work of a thread or a program.
pub fn wiping_stack<T>(work: impl FnOnce() -> T) -> T {
    let done = below(work);
    wipe();
    done
}

/// Needs a frame of its own: code inlined into the caller's frame would not be wiped.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn wipe() {
    let mut below = [0_u8; DEPTH];
    below.zeroize();
    std::hint::black_box(&below);
}
