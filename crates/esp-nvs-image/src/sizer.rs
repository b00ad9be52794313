use crate::Error;
use crate::config::{BlobVersion, PartitionSize};
use crate::cursor::Cursor;
use crate::name::Namespace;
use crate::namespace_table::NamespaceTable;
use crate::value::Value;

/// Computes the partition size for entries, with the layout of [`crate::Encoder`] and without a
/// buffer.
///
/// It does not detect duplicate keys. All functions are `const`, so that a firmware or build script
/// can compute the size of a buffer at compile time.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, Namespace, Sizer, Value};
///
/// let mut sizer = Sizer::new(BlobVersion::V2);
/// sizer.push(&Namespace::new("files")?, &Value::Blob(&[0; 20_000]))?;
/// assert_eq!(sizer.partition_size()?.get(), 0x7000);
/// let size = "0x4000".parse()?;
/// assert_eq!(
///     sizer.check_fits(size).unwrap_err().to_string(),
///     "entries do not fit: a partition of 0x7000 bytes is needed, 0x3000 more than its 0x4000"
/// );
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
///
/// At compile time:
///
/// ```
/// use esp_nvs_image::{BlobVersion, Error, Namespace, Number, PartitionSize, Sizer, Value};
///
/// const fn size_of_factory_data() -> Result<PartitionSize, Error> {
///     let mut sizer = Sizer::new(BlobVersion::V2);
///     let Ok(factory) = Namespace::new("factory") else { return Err(Error::NamespaceEmpty) };
///     let values = [Value::Number(Number::U32(0)), Value::Str("SN-0001"), Value::Blob(&[0; 9000])];
///     let mut i = 0;
///     while i < values.len() {
///         if let Err(error) = sizer.push(&factory, &values[i]) {
///             return Err(error);
///         }
///         i += 1;
///     }
///     sizer.partition_size()
/// }
///
/// const SIZE: PartitionSize = match size_of_factory_data() {
///     Ok(size) => size,
///     Err(_) => panic!("the factory data fit no partition"),
/// };
/// static BUFFER: [u8; SIZE.bytes()] = [0xFF; SIZE.bytes()];
/// assert_eq!(BUFFER.len(), 0x4000);
/// ```
#[derive(Clone, Debug)]
pub struct Sizer {
    version: BlobVersion,
    cursor: Cursor,
    namespaces: NamespaceTable,
}

impl Sizer {
    /// Starts with an empty image.
    #[must_use]
    pub const fn new(version: BlobVersion) -> Self {
        let cursor = Cursor::new(PartitionSize::MAX.usable_pages());
        Self {
            version,
            cursor,
            namespaces: NamespaceTable::new(),
        }
    }

    /// Counts a namespace, unless it exists.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyNamespaces`], or [`Error::PartitionFull`] if the entries exceed the largest
    /// partition.
    pub const fn declare(&mut self, namespace: &Namespace) -> Result<(), Error> {
        match self.namespaces.index(namespace) {
            Ok((index, true)) => match self.cursor.fixed() {
                Ok(_) => {
                    self.namespaces.insert(namespace, index);
                    Ok(())
                }
                Err(error) => Err(error),
            },
            Ok((_, false)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Counts an entry, and its namespace if it is new.
    ///
    /// # Errors
    ///
    /// As [`Sizer::declare`], and the errors of [`crate::Encoder::push`] for a value.
    pub const fn push(&mut self, namespace: &Namespace, value: &Value<'_>) -> Result<(), Error> {
        match self.declare(namespace) {
            Ok(()) => value.lay_out(self.version, &mut self.cursor),
            Err(error) => Err(error),
        }
    }

    /// Returns the number of pages for the entries.
    #[must_use]
    pub const fn pages(&self) -> usize {
        self.cursor.page() + 1
    }

    /// Returns the smallest partition size that fits the entries and that the firmware can write
    /// to: their pages and an empty one, at least three pages.
    ///
    /// # Errors
    ///
    /// [`Error::PartitionSize`] if the entries exceed the largest partition.
    #[expect(
        clippy::as_conversions,
        reason = "the cursor is within the largest partition, of 2^31 bytes"
    )]
    pub const fn partition_size(&self) -> Result<PartitionSize, Error> {
        let pages = if self.pages() < 2 { 3 } else { self.pages() + 1 };
        PartitionSize::new((pages as u32).saturating_mul(0x1000))
    }

    /// Checks that the entries fit a partition, before any is written.
    ///
    /// # Errors
    ///
    /// [`Error::PartitionTooSmall`] with the needed size; [`Error::PartitionSize`] if the entries
    /// exceed the largest partition.
    pub const fn check_fits(&self, size: PartitionSize) -> Result<(), Error> {
        if self.pages() <= size.usable_pages() {
            return Ok(());
        }
        match self.partition_size() {
            Ok(needed) => Err(Error::PartitionTooSmall { size, needed }),
            Err(error) => Err(error),
        }
    }

    /// Continues after the entries that an encoder has written.
    #[cfg(feature = "alloc")]
    pub(crate) fn after(version: BlobVersion, cursor: Cursor, namespaces: NamespaceTable) -> Self {
        let cursor = cursor.in_largest_partition();
        Self {
            version,
            cursor,
            namespaces,
        }
    }
}
