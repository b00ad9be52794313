use crate::border::{Buffer, bytes, call, read};
use crate::error::MatterError;
use crate::message::MatterMessage;
use crate::secure_cert::{MatterSecureCert, SecureCert};

/// Writes an `esp_secure_cert` partition of `size` bytes, a multiple of 0x1000 up to 0x10000: PAI,
/// DAC and key, followed by 0xFF. With a plain key, which is secret, the bytes are identical to
/// those of `configure_esp_secure_cert.py` 2.6.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_secure_cert_encode(
    secure_cert: *const MatterSecureCert,
    size: usize,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let given = unsafe { read(secure_cert, "secure_cert") }?;
        // SAFETY: guaranteed by the caller.
        let buffer = unsafe { Buffer::new(buffer, buffer_len, written) }?;
        // SAFETY: guaranteed by the caller.
        let parts = unsafe {
            SecureCert {
                dac: bytes(given.dac, "dac")?,
                pai: bytes(given.pai, "pai")?,
                key: bytes(given.key, "key")?,
                key_storage: given.key_storage,
                efuse_key: given.efuse_key,
                flags: given.flags,
            }
        };
        buffer.put(&parts.encode(size)?)
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}
