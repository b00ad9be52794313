use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};

use base16ct::lower::encode_string as hex;
use factory_fs::{Dir, Draft, Replace};
use matter_factory_data::DeviceRecord;
use matter_setup_payload::{GroupedManualCode, QrText};
use matter_signer::P256Signer;
use p256::ecdsa::DerSignature;
use serde::Serialize;
use sha2::{Digest, Sha256};
use signature::hazmat::PrehashSigner;
use zeroize::Zeroizing;

use crate::Error;
use crate::growing::GrowingFile;

/// A file of a device as listed in the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FileEntry {
    pub(crate) size: u64,
    #[serde(serialize_with = "as_hex")]
    pub(crate) sha256: [u8; 32],
    /// Whether the passcode cannot be guessed from hash and size.
    #[serde(skip)]
    pub(crate) hides_passcode: bool,
}

/// The hash of a file while it is written.
#[derive(Default)]
pub(crate) struct FileHash {
    size: u64,
    hash: Sha256,
}

impl FileHash {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.hash.update(bytes);
    }

    pub(crate) fn finish(self, hides_passcode: bool) -> FileEntry {
        FileEntry {
            size: self.size,
            sha256: self.hash.finalize().into(),
            hides_passcode,
        }
    }
}

/// A device in the manifest.
#[derive(Serialize)]
pub(crate) struct ManifestDevice {
    uuid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial: Option<String>,
    vid: u16,
    pid: u16,
    discriminator: u16,
    #[serde(flatten)]
    codes: Option<Codes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dac_serial: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dac_public_key_sha256: Option<String>,
    /// By name, with `/` between folder and file on every system.
    files: BTreeMap<String, FileEntry>,
}

/// Passcode and codes, which allow commissioning the device.
#[derive(Serialize)]
struct Codes {
    passcode: Secret<u32>,
    qr: Secret<String>,
    manual: Secret<String>,
}

/// A secret that the manifest contains on purpose; wiped after use.
struct Secret<T: zeroize::Zeroize>(Zeroizing<T>);

impl<T: zeroize::Zeroize + Serialize> Serialize for Secret<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl ManifestDevice {
    /// Describes a device that is on disk. Without codes the manifest may be shown to people who must not commission
    /// the device.
    pub(crate) fn new(
        uuid: &str,
        record: &DeviceRecord,
        codes: Option<(&QrText, &GroupedManualCode)>,
        files: BTreeMap<String, FileEntry>,
    ) -> Self {
        let secret = |text: &str| Secret(Zeroizing::new(text.to_owned()));
        let codes = codes.zip(record.passcode()).map(|((qr, manual), passcode)| Codes {
            passcode: Secret(Zeroizing::new(passcode.expose())),
            qr: secret(qr.as_str()),
            manual: secret(manual.as_str()),
        });
        let dac = record.credentials().map(|credentials| credentials.dac());
        Self {
            uuid: uuid.to_owned(),
            serial: record
                .product
                .serial_number
                .as_ref()
                .map(|serial| serial.as_str().to_owned()),
            vid: record.vendor_id().get(),
            pid: record.product_id().get(),
            discriminator: record.discriminator().get(),
            codes,
            dac_serial: dac.map(|dac| hex(dac.serial().as_bytes())),
            dac_public_key_sha256: dac.map(|dac| hex(&Sha256::digest(dac.public_key().as_bytes()))),
            files,
        }
    }
}

/// The rows of `manifest.json`, written device by device in constant memory.
pub(crate) struct Manifest {
    folder: Dir,
    rows: GrowingFile,
    devices: u32,
}

/// File name of the manifest.
pub(crate) const NAME: &str = "manifest.json";
/// File name of its signature.
pub(crate) const SIGNATURE: &str = "manifest.json.sig";
/// File name of its rows while the run is unfinished.
const ROWS: &str = "manifest.rows";

impl Manifest {
    /// Creates the manifest of a run in `folder`, or continues one that had `len` bytes and `devices` devices. `run`
    /// consists of letters, digits and hyphens.
    pub(crate) fn open(folder: &Dir, run: &str, test: bool, devices: u32, len: u64) -> Result<Self, Error> {
        let mut rows = GrowingFile::open(folder, ROWS, len)?;
        if len == 0 {
            let version = env!("CARGO_PKG_VERSION");
            let head = format!(r#"{{"run":"{run}","tool_version":"{version}","test":{test},"devices":["#);
            rows.add(head.as_bytes());
        }
        Ok(Self {
            folder: folder.try_clone().map_err(Error::write(folder.path()))?,
            rows,
            devices,
        })
    }

    /// Adds a device.
    pub(crate) fn add(&mut self, device: &ManifestDevice) -> Result<(), Error> {
        let mut line = Zeroizing::new(Vec::with_capacity(LINE));
        line.extend_from_slice(if self.devices == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut *line, device).map_err(Error::encode)?;
        self.devices += 1;
        self.rows.add(&line);
        Ok(())
    }

    /// Flushes all rows to disk.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        self.rows.sync()
    }

    /// Returns the length of the rows, for [`Manifest::open`].
    pub(crate) const fn len(&self) -> u64 {
        self.rows.len()
    }

    /// Makes the manifest from the rows, which are kept and returned; with a key also `manifest.json.sig`: ECDSA with
    /// SHA-256 over the file's bytes, in DER.
    pub(crate) fn complete(mut self, key: Option<&P256Signer>) -> Result<File, Error> {
        self.rows.flush()?;
        let folder = &self.folder;
        let failed = |name: &str| Error::write(&folder.path().join(name));
        let mut rows = BufReader::with_capacity(1 << 16, folder.open_file(ROWS).map_err(failed(ROWS))?);
        let mut file = Draft::new(folder, NAME).map_err(failed(NAME))?;
        let mut hash = Sha256::new();
        let mut write = |bytes: &[u8]| {
            hash.update(bytes);
            file.write(bytes).map_err(failed(NAME))
        };
        loop {
            let bytes = rows.fill_buf().map_err(failed(ROWS))?;
            if bytes.is_empty() {
                break;
            }
            write(bytes)?;
            let len = bytes.len();
            rows.consume(len);
        }
        write(b"\n]}\n")?;
        if let Some(key) = key {
            let signed: DerSignature = key.sign_prehash(&hash.finalize()).map_err(Error::signing)?;
            let sign = || {
                let mut file = Draft::new(folder, SIGNATURE)?;
                file.write(signed.as_bytes())?;
                file.publish(Replace::Yes)
            };
            sign().map_err(failed(SIGNATURE))?;
        }
        file.publish(Replace::Yes).map_err(failed(NAME))?;
        folder.open_file(ROWS).map_err(failed(ROWS))
    }
}

/// More than most devices take.
const LINE: usize = 4096;

/// Returns the run of a manifest, if the manifest is in our format.
pub(crate) fn run_of(dir: &Dir, name: &str) -> Result<Option<String>, Error> {
    let mut head = [0; 128];
    let read = match dir.open_file(name) {
        Ok(mut file) => file.read(&mut head).map_err(Error::write(&dir.path().join(name)))?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::write(&dir.path().join(name))(error)),
    };
    let head = head.get(..read).and_then(|head| str::from_utf8(head).ok());
    let run = head.and_then(|head| head.strip_prefix(r#"{"run":""#)?.split('"').next());
    let is_name = |run: &&str| !run.is_empty() && run.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    Ok(run.filter(is_name).map(str::to_owned))
}

/// Returns the name for the manifest of a former run.
pub(crate) fn former(run: &str) -> String {
    format!("manifest-{run}.json")
}

/// Renames the manifest of a former run, and its signature, to names that contain the run.
pub(crate) fn put_aside(top: &Dir) -> Result<(), Error> {
    let failed = |name: &str| Error::write(&top.path().join(name));
    if top.kind(NAME).map_err(failed(NAME))?.is_none() {
        return Ok(());
    }
    let run = run_of(top, NAME)?.unwrap_or_else(|| "unknown".into());
    let mut number = 1;
    let name = loop {
        let name = match number {
            1 => former(&run),
            _ => format!("manifest-{run}-{number}.json"),
        };
        if top.kind(&name).map_err(failed(&name))?.is_none() {
            break name;
        }
        number += 1;
    };
    // The signature first: it is useless without its manifest, which the next run finds again.
    for (from, to) in [(SIGNATURE, format!("{name}.sig")), (NAME, name)] {
        match top.rename_new(from, top, to) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(from)(error)),
            _ => {}
        }
    }
    Ok(())
}

fn as_hex<S: serde::Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(bytes))
}

#[cfg(test)]
mod tests {
    use matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
    use matter_types::{Discriminator, Passcode, ProductId, VendorId};
    use std::path::{Path, PathBuf};

    use serde_json::{Value, json};

    use super::*;

    fn write(devices: u32, codes: bool, key: Option<&P256Signer>) -> (tempfile::TempDir, PathBuf) {
        let parameters = PbkdfParameters {
            iterations: Iterations::new(1000).unwrap(),
            salt: Salt::new(&[7; 16]).unwrap(),
        };
        let pase = PaseCredential::derive(Passcode::new(34_567_890).unwrap(), parameters).unwrap();
        let (vendor, product) = (VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8001).unwrap());
        let mut record = DeviceRecord::new(vendor, product, Discriminator::new(0).unwrap(), &pase);
        record.product.serial_number = Some("SN \"7\"".parse().unwrap());
        let payload = record.setup_payload().unwrap();
        let (qr, manual) = (payload.qr_text(), payload.manual_code().grouped());
        let mut abc = FileHash::default();
        abc.update(b"a");
        abc.update(b"bc");
        let files = BTreeMap::from([("internal/CD.der".to_owned(), abc.finish(true))]);
        let top = tempfile::tempdir().unwrap();
        let dir = Dir::open(top.path()).unwrap();
        let mut manifest = Manifest::open(&dir, "2026-11-21-08-00-00", true, 0, 0).unwrap();
        manifest.sync().unwrap();
        for number in 0..devices {
            // Each device is added by a process of its own.
            manifest = Manifest::open(&dir, "another", false, number, manifest.len()).unwrap();
            let codes = codes.then_some((&qr, &manual));
            let device = ManifestDevice::new(&number.to_string(), &record, codes, files.clone());
            manifest.add(&device).unwrap();
            manifest.sync().unwrap();
        }
        manifest.complete(key).unwrap();
        let path = top.path().join(NAME);
        (top, path)
    }

    fn read(path: &Path) -> Value {
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn manifest_lists_devices_with_their_files() {
        let (_top, path) = write(2, true, None);
        let manifest = read(&path);
        assert_eq!(manifest["run"], "2026-11-21-08-00-00");
        assert_eq!(manifest["test"], true);
        let devices = manifest["devices"].as_array().unwrap();
        assert_eq!(devices.len(), 2);
        assert_eq!(devices[1]["uuid"], "1");
        assert_eq!(devices[0]["serial"], "SN \"7\"");
        assert_eq!(devices[0]["vid"], 0xFFF1);
        assert_eq!(devices[0]["discriminator"], 0);
        assert_eq!(devices[0]["passcode"], 34_567_890);
        assert!(devices[0]["qr"].as_str().unwrap().starts_with("MT:"));
        // SHA-256 of "abc" from FIPS 180-2, appendix B.1.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(
            devices[0]["files"],
            json!({"internal/CD.der": {"size": 3, "sha256": hash}})
        );
    }

    #[test]
    fn manifest_without_codes_reveals_no_passcode() {
        let (_top, path) = write(1, false, None);
        let device = read(&path)["devices"][0].clone();
        for field in ["passcode", "qr", "manual"] {
            assert!(device.get(field).is_none(), "{field}");
        }
        assert_eq!(read(&write(0, true, None).1)["devices"], json!([]));
    }

    #[test]
    fn signature_is_over_the_file() {
        let key = P256Signer::from(matter_attestation::PrivateKey::from_scalar(&[3; 32]).unwrap());
        let (top, path) = write(2, true, Some(&key));
        let bytes = std::fs::read(&path).unwrap();
        let file = top.path().join("manifest.json.sig");
        let signature = std::fs::read(&file).unwrap();
        let verified = |bytes: &[u8]| {
            use signature::Verifier;
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key.public_key().as_bytes()).unwrap();
            key.verify(bytes, &DerSignature::from_bytes(&signature).unwrap())
                .is_ok()
        };
        assert!(verified(&bytes));
        assert!(!verified(&bytes[1..]));
        put_aside(&Dir::open(top.path()).unwrap()).unwrap();
        assert!(!path.exists() && !file.exists());
        let former = top.path().join("manifest-2026-11-21-08-00-00.json");
        assert_eq!(std::fs::read(&former).unwrap(), bytes);
        assert_eq!(std::fs::read(former.with_extension("json.sig")).unwrap(), signature);
    }
}
