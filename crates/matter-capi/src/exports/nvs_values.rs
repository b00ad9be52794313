use core::ffi::c_char;

use esp_nvs_image::Value;

use super::nvs::names;
use crate::border::{Buffer, Place, call, handle, handle_mut, text, values};
use crate::error::MatterError;
use crate::message::MatterMessage;
use crate::nvs::{Integer, MatterNvs};

/// The maximum number of bytes of a text before its NUL, as in an image.
const TEXT_BYTES: usize = 3999;

/// Sets a number.
///
/// # Safety
///
/// As for the functions that call it.
unsafe fn set<N: Integer>(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: N,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (namespace, key) = unsafe { names(name_space, key) }?;
        // SAFETY: guaranteed by the caller.
        unsafe { handle_mut(nvs) }?.set(namespace, key, Value::Number(value.into()))
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Gets a number.
///
/// # Safety
///
/// As for the functions that call it.
unsafe fn get<N: Integer>(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *mut N,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (nvs, value) = unsafe { (handle(nvs)?, Place::new(value, "value")?) };
        // SAFETY: guaranteed by the caller.
        let (namespace, key) = unsafe { names(name_space, key) }?;
        value.put(nvs.number(namespace, key)?);
        Ok(())
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Sets an unsigned 8-bit integer: replaces the value of the key, or appends an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_set_u8(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: u8,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { set(nvs, name_space, key, value, message) }
}

/// Gets an unsigned 8-bit integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_get_u8(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *mut u8,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { get(nvs, name_space, key, value, message) }
}

/// Sets a signed 8-bit integer: replaces the value of the key, or appends an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_set_i8(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: i8,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { set(nvs, name_space, key, value, message) }
}

/// Gets a signed 8-bit integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_get_i8(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *mut i8,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { get(nvs, name_space, key, value, message) }
}

/// Sets an unsigned 16-bit integer: replaces the value of the key, or appends an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_set_u16(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: u16,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { set(nvs, name_space, key, value, message) }
}

/// Gets an unsigned 16-bit integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_get_u16(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *mut u16,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { get(nvs, name_space, key, value, message) }
}

/// Sets a signed 16-bit integer: replaces the value of the key, or appends an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_set_i16(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: i16,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { set(nvs, name_space, key, value, message) }
}

/// Gets a signed 16-bit integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_get_i16(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *mut i16,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { get(nvs, name_space, key, value, message) }
}

/// Sets an unsigned 32-bit integer: replaces the value of the key, or appends an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_set_u32(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: u32,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { set(nvs, name_space, key, value, message) }
}

/// Gets an unsigned 32-bit integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_get_u32(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *mut u32,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { get(nvs, name_space, key, value, message) }
}

/// Sets a signed 32-bit integer: replaces the value of the key, or appends an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_set_i32(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: i32,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { set(nvs, name_space, key, value, message) }
}

/// Gets a signed 32-bit integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_get_i32(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *mut i32,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { get(nvs, name_space, key, value, message) }
}

/// Sets an unsigned 64-bit integer: replaces the value of the key, or appends an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_set_u64(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: u64,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { set(nvs, name_space, key, value, message) }
}

/// Gets an unsigned 64-bit integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_get_u64(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *mut u64,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { get(nvs, name_space, key, value, message) }
}

/// Sets a signed 64-bit integer: replaces the value of the key, or appends an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_set_i64(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: i64,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { set(nvs, name_space, key, value, message) }
}

/// Gets a signed 64-bit integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_get_i64(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *mut i64,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { get(nvs, name_space, key, value, message) }
}

/// Sets a 32-bit IEEE 754 number: replaces the value of the key, or appends an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_set_float(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: f32,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { set(nvs, name_space, key, value, message) }
}

/// Gets a 32-bit IEEE 754 number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_get_float(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *mut f32,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { get(nvs, name_space, key, value, message) }
}

/// Sets a 64-bit IEEE 754 number: replaces the value of the key, or appends an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_set_double(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: f64,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { set(nvs, name_space, key, value, message) }
}

/// Gets a 64-bit IEEE 754 number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_get_double(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *mut f64,
    message: *mut MatterMessage,
) -> MatterError {
    // SAFETY: guaranteed by the caller.
    unsafe { get(nvs, name_space, key, value, message) }
}

/// Sets a string of at most 3999 bytes of UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_set_str(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *const c_char,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (namespace, key) = unsafe { names(name_space, key) }?;
        // SAFETY: guaranteed by the caller.
        let (nvs, value) = unsafe { (handle_mut(nvs)?, text(value, TEXT_BYTES, "value")?) };
        nvs.set(namespace, key, Value::Str(value))
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Gets a string with its NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_get_str(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    buffer: *mut c_char,
    buffer_len: usize,
    written: *mut usize,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (nvs, buffer) = unsafe { (handle(nvs)?, Buffer::new(buffer.cast(), buffer_len, written)?) };
        // SAFETY: guaranteed by the caller.
        let (namespace, key) = unsafe { names(name_space, key) }?;
        buffer.put_text(nvs.text(namespace, key)?)
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Sets a blob of at most 508000 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_set_blob(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    value: *const u8,
    value_len: usize,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (namespace, key) = unsafe { names(name_space, key) }?;
        // SAFETY: guaranteed by the caller.
        let (nvs, value) = unsafe { (handle_mut(nvs)?, values(value, value_len, "value")?) };
        nvs.set(namespace, key, Value::Blob(value))
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Gets a blob.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_get_blob(
    nvs: *const MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (nvs, buffer) = unsafe { (handle(nvs)?, Buffer::new(buffer, buffer_len, written)?) };
        // SAFETY: guaranteed by the caller.
        let (namespace, key) = unsafe { names(name_space, key) }?;
        buffer.put(nvs.blob(namespace, key)?)
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}
