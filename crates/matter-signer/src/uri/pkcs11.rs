//! PKCS #11 URIs (RFC 7512).

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{decode, decode_text};
use crate::Error;

/// The attributes of a `pkcs11:` URI that select module, slot, token and key. An absent attribute matches any value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pkcs11Uri {
    texts: [Option<String>; TEXTS.len()],
    id: Option<Vec<u8>>,
    slot_id: Option<u64>,
    module_name: Option<String>,
    module_path: Option<PathBuf>,
    pin_file: Option<PathBuf>,
}

/// Text attributes of the path (RFC 7512, 2.3).
const TEXTS: [&str; 10] = [
    "token",
    "manufacturer",
    "serial",
    "model",
    "object",
    "slot-description",
    "slot-manufacturer",
    "library-description",
    "library-manufacturer",
    "library-version",
];

impl Pkcs11Uri {
    /// Returns the value of a text attribute such as `token` or `object`.
    #[must_use]
    pub fn text(&self, attribute: &str) -> Option<&str> {
        let index = TEXTS.iter().position(|name| *name == attribute)?;
        self.texts.get(index)?.as_deref()
    }

    /// Returns the label of the key, `object`.
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        self.text("object")
    }

    /// Returns the id of the key, `id`.
    #[must_use]
    pub fn id(&self) -> Option<&[u8]> {
        self.id.as_deref()
    }

    /// Returns the number of the slot, `slot-id`.
    #[must_use]
    pub const fn slot_id(&self) -> Option<u64> {
        self.slot_id
    }

    /// Returns the name of the module, `module-name`.
    #[must_use]
    pub fn module_name(&self) -> Option<&str> {
        self.module_name.as_deref()
    }

    /// Returns the module's file or folder, `module-path`.
    #[must_use]
    pub fn module_path(&self) -> Option<&Path> {
        self.module_path.as_deref()
    }

    /// Returns the file of `pin-source`.
    #[must_use]
    pub fn pin_file(&self) -> Option<&Path> {
        self.pin_file.as_deref()
    }

    /// Describes the token for messages.
    #[cfg_attr(not(feature = "pkcs11"), expect(dead_code, reason = "for tokens only"))]
    pub(crate) fn token_words(&self) -> String {
        let mut words = String::new();
        for name in TEXTS.iter().filter(|name| **name != "object") {
            if let Some(value) = self.text(name) {
                let _ = write!(words, " {name} '{value}'");
            }
        }
        if let Some(slot) = self.slot_id {
            let _ = write!(words, " slot-id {slot}");
        }
        words
    }

    /// Describes the key for messages.
    #[cfg_attr(not(feature = "pkcs11"), expect(dead_code, reason = "for tokens only"))]
    pub(crate) fn key_words(&self) -> String {
        let mut words = String::new();
        if let Some(label) = self.object() {
            let _ = write!(words, " object '{label}'");
        }
        if let Some(id) = &self.id {
            let _ = write!(words, " id {}", Hex(id));
        }
        words
    }

    fn set_path_attribute(&mut self, name: &str, value: &str) -> Result<(), Error> {
        if let Some(index) = TEXTS.iter().position(|text| *text == name) {
            let name = TEXTS.get(index).copied().unwrap_or_default();
            let value = decode_text(name, value)?;
            return match self.texts.get_mut(index) {
                Some(place) => set(name, place, value),
                None => Ok(()),
            };
        }
        match name {
            "id" => set("id", &mut self.id, decode("id", value)?),
            "slot-id" => {
                let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                let number = value.parse().ok().filter(|_| digits);
                let number = number.ok_or_else(|| Error::uri("slot-id", "is not a decimal number"))?;
                set("slot-id", &mut self.slot_id, number)
            }
            // RFC 7512, 2.5: an unknown path attribute matches no object.
            _ => Err(Error::uri(
                "",
                format!("has the unknown attribute '{}', which matches no key", clean(name)),
            )),
        }
    }

    fn set_query_attribute(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            "module-name" => set("module-name", &mut self.module_name, decode_text("module-name", value)?),
            "module-path" => {
                let path = decode_text("module-path", value)?;
                set("module-path", &mut self.module_path, path.into())
            }
            "pin-source" => set("pin-source", &mut self.pin_file, pin_file(value)?),
            "pin-value" => Err(Error::uri(
                "pin-value",
                "is not allowed, because other users may see it; use pin-source=FILE or the environment variable MATTER_PIN",
            )),
            // RFC 7512, 2.5: an unknown query attribute is ignored.
            _ => Ok(()),
        }
    }
}

impl FromStr for Pkcs11Uri {
    type Err = Error;

    /// Parses the part after `pkcs11:`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let mut uri = Self::default();
        let mut kind = None;
        for attribute in path.split(';').filter(|attribute| !attribute.is_empty()) {
            match pair(attribute)? {
                ("type", value) => set("type", &mut kind, value)?,
                (name, value) => uri.set_path_attribute(name, value)?,
            }
        }
        if kind.is_some_and(|kind| kind != "private") {
            return Err(Error::uri("type", "must be 'private'"));
        }
        for attribute in query.split('&').filter(|attribute| !attribute.is_empty()) {
            let (name, value) = pair(attribute)?;
            uri.set_query_attribute(name, value)?;
        }
        Ok(uri)
    }
}

/// An id as lower-case hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn pair(attribute: &str) -> Result<(&str, &str), Error> {
    let pair = attribute.split_once('=');
    // The value may be a PIN.
    pair.ok_or_else(|| Error::uri("", "has an attribute without '='; use NAME=VALUE"))
}

fn set<T>(name: &'static str, place: &mut Option<T>, value: T) -> Result<(), Error> {
    match place.replace(value) {
        Some(_) => Err(Error::uri(name, "is given twice")),
        None => Ok(()),
    }
}

fn pin_file(value: &str) -> Result<PathBuf, Error> {
    let value = decode_text("pin-source", value)?;
    if value.starts_with('|') {
        return Err(Error::uri(
            "pin-source",
            "is a command, which is not supported; use file:PATH",
        ));
    }
    let path = value.strip_prefix("file:").unwrap_or(&value);
    let path = path
        .strip_prefix("//")
        .filter(|path| path.starts_with('/'))
        .unwrap_or(path);
    if path.is_empty() {
        return Err(Error::uri("pin-source", "names no file"));
    }
    Ok(path.into())
}

fn clean(name: &str) -> String {
    name.chars().take(32).filter(|c| !c.is_control()).collect()
}
