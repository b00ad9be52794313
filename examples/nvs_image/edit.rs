use std::path::PathBuf;

use clap::Args;
use cli::{Failure, Files, Trust, read_argument, read_file, resolve, say};
use esp_nvs_image::{CsvWarningKind, Editor, Encoding, Error, Key, Namespace, OwnedValue};

use crate::plain::Plain;
use crate::{KeyFiles, wrong};

/// A key of an image.
#[derive(Args)]
pub(crate) struct Place {
    /// Image, which is replaced when the work is done
    image: PathBuf,
    /// Namespace of the key, 1 to 15 bytes
    namespace: String,
    /// Key, 1 to 15 bytes
    key: String,
    #[command(flatten)]
    keys: KeyFiles,
}

#[derive(Args)]
pub(crate) struct NewValue {
    /// Type: u8 i8 u16 i16 u32 i32 u64 i64 float double string blob (hexadecimal digits), or base64
    #[arg(value_name = "TYPE")]
    kind: String,
    /// Value, or - for a line from standard input; other users of the machine may see it in the process list
    #[arg(allow_hyphen_values = true)]
    value: String,
}

pub(crate) fn set(place: &Place, new: &NewValue, trust: Trust) -> Result<(), Failure> {
    let value = new.parse()?;
    let mut unseen = Vec::new();
    place.edit(trust, |editor, namespace, key| {
        editor.set(namespace, key, value.as_value())?;
        unseen.extend(namespace.has_unseen_edge().then_some("NAMESPACE"));
        unseen.extend(key.has_unseen_edge().then_some("KEY"));
        Ok(())
    })?;
    for name in unseen {
        say(format_args!("warning: {name}: {}", CsvWarningKind::UnseenEdge));
    }
    Ok(())
}

pub(crate) fn remove(place: &Place, trust: Trust) -> Result<(), Failure> {
    let mut found = false;
    place.edit(trust, |editor, namespace, key| {
        found = editor.remove(namespace, key)?;
        Ok(())
    })?;
    if found {
        return Ok(());
    }
    let Place {
        image, namespace, key, ..
    } = place;
    Err(Failure::No(format!(
        "{}: namespace '{namespace}' has no key '{key}'",
        image.display()
    )))
}

impl Place {
    /// Edits the image and replaces its file, unless nothing changes.
    fn edit(
        &self,
        trust: Trust,
        work: impl FnOnce(&mut Editor<'_>, &Namespace, &Key) -> Result<(), Error>,
    ) -> Result<(), Failure> {
        let namespace = Namespace::new(&self.namespace).map_err(|error| Failure::option("NAMESPACE", error))?;
        let key = Key::new(&self.key).map_err(|error| Failure::option("KEY", error))?;
        let before = read_file("IMAGE", &self.image)?;
        // A link is kept.
        let file = resolve(&self.image)?;
        let files = self.keys.named(Files::new(true, trust)).changed("IMAGE", &file);
        files.check()?;
        let mut image = before.clone();
        let keys = self.keys.read(trust)?;
        let mut editor = match &keys {
            Some(keys) => Editor::encrypted(&mut image, keys),
            None => Editor::new(&mut image),
        };
        work(&mut editor, &namespace, &key).map_err(|error| match error {
            Error::StringTooLong { .. }
            | Error::StringHasNul
            | Error::BlobTooLong { .. }
            | Error::BlobTooManyChunks => Failure::option("VALUE", error),
            Error::Damaged(_) | Error::Illegible(_) => {
                self.unreadable(trust).unwrap_or_else(|| wrong(&self.image, error))
            }
            _ => wrong(&self.image, error),
        })?;
        if image == before {
            return Ok(());
        }
        files.publish(&[(&file, image.as_slice())])
    }
}

impl Place {
    /// Reports that an apparently damaged image is encrypted, or is not.
    fn unreadable(&self, trust: Trust) -> Option<Failure> {
        Plain::read(&self.image, &self.keys, trust).ok()?.unreadable()
    }
}

impl NewValue {
    fn parse(&self) -> Result<OwnedValue, Failure> {
        let encoding = match self.kind.as_str() {
            // `dump` uses the name blob and shows hexadecimal digits.
            "blob" => Ok(Encoding::Hex2Bin),
            "hex2bin" | "binary" => Err(Error::UnknownEncoding),
            kind => kind.parse(),
        };
        let kinds = "must be one of u8 i8 u16 i16 u32 i32 u64 i64 float double string blob base64";
        let encoding = encoding.map_err(|_| Failure::option("TYPE", format_args!("unknown type ({kinds})")))?;
        let value = read_argument("VALUE", self.value.clone())?;
        encoding.parse(&value).map_err(|error| Failure::option("VALUE", error))
    }
}
