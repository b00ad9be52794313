//! Secrets that are none.

/// The salt of the SDK's examples.
const SDK_SALT: &[u8] = b"SPAKE2P Key Salt";
/// Fewer different bytes than these are in sixteen random ones once in 10^10 times.
const DIFFERENT_BYTES: usize = 8;

/// Tells whether at least sixteen bytes are plainly not drawn at random.
pub(super) fn is_weak(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in bytes {
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    let mut steps = bytes.iter().zip(bytes.iter().skip(1)).map(|(a, b)| b.wrapping_sub(*a));
    let first = steps.next();
    let counts = steps.all(|step| Some(step) == first);
    seen.iter().filter(|seen| **seen).count() < DIFFERENT_BYTES || counts || bytes == SDK_SALT
}
