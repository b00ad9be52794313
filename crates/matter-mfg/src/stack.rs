use zeroize::Zeroize;

/// More than the functions that handle secrets take, and less than a thread has.
const DEPTH: usize = 256 * 1024;

/// Wipes what finished functions have left on the stack of this thread.
///
/// Values that are moved leave copies where they were, which no destructor finds. For the end of a thread, or of a
/// program's work.
#[inline(never)]
pub fn wipe_stack() {
    let mut below = [0_u8; DEPTH];
    below.zeroize();
    std::hint::black_box(&below);
}
