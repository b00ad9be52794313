use core::ffi::{CStr, c_char};

use crate::error::MatterError;

/// The version of the binary interface. Any incompatible change of functions, structs or numbers
/// increments it.
pub const MATTER_ABI_VERSION: u32 = 1;

/// Bytes of the caller: `len` bytes at `data`, which may be NULL if `len` is 0.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct MatterBytes {
    /// The first byte.
    pub data: *const u8,
    /// The number of bytes.
    pub len: usize,
}

/// Returns the version of the library's interface: a program that was compiled with another
/// `MATTER_ABI_VERSION` must not call the library.
#[unsafe(no_mangle)]
pub extern "C" fn matter_abi_version() -> u32 {
    MATTER_ABI_VERSION
}

/// Returns the version of the library, such as `0.1.0`. The text is static and must not be freed.
#[unsafe(no_mangle)]
pub extern "C" fn matter_version() -> *const c_char {
    const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"unknown",
    };
    VERSION.as_ptr()
}

/// Returns the name of an error number, such as `MATTER_ERROR_NULL_POINTER`, or `unknown error
/// number`. The text is static and must not be freed.
#[unsafe(no_mangle)]
pub extern "C" fn matter_error_name(error: i32) -> *const c_char {
    MatterError::name_of(error).as_ptr()
}
