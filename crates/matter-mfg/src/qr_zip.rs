use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use factory_fs::{Dir, Draft, Replace};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, System, ZipWriter};

use crate::Error;

/// All QR code pictures of a run in one zip file.
pub(crate) struct QrZip {
    zip: ZipWriter<File>,
    file: Draft,
    path: PathBuf,
}

impl QrZip {
    /// Creates the file `name` in a folder.
    pub(crate) fn new(dir: &Dir, name: &str) -> Result<Self, Error> {
        let path = dir.path().join(name);
        // The writer has a hash table; `std` would panic without random numbers for its key.
        getrandom::u64().map_err(|_| Error::Random)?;
        let start = || {
            let file = Draft::new(dir, name)?;
            Ok((ZipWriter::new(file.handle()?), file))
        };
        let (zip, file) = start().map_err(Error::write(&path))?;
        Ok(Self { zip, file, path })
    }

    /// Adds a picture. The time of an entry is the earliest of the format, so that the file is reproducible.
    pub(crate) fn add(&mut self, name: &str, png: &[u8]) -> Result<(), Error> {
        let options = SimpleFileOptions::DEFAULT
            // A PNG is compressed already.
            .compression_method(CompressionMethod::Stored)
            // The same file on every operating system.
            .system(System::Unix)
            .unix_permissions(0o600);
        let added = self.zip.start_file(name, options);
        added.map_err(|error| self.failed(error.into()))?;
        self.zip.write_all(png).map_err(|error| self.failed(error))
    }

    /// Publishes the file.
    pub(crate) fn publish(self) -> Result<(), Error> {
        let Self { zip, file, path } = self;
        zip.finish().map_err(|error| Error::write(&path)(error.into()))?;
        file.publish(Replace::Yes).map_err(Error::write(&path))
    }

    fn failed(&self, error: std::io::Error) -> Error {
        Error::write(&self.path)(error)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn pictures_come_out_as_they_went_in() {
        let top = tempfile::tempdir().unwrap();
        let mut zip = QrZip::new(&Dir::open(top.path()).unwrap(), "codes.zip").unwrap();
        zip.add("a-qrcode.png", b"first").unwrap();
        zip.add("b-qrcode.png", b"second").unwrap();
        zip.publish().unwrap();
        let file = File::open(top.path().join("codes.zip")).unwrap();
        let mut archive = zip::ZipArchive::new(file).unwrap();
        let mut read = |name: &str| {
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!(
            (read("a-qrcode.png"), read("b-qrcode.png")),
            ("first".into(), "second".into())
        );
    }
}
