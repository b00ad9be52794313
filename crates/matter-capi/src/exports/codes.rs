use core::ffi::c_char;

use crate::border::{Buffer, Place, call, read, text};
use crate::codes::{MatterManualPayload, MatterSetupPayload};
use crate::error::MatterError;
use crate::message::MatterMessage;

/// The bytes that the text of any QR code takes at most, with its NUL.
pub const MATTER_QR_TEXT_SIZE: usize = 259;

/// The bytes that any manual pairing code takes at most, with hyphens and its NUL.
pub const MATTER_MANUAL_CODE_SIZE: usize = 28;

/// More characters than these are in no QR code.
const CODE_BYTES: usize = 4296;
/// More bytes than these are in no serial number.
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
        // SAFETY: the caller's promises.
        let payload = unsafe { read(payload, "payload") }?;
        // SAFETY: the caller's promises.
        let buffer = unsafe { Buffer::new(buffer.cast(), buffer_len, written) }?;
        buffer.put_text(payload.qr_text()?.as_str())
    };
    // SAFETY: the caller's promise.
    unsafe { call(message, body) }
}

/// Reads the text of a QR code strictly.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_qr_text_parse(
    qr_text: *const c_char,
    payload: *mut MatterSetupPayload,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: the caller's promises.
        let (text, payload) = unsafe { (text(qr_text, CODE_BYTES, "qr_text")?, Place::new(payload, "payload")?) };
        payload.put(MatterSetupPayload::parse_qr(text)?);
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { call(message, body) }
}

/// Writes the manual pairing code: 11 digits for the standard flow, else 21. With `grouped` other than 0 it has hyphens, as
/// it is printed.
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
        // SAFETY: the caller's promises.
        let payload = unsafe { read(payload, "payload") }?;
        // SAFETY: the caller's promises.
        let buffer = unsafe { Buffer::new(buffer.cast(), buffer_len, written) }?;
        let code = payload.manual_code()?;
        if grouped == 0 {
            buffer.put_text(code.as_str())
        } else {
            buffer.put_text(code.grouped().as_str())
        }
    };
    // SAFETY: the caller's promise.
    unsafe { call(message, body) }
}

/// Reads a manual pairing code, with or without hyphens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_manual_code_parse(
    manual_code: *const c_char,
    payload: *mut MatterManualPayload,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: the caller's promises.
        let text = unsafe { text(manual_code, CODE_BYTES, "manual_code") }?;
        // SAFETY: the caller's promises.
        let payload = unsafe { Place::new(payload, "payload") }?;
        payload.put(MatterManualPayload::parse(text)?);
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { call(message, body) }
}

/// Puts a serial number of 1 to 32 bytes into the TLV data of a payload that is valid but for that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_setup_payload_set_serial_number(
    payload: *mut MatterSetupPayload,
    serial_number: *const c_char,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: the caller's promises.
        let (before, after) = unsafe { (read(payload, "payload")?, Place::new(payload, "payload")?) };
        // SAFETY: the caller's promises.
        let serial_number = unsafe { text(serial_number, SERIAL_NUMBER_BYTES, "serial_number") }?;
        after.put(before.with_serial_number(serial_number)?);
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { call(message, body) }
}
