use core::ffi::c_char;

use crate::border::{Buffer, Place, call, read, text};
use crate::codes::{MatterManualPayload, MatterSetupPayload};
use crate::error::MatterError;
use crate::message::MatterMessage;

/// The maximum size of the text of a QR code in bytes, including its NUL.
pub const MATTER_QR_TEXT_SIZE: usize = 259;

/// The maximum size of a manual pairing code in bytes, including hyphens and its NUL.
pub const MATTER_MANUAL_CODE_SIZE: usize = 28;

/// The maximum length of a QR code.
const CODE_BYTES: usize = 4296;
/// The maximum length of a serial number that is read before it is rejected.
const SERIAL_NUMBER_BYTES: usize = 64;

/// Writes the text of the QR code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_qr_text_encode(
    payload: *const MatterSetupPayload,
    buffer: *mut c_char,
    buffer_len: usize,
    written: *mut usize,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let payload = unsafe { read(payload, "payload") }?;
        // SAFETY: guaranteed by the caller.
        let buffer = unsafe { Buffer::new(buffer.cast(), buffer_len, written) }?;
        buffer.put_text(payload.qr_text()?.as_str())
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Parses the text of a QR code strictly.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_qr_text_parse(
    qr_text: *const c_char,
    payload: *mut MatterSetupPayload,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (text, payload) = unsafe { (text(qr_text, CODE_BYTES, "qr_text")?, Place::new(payload, "payload")?) };
        payload.put(MatterSetupPayload::parse_qr(text)?);
        Ok(())
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Writes the manual pairing code: 11 digits for the standard flow, 21 otherwise. If `grouped` is
/// not 0, it has hyphens as in print.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_manual_code_encode(
    payload: *const MatterSetupPayload,
    grouped: i32,
    buffer: *mut c_char,
    buffer_len: usize,
    written: *mut usize,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let payload = unsafe { read(payload, "payload") }?;
        // SAFETY: guaranteed by the caller.
        let buffer = unsafe { Buffer::new(buffer.cast(), buffer_len, written) }?;
        let code = payload.manual_code()?;
        if grouped == 0 {
            buffer.put_text(code.as_str())
        } else {
            buffer.put_text(code.grouped().as_str())
        }
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Parses a manual pairing code, with or without hyphens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_manual_code_parse(
    manual_code: *const c_char,
    payload: *mut MatterManualPayload,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let text = unsafe { text(manual_code, CODE_BYTES, "manual_code") }?;
        // SAFETY: guaranteed by the caller.
        let payload = unsafe { Place::new(payload, "payload") }?;
        payload.put(MatterManualPayload::parse(text)?);
        Ok(())
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Sets a serial number of 1 to 32 bytes in the TLV data of a payload, which must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_setup_payload_set_serial_number(
    payload: *mut MatterSetupPayload,
    serial_number: *const c_char,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (before, after) = unsafe { (read(payload, "payload")?, Place::new(payload, "payload")?) };
        // SAFETY: guaranteed by the caller.
        let serial_number = unsafe { text(serial_number, SERIAL_NUMBER_BYTES, "serial_number") }?;
        after.put(before.with_serial_number(serial_number)?);
        Ok(())
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}
