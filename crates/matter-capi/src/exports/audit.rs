use core::ffi::c_char;

use crate::audit::{Device, MatterAudit, MatterAuditCounts};
use crate::border::{Buffer, Place, bytes, call, optional_text, read, values};
use crate::error::MatterError;
use crate::message::MatterMessage;

/// The maximum length of a code.
const CODE_BYTES: usize = 4296;

/// Audits a device from its bytes. `buffer` receives JSON text, `{"findings": [{"id", "severity",
/// "object", "text", "sdk_code", "remedy"}], "summary": {"errors", "warnings", "notes"}}`, where
/// `sdk_code` and `remedy` are optional; it contains no secret. `counts`, which may be NULL,
/// receives only the numbers. Findings are not an error of this function.
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
        // SAFETY: guaranteed by the caller.
        let given = unsafe { read(device, "device") }?;
        // SAFETY: guaranteed by the caller.
        let (counts, buffer) = unsafe {
            (
                Place::optional(counts, "counts")?,
                Buffer::new(buffer.cast(), buffer_len, written)?,
            )
        };
        // SAFETY: guaranteed by the caller.
        let paas = unsafe { values(given.paas, given.paas_len, "paas") }?;
        // SAFETY: guaranteed by the caller.
        let paas = paas.iter().map(|paa| unsafe { bytes(*paa, "paas") });
        // SAFETY: guaranteed by the caller.
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
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}
