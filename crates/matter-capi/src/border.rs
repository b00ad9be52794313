//! Checks of the caller's pointers, and all reads and writes through them.
//!
//! All functions here that take a pointer are `unsafe`: the caller of the C function guarantees
//! that a pointer that is not NULL points to the stated number of values for the duration of the
//! call. NULL, alignment and length are checked.

#![expect(unsafe_code, reason = "the border to C")]

use core::ffi::c_char;
use core::slice;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::MatterBytes;
use crate::error::{Failure, MatterError};
use crate::message::MatterMessage;

/// Runs the body of a function, converts a panic to an error, and writes the message.
///
/// # Safety
///
/// `message` is NULL or points to a writable message.
pub(crate) unsafe fn call(message: *mut MatterMessage, body: impl FnOnce() -> Result<(), Failure>) -> MatterError {
    // State after a panic is not used: handles change at the end of a body, in steps that do not
    // panic.
    let result = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        Err(Failure::new(
            MatterError::Internal,
            "internal error in the library; please report it",
        ))
    });
    let (error, text) = match &result {
        Ok(()) => (MatterError::None, ""),
        Err(failure) => (failure.error, failure.text.as_str()),
    };
    if !message.is_null() {
        // SAFETY: not NULL and therefore writable; the alignment is 1.
        unsafe { message.write(MatterMessage::new(text)) };
    }
    error
}

/// Runs the body of a function that reports nothing.
pub(crate) fn call_quietly<T>(default: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(default)
}

fn check<T>(pointer: *const T, name: &str) -> Result<(), Failure> {
    if pointer.is_null() {
        Err(Failure::new(MatterError::NullPointer, format_args!("{name} is NULL")))
    } else if !pointer.is_aligned() {
        let text = format_args!("{name} is not aligned to {} bytes", align_of::<T>());
        Err(Failure::new(MatterError::Alignment, text))
    } else {
        Ok(())
    }
}

/// Borrows `len` values.
///
/// # Safety
///
/// `start` is NULL or points to `len` initialized values that are not written while borrowed.
pub(crate) unsafe fn values<'a, T>(start: *const T, len: usize, name: &str) -> Result<&'a [T], Failure> {
    if len == 0 {
        return Ok(&[]);
    }
    check(start, name)?;
    if size_of::<T>()
        .checked_mul(len)
        .is_none_or(|bytes| isize::try_from(bytes).is_err())
    {
        return Err(Failure::new(
            MatterError::Length,
            format_args!("{name} is longer than the address space"),
        ));
    }
    // SAFETY: not NULL, aligned, and at most isize::MAX bytes; the rest is guaranteed by the
    // caller.
    Ok(unsafe { slice::from_raw_parts(start, len) })
}

/// Borrows the bytes that a struct points to.
///
/// # Safety
///
/// As for [`values`].
pub(crate) unsafe fn bytes<'a>(bytes: MatterBytes, name: &str) -> Result<&'a [u8], Failure> {
    // SAFETY: guaranteed by the caller.
    unsafe { values(bytes.data, bytes.len, name) }
}

/// Borrows a text that ends with a NUL; at most `max` bytes before the NUL are read.
///
/// # Safety
///
/// `start` is NULL or points to a text that ends with a NUL, or to `max + 1` bytes, which are not
/// written while borrowed.
pub(crate) unsafe fn text<'a>(start: *const c_char, max: usize, name: &str) -> Result<&'a str, Failure> {
    check(start, name)?;
    let start = start.cast::<u8>();
    let mut len = 0;
    // SAFETY: no NUL so far, and at most `max` bytes, so that one more byte is readable.
    while unsafe { start.add(len).read() } != 0 {
        if len == max {
            let text = format_args!("{name} has more than {max} bytes before its NUL");
            return Err(Failure::new(MatterError::TextTooLong, text));
        }
        len += 1;
    }
    // SAFETY: these bytes were just read.
    let bytes = unsafe { slice::from_raw_parts(start, len) };
    core::str::from_utf8(bytes).map_err(|_| Failure::new(MatterError::NotUtf8, format_args!("{name} is not UTF-8")))
}

/// As [`text`]; NULL means no text.
///
/// # Safety
///
/// As for [`text`].
pub(crate) unsafe fn optional_text<'a>(
    start: *const c_char,
    max: usize,
    name: &str,
) -> Result<Option<&'a str>, Failure> {
    // SAFETY: guaranteed by the caller.
    let read = (!start.is_null()).then(|| unsafe { text(start, max, name) });
    read.transpose()
}

/// Copies a struct.
///
/// # Safety
///
/// `from` is NULL or points to an initialized value.
pub(crate) unsafe fn read<T: Copy>(from: *const T, name: &str) -> Result<T, Failure> {
    check(from, name)?;
    // SAFETY: not NULL and aligned; the rest is guaranteed by the caller.
    Ok(unsafe { from.read() })
}

/// Borrows the value of a handle.
///
/// # Safety
///
/// `handle` is NULL or was created by [`give`], was not freed, and is not written while borrowed.
pub(crate) unsafe fn handle<'a, T>(handle: *const T) -> Result<&'a T, Failure> {
    check(handle, "handle")?;
    // SAFETY: not NULL; the rest is guaranteed by the caller.
    Ok(unsafe { &*handle })
}

/// Borrows the value of a handle mutably.
///
/// # Safety
///
/// `handle` is NULL or was created by [`give`], was not freed, and is not used elsewhere.
pub(crate) unsafe fn handle_mut<'a, T>(handle: *mut T) -> Result<&'a mut T, Failure> {
    check(handle, "handle")?;
    // SAFETY: not NULL; the rest is guaranteed by the caller.
    Ok(unsafe { &mut *handle })
}

/// Creates a handle, which the caller frees.
pub(crate) fn give<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Frees a handle; NULL is ignored.
///
/// # Safety
///
/// `handle` is NULL or was created by [`give`] and was not freed.
pub(crate) unsafe fn take_back<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: not NULL; the rest is guaranteed by the caller.
        drop(unsafe { Box::from_raw(handle) });
    }
}

/// A writable location for one value.
pub(crate) struct Place<T>(*mut T);

impl<T> Place<T> {
    /// # Safety
    ///
    /// `to` is NULL or is writable for the duration of the call.
    pub(crate) unsafe fn new(to: *mut T, name: &str) -> Result<Self, Failure> {
        check(to, name).map(|()| Self(to))
    }

    /// As [`Place::new`]; NULL means no location.
    ///
    /// # Safety
    ///
    /// As for [`Place::new`].
    pub(crate) unsafe fn optional(to: *mut T, name: &str) -> Result<Option<Self>, Failure> {
        // SAFETY: guaranteed by the caller.
        let place = (!to.is_null()).then(|| unsafe { Self::new(to, name) });
        place.transpose()
    }

    pub(crate) fn put(&self, value: T) {
        // SAFETY: not NULL and aligned; the caller of `new` guarantees that it is writable. Nothing
        // is borrowed from it: values are written last, after all reads.
        unsafe { self.0.write(value) };
    }
}

/// The caller's buffer, with the location for the number of bytes written or needed.
pub(crate) struct Buffer {
    start: *mut u8,
    len: usize,
    written: Place<usize>,
}

impl Buffer {
    /// # Safety
    ///
    /// `start` is NULL or points to `len` bytes that are writable for the duration of the call;
    /// they need not be initialized. `written` is NULL or writable.
    pub(crate) unsafe fn new(start: *mut u8, len: usize, written: *mut usize) -> Result<Self, Failure> {
        // SAFETY: guaranteed by the caller.
        let written = unsafe { Place::new(written, "written") }?;
        written.put(0);
        if len > 0 {
            check(start, "buffer")?;
        }
        if isize::try_from(len).is_err() {
            return Err(Failure::new(
                MatterError::Length,
                "buffer is longer than the address space",
            ));
        }
        Ok(Self { start, len, written })
    }

    /// Checks that a number of bytes fits, before they are computed.
    pub(crate) fn check(&self, needed: usize) -> Result<(), Failure> {
        if self.len < needed {
            self.written.put(needed);
            let text = format_args!("buffer is too small: {} bytes; {needed} are needed", self.len);
            return Err(Failure::new(MatterError::BufferTooSmall, text));
        }
        Ok(())
    }

    pub(crate) fn put(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.check(bytes.len())?;
        if !bytes.is_empty() {
            // SAFETY: `start` is not NULL, because `len` is at least that of `bytes`; the caller of
            // `new` guarantees that it is writable. `bytes` belongs to the library, or to the
            // caller, where the two may overlap.
            unsafe { self.start.copy_from(bytes.as_ptr(), bytes.len()) };
        }
        self.written.put(bytes.len());
        Ok(())
    }

    /// Writes a text followed by a NUL.
    pub(crate) fn put_text(&self, text: &str) -> Result<(), Failure> {
        let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(text.len().saturating_add(1)));
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
        self.put(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_becomes_an_error() {
        let mut message = MatterMessage::new("before");
        // SAFETY: the message is writable.
        let error = unsafe { call(&mut message, || panic!("with a secret")) };
        assert_eq!(error, MatterError::Internal);
        assert_eq!(message.to_text(), "internal error in the library; please report it");
        assert_eq!(call_quietly(7, || panic!("again")), 7);
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { call(core::ptr::null_mut(), || Ok(())) }, MatterError::None);
    }
}
