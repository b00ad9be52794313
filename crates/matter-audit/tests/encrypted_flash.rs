//! Audits of encrypted flash.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/device.rs"]
mod device;
#[path = "support/flash.rs"]
mod flash;

use std::fs;
use std::path::{Path, PathBuf};

use device::{file, keyless, run};
use esp_flash_image::{EncryptionScheme, FlashCryptConfig, FlashKey, Image};
use esp_nvs_image::NvsKeys;
use flash::{binary_table, encrypt, put};
use matter_audit::{Audit, AuditReport, FlashDump};
use matter_factory_data::{Check, Expected, Severity};
use tempfile::TempDir;

const TABLE: usize = 0x8000;
const CERT: usize = 0x9000;
const KEYS: usize = 0xB000;
const FCTRY: usize = 0xC000;
const APP: usize = 0x2_0000;
const ENCRYPTED: u32 = 1;
const ROWS: [(&str, u8, u8, u32, u32, u32); 4] = [
    ("esp_secure_cert", 0x3F, 0x06, 0x9000, 0x2000, ENCRYPTED),
    // Always encrypted, regardless of the flags.
    ("nvs_keys", 1, 4, 0xB000, 0x1000, 0),
    ("fctry", 1, 2, 0xC000, 0x6000, 0),
    ("app", 0, 0, 0x2_0000, 0x1_0000, 0),
];
/// The written pieces: whole sectors, except the esp_secure_cert image, which is shorter than its partition.
const PIECES: [(usize, usize); 4] = [(TABLE, 0x1000), (CERT, 0x800), (KEYS, 0x1000), (APP, 0x1_0000)];

/// A device and its unencrypted flash.
struct Device {
    folder: TempDir,
    path: PathBuf,
    plain: Vec<u8>,
}

impl Device {
    fn new() -> Self {
        let (folder, devices) = run(1);
        let path = devices[0].clone();
        let mut store = fs::read(file(&path, "-partition.bin")).unwrap();
        let keys = NvsKeys::new([1; 32], [2; 32]).unwrap();
        esp_nvs_image::encrypt(&mut store, &keys).unwrap();
        let mut partition = [0; NvsKeys::PARTITION_LEN];
        keys.encode_partition(&mut partition);
        let mut plain = vec![0xFF; 0x3_0000];
        put(&mut plain, TABLE, &binary_table(&ROWS));
        assert!(keyless(&path).len() <= 0x800);
        put(&mut plain, CERT, &keyless(&path));
        put(&mut plain, KEYS, &partition);
        put(&mut plain, FCTRY, &store);
        put(&mut plain, APP, &app());
        Self { folder, path, plain }
    }

    fn encrypted(&self, key: &FlashKey) -> Vec<u8> {
        let mut flash = self.plain.clone();
        encrypt(&mut flash, key, &PIECES);
        flash
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn audit(&self, flash: &[u8], key: Option<&[u8]>, change: impl FnOnce(FlashDump) -> FlashDump) -> AuditReport {
        let mut dump = FlashDump::new(self.write("dump", flash));
        if let Some(key) = key {
            dump = dump.with_key(self.write("key", key));
        }
        let audit = Audit::new(Expected::new().for_tests()).with_flash_dump(change(dump));
        audit.execute().unwrap()
    }
}

/// An app of one segment with four bytes, without a hash.
fn app() -> [u8; 48] {
    let mut app = [0; 48];
    app[..4].copy_from_slice(&[0xE9, 1, 2, 0x20]);
    // Chip ESP32-C3; the segment is loaded to 0x42000000.
    (app[8], app[12], app[27], app[28]) = (0xEE, 5, 0x42, 4);
    app[32..36].copy_from_slice(&[1, 2, 4, 8]);
    app[47] = 0xEF ^ 1 ^ 2 ^ 4 ^ 8;
    assert!(Image::parse(&app).is_ok());
    app
}

fn key(scheme: EncryptionScheme) -> FlashKey {
    let bytes = (0x40..).take(scheme.key_len()).collect::<Vec<u8>>();
    FlashKey::new(scheme, &bytes).unwrap()
}

/// Returns the findings, except those about file access.
fn all(report: &AuditReport) -> Vec<String> {
    let found = report.findings().filter(|finding| finding.check != Check::FileMode);
    found.map(ToString::to_string).collect()
}

fn texts(report: &AuditReport, check: Check, object: &str) -> Vec<String> {
    let found = report
        .findings()
        .filter(|finding| finding.check == check && finding.object == object);
    found.map(|finding| finding.text.clone()).collect()
}

/// The encrypted table and NVS keys are from `espsecure`; see `data/README.md`.
#[test]
fn flash_encrypted_by_espsecure_is_decrypted() {
    let device = Device::new();
    let store = &device.plain[FCTRY..FCTRY + 0x6000];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/flash");
    for scheme in EncryptionScheme::ALL {
        let pieces = fs::read(folder.join(format!("{scheme}.bin"))).unwrap();
        let (table, keys) = pieces.split_at(0xC00);
        let mut flash = vec![0xFF; 0x1_0000];
        put(&mut flash, 0x8000, table);
        put(&mut flash, 0x9000, keys);
        put(&mut flash, 0xA000, store);
        let key = key(*scheme);
        let report = device.audit(&flash, Some(key.expose_bytes()), |dump| dump);
        assert!(report.is_clean(Severity::Error), "{scheme}: {report:?}");
        assert_eq!(
            report.devices[0].uuid.as_deref(),
            device.path.file_name().unwrap().to_str()
        );
        let same = device.audit(&flash, Some(key.expose_bytes()), |dump| dump.with_scheme(*scheme));
        assert_eq!(all(&same), all(&report));
    }
}

#[test]
fn encrypted_flash_is_audited_by_its_contents() {
    let device = Device::new();
    let plain = all(&device.audit(&device.plain, None, |dump| dump));
    assert!(!plain.iter().any(|found| found.contains("malformed")), "{plain:?}");
    for scheme in EncryptionScheme::ALL {
        let key = key(*scheme);
        let flash = device.encrypted(&key);
        let report = device.audit(&flash, Some(key.expose_bytes()), |dump| dump);
        assert_eq!(all(&report), plain, "{scheme}");
        // An image without the app ends after its last piece.
        let report = device.audit(&flash[..0x1_2000], Some(key.expose_bytes()), |dump| dump);
        assert_eq!(all(&report), plain, "{scheme}");
    }
    let config = FlashCryptConfig::new(5).unwrap();
    let key = key(EncryptionScheme::Esp32).with_flash_crypt_config(config);
    let flash = device.encrypted(&key);
    let report = device.audit(&flash, Some(key.expose_bytes()), |dump| {
        dump.with_flash_crypt_config(config)
    });
    assert_eq!(all(&report), plain);
    let report = device.audit(&flash, Some(key.expose_bytes()), |dump| dump);
    assert!(!report.is_clean(Severity::Error), "{report:?}");
}

#[test]
fn a_key_that_does_not_decrypt_the_flash_is_reported() {
    let device = Device::new();
    let right = key(EncryptionScheme::Xts256);
    let flash = device.encrypted(&right);
    let malformed = |key: Option<&[u8]>, object: &str, change: fn(FlashDump) -> FlashDump| {
        let report = device.audit(&flash, key, change);
        let mut found = texts(&report, Check::ArtifactMalformed, object);
        assert_eq!(found.len(), 1, "{report:?}");
        found.remove(0)
    };
    let none = malformed(None, "partition table", |dump| dump);
    assert!(none.contains("if the flash is encrypted, give its key"), "{none}");
    for wrong in [&[7; 16][..], &[7; 24], &[7; 32], &[7; 64]] {
        let text = malformed(Some(wrong), "partition table", |dump| dump);
        assert!(
            text.contains("the key does not decrypt the table at 0x8000: give the key and the scheme"),
            "{text}"
        );
    }
    let text = malformed(Some(&[7; 20]), "flash key", |dump| dump);
    assert!(
        text.contains("has 20 bytes; a flash encryption key has 16, 24, 32 or 64"),
        "{text}"
    );
    let text = malformed(Some(&[7; 64]), "flash key", |dump| {
        dump.with_scheme(EncryptionScheme::Xts128)
    });
    assert!(text.contains("key has 64 bytes; xts-128 needs 32)"), "{text}");
    // A key given for unencrypted flash.
    let report = device.audit(&device.plain, Some(right.expose_bytes()), |dump| dump);
    let found = texts(&report, Check::ArtifactMalformed, "partition table");
    assert!(found[0].contains("0x8000 is not encrypted"), "{report:?}");
    assert!(report.devices[0].uuid.is_some());
}

/// The flash has no partition table; the given one defines the partitions.
#[test]
fn without_a_table_in_the_flash_the_scheme_must_be_unambiguous() {
    let device = Device::new();
    let plain = all(&device.audit(&device.plain, None, |dump| dump));
    let table = device.write("table", &binary_table(&ROWS));
    for scheme in EncryptionScheme::ALL {
        let key = key(*scheme);
        let mut flash = device.encrypted(&key);
        flash[TABLE..TABLE + 0x1000].fill(0xFF);
        let of = |scheme: Option<EncryptionScheme>| {
            device.audit(&flash, Some(key.expose_bytes()), |dump| {
                let dump = dump.with_table(&table);
                scheme.map_or(dump.clone(), |scheme| dump.with_scheme(scheme))
            })
        };
        assert_eq!(all(&of(Some(*scheme))), plain, "{scheme}");
        let report = of(None);
        let found = texts(&report, Check::ArtifactMalformed, "flash key");
        if scheme.key_len() == 32 {
            assert!(found[0].contains("two schemes, esp32 and xts-128"), "{report:?}");
        } else {
            assert_eq!(all(&report), plain, "{scheme}");
        }
    }
}

/// Keys in encrypted parts, in an unencrypted part, and where encryption is missing.
#[test]
fn keys_are_looked_for_in_the_decrypted_flash_as_well() {
    let device = Device::new();
    let key = key(EncryptionScheme::Xts128);
    let der = fs::read(device.path.join("internal/DAC_key.der")).unwrap();
    let leaks = |flash: &[u8]| {
        let report = device.audit(flash, Some(key.expose_bytes()), |dump| dump);
        texts(&report, Check::KeyLeaked, "flash dump")
            .into_iter()
            .map(|_| "flash dump")
            .chain(
                texts(&report, Check::KeyLeaked, "decrypted flash dump")
                    .into_iter()
                    .map(|_| "decrypted"),
            )
            .collect::<Vec<_>>()
    };
    assert_eq!(leaks(&device.encrypted(&key)), Vec::<&str>::new());
    let bootloader = (0x1000, 0x1000);
    for at in [APP + 0x1234, 0x1234] {
        let mut flash = device.plain.clone();
        put(&mut flash, at, &der);
        encrypt(&mut flash, &key, &PIECES);
        encrypt(&mut flash, &key, &[bootloader]);
        assert_eq!(leaks(&flash), ["decrypted"], "{at:#x}");
    }
    for at in [APP + 0x1234, 0x1_5678] {
        let mut flash = device.encrypted(&key);
        put(&mut flash, at, &der);
        assert_eq!(leaks(&flash), ["flash dump"], "{at:#x}");
    }
}

#[test]
fn pieces_that_the_firmware_reads_differently_are_reported() {
    let device = Device::new();
    let key = key(EncryptionScheme::Xts128);
    let audit = |flash: &[u8]| device.audit(flash, Some(key.expose_bytes()), |dump| dump);
    let good = all(&audit(&device.encrypted(&key)));
    let plain_pieces = [
        (KEYS, 0x1000, "nvs_keys"),
        (CERT, 0x2000, "esp_secure_cert"),
        (APP, 0x1_0000, "app"),
    ];
    for (at, len, label) in plain_pieces {
        let mut flash = device.encrypted(&key);
        put(&mut flash, at, &device.plain[at..at + len]);
        let report = audit(&flash);
        let found = texts(&report, Check::ArtifactMalformed, label);
        assert!(
            found.len() == 1 && found[0].contains("not encrypted, but the firmware decrypts it"),
            "{report:?}"
        );
        // Its contents are still audited.
        assert_eq!(all(&report).len(), good.len() + 1, "{report:?}");
    }
    let with_flags = |row: usize, flags: u32| {
        let mut rows = ROWS;
        rows[row].5 = flags;
        let mut flash = device.encrypted(&key);
        put(&mut flash, TABLE, &[0xFF; 0x1000]);
        put(&mut flash, TABLE, &binary_table(&rows));
        encrypt(&mut flash, &key, &[(TABLE, 0x1000)]);
        audit(&flash)
    };
    let report = with_flags(0, 0);
    let found = texts(&report, Check::ArtifactMalformed, "esp_secure_cert");
    assert!(
        found[0].contains("encrypted, but without the flag in the table"),
        "{report:?}"
    );
    let report = with_flags(2, ENCRYPTED);
    let found = texts(&report, Check::ArtifactMalformed, "fctry");
    assert!(found[0].contains("the firmware refuses an NVS store"), "{report:?}");
    // Keys encrypted with another key than the table, erased keys, and keys erased before encryption.
    let keys = |bytes: &[u8], encrypted_with: Option<&FlashKey>| {
        let mut flash = device.encrypted(&key);
        put(&mut flash, KEYS, bytes);
        if let Some(key) = encrypted_with {
            encrypt(&mut flash, key, &[(KEYS, 0x1000)]);
        }
        texts(&audit(&flash), Check::ArtifactMalformed, "nvs_keys")
    };
    let other = FlashKey::new(EncryptionScheme::Xts128, &[9; 32]).unwrap();
    let found = keys(&device.plain[KEYS..KEYS + 0x1000], Some(&other));
    assert!(
        found[0].contains("encrypted with a different key from the rest"),
        "{found:?}"
    );
    for key in [None, Some(&key)] {
        let found = keys(&[0xFF; 0x1000], key);
        assert!(found[0].contains("is erased"), "{found:?}");
    }
}

/// A dump covers the whole flash; a merged image may cover only the parts to write.
#[test]
fn an_image_may_end_before_partitions_that_the_firmware_fills() {
    let device = Device::new();
    let rows = [
        ("fctry", 1, 2, 0x9000, 0x6000, 0),
        ("nvs_keys", 1, 4, 0xF000, 0x1000, 0),
        ("esp_secure_cert", 0x3F, 0x06, 0x1_0000, 0x2000, ENCRYPTED),
        ("nvs", 1, 2, 0x1_2000, 0x6000, 0),
    ];
    let cert = keyless(&device.path);
    let len = cert.len().next_multiple_of(16);
    let mut flash = vec![0xFF; 0x1_0000 + len];
    put(&mut flash, TABLE, &binary_table(&rows));
    put(&mut flash, 0x9000, &device.plain[FCTRY..FCTRY + 0x6000]);
    put(&mut flash, 0xF000, &device.plain[KEYS..KEYS + 0x1000]);
    put(&mut flash, 0x1_0000, &cert);
    let key = key(EncryptionScheme::Xts128Derived);
    let mut encrypted = flash.clone();
    encrypt(
        &mut encrypted,
        &key,
        &[(TABLE, 0x1000), (0xF000, 0x1000), (0x1_0000, len)],
    );
    let ends = |report: &AuditReport, check| texts(report, check, "flash dump");
    let image = device.audit(&encrypted, Some(key.expose_bytes()), |dump| dump);
    assert!(ends(&image, Check::ArtifactMalformed).is_empty(), "{image:?}");
    let found = ends(&image, Check::NotChecked);
    assert!(found[0].contains("inside the partition esp_secure_cert"), "{image:?}");
    assert!(found[1].contains("before the partition nvs"), "{image:?}");
    let dump = device.audit(&flash, None, |dump| dump);
    assert_eq!(ends(&dump, Check::ArtifactMalformed).len(), 2, "{dump:?}");
    // An image must contain the whole NVS partition.
    let image = device.audit(&encrypted[..0xE000], Some(key.expose_bytes()), |dump| dump);
    let found = ends(&image, Check::ArtifactMalformed);
    assert!(found[0].contains("inside the partition fctry"), "{image:?}");
}

#[test]
fn the_flash_of_an_esp32_ends_at_16_mib() {
    let device = Device::new();
    let rows = [
        ("fctry", 1, 2, 0xC000, 0x6000, 0),
        ("nvs_keys", 1, 4, 0x100_0000, 0x1000, 0),
    ];
    let mut flash = vec![0xFF; 0x100_1000];
    put(&mut flash, TABLE, &binary_table(&rows));
    put(&mut flash, FCTRY, &device.plain[FCTRY..FCTRY + 0x6000]);
    put(&mut flash, 0x100_0000, &device.plain[KEYS..KEYS + 0x1000]);
    let key = key(EncryptionScheme::Esp32);
    encrypt(&mut flash, &key, &[(TABLE, 0x1000)]);
    let report = device.audit(&flash, Some(key.expose_bytes()), |dump| dump);
    let found = texts(&report, Check::ArtifactMalformed, "nvs_keys");
    assert!(found[0].contains("end after 0x1000000"), "{report:?}");
}
