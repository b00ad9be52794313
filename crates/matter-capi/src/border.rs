//! What the caller's pointers are made of, and nothing else: the checks, and the reads and writes behind them.
//!
//! All functions here that take a pointer are `unsafe`: the caller of the C function promises that a pointer that is not
//! NULL points to as many values as it says, for the time of the call. What can be checked (NULL, alignment, length) is.

#![expect(unsafe_code, reason = "the border to C")]

use core::ffi::c_char;
use core::slice;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::MatterBytes;
use crate::error::{Failure, MatterError};
use crate::message::MatterMessage;

/// Runs what a function does, turns a panic into an error, and writes the message.
///
/// # Safety
///
/// `message` is NULL or points to a message that can be written.
pub(crate) unsafe fn call(message: *mut MatterMessage, body: impl FnOnce() -> Result<(), Failure>) -> MatterError {
    // What a panic leaves behind is not used: handles are changed at the end of a body, in steps that do not panic.
    let result = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        Err(Failure::new(
            MatterError::Internal,
            "fault in the library; please report it",
        ))
    });
    let (error, text) = match &result {
        Ok(()) => (MatterError::None, ""),
        Err(failure) => (failure.error, failure.text.as_str()),
    };
    if !message.is_null() {
        // SAFETY: not NULL, so that it can be written; it has an alignment of 1.
        unsafe { message.write(MatterMessage::new(text)) };
    }
    error
}

/// Runs what a function does that has nothing to report.
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
/// `start` is NULL or points to `len` initialized values that nobody writes as long as they are borrowed.
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
            format_args!("{name} has more bytes than any memory"),
        ));
    }
    // SAFETY: not NULL, aligned, and not longer than isize::MAX bytes; the rest is the caller's promise.
    Ok(unsafe { slice::from_raw_parts(start, len) })
}

/// Borrows the bytes that a struct names.
///
/// # Safety
///
/// As for [`values`].
pub(crate) unsafe fn bytes<'a>(bytes: MatterBytes, name: &str) -> Result<&'a [u8], Failure> {
    // SAFETY: the caller's promise.
    unsafe { values(bytes.data, bytes.len, name) }
}

/// Borrows a text that ends with a NUL, of which no more than `max` bytes are looked at before it.
///
/// # Safety
///
/// `start` is NULL or points to a text that ends with a NUL, or to `max + 1` bytes, which nobody writes as long as they
/// are borrowed.
pub(crate) unsafe fn text<'a>(start: *const c_char, max: usize, name: &str) -> Result<&'a str, Failure> {
    check(start, name)?;
    let start = start.cast::<u8>();
    let mut len = 0;
    // SAFETY: there was no NUL before, and at most `max` bytes, so that one more byte can be read.
    while unsafe { start.add(len).read() } != 0 {
        if len == max {
            let text = format_args!("{name} has more than {max} bytes before its NUL");
            return Err(Failure::new(MatterError::TextTooLong, text));
        }
        len += 1;
    }
    // SAFETY: these bytes were read just now.
    let bytes = unsafe { slice::from_raw_parts(start, len) };
    core::str::from_utf8(bytes).map_err(|_| Failure::new(MatterError::NotUtf8, format_args!("{name} is not UTF-8")))
}

/// The same, with NULL for no text.
///
/// # Safety
///
/// As for [`text`].
pub(crate) unsafe fn optional_text<'a>(
    start: *const c_char,
    max: usize,
    name: &str,
) -> Result<Option<&'a str>, Failure> {
    // SAFETY: the caller's promise.
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
    // SAFETY: not NULL and aligned; the rest is the caller's promise.
    Ok(unsafe { from.read() })
}

/// Borrows what a handle is.
///
/// # Safety
///
/// `handle` is NULL or was made by [`give`], was not freed, and is not written as long as it is borrowed.
pub(crate) unsafe fn handle<'a, T>(handle: *const T) -> Result<&'a T, Failure> {
    check(handle, "handle")?;
    // SAFETY: not NULL; the rest is the caller's promise.
    Ok(unsafe { &*handle })
}

/// Borrows what a handle is, to change it.
///
/// # Safety
///
/// `handle` is NULL or was made by [`give`], was not freed, and nobody else uses it.
pub(crate) unsafe fn handle_mut<'a, T>(handle: *mut T) -> Result<&'a mut T, Failure> {
    check(handle, "handle")?;
    // SAFETY: not NULL; the rest is the caller's promise.
    Ok(unsafe { &mut *handle })
}

/// Makes a handle, which the caller frees.
pub(crate) fn give<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Frees a handle; NULL is none.
///
/// # Safety
///
/// `handle` is NULL or was made by [`give`] and was not freed.
pub(crate) unsafe fn take_back<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: not NULL; the rest is the caller's promise.
        drop(unsafe { Box::from_raw(handle) });
    }
}

/// A place for one value.
pub(crate) struct Place<T>(*mut T);

impl<T> Place<T> {
    /// # Safety
    ///
    /// `to` is NULL or can be written for the time of the call.
    pub(crate) unsafe fn new(to: *mut T, name: &str) -> Result<Self, Failure> {
        check(to, name).map(|()| Self(to))
    }

    /// The same, with NULL for no place.
    ///
    /// # Safety
    ///
    /// As for [`Place::new`].
    pub(crate) unsafe fn optional(to: *mut T, name: &str) -> Result<Option<Self>, Failure> {
        // SAFETY: the caller's promise.
        let place = (!to.is_null()).then(|| unsafe { Self::new(to, name) });
        place.transpose()
    }

    pub(crate) fn put(&self, value: T) {
        // SAFETY: not NULL and aligned; that it can be written is the promise to `new`. Nothing is borrowed from it: values
        // are written last, when what was read is done with.
        unsafe { self.0.write(value) };
    }
}

/// The caller's buffer, and the place for the number of bytes written or needed.
pub(crate) struct Buffer {
    start: *mut u8,
    len: usize,
    written: Place<usize>,
}

impl Buffer {
    /// # Safety
    ///
    /// `start` is NULL or points to `len` bytes that can be written for the time of the call; they need not be
    /// initialized. `written` is NULL or can be written.
    pub(crate) unsafe fn new(start: *mut u8, len: usize, written: *mut usize) -> Result<Self, Failure> {
        // SAFETY: the caller's promise.
        let written = unsafe { Place::new(written, "written") }?;
        written.put(0);
        if len > 0 {
            check(start, "buffer")?;
        }
        if isize::try_from(len).is_err() {
            return Err(Failure::new(
                MatterError::Length,
                "buffer has more bytes than any memory",
            ));
        }
        Ok(Self { start, len, written })
    }

    /// Asks for a number of bytes before they are made.
    pub(crate) fn check(&self, needed: usize) -> Result<(), Failure> {
        if self.len < needed {
            self.written.put(needed);
            let text = format_args!("buffer has {} bytes, and {needed} are needed", self.len);
            return Err(Failure::new(MatterError::BufferTooSmall, text));
        }
        Ok(())
    }

    pub(crate) fn put(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.check(bytes.len())?;
        if !bytes.is_empty() {
            // SAFETY: `start` is not NULL, since `len` is at least that of `bytes`; that it can be written is the promise
            // to `new`. `bytes` is the library's, or lies in the caller's memory, where the two may overlap.
            unsafe { self.start.copy_from(bytes.as_ptr(), bytes.len()) };
        }
        self.written.put(bytes.len());
        Ok(())
    }

    /// Writes a text and a NUL.
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
        // SAFETY: the message can be written.
        let error = unsafe { call(&mut message, || panic!("with a secret")) };
        assert_eq!(error, MatterError::Internal);
        assert_eq!(message.to_text(), "fault in the library; please report it");
        assert_eq!(call_quietly(7, || panic!("again")), 7);
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { call(core::ptr::null_mut(), || Ok(())) }, MatterError::None);
    }
}
