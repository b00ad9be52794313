//! Changes one key of an image as the firmware does it on the device.
//!
//! Source: ESP-IDF `components/nvs_flash`: `PageManager::load` and `requestNewPage` (which page comes next, moves),
//! `Storage::writeItem` and `writeMultiPageBlob` (what is written where, and in which order), `Page::writeItem`.

mod blob;
mod log;
mod partition;

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::Error;
use crate::name::{Key, Namespace};
use crate::owned::OwnedValue;
use crate::value::Value;
#[cfg(feature = "encryption")]
use crate::{keys::NvsKeys, xts::SlotCipher};

use partition::Partition;

/// Sets and removes keys in the image of a whole partition, as the firmware does on the device.
///
/// A value is appended after the last entry, and the old value is marked as erased; its bytes
/// remain, and as long as the page has room nothing else changes. When the page is full, an empty
/// page is used. When only one empty page is left, the page with the fewest used slots is moved
/// there and becomes the empty one. A new blob uses the other half of the chunk indices than its
/// predecessor. New pages have the version byte 0xFE, regardless of the version of the other pages.
///
/// A call that writes is like one boot of the device with one write: it completes interrupted page
/// moves, erases the remains of interrupted writes, and uses empty pages in flash order. A call
/// that fails, or has nothing to write, changes nothing. It takes the time of decoding the image a
/// few times.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, Editor, decode, encode_to_vec};
///
/// let mut image = encode_to_vec(0x3000, BlobVersion::V2, [("wifi", "channel", 6_u8)])?;
///
/// let mut editor = Editor::new(&mut image);
/// assert_eq!(editor.get("wifi", "channel")?.and_then(|value| value.as_u8()), Some(6));
/// assert!(editor.set("wifi", "ssid", "factory")?);
/// assert!(editor.remove("wifi", "channel")?);
/// assert!(!editor.remove("wifi", "channel")?);
///
/// let entries = decode(&image)?;
/// assert_eq!(entries.len(), 1);
/// assert_eq!(entries.get("wifi", "ssid").and_then(|value| value.as_str()), Some("factory"));
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
pub struct Editor<'b> {
    image: &'b mut [u8],
    #[cfg(feature = "encryption")]
    cipher: Option<SlotCipher>,
}

impl<'b> Editor<'b> {
    /// Edits an unencrypted image.
    #[must_use]
    pub const fn new(image: &'b mut [u8]) -> Self {
        Self {
            image,
            #[cfg(feature = "encryption")]
            cipher: None,
        }
    }

    /// Edits an encrypted image.
    ///
    /// Only the slots that an edit writes change, each encrypted for its offset; no plain text is
    /// left in the image.
    #[cfg(feature = "encryption")]
    #[must_use]
    pub fn encrypted(image: &'b mut [u8], keys: &NvsKeys) -> Self {
        Self {
            image,
            cipher: Some(SlotCipher::new(keys)),
        }
    }

    /// Sets the value of a key, adds the namespace if it is new, and returns whether anything was
    /// written: an equal value is not written again.
    ///
    /// A value of another type under the same key is replaced, so that each key has one value.
    ///
    /// # Errors
    ///
    /// [`Error::StringTooLong`], [`Error::StringHasNul`], [`Error::BlobTooLong`] (508,000 bytes,
    /// and 4000 for each page of the partition but one) and [`Error::BlobTooManyChunks`] (if it
    /// starts near the end of a page) for the value; [`Error::NoEmptyPage`],
    /// [`Error::PartitionFull`], [`Error::PageSequence`] and [`Error::TooManyNamespaces`] for the
    /// image; [`Error::Damaged`] for a damaged image, for a string that is not UTF-8, and for an
    /// old blob whose chunks are in both halves of their indices; [`Error::Illegible`] for an image
    /// that may be encrypted; and the errors of [`Namespace::new`] and [`Key::new`] for names given
    /// as strings.
    pub fn set<'v>(
        &mut self,
        namespace: impl TryInto<Namespace, Error: Into<Error>>,
        key: impl TryInto<Key, Error: Into<Error>>,
        value: impl Into<Value<'v>>,
    ) -> Result<bool, Error> {
        let (namespace, key) = names(namespace, key)?;
        let value = value.into();
        value.check()?;
        self.edit(|bytes| Partition::with(bytes, &namespace, &key, value))
    }

    /// Returns the value of a key as the firmware reads it, or `None` if the key does not exist.
    ///
    /// # Errors
    ///
    /// The errors of [`Editor::set`] for the image and the names.
    pub fn get(
        &self,
        namespace: impl TryInto<Namespace, Error: Into<Error>>,
        key: impl TryInto<Key, Error: Into<Error>>,
    ) -> Result<Option<OwnedValue>, Error> {
        let (namespace, key) = names(namespace, key)?;
        let bytes = self.in_the_clear()?;
        Partition::value(&bytes, &namespace, &key)
    }

    /// Removes a key and returns whether it existed. Its namespace remains.
    ///
    /// # Errors
    ///
    /// The errors of [`Editor::set`] for the image.
    pub fn remove(
        &mut self,
        namespace: impl TryInto<Namespace, Error: Into<Error>>,
        key: impl TryInto<Key, Error: Into<Error>>,
    ) -> Result<bool, Error> {
        let (namespace, key) = names(namespace, key)?;
        self.edit(|bytes| Partition::without(bytes, &namespace, &key))
    }

    /// Returns a decrypted copy of the image.
    fn in_the_clear(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let bytes = Zeroizing::new(self.image.to_vec());
        #[cfg(feature = "encryption")]
        if let Some(cipher) = &self.cipher {
            return crate::encryption::decrypted(bytes, cipher);
        }
        Ok(bytes)
    }

    /// Edits a decrypted copy, and replaces the image when the edit has succeeded.
    fn edit(
        &mut self,
        work: impl FnOnce(Zeroizing<Vec<u8>>) -> Result<Option<Partition>, Error>,
    ) -> Result<bool, Error> {
        let bytes = self.in_the_clear()?;
        #[cfg_attr(not(feature = "encryption"), expect(unused_mut, reason = "for the cipher"))]
        let Some(mut partition) = work(bytes)? else {
            return Ok(false);
        };
        #[cfg(feature = "encryption")]
        if let Some(cipher) = &self.cipher {
            partition.encrypt(cipher);
        }
        self.image.copy_from_slice(partition.bytes());
        Ok(true)
    }
}

fn names(
    namespace: impl TryInto<Namespace, Error: Into<Error>>,
    key: impl TryInto<Key, Error: Into<Error>>,
) -> Result<(Namespace, Key), Error> {
    let namespace = namespace.try_into().map_err(Into::into)?;
    Ok((namespace, key.try_into().map_err(Into::into)?))
}

impl fmt::Debug for Editor<'_> {
    /// Omits the contents, because factory partitions contain private keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Editor")
            .field("image_len", &self.image.len())
            .finish_non_exhaustive()
    }
}
