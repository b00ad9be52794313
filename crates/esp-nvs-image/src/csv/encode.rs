use alloc::string::ToString;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::error::{CsvError, CsvReason};
use super::{CsvFile, CsvRow};
use crate::config::{BlobVersion, PartitionSize};
use crate::encode::Encoder;
use crate::error::Error;
use crate::sizer::Sizer;

/// Encodes rows one by one without keeping them, because a row of a few bytes can fill a blob of
/// half a megabyte.
pub(super) struct RowEncoder<'b> {
    encoder: Encoder<'b>,
    size: PartitionSize,
    /// Also counts the rows after a rejected one; `None` if they exceed the largest partition.
    sizer: Option<Sizer>,
    refusal: Option<Refusal>,
}

/// The first rejected row, with its position.
struct Refusal {
    file: usize,
    line: u32,
    column: u32,
    error: Error,
}

impl Refusal {
    const fn is_of_size(&self) -> bool {
        matches!(self.error, Error::PartitionFull { .. })
    }
}

impl<'b> RowEncoder<'b> {
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`] if the buffer is shorter than the partition.
    pub(super) fn new(buffer: &'b mut [u8], size: PartitionSize, version: BlobVersion) -> Result<Self, Error> {
        Ok(Self {
            encoder: Encoder::with_version(buffer, size, version)?,
            size,
            sizer: Some(Sizer::new(version)),
            refusal: None,
        })
    }

    /// Encodes a row; returns `Break` if further rows cannot change the result.
    pub(super) fn put(&mut self, row: &CsvRow) -> ControlFlow<()> {
        let counted = self.sizer.as_mut().map(|sizer| match &row.entry {
            None => sizer.declare(&row.namespace),
            Some((_, value)) => sizer.push(&row.namespace, &value.as_value()),
        });
        if matches!(counted, Some(Err(_))) {
            self.sizer = None;
        }
        if self.refusal.is_none() {
            self.encode(row);
        }
        match &self.refusal {
            // The partition size for all rows, as long as there is one.
            Some(refusal) if !refusal.is_of_size() || self.sizer.is_none() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn encode(&mut self, row: &CsvRow) {
        let pushed = match &row.entry {
            None => self.encoder.declare(&row.namespace),
            Some((key, value)) => self.encoder.push(&row.namespace, key, value.as_value()),
        };
        self.refusal = pushed.err().map(|error| Refusal {
            file: row.file,
            line: row.line,
            column: row.column,
            error,
        });
    }

    /// Returns the length of the image, or the position of the first rejected row.
    pub(super) fn finish(self, files: &[CsvFile<'_>]) -> Result<usize, CsvError> {
        let Some(refusal) = self.refusal else {
            return Ok(self.encoder.finish().len());
        };
        let reason = match refusal.error {
            Error::PartitionFull { .. } => CsvReason::PartitionTooSmall {
                size: self.size,
                needed: self.sizer.and_then(|sizer| sizer.partition_size().ok()),
            },
            error => CsvReason::Nvs(error),
        };
        Err(CsvError {
            file: files.get(refusal.file).map_or("", |file| file.name).to_string(),
            line: refusal.line,
            column: refusal.column,
            reason,
        })
    }
}

/// Encodes rows; errors have the position of their row.
pub(super) fn encode_rows(
    files: &[CsvFile<'_>],
    size: PartitionSize,
    version: BlobVersion,
    give: impl FnOnce(&mut RowEncoder<'_>) -> Result<(), CsvError>,
) -> Result<Vec<u8>, CsvError> {
    let mut image = alloc::vec![0xFF; size.bytes()];
    let mut len = 0;
    // The buffer has the partition's size.
    if let Ok(mut encoder) = RowEncoder::new(&mut image, size, version) {
        give(&mut encoder)?;
        len = encoder.finish(files)?;
    }
    image.truncate(len);
    Ok(image)
}
