use core::ffi::c_char;

use esp_nvs_image::PartitionSize;

use crate::border::{Buffer, Place, call, call_quietly, give, handle, handle_mut, take_back, text, values};
use crate::error::{Failure, MatterError};
use crate::message::MatterMessage;
use crate::nvs::{self, MatterNvs, MatterNvsKind};

/// The maximum size of a namespace or key in bytes, including its NUL.
pub const MATTER_NVS_NAME_SIZE: usize = 16;

/// The maximum number of bytes of a name that are read, so that the message can state the length of
/// one that is too long.
pub(super) const NAME_BYTES: usize = 64;

/// An entry without its value.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct MatterNvsEntry {
    /// The namespace, followed by a NUL.
    pub name_space: [c_char; MATTER_NVS_NAME_SIZE],
    /// The key, followed by a NUL.
    pub key: [c_char; MATTER_NVS_NAME_SIZE],
    /// The type of the value.
    pub kind: MatterNvsKind,
    /// The size of the value in bytes; a string includes its NUL.
    pub len: usize,
}

fn name_field(name: &str) -> [c_char; MATTER_NVS_NAME_SIZE] {
    let mut field = [0; MATTER_NVS_NAME_SIZE];
    let letters = name.bytes().take(MATTER_NVS_NAME_SIZE - 1);
    field
        .iter_mut()
        .zip(letters)
        .for_each(|(to, byte)| *to = c_char::from_ne_bytes([byte]));
    field
}

/// Creates an empty list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_new(nvs: *mut *mut MatterNvs, message: *mut MatterMessage) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let nvs = unsafe { Place::new(nvs, "nvs") }?;
        nvs.put(give(MatterNvs::default()));
        Ok(())
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Decodes an image strictly: everything that the firmware drops, erases or rejects is an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_decode(
    image: *const u8,
    image_len: usize,
    nvs: *mut *mut MatterNvs,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (image, nvs) = unsafe { (values(image, image_len, "image")?, Place::new(nvs, "nvs")?) };
        let read = MatterNvs::decode(image)?;
        nvs.put(give(read));
        Ok(())
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Decodes the entries of a possibly damaged image that the firmware reads after mount. `faults`
/// receives the number of faults for which `matter_nvs_decode` would reject the image.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_recover(
    image: *const u8,
    image_len: usize,
    nvs: *mut *mut MatterNvs,
    faults: *mut usize,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let image = unsafe { values(image, image_len, "image") }?;
        // SAFETY: guaranteed by the caller.
        let (nvs, faults) = unsafe { (Place::new(nvs, "nvs")?, Place::new(faults, "faults")?) };
        let (read, found) = MatterNvs::recover(image);
        faults.put(found);
        nvs.put(give(read));
        Ok(())
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Frees a list and zeroizes its values. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_free(nvs: *mut MatterNvs) {
    // SAFETY: guaranteed by the caller.
    call_quietly((), || unsafe { take_back(nvs) });
}

/// Returns the number of entries; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_len(nvs: *const MatterNvs) -> usize {
    // SAFETY: guaranteed by the caller.
    call_quietly(0, || unsafe { handle(nvs) }.map_or(0, MatterNvs::len))
}

/// Describes the entry with an index below `matter_nvs_len`. The entries are in the order of the
/// image.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_entry(
    nvs: *const MatterNvs,
    index: usize,
    entry: *mut MatterNvsEntry,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (nvs, entry) = unsafe { (handle(nvs)?, Place::new(entry, "entry")?) };
        let found = nvs.describe(index)?;
        entry.put(MatterNvsEntry {
            name_space: name_field(found.namespace),
            key: name_field(found.key),
            kind: found.kind,
            len: found.len,
        });
        Ok(())
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Removes an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_remove(
    nvs: *mut MatterNvs,
    name_space: *const c_char,
    key: *const c_char,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (namespace, key) = unsafe { names(name_space, key) }?;
        // SAFETY: guaranteed by the caller.
        unsafe { handle_mut(nvs) }?.remove(namespace, key)
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Computes the size of the smallest partition that has room for the entries and that the firmware
/// can write to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_needed_size(
    nvs: *const MatterNvs,
    version: i32,
    size: *mut u32,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (nvs, size) = unsafe { (handle(nvs)?, Place::new(size, "size")?) };
        size.put(nvs.needed_size(nvs::version(version)?)?);
        Ok(())
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Writes the image of a partition of `size` bytes, identical to that of ESP-IDF's generator.
/// `version` is a `MatterNvsVersion`. For a partition of one or two pages, which is read-only for
/// the firmware, only the used pages are written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_encode(
    nvs: *const MatterNvs,
    size: u32,
    version: i32,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (nvs, buffer) = unsafe { (handle(nvs)?, Buffer::new(buffer, buffer_len, written)?) };
        let (size, version) = (PartitionSize::new(size)?, nvs::version(version)?);
        if !size.is_read_only() {
            buffer.check(size.bytes())?;
        }
        buffer.put(&nvs.encode(size, version)?)
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Encrypts an image with the keys of a key partition (ESP-IDF, "NVS Encryption"). `buffer` may be
/// `image`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_encrypt(
    image: *const u8,
    image_len: usize,
    keys: *const u8,
    keys_len: usize,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (image, keys) = unsafe { (values(image, image_len, "image")?, values(keys, keys_len, "keys")?) };
        // SAFETY: guaranteed by the caller.
        let buffer = unsafe { Buffer::new(buffer, buffer_len, written) }?;
        buffer.check(image.len())?;
        buffer.put(&nvs::crypt(image, keys, esp_nvs_image::encrypt)?)
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Decrypts an image: the inverse of `matter_nvs_encrypt`. Wrong keys result in an unreadable
/// image. `buffer` may be `image`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn matter_nvs_decrypt(
    image: *const u8,
    image_len: usize,
    keys: *const u8,
    keys_len: usize,
    buffer: *mut u8,
    buffer_len: usize,
    written: *mut usize,
    message: *mut MatterMessage,
) -> MatterError {
    let body = || {
        // SAFETY: guaranteed by the caller.
        let (image, keys) = unsafe { (values(image, image_len, "image")?, values(keys, keys_len, "keys")?) };
        // SAFETY: guaranteed by the caller.
        let buffer = unsafe { Buffer::new(buffer, buffer_len, written) }?;
        buffer.check(image.len())?;
        buffer.put(&nvs::crypt(image, keys, esp_nvs_image::decrypt)?)
    };
    // SAFETY: guaranteed by the caller.
    unsafe { call(message, body) }
}

/// Borrows a namespace and a key.
///
/// # Safety
///
/// As for [`text`].
pub(super) unsafe fn names<'a>(namespace: *const c_char, key: *const c_char) -> Result<(&'a str, &'a str), Failure> {
    // SAFETY: guaranteed by the caller.
    unsafe {
        Ok((
            text(namespace, NAME_BYTES, "name_space")?,
            text(key, NAME_BYTES, "key")?,
        ))
    }
}
