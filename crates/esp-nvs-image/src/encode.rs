use crate::config::{BlobVersion, PartitionSize};
use crate::cursor::{Cursor, Piece, Run};
#[cfg(feature = "alloc")]
use crate::encode_entry::{EncodeEntry, Resolved};
use crate::error::Error;
use crate::head::{Head, IndexData};
use crate::item_type::ItemType;
use crate::layout::{NO_CHUNK, PAGE_FULL, PAGE_SIZE};
use crate::name::{Key, Namespace};
use crate::namespace_table::NamespaceTable;
use crate::seen::Seen;
use crate::value::Value;
use crate::writer::{Payload, Writer};

/// Writes an image into a caller's buffer, entry by entry, with the reference generator's layout.
///
/// A rejected entry leaves the image unchanged. The output depends only on the calls.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{Encoder, PartitionSize};
///
/// let size = PartitionSize::new(0x3000)?;
/// let mut buffer = [0; 0x3000];
/// let mut encoder = Encoder::new(&mut buffer, size)?;
/// encoder.push("wifi", "ssid", "factory")?;
/// encoder.push("wifi", "channel", 6_u8)?;
/// let image = encoder.finish();
/// assert_eq!(image.len(), 0x3000);
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Debug)]
pub struct Encoder<'b> {
    writer: Writer<'b>,
    size: PartitionSize,
    version: BlobVersion,
    cursor: Cursor,
    namespaces: NamespaceTable,
    seen: Seen,
}

impl<'b> Encoder<'b> {
    /// Starts an empty image in `buffer`, which must have at least `size` bytes.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`] if the buffer is shorter.
    pub fn new(buffer: &'b mut [u8], size: PartitionSize) -> Result<Self, Error> {
        Self::with_version(buffer, size, BlobVersion::default())
    }

    /// As [`Encoder::new`], with a choice of the storage format of blobs.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`] if the buffer is shorter.
    pub fn with_version(buffer: &'b mut [u8], size: PartitionSize, version: BlobVersion) -> Result<Self, Error> {
        let available = buffer.len();
        let buffer = buffer.get_mut(..size.bytes()).ok_or(Error::BufferTooSmall {
            needed: size.bytes(),
            available,
        })?;
        buffer.fill(0xFF);
        let cursor = Cursor::new(size.usable_pages());
        let namespaces = NamespaceTable::new();
        let mut encoder = Self {
            writer: Writer::new(buffer),
            size,
            version,
            cursor,
            namespaces,
            seen: Seen::new(),
        };
        encoder.open_page(0);
        Ok(encoder)
    }

    /// Adds a namespace, even if no key follows; does nothing if it exists.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyNamespaces`], [`Error::PartitionFull`].
    pub fn declare(&mut self, namespace: &Namespace) -> Result<(), Error> {
        let (index, is_new) = self.namespaces.index(namespace)?;
        if is_new {
            self.write_namespace(namespace, index)
        } else {
            Ok(())
        }
    }

    /// Adds an entry, and its namespace if it is new.
    ///
    /// # Errors
    ///
    /// [`Error::DuplicateKey`]; [`Error::StringTooLong`], [`Error::StringHasNul`],
    /// [`Error::BlobTooLong`] and [`Error::BlobTooManyChunks`] for the value;
    /// [`Error::TooManyNamespaces`] and [`Error::PartitionFull`] for the image.
    ///
    /// Also the errors of [`Namespace::new`] and [`Key::new`] for names given as strings.
    pub fn push<'v>(
        &mut self,
        namespace: impl TryInto<Namespace, Error: Into<Error>>,
        key: impl TryInto<Key, Error: Into<Error>>,
        value: impl Into<Value<'v>>,
    ) -> Result<(), Error> {
        let namespace = namespace.try_into().map_err(Into::into)?;
        let key = key.try_into().map_err(Into::into)?;
        self.push_entry(&namespace, &key, value.into())
    }

    fn push_entry(&mut self, namespace: &Namespace, key: &Key, value: Value<'_>) -> Result<(), Error> {
        let (index, is_new) = self.namespaces.index(namespace)?;
        if let Err(error) = self.check_fits(is_new, &value) {
            // Prefer the report of a duplicate key.
            return self.seen.check(self.writer.bytes(), index, key).and(Err(error));
        }
        self.seen.insert(self.writer.bytes(), index, key)?;
        if is_new {
            self.write_namespace(namespace, index)?;
        }
        match value {
            Value::Str(text) => {
                let bytes = text.as_bytes();
                self.write_payload(ItemType::Str, index, key, &[bytes, &[0]])?;
            }
            Value::Blob(bytes) if self.version == BlobVersion::V1 => {
                self.write_payload(ItemType::BlobV1, index, key, &[bytes])?;
            }
            Value::Blob(bytes) => self.write_blob(index, key, bytes)?,
            Value::Number(number) => {
                let run = self.place(Cursor::fixed)?;
                self.writer.put_head(run, &Head::of_number(index, key, number));
            }
        }
        Ok(())
    }

    /// Returns the finished image.
    ///
    /// It has the partition's size. For a read-only partition (0x1000 or 0x2000 bytes) only the
    /// used pages are returned, as by the generator; the rest of the buffer is 0xFF.
    #[must_use]
    pub fn finish(self) -> &'b [u8] {
        let len = if self.size.is_read_only() {
            (self.cursor.page() + 1) * PAGE_SIZE
        } else {
            self.size.bytes()
        };
        self.writer.into_bytes().get(..len).unwrap_or_default()
    }

    /// Places the entry on a copy of the cursor.
    fn check_fits(&self, with_namespace: bool, value: &Value<'_>) -> Result<(), Error> {
        let mut cursor = self.cursor;
        if with_namespace {
            cursor.fixed()?;
        }
        value.lay_out(self.version, &mut cursor)
    }

    fn write_namespace(&mut self, namespace: &Namespace, index: u8) -> Result<(), Error> {
        let run = self.place(Cursor::fixed)?;
        self.writer.put_head(run, &Head::of_namespace(namespace, index));
        self.namespaces.insert(namespace, index);
        Ok(())
    }

    fn write_payload(&mut self, kind: ItemType, index: u8, key: &Key, parts: &[&[u8]]) -> Result<(), Error> {
        let payload = Payload {
            kind,
            chunk: NO_CHUNK,
            namespace: index,
            key,
            parts,
        };
        let run = self.place(|cursor| cursor.contiguous(payload.len()))?;
        self.writer.put_payload(run, &payload);
        Ok(())
    }

    fn write_blob(&mut self, namespace: u8, key: &Key, bytes: &[u8]) -> Result<(), Error> {
        let mut cursor = self.cursor;
        let mut rest = bytes;
        let mut blob = cursor.blob(bytes.len())?;
        while let Some(piece) = blob.next_piece()? {
            match piece {
                Piece::Chunk { at, index, len } => {
                    self.enter_page(at.page);
                    let (chunk, tail) = rest.split_at_checked(len).unwrap_or((rest, &[]));
                    let payload = Payload {
                        kind: ItemType::BlobChunk,
                        chunk: index,
                        namespace,
                        key,
                        parts: &[chunk],
                    };
                    self.writer.put_payload(at, &payload);
                    rest = tail;
                }
                Piece::Index { at, chunks } => {
                    self.enter_page(at.page);
                    // The length is already checked against MAX_BLOB_V2.
                    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                    let data = IndexData {
                        size,
                        chunks,
                        chunk_start: 0,
                    }
                    .encode();
                    self.writer
                        .put_head(at, &Head::new(namespace, ItemType::BlobIndex, 1, NO_CHUNK, key, data));
                }
            }
        }
        self.cursor = cursor;
        Ok(())
    }

    /// Advances the cursor and opens the page that it enters.
    fn place(&mut self, step: impl FnOnce(&mut Cursor) -> Result<Run, Error>) -> Result<Run, Error> {
        let mut cursor = self.cursor;
        let run = step(&mut cursor)?;
        self.enter_page(run.page);
        self.cursor = cursor;
        Ok(run)
    }

    /// Opens `page` if it is not open yet; only then the page before becomes FULL.
    fn enter_page(&mut self, page: usize) {
        if !self.writer.is_open(page) {
            if let Some(previous) = page.checked_sub(1) {
                self.writer.set_state(previous, PAGE_FULL);
            }
            self.open_page(page);
        }
    }

    fn open_page(&mut self, page: usize) {
        // At most 2^31 / 4096 pages.
        let sequence = u32::try_from(page).unwrap_or(u32::MAX);
        self.writer.open_page(page, sequence, self.version.page_byte());
    }
}

/// Encodes entries into a new image.
///
/// An entry is `(namespace, key, value)`, or an entry of [`decode`](crate::decode).
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, Value, decode, encode_to_vec};
///
/// let image = encode_to_vec(
///     0x6000,
///     BlobVersion::V2,
///     [
///         ("factory", "discriminator", Value::from(3840_u32)),
///         ("factory", "serial-num", Value::from("SN-0001")),
///         ("factory", "salt", Value::from(&[7; 16])),
///     ],
/// )?;
/// assert_eq!(encode_to_vec(0x6000, BlobVersion::V2, decode(&image)?)?, image);
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
///
/// # Errors
///
/// As [`Encoder::push`], but [`Error::PartitionTooSmall`] with the needed size if the partition is
/// full; [`Error::PartitionSize`] for an invalid size given as a number.
#[cfg(feature = "alloc")]
pub fn encode_to_vec<'v, E: EncodeEntry<'v>>(
    size: impl TryInto<PartitionSize, Error: Into<Error>>,
    version: BlobVersion,
    entries: impl IntoIterator<Item = E>,
) -> Result<alloc::vec::Vec<u8>, Error> {
    let size = size.try_into().map_err(Into::into)?;
    let mut image = alloc::vec![0xFF; size.bytes()];
    let mut encoder = Encoder::with_version(&mut image, size, version)?;
    let mut entries = entries.into_iter().map(|entry| entry.resolve());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        match encoder.push_entry(&entry.namespace, &entry.key, entry.value()) {
            Ok(()) => {}
            Err(Error::PartitionFull { .. }) => {
                return Err(encoder.shortage(core::iter::once(Ok(entry)).chain(entries)));
            }
            Err(error) => return Err(error),
        }
    }
    let len = encoder.finish().len();
    image.truncate(len);
    Ok(image)
}

#[cfg(feature = "alloc")]
impl Encoder<'_> {
    /// Computes the partition size that the written and the remaining entries need.
    fn shortage<'v>(self, mut rest: impl Iterator<Item = Result<Resolved<'v>, Error>>) -> Error {
        let size = self.size;
        let mut sizer = crate::Sizer::after(self.version, self.cursor, self.namespaces);
        let counted = rest.try_for_each(|entry| {
            let entry = entry?;
            sizer.push(&entry.namespace, &entry.value())
        });
        match counted.and_then(|()| sizer.check_fits(size)) {
            Ok(()) => Error::PartitionFull {
                usable_pages: size.usable_pages(),
            },
            Err(error) => error,
        }
    }
}
