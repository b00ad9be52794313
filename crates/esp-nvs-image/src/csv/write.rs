use alloc::string::String;
use core::fmt::Write;

use crate::decode::Entry;
use crate::encoding::Encoding;
use crate::error::Error;
use crate::name::{Key, Namespace};
use crate::owned::OwnedValue;

/// Formats entries as a CSV file for [`crate::encode_csv`] and the generator; blobs become
/// hexadecimal digits.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, decode, encode_to_vec, to_csv};
///
/// let image = encode_to_vec(0x3000, BlobVersion::V2, [("wifi", "channel", 6_u8)])?;
/// let csv = to_csv(&decode(&image)?)?;
/// assert_eq!(csv, "key,type,encoding,value\nwifi,namespace,,\nchannel,data,u8,6\n");
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::NotInCsv`]; see [`CsvWriter::data`].
pub fn to_csv(entries: &[Entry<'_>]) -> Result<String, Error> {
    let mut writer = CsvWriter::new();
    for entry in entries {
        let (encoding, text) = Encoding::format(OwnedValue::from(&entry.value).as_value());
        writer.data(entry.namespace, entry.key, encoding, &text)?;
    }
    Ok(writer.finish())
}

/// Formats a CSV file for [`crate::encode_csv`] and the generator, row by row.
///
/// The text may contain keys, like the values.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{CsvWriter, Encoding, Key, Namespace};
///
/// let mut writer = CsvWriter::new();
/// writer.data(Namespace::new("wifi")?, Key::new("channel")?, Encoding::U8, "6")?;
/// assert_eq!(writer.finish(), "key,type,encoding,value\nwifi,namespace,,\nchannel,data,u8,6\n");
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Clone)]
pub struct CsvWriter {
    text: String,
    namespace: Option<Namespace>,
}

impl CsvWriter {
    /// Starts with the header.
    #[must_use]
    pub fn new() -> Self {
        Self {
            text: "key,type,encoding,value\n".into(),
            namespace: None,
        }
    }

    /// Adds a row with a value from [`Encoding::format`].
    ///
    /// # Errors
    ///
    /// [`Error::NotInCsv`] for a carriage return, which readers convert to a line feed, and for a
    /// line of a cell that starts with `#`, which the generator skips even in quotes. Then nothing
    /// is added.
    pub fn data(&mut self, namespace: Namespace, key: Key, encoding: Encoding, text: &str) -> Result<(), Error> {
        self.add(namespace, key, "data", encoding, text)
    }

    /// Adds a row with the path of a file that contains the value.
    ///
    /// # Errors
    ///
    /// The errors of [`CsvWriter::data`], for the path.
    pub fn file(&mut self, namespace: Namespace, key: Key, encoding: Encoding, path: &str) -> Result<(), Error> {
        self.add(namespace, key, "file", encoding, path)
    }

    fn add(&mut self, namespace: Namespace, key: Key, kind: &str, encoding: Encoding, text: &str) -> Result<(), Error> {
        for contents in [namespace.as_str(), key.as_str(), text] {
            let lost = |(number, line): (usize, &str)| line.contains('\r') || (number > 0 && line.starts_with('#'));
            if let Some(line) = contents.split('\n').enumerate().position(lost) {
                let line = line + 1;
                return Err(Error::NotInCsv { namespace, key, line });
            }
        }
        if self.namespace != Some(namespace) {
            cell(&mut self.text, namespace.as_str());
            self.text.push_str(",namespace,,\n");
            self.namespace = Some(namespace);
        }
        cell(&mut self.text, key.as_str());
        // Writing to a string does not fail.
        let _ = write!(self.text, ",{kind},{encoding},");
        cell(&mut self.text, text);
        self.text.push('\n');
        Ok(())
    }

    /// Returns the text.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }
}

impl Default for CsvWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for CsvWriter {
    /// Omits the text, which may contain secrets.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("CsvWriter").finish_non_exhaustive()
    }
}

/// Appends a cell, in quotes if a reader would misread it otherwise: also before a `#`, which
/// starts a comment.
fn cell(text: &mut String, contents: &str) {
    if contents.contains(['"', ',', '\n', '\r']) || contents.starts_with('#') {
        text.push('"');
        for character in contents.chars() {
            if character == '"' {
                text.push('"');
            }
            text.push(character);
        }
        text.push('"');
    } else {
        text.push_str(contents);
    }
}
