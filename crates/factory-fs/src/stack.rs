use zeroize::Zeroize;

/// More than the functions that handle secrets take, and less than a thread has.
const DEPTH: usize = 256 * 1024;

/// Does a work and wipes what it has left on the stack of this thread.
///
/// Values that are moved leave copies where they were, which no destructor finds. For what a thread, or a program, does last.
pub fn wiping_stack<T>(work: impl FnOnce() -> T) -> T {
    let done = below(work);
    wipe();
    done
}

/// Has a frame of its own: what were inlined into the caller's frame would not be wiped.
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
