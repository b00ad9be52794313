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

/// Sets and removes keys in the image of a whole partition, as the firmware does it on the device.
///
/// A value is appended behind the last entry and the old one is marked as erased; its bytes stay, and as long as there is
/// room in the page nothing else changes. A page that is full is left for an empty one. When only one empty page is
/// left, the page with the least in use is moved there first, and becomes the empty one. A blob gets the other half of
/// the chunk indices than its predecessor. Pages are added with the version byte 0xFE, whatever those before them have.
///
/// A call that writes is like one start of the device with one write: it ends the moves of pages and erases what is left
/// of values whose writing a power cut interrupted, and takes empty pages in the order in which they lie. A call that
/// fails, or that has nothing to write, changes nothing. The time is that of decoding the image a few times.
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
    /// Edits an image that is not encrypted.
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
    /// Only the slots that an edit writes change, each encrypted for its own place; nothing is left in plain.
    #[cfg(feature = "encryption")]
    #[must_use]
    pub fn encrypted(image: &'b mut [u8], keys: &NvsKeys) -> Self {
        Self {
            image,
            cipher: Some(SlotCipher::new(keys)),
        }
    }

    /// Stores a value under a key, adds the namespace when it is new, and tells whether anything was written: a value
    /// that is stored already is not written again.
    ///
    /// A value of another type under the same key is replaced, so that there is one value for each key.
    ///
    /// # Errors
    ///
    /// [`Error::StringTooLong`], [`Error::StringHasNul`], [`Error::BlobTooLong`] (508,000 bytes, and 4000 for each page
    /// of the partition but one) and [`Error::BlobTooManyChunks`] (when it starts where little is left of a page) for
    /// the value; [`Error::NoEmptyPage`], [`Error::PartitionFull`], [`Error::PageSequence`] and
    /// [`Error::TooManyNamespaces`] for the image; and [`Error::Damaged`] for one that is damaged, which an edit could only make
    /// worse, that has a text that is not UTF-8, or an old blob whose chunks lie in both halves of their indices.
    /// [`Error::Illegible`] is one that is perhaps encrypted. Those of [`Namespace::new`] and [`Key::new`], when texts are given.
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

    /// Returns the value of a key as the firmware reads it, or `None` when it is not there.
    ///
    /// # Errors
    ///
    /// As [`Editor::set`] for the image and for the names.
    pub fn get(
        &self,
        namespace: impl TryInto<Namespace, Error: Into<Error>>,
        key: impl TryInto<Key, Error: Into<Error>>,
    ) -> Result<Option<OwnedValue>, Error> {
        let (namespace, key) = names(namespace, key)?;
        let bytes = self.in_the_clear()?;
        Partition::value(&bytes, &namespace, &key)
    }

    /// Removes a key and tells whether it was there. Its namespace stays.
    ///
    /// # Errors
    ///
    /// As [`Editor::set`] for the image.
    pub fn remove(
        &mut self,
        namespace: impl TryInto<Namespace, Error: Into<Error>>,
        key: impl TryInto<Key, Error: Into<Error>>,
    ) -> Result<bool, Error> {
        let (namespace, key) = names(namespace, key)?;
        self.edit(|bytes| Partition::without(bytes, &namespace, &key))
    }

    /// A copy of the image, decrypted.
    fn in_the_clear(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let bytes = Zeroizing::new(self.image.to_vec());
        #[cfg(feature = "encryption")]
        if let Some(cipher) = &self.cipher {
            return crate::encryption::decrypted(bytes, cipher);
        }
        Ok(bytes)
    }

    /// Works on a copy in the clear and puts it in the image's place when all is done.
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
    /// Leaves out the contents: factory partitions hold private keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Editor")
            .field("image_len", &self.image.len())
            .finish_non_exhaustive()
    }
}
