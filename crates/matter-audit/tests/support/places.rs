//! An output of two devices, and the places where a key may be in it.

use std::fs;
use std::path::{Path, PathBuf};

use esp_nvs_image::{Editor, Key, Namespace, StoredValue, Value};
use esp_secure_cert::{EfuseKey, PartitionSize, RawRecord, RecordType, Writer};
use matter_attestation::{DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey, SerialNumber, Validity, issue_paa};
use matter_audit::{Audit, AuditReport, FlashDump, Sampling};
use matter_factory_data::Expected;
use matter_mfg::{Attestation, Job, Pai, Plan, Run, now};
use matter_spake2p::Iterations;
use matter_types::{ProductId, VendorId};
use tempfile::TempDir;

use crate::packed::{gzip, zip};

/// The place of the devices' keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    Nvs,
    SecureCert,
    Efuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    DeviceFolder,
    Internal,
    ZipInDevice,
    GzipInDevice,
    Nvs,
    NvsAcrossPages,
    SecureCert,
    FlashDump,
    ProductFolder,
    Staging,
    OutputFolder,
    Zip,
    Gzip,
    ZipInZip,
    Manifest,
    Summary,
}

pub const PLACES: [Place; 16] = [
    Place::DeviceFolder,
    Place::Internal,
    Place::ZipInDevice,
    Place::GzipInDevice,
    Place::Nvs,
    Place::NvsAcrossPages,
    Place::SecureCert,
    Place::FlashDump,
    Place::ProductFolder,
    Place::Staging,
    Place::OutputFolder,
    Place::Zip,
    Place::Gzip,
    Place::ZipInZip,
    Place::Manifest,
    Place::Summary,
];

impl Place {
    pub fn name(self) -> &'static str {
        match self {
            Self::DeviceFolder => "a device's folder",
            Self::Internal => "internal",
            Self::ZipInDevice => "a zip in a device's folder",
            Self::GzipInDevice => "gzip in a device's folder",
            Self::Nvs => "a value in NVS",
            Self::NvsAcrossPages => "a value in NVS across pages",
            Self::SecureCert => "a record in esp_secure_cert",
            Self::FlashDump => "a gap in a flash dump",
            Self::ProductFolder => "beside devices' folders",
            Self::Staging => "staging",
            Self::OutputFolder => "the output folder",
            Self::Zip => "a zip beside devices' folders",
            Self::Gzip => "gzip beside devices' folders",
            Self::ZipInZip => "a zip in a zip",
            Self::Manifest => "the manifest",
            Self::Summary => "a cell of the summary",
        }
    }

    pub fn is_in_device(self) -> bool {
        matches!(
            self,
            Self::DeviceFolder
                | Self::Internal
                | Self::ZipInDevice
                | Self::GzipInDevice
                | Self::Nvs
                | Self::NvsAcrossPages
                | Self::SecureCert
                | Self::FlashDump
        )
    }

    pub fn is_in_nvs(self) -> bool {
        matches!(self, Self::Nvs | Self::NvsAcrossPages)
    }
}

pub struct Output {
    folder: TempDir,
    devices: [PathBuf; 2],
    pub keys: [PrivateKey; 2],
    pub pai: PrivateKey,
    storage: Storage,
}

/// Former contents of files.
type Kept = Vec<(PathBuf, Vec<u8>)>;

const TABLE: &str = "nvs, data, nvs, 0x9000, 0x6000\nesp_secure_cert, 0x3F, 6, 0xf000, 0x2000\n";

impl Output {
    pub fn new(storage: Storage) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pki = Attestation::TestPki {
            common_name_prefix: "Audit".into(),
        };
        Self::make(folder, storage, pki, None)
    }

    /// Makes devices of a PAI whose key is in no file.
    pub fn with_pai(storage: Storage, key: &PrivateKey) -> Self {
        let paa_key = PrivateKey::from_scalar(&[0x55; 32]).unwrap();
        let validity = Validity::without_expiry(DateTime::new(2020, 1, 1, 0, 0, 0).unwrap());
        let serial = |number| SerialNumber::new(&[number]).unwrap();
        let paa = issue_paa(&paa_key, &PaaSubject::new("PAA").unwrap(), validity, serial(1)).unwrap();
        let subject = PaiSubject::new("PAI", VendorId::new(0xFFF1).unwrap()).unwrap();
        let issuer = Issuer::new(&paa, &paa_key).unwrap();
        let certificate = issuer
            .issue_pai(&subject, &key.public_key(), validity, serial(2))
            .unwrap();
        let pai = Pai {
            certificate,
            key: key.clone().into(),
        };
        let folder = tempfile::tempdir().unwrap();
        Self::make(folder, storage, Attestation::Pai(Box::new(pai)), Some(key))
    }

    fn make(folder: TempDir, storage: Storage, attestation: Attestation, pai: Option<&PrivateKey>) -> Self {
        let mut job = Job::new(VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
        job.outdir = folder.path().join("out");
        job.count = Some(2);
        job.iterations = Iterations::MIN;
        job.attestation = attestation;
        job.storage.dac_in_secure_cert = storage != Storage::Nvs;
        if storage == Storage::Efuse {
            job.storage.ds_peripheral = true;
            job.storage.target = "esp32h2".parse().unwrap();
            job.storage.efuse_key = Some(EfuseKey::new(1).unwrap());
        }
        Run::new(&Plan::new(job, now().unwrap()).unwrap())
            .execute(|_, _| {})
            .unwrap();
        let entries = fs::read_dir(folder.path().join("out/fff1_8000")).unwrap();
        let devices = entries.map(|entry| entry.unwrap().path());
        let mut devices = devices
            .filter(|path| path.join("internal").is_dir())
            .collect::<Vec<_>>();
        devices.sort();
        let devices: [PathBuf; 2] = devices.try_into().unwrap();
        let read = |path: &Path| PrivateKey::decode(&fs::read(path).unwrap()).unwrap();
        let name = if storage == Storage::Efuse {
            "efuse_key.pem"
        } else {
            "DAC_key.pem"
        };
        Self {
            keys: devices
                .each_ref()
                .map(|device| read(&device.join("internal").join(name))),
            pai: pai.map_or_else(
                || read(&folder.path().join("out/test-pki/PAI_key.pem")),
                PrivateKey::clone,
            ),
            folder,
            devices,
            storage,
        }
    }

    pub fn uuid(&self, number: usize) -> &str {
        self.devices[number].file_name().unwrap().to_str().unwrap()
    }

    fn top(&self) -> PathBuf {
        self.folder.path().join("out/fff1_8000")
    }

    fn image(&self, suffix: &str) -> PathBuf {
        self.devices[0].join(format!("{}{suffix}", self.uuid(0)))
    }

    fn summary(&self) -> PathBuf {
        let entries = fs::read_dir(self.top()).unwrap().map(|entry| entry.unwrap().path());
        let mut names = entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("summary-"));
        names.next().unwrap()
    }

    /// Returns the path of the dump of the first device's flash.
    fn dump(&self) -> PathBuf {
        self.folder.path().join("flash.bin")
    }

    fn write_dump(&self, gap: &[u8]) {
        let mut flash = vec![0xFF; 0x2_0000];
        let mut put = |at: usize, bytes: &[u8]| flash[at..at + bytes.len()].copy_from_slice(bytes);
        put(0x9000, &fs::read(self.image("-partition.bin")).unwrap());
        if self.storage != Storage::Nvs {
            put(0xF000, &fs::read(self.image("_esp_secure_cert.bin")).unwrap());
        }
        put(0x1_1235, gap);
        fs::write(self.dump(), flash).unwrap();
    }

    /// Saves the files that will be changed.
    pub fn keep(&self) -> Kept {
        let files = [
            self.image("-partition.bin"),
            self.image("_esp_secure_cert.bin"),
            self.top().join("manifest.json"),
            self.summary(),
        ];
        self.write_dump(&[]);
        let files = files.into_iter().filter(|path| path.exists());
        files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    /// Restores the saved files.
    pub fn restore(&self, kept: Kept) {
        for (path, bytes) in kept {
            fs::write(path, bytes).unwrap();
        }
        for path in PLACES
            .iter()
            .filter_map(|place| self.file(*place))
            .filter(|path| path.exists())
        {
            fs::remove_file(path).unwrap();
        }
        fs::remove_file(self.dump()).unwrap();
    }

    /// Returns the file that is added for a place.
    fn file(&self, place: Place) -> Option<PathBuf> {
        let device = &self.devices[0];
        Some(match place {
            Place::DeviceFolder => device.join("notes.dat"),
            Place::Internal => device.join("internal/notes.dat"),
            Place::ZipInDevice => device.join("notes.zip"),
            Place::GzipInDevice => device.join("notes.gz"),
            Place::ProductFolder => self.top().join("notes.dat"),
            Place::Staging => self.top().join("staging/notes.dat"),
            Place::OutputFolder => self.folder.path().join("out/notes.dat"),
            Place::Zip => self.top().join("notes.zip"),
            Place::Gzip => self.top().join("notes.gz"),
            Place::ZipInZip => self.top().join("more.zip"),
            _ => return None,
        })
    }

    /// Puts bytes in a place. Returns the object of the finding; `None` if the place does not fit.
    pub fn put(&self, place: Place, bytes: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
        if let Some(path) = self.file(place) {
            let written = match place {
                Place::ZipInDevice | Place::Zip => zip("notes.txt", bytes),
                Place::GzipInDevice | Place::Gzip => gzip(bytes),
                Place::ZipInZip => zip("notes.zip", &zip("notes.txt", bytes)),
                _ => bytes.to_vec(),
            };
            fs::write(&path, written).unwrap();
            let inside = path.strip_prefix(&self.devices[0]).map(Path::to_path_buf);
            return Some(inside.unwrap_or(path).to_str().unwrap().into());
        }
        match place {
            Place::Nvs => {
                let value = text.map_or(Value::Blob(bytes), Value::Str);
                self.edit_nvs(|editor| editor.set(&namespace(), &Key::new("note").unwrap(), value).unwrap());
                Some("nvs".into())
            }
            Place::NvsAcrossPages => {
                self.put_across_pages(bytes);
                Some("nvs".into())
            }
            Place::SecureCert if self.storage != Storage::Nvs => {
                let path = self.image("_esp_secure_cert.bin");
                let mut buffer = fs::read(&path).unwrap();
                let len = buffer.len();
                buffer.resize(0x2000, 0xFF);
                let mut writer = Writer::append(&mut buffer, len, PartitionSize::DEFAULT).unwrap();
                writer
                    .push_raw(&RawRecord::new(RecordType::MATTER_1, 200, bytes))
                    .unwrap();
                let image = writer.finish().to_vec();
                fs::write(&path, image).unwrap();
                Some("secure-cert".into())
            }
            Place::FlashDump => {
                self.write_dump(bytes);
                Some("flash dump".into())
            }
            Place::Manifest => {
                let path = self.top().join("manifest.json");
                let note = serde_json::to_string(text?).unwrap();
                let manifest = fs::read_to_string(&path).unwrap();
                let changed = manifest.replacen("{\"uuid\"", &format!("{{\"note\":{note},\"uuid\""), 1);
                assert!(changed != manifest);
                fs::write(&path, changed).unwrap();
                Some(path.to_str().unwrap().into())
            }
            Place::Summary => {
                let path = self.summary();
                let note = format!("\"{}\"", text?.replace('"', "\"\""));
                let table = fs::read_to_string(&path).unwrap();
                let cells = ["note".to_owned(), note, "none".to_owned()];
                let rows = table.lines().zip(cells).map(|(row, cell)| format!("{row},{cell}\r\n"));
                fs::write(&path, rows.collect::<String>()).unwrap();
                Some(path.to_str().unwrap().into())
            }
            _ => None,
        }
    }

    fn edit_nvs(&self, edit: impl FnOnce(&mut Editor<'_>) -> bool) {
        let path = self.image("-partition.bin");
        let mut image = fs::read(&path).unwrap();
        assert!(edit(&mut Editor::new(&mut image)));
        fs::write(path, image).unwrap();
    }

    /// Writes a blob with a chunk that ends in the middle of the bytes.
    fn put_across_pages(&self, bytes: &[u8]) {
        let image = fs::read(self.image("-partition.bin")).unwrap();
        let key = Key::new("across").unwrap();
        let set = |value: &[u8]| {
            let mut image = image.clone();
            Editor::new(&mut image)
                .set(&namespace(), &key, Value::Blob(value))
                .unwrap();
            image
        };
        let mut value = vec![0; 8000];
        let filled = set(&value);
        let entries = esp_nvs_image::recover(&filled).entries;
        let entry = entries.iter().find(|entry| entry.key == key).unwrap();
        let StoredValue::Blob(blob) = &entry.value else {
            panic!("no blob")
        };
        let ends = blob.chunks().scan(0, |end, chunk| {
            *end += chunk.len();
            Some(*end)
        });
        // The first chunk may be short.
        let mut joints = ends.filter(|end| *end > bytes.len() && value.len() - end > bytes.len());
        let start = joints.next().unwrap() - bytes.len() / 2;
        value[start..start + bytes.len()].copy_from_slice(bytes);
        fs::write(self.image("-partition.bin"), set(&value)).unwrap();
    }

    pub fn audit(&self) -> AuditReport {
        let mut audit = Audit::new(Expected::new().for_tests())
            .with_path(self.folder.path().join("out"))
            .with_recompute(Sampling::None);
        if self.dump().exists() {
            let table = self.folder.path().join("table.csv");
            fs::write(&table, TABLE).unwrap();
            let dump = self.dump();
            audit = audit.with_flash_dump(FlashDump::new(dump).with_table(table));
        }
        audit.execute().unwrap()
    }
}

fn namespace() -> Namespace {
    Namespace::new("chip-factory").unwrap()
}
