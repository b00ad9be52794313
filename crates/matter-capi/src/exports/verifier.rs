use matter_spake2p::{Iterations, PbkdfParameters, Salt, Verifier};
use matter_types::Passcode;

use crate::border::{Buffer, call, values};
use crate::error::MatterError;
use crate::message::MatterMessage;

/// The size of a verifier in bytes.
pub const MATTER_VERIFIER_SIZE: usize = 97;

const _: () = assert!(MATTER_VERIFIER_SIZE == Verifier::LEN);

/// Derives the SPAKE2+ verifier of a passcode (Matter Core Specification 3.10): w0 and L, 97 bytes,
/// which are secret. The salt has 16 to 32 bytes; the iteration count is 1000 to 100000.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_verifier_derive(
    passcode: u32,
    iterations: u32,
    salt: *const u8,
    salt_len: usize,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (salt, buffer) = unsafe {
            (
                values(salt, salt_len, "salt")?,
                Buffer::new(buffer, buffer_len, written)?,
            )
        };
        let parameters = PbkdfParameters {
            iterations: Iterations::new(iterations)?,
            salt: Salt::new(salt)?,
        };
        let passcode = Passcode::new(passcode)?;
        buffer.check(MATTER_VERIFIER_SIZE)?;
        buffer.put(Verifier::derive(&passcode, &parameters)?.expose_bytes())
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}
