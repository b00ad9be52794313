//! The folder of a good device with arbitrary bytes in one file: its audit always ends with a report, which detects an
//! image of another device or none, and a key of other flash.

use std::cell::LazyCell;
use std::fs;
use std::path::PathBuf;

use esp_flash_image::{EncryptionScheme, FlashKey, PartitionTable, TableOptions};
use esp_nvs_image::NvsKeys;
use matter_attestation::DateTime;
use matter_audit::{Audit, AuditReport, FlashDump};
use matter_factory_data::{DeviceRecord, Expected, Severity};
use matter_mfg::{Attestation, Job, Plan, Run};
use matter_spake2p::Iterations;
use matter_types::{ProductId, VendorId};
use tempfile::TempDir;

/// The file that the bytes replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Nvs,
    Codes,
    SecureCert,
    NvsKeys,
    Picture,
    OtherFile,
    Manifest,
    Ledger,
    PartitionTable,
    FlashDump,
    KeysOption,
    SingleFile,
    FlashKey,
}

impl Role {
    pub const ALL: [Self; 13] = [
        Self::Nvs,
        Self::Codes,
        Self::SecureCert,
        Self::NvsKeys,
        Self::Picture,
        Self::OtherFile,
        Self::Manifest,
        Self::Ledger,
        Self::PartitionTable,
        Self::FlashDump,
        Self::KeysOption,
        Self::SingleFile,
        Self::FlashKey,
    ];

    /// Splits an input into the role, which its first byte selects, and the bytes to put there.
    pub fn select(input: &[u8]) -> Option<(Self, &[u8])> {
        let (role, bytes) = input.split_first()?;
        Some((*Self::ALL.get(usize::from(*role) % Self::ALL.len())?, bytes))
    }
}

thread_local! {
    static GOOD: LazyCell<GoodFolder> = const { LazyCell::new(GoodFolder::new) };
}

pub(crate) fn property(input: &[u8]) {
    if let Some((role, bytes)) = Role::select(input) {
        GOOD.with(|good| good.check(role, bytes));
    }
}

pub struct GoodFolder {
    folder: TempDir,
    device: PathBuf,
    uuid: String,
    image: Vec<u8>,
    record: DeviceRecord,
    found: Vec<String>,
}

/// The table of the dump, which is at its beginning.
const TABLE: &str =
    "nvs, data, nvs, 0x1000, 0x6000\nesp_secure_cert, 0x3F, 6, 0x7000, 0x2000\nkeys, data, nvs_keys, , 4K\n";

impl GoodFolder {
    /// Makes one device; the same each time, so that seeds are reusable.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut job = Job::new(VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
        job.outdir = folder.path().join("out");
        job.iterations = Iterations::MIN;
        job.seed = Some("5eed".parse().unwrap());
        job.attestation = Attestation::TestPki {
            common_name_prefix: "Audit".into(),
        };
        let plan = Plan::new(job, DateTime::new(2026, 6, 1, 0, 0, 0).unwrap()).unwrap();
        Run::new(&plan).execute(|_, _| {}).unwrap();
        let mut entries = fs::read_dir(folder.path().join("out/fff1_8000")).unwrap();
        let device =
            entries.find_map(|entry| Some(entry.unwrap().path()).filter(|path| path.join("internal").is_dir()));
        let device = device.unwrap();
        let uuid = device.file_name().unwrap().to_str().unwrap().to_owned();
        let image = fs::read(device.join(format!("{uuid}-partition.bin"))).unwrap();
        let record = DeviceRecord::decode_nvs(&image).unwrap();
        let mut good = Self {
            folder,
            device,
            uuid,
            image,
            record,
            found: Vec::new(),
        };
        let report = good.audit().with_path(&good.device).execute().unwrap();
        assert!(report.is_clean(Severity::Error), "{report:?}");
        good.found = findings(&report);
        good
    }

    /// Returns the original bytes of a role, or similar ones.
    pub fn bytes(&self, role: Role) -> Vec<u8> {
        let read = |suffix: &str| fs::read(self.device.join(format!("{}{suffix}", self.uuid))).unwrap();
        match role {
            Role::Nvs | Role::SingleFile => self.image.clone(),
            Role::Codes => read("-onb_codes.csv"),
            Role::Picture => read("-qrcode.png"),
            Role::SecureCert => vec![0xFF; 0x2000],
            Role::NvsKeys | Role::KeysOption => {
                let mut partition = vec![0; NvsKeys::PARTITION_LEN];
                let keys = NvsKeys::new([1; 32], [2; 32]).unwrap();
                keys.encode_partition(partition.first_chunk_mut().unwrap());
                partition
            }
            Role::OtherFile => fs::read(self.device.join("internal/DAC_key.pem")).unwrap(),
            Role::Manifest => fs::read(self.device.with_file_name("manifest.json")).unwrap(),
            Role::Ledger => format!("uuid,serial,passcode\n{},,20202021\n", self.uuid).into_bytes(),
            Role::PartitionTable => TABLE.into(),
            Role::FlashDump => {
                let table = PartitionTable::from_csv(TABLE, &TableOptions::new().with_offset(0)).unwrap();
                let mut table = table.encode();
                table.resize(0x1000, 0xFF);
                [&table, &self.image, &[0xFF; 0x3000][..]].concat()
            }
            Role::FlashKey => vec![7; 32],
        }
    }

    fn audit(&self) -> Audit<'static> {
        Audit::new(
            Expected::new()
                .for_tests()
                .at(DateTime::new(2026, 7, 1, 0, 0, 0).unwrap()),
        )
    }

    /// Audits the device with these bytes in a role. It always ends with a report; an image of another device than the
    /// label's, or of none, is never accepted as the original.
    pub fn check(&self, role: Role, bytes: &[u8]) {
        let own = |suffix: &str| self.device.join(format!("{}{suffix}", self.uuid));
        let other = self.folder.path().join("other");
        let path = match role {
            Role::Nvs => own("-partition.bin"),
            Role::Codes => own("-onb_codes.csv"),
            Role::SecureCert => own("_esp_secure_cert.bin"),
            Role::NvsKeys => own("-keys-partition.bin"),
            Role::Picture => own("-qrcode.png"),
            Role::OtherFile => self.device.join("internal/DAC_key.pem"),
            _ => other.clone(),
        };
        let before = fs::read(&path).ok();
        fs::write(&path, bytes).unwrap();
        let second = self.folder.path().join("second");
        let audit = match role {
            Role::Manifest => self.audit().with_path(&self.device).with_manifest(&other),
            Role::Ledger => self.audit().with_path(&self.device).with_ledger(&other),
            Role::KeysOption => self.audit().with_path(&self.device).with_keys(&other),
            Role::PartitionTable | Role::FlashDump => {
                let good = if role == Role::FlashDump {
                    Role::PartitionTable
                } else {
                    Role::FlashDump
                };
                fs::write(&second, self.bytes(good)).unwrap();
                let (table, dump) = if role == Role::FlashDump {
                    (second, other)
                } else {
                    (other, second)
                };
                let dump = FlashDump::new(dump).with_table_offset(0).with_table(table);
                self.audit().with_flash_dump(dump)
            }
            Role::FlashKey => {
                let mut flash = self.bytes(Role::FlashDump);
                let key = FlashKey::new(EncryptionScheme::Xts128, &self.bytes(role)).unwrap();
                // The table, and the keys after image and esp_secure_cert.
                for (address, sector) in (0..).step_by(0x1000).zip(flash.chunks_mut(0x1000)) {
                    if [0, 0x9000].contains(&address) {
                        key.cipher().encrypt(address, sector).unwrap();
                    }
                }
                fs::write(&second, flash).unwrap();
                let dump = FlashDump::new(second).with_table_offset(0).with_key(other);
                self.audit().with_flash_dump(dump)
            }
            Role::SingleFile => self.audit().with_path(&other).with_path(own("-onb_codes.csv")),
            _ => self.audit().with_path(&self.device),
        };
        let report = audit.execute();
        match before {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let report = report.expect("every file can be opened");
        let found = findings(&report);
        if role == Role::Nvs {
            match DeviceRecord::decode_nvs(bytes) {
                Ok(record) if self.is_another(&record) => assert!(!report.is_clean(Severity::Error), "{found:?}"),
                Ok(_) => {}
                Err(error) => assert!(found != self.found, "{error}"),
            }
        } else if role == Role::FlashKey {
            assert!(
                bytes == self.bytes(role) || !report.is_clean(Severity::Error),
                "{found:?}"
            );
        } else if path.starts_with(&self.device) && fs::read(&path).is_ok_and(|good| good == bytes) {
            assert_eq!(found, self.found);
        }
    }

    /// Returns whether a value known from label, chain or verifier has changed.
    fn is_another(&self, record: &DeviceRecord) -> bool {
        let own = &self.record;
        let credentials = |record: &DeviceRecord| {
            let found = record.credentials()?;
            let key = found.key().map(|key| key.public_key());
            Some((found.dac().as_der().to_vec(), found.pai().as_der().to_vec(), key))
        };
        let verifier = |record: &DeviceRecord| record.verifier().map(|verifier| *verifier.expose_bytes());
        record.discriminator() != own.discriminator()
            || record.vendor_id() != own.vendor_id()
            || record.product_id() != own.product_id()
            || record.parameters() != own.parameters()
            || verifier(record) != verifier(own)
            || credentials(record) != credentials(own)
    }
}

fn findings(report: &AuditReport) -> Vec<String> {
    report.findings().map(ToString::to_string).collect()
}
