//! Runs with `--flash-plan`, and the contents of a device's flash image.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub use base16ct::lower::encode_string as hex;
use esp_flash_image::EncryptionScheme;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::flash::Project;
use crate::workplace::{run, stderr};
use crate::{chain, produced};

pub const BASE: &str = "-v 0xFFF2 -p 0x8001 --iteration-count 1000";
pub const PAI: &str = "--pai -c pai-cert.pem -k pai-key.pem -cd CD.der";

pub fn mfg(folder: &Path, arguments: &str) -> Output {
    let arguments = format!("{BASE} {arguments}");
    run(folder, &arguments.split_whitespace().collect::<Vec<_>>())
}

pub fn made(folder: &Path, arguments: &str) -> String {
    let output = mfg(folder, arguments);
    assert!(output.status.success(), "{arguments}: {}", stderr(&output));
    stderr(&output)
}

pub fn refused(output: &Output, code: i32, words: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(words.iter().all(|word| message.contains(word)), "{words:?}: {message}");
}

pub fn flash_image(folder: &Path, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flash-image"));
    command
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap()
}

pub fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    chain::write(folder.path());
    folder
}

pub fn devices(folder: &Path, out: &str) -> Vec<PathBuf> {
    produced::devices(&folder.join(out).join("fff2_8001"))
        .into_iter()
        .collect()
}

pub fn uuid(device: &Path) -> &str {
    device.file_name().unwrap().to_str().unwrap()
}

pub fn plan_of(device: &Path) -> Value {
    let text = fs::read(device.join(format!("{}-flash-plan.json", uuid(device)))).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// Reads regions of a flash image, decrypted, and compares their hashes with the plan.
pub struct Flash {
    pub bytes: Vec<u8>,
    pub plan: Value,
    pub key: Option<esp_flash_image::FlashKey>,
}

impl Flash {
    pub fn of(project: &Project, device: &Path, scheme: Option<EncryptionScheme>) -> Self {
        let uuid = uuid(device);
        Self {
            bytes: fs::read(device.join(format!("{uuid}-flash.bin"))).unwrap(),
            plan: plan_of(device),
            key: scheme.map(|scheme| project.flash_key(uuid, scheme)),
        }
    }

    pub fn region(&self, source: &str) -> Vec<u8> {
        let regions = self.plan["regions"].as_array().unwrap();
        let region = regions.iter().find(|region| region["source"] == source).unwrap();
        let number = |name: &str| region[name].as_u64().unwrap() as usize;
        let (offset, length) = (number("offset"), number("length"));
        let mut bytes = self.bytes[offset..offset + length].to_vec();
        assert_eq!(region["sha256"], hex(&Sha256::digest(&bytes)), "{source}");
        if region["encrypted"] == true {
            self.key
                .as_ref()
                .unwrap()
                .cipher()
                .decrypt(offset as u32, &mut bytes)
                .unwrap();
        }
        bytes
    }

    pub fn check(&self, source: &str, part: &[u8]) {
        let region = self.region(source);
        assert!(region.starts_with(part), "{source}");
        assert!(region[part.len()..].iter().all(|byte| *byte == 0xFF), "{source}");
    }
}
