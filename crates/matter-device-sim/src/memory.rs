use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

/// The state that a device keeps when it loses power.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Number of keys generated so far; the last one is the device's key.
    pub(crate) keys: u32,
    /// DAC, PAI and CD.
    pub(crate) installed: Option<[Vec<u8>; 3]>,
    pub(crate) is_locked: bool,
    /// Whether a fault that occurs once has occurred.
    pub(crate) is_spent: bool,
    /// The line with the request of an earlier session.
    pub(crate) old_request: Option<String>,
    /// The file of this state, if it outlives the process. It never contains the key, which is derived from the seed.
    file: Option<PathBuf>,
}

impl Memory {
    /// Reads the file, if it exists.
    pub(crate) fn open(file: &Path) -> io::Result<Self> {
        let mut memory = match fs::read(file) {
            Ok(bytes) => read(&bytes).ok_or(io::ErrorKind::InvalidData)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(error),
        };
        memory.file = Some(file.into());
        Ok(memory)
    }

    /// Writes the file, if there is one.
    pub(crate) fn keep(&self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let installed = self.installed.as_ref();
        let installed = installed.map(|parts| parts.each_ref().map(|part| Base64::encode_string(part)));
        let document = json!({
            "keys": self.keys,
            "installed": installed,
            "locked": self.is_locked,
            "spent": self.is_spent,
            "request": self.old_request,
        });
        // Atomic if the simulator is killed; no fsync, because flash does not wait for one either.
        let beside = file.with_extension("new");
        fs::write(&beside, document.to_string())?;
        fs::rename(&beside, file)
    }
}

fn read(bytes: &[u8]) -> Option<Memory> {
    let document: Value = serde_json::from_slice(bytes).ok()?;
    let flag = |name: &str| document.get(name)?.as_bool();
    let installed = match document.get("installed")? {
        Value::Null => None,
        Value::Array(parts) => {
            let part = |index: usize| Base64::decode_vec(parts.get(index)?.as_str()?).ok();
            Some([part(0)?, part(1)?, part(2)?])
        }
        _ => return None,
    };
    Some(Memory {
        keys: document.get("keys")?.as_u64()?.try_into().ok()?,
        installed,
        is_locked: flag("locked")?,
        is_spent: flag("spent")?,
        old_request: document.get("request")?.as_str().map(ToOwned::to_owned),
        file: None,
    })
}
