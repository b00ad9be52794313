use crate::Error;
use crate::config::{BlobVersion, PartitionSize};
use crate::cursor::Cursor;
use crate::name::{Namespace, NamespaceTable};
use crate::value::Value;

/// Finds out how large a partition must be, with the layout of [`crate::Encoder`] and without any buffer.
///
/// It does not notice a key that stands twice.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, Namespace, Sizer, Value};
///
/// let mut sizer = Sizer::new(BlobVersion::V2);
/// sizer.push(&Namespace::new("files")?, &Value::Blob(&[0; 20_000]))?;
/// assert_eq!(sizer.partition_size()?.get(), 0x7000);
/// # Ok::<(), esp_nvs_image::Error>(())
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

    /// Counts a namespace, unless it is known.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyNamespaces`], [`Error::PartitionFull`] for more than fits any partition.
    pub fn declare(&mut self, namespace: &Namespace) -> Result<(), Error> {
        let (index, is_new) = self.namespaces.index(namespace)?;
        if is_new {
            self.cursor.fixed()?;
            self.namespaces.insert(namespace, index);
        }
        Ok(())
    }

    /// Counts an entry, and its namespace when it is the first one there.
    ///
    /// # Errors
    ///
    /// As [`Sizer::declare`], and those of [`crate::Encoder::push`] for a value.
    pub fn push(&mut self, namespace: &Namespace, value: &Value<'_>) -> Result<(), Error> {
        self.declare(namespace)?;
        value.lay_out(self.version, &mut self.cursor)
    }

    /// Returns how many pages the entries take.
    #[must_use]
    pub const fn pages(&self) -> usize {
        self.cursor.page() + 1
    }

    /// Returns the size of the smallest partition that the firmware can write to and that holds the entries: their pages
    /// and an empty one, at least three pages.
    ///
    /// # Errors
    ///
    /// [`Error::PartitionSize`] for more than the largest partition.
    pub fn partition_size(&self) -> Result<PartitionSize, Error> {
        let pages = u32::try_from(self.pages().saturating_add(1).max(3)).unwrap_or(u32::MAX);
        PartitionSize::new(pages.saturating_mul(0x1000))
    }
}
