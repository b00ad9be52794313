use core::ffi::c_char;

use crate::audit::{Device, MatterAudit, MatterAuditCounts};
use crate::border::{Buffer, Place, bytes, call, optional_text, read, values};
use crate::error::MatterError;
use crate::message::MatterMessage;

/// More characters than these are in no code.
const CODE_BYTES: usize = 4296;

/// Audits a device by nothing but its bytes. `buffer` gets a text in JSON, `{"findings": [{"id", "severity", "object",
/// "text", "sdk_code", "remedy"}], "summary": {"errors", "warnings", "notes"}}`, in which `sdk_code` and `remedy` may be
/// missing; there is no secret in it. `counts`, which may be NULL, gets the numbers alone. A finding is not an error of
/// this function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_audit_device(
    device: *const MatterAudit,
    counts: *mut MatterAuditCounts,
    buffer: *mut c_char,
    buffer_len: usize,
    written: *mut usize,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: the caller's promises.
        let given = unsafe { read(device, "device") }?;
        // SAFETY: the caller's promises.
        let (counts, buffer) = unsafe {
            (
                Place::optional(counts, "counts")?,
                Buffer::new(buffer.cast(), buffer_len, written)?,
            )
        };
        // SAFETY: the caller's promises.
        let paas = unsafe { values(given.paas, given.paas_len, "paas") }?;
        // SAFETY: the caller's promises.
        let paas = paas.iter().map(|paa| unsafe { bytes(*paa, "paas") });
        // SAFETY: the caller's promises.
        let parts = unsafe {
            Device {
                nvs: bytes(given.nvs, "nvs")?,
                nvs_keys: bytes(given.nvs_keys, "nvs_keys")?,
                secure_cert: bytes(given.secure_cert, "secure_cert")?,
                secure_cert_size: given.secure_cert_size,
                qr_text: optional_text(given.qr_text, CODE_BYTES, "qr_text")?,
                manual_code: optional_text(given.manual_code, CODE_BYTES, "manual_code")?,
                paas: paas.collect::<Result<_, _>>()?,
                declaration: bytes(given.declaration, "declaration")?,
                time: given.time,
                vendor_id: given.vendor_id,
                product_id: given.product_id,
                flags: given.flags,
            }
        };
        let (json, found) = parts.audit()?;
        if let Some(counts) = counts {
            counts.put(found);
        }
        buffer.put_text(&json)
    };
    // SAFETY: the caller's promise.
    unsafe { call(message, body) }
}
