//! The faults: each change and the check that must find it.

use std::fs;
use std::path::Path;

use base16ct::lower::encode_string as hex;
use serde_json::json;

use crate::device::keyless;
use crate::{Against, Batch, Fault, copy, devices, good, tables, uuid};

macro_rules! faults {
    ($($against:expr, $name:literal, $check:literal, $inject:expr;)+) => {
        vec![$(Fault { name: $name, check: $check, against: $against, inject: $inject }),+]
    };
}

/// Appends a sector of erased flash, which the firmware ignores.
fn lengthen(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes.resize(bytes.len() + 0x1000, 0xFF);
    fs::write(path, bytes).unwrap();
}

pub(crate) fn add_foreign_device(batch: &Batch) {
    let [device, _] = devices(&good().path().join("other/fff1_8000"));
    copy(&device, &batch.top().join(uuid(&device)));
}

/// Returns the image of a device whose key is in an eFuse.
fn image_without_key() -> std::path::PathBuf {
    let [device, _] = devices(&good().path().join("efuse/fff1_8000"));
    device.join(format!("{}-partition.bin", uuid(&device)))
}

/// Replaces a file of the first device's internal folder by the second one's.
fn copy_other(batch: &Batch, name: &str) {
    let [to, from] = batch
        .devices
        .each_ref()
        .map(|device| device.join("internal").join(name));
    copy(&from, &to);
}

/// Replaces a file by the one of another run's device.
fn copy_foreign(batch: &Batch, name: &str) {
    let [device, _] = devices(&good().path().join("other/fff1_8000"));
    copy(
        &device.join("internal").join(name),
        &batch.devices[0].join("internal").join(name),
    );
}

fn remove_column(batch: &Batch, name: &str) {
    let path = batch.file("-onb_codes.csv");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(name));
    fs::write(&path, text.replace(name, "other")).unwrap();
}

#[cfg(unix)]
pub(crate) fn open(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub(crate) fn open(_: &Path, _: u32) {}

const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

pub(crate) fn faults() -> Vec<Fault> {
    let mut faults = files();
    faults.extend(modes());
    faults.extend(lists());
    faults.extend(tables::faults());
    faults
}

fn files() -> Vec<Fault> {
    use Against::{Nothing, Revoked};
    faults! {
        Nothing, "A device without its image", "artifact-missing", |batch| fs::remove_file(batch.image()).unwrap();
        Nothing, "A device with nothing but its secure-cert image", "artifact-missing", |batch| {
            let device = &batch.devices[0];
            fs::remove_file(batch.image()).unwrap();
            // The key is in no image then, and must be in no file.
            for name in ["DAC_key.pem", "DAC_key.der", "DAC_private_key.bin"] {
                fs::remove_file(device.join("internal").join(name)).unwrap();
            }
            let image = batch.file("_esp_secure_cert.bin");
            fs::write(&image, keyless(device)).unwrap();
            open(&image, 0o600);
        };
        Nothing, "No device in the folder", "artifact-missing", |batch| for device in &batch.devices {
            fs::remove_dir_all(device).unwrap();
        };
        Nothing, "A table of codes that is empty", "artifact-malformed", |batch| fs::write(batch.file("-onb_codes.csv"), "").unwrap();
        Nothing, "A table of codes with nothing but its header", "artifact-malformed", |batch| {
            let text = fs::read_to_string(batch.file("-onb_codes.csv")).unwrap();
            fs::write(batch.file("-onb_codes.csv"), text.lines().next().unwrap()).unwrap();
        };
        Nothing, "A table of codes without the QR code", "artifact-malformed", |batch| remove_column(batch, "qrcode");
        Nothing, "A table of codes without the manual code", "artifact-malformed", |batch| remove_column(batch, "manualcode");
        Nothing, "A row of codes without its last comma", "artifact-malformed", |batch| {
            let text = fs::read_to_string(batch.file("-onb_codes.csv")).unwrap();
            let (before, after) = text.rsplit_once(',').unwrap();
            fs::write(batch.file("-onb_codes.csv"), format!("{before}-{after}")).unwrap();
        };
        Nothing, "The key in the table of codes", "key-leaked", |batch| {
            let key = hex(&*batch.key().expose_scalar());
            let text = fs::read_to_string(batch.file("-onb_codes.csv")).unwrap();
            let (header, row) = text.trim_end().split_once('\n').unwrap();
            fs::write(batch.file("-onb_codes.csv"), format!("{header},key\n{row},{key}\n")).unwrap();
        };
        Nothing, "The key after the picture of the QR code", "key-leaked", |batch| {
            let picture = [fs::read(batch.file("-qrcode.png")).unwrap(), batch.key().expose_scalar().to_vec()];
            fs::write(batch.file("-qrcode.png"), picture.concat()).unwrap();
        };
        Nothing, "A copy of the key beside its folder", "key-leaked", |batch| {
            copy(&batch.devices[0].join("internal/DAC_key.der"), &batch.devices[0].join("key.der"));
        };
        Nothing, "The key of another device in the file for the key", "key-leaked", |batch| {
            let [to, from] = &batch.devices;
            copy(&from.join("internal/DAC_key.pem"), &to.join("internal/DAC_key.pem"));
        };
        Nothing, "The DAC of another device beside the image", "storage-disagrees", |batch| copy_other(batch, "DAC_cert.der");
        Nothing, "The DAC of another device in PEM beside the image", "storage-disagrees", |batch| copy_other(batch, "DAC_cert.pem");
        Nothing, "Another PAI beside the image", "storage-disagrees", |batch| copy_foreign(batch, "PAI_cert.der");
        Nothing, "A damaged declaration beside the image", "storage-disagrees", |batch| {
            let path = batch.devices[0].join("internal/CD.der");
            let mut bytes = fs::read(&path).unwrap();
            bytes[60] ^= 1;
            fs::write(path, bytes).unwrap();
        };
        Nothing, "Two tables of codes", "artifact-twice", |batch| {
            copy(&batch.file("-onb_codes.csv"), &batch.devices[0].join("old-onb_codes.csv"));
        };
        Nothing, "A table of codes with a second device", "artifact-malformed", |batch| {
            let text = fs::read_to_string(batch.file("-onb_codes.csv")).unwrap();
            let row = text.lines().nth(1).unwrap();
            fs::write(batch.file("-onb_codes.csv"), format!("{}\n{row}\n", text.trim_end())).unwrap();
        };
        Nothing, "An image with the name of another device", "name-differs", |batch| {
            let name = format!("{}-partition.bin", uuid(&batch.devices[1]));
            fs::rename(batch.image(), batch.devices[0].join(name)).unwrap();
        };
        Nothing, "An image beside the folders of devices", "artifact-stray", |batch| {
            copy(&image_without_key(), &batch.top().join("x-partition.bin"));
        };
        Nothing, "An image above the folders of devices", "artifact-stray", |batch| {
            copy(&image_without_key(), &batch.folder.path().join("out/x-partition.bin"));
        };
        Nothing, "A device's key beside the folders of devices", "key-leaked", |batch| {
            copy(&batch.devices[0].join("internal/DAC_key.pem"), &batch.top().join("copy.txt"));
        };
        Nothing, "A device's key in a folder beside those of devices", "key-leaked", |batch| {
            let backup = batch.folder.path().join("out/backup");
            fs::create_dir(&backup).unwrap();
            open(&backup, 0o700);
            copy(&batch.devices[0].join("internal/DAC_key.pem"), &backup.join("key.txt"));
        };
        Nothing, "The key of the PAI in the output folder", "key-leaked", |batch| {
            copy(&batch.folder.path().join("out/test-pki/PAI_key.pem"), &batch.folder.path().join("out/PAI_key.pem"));
        };
        Nothing, "Another device's public key", "storage-disagrees", |batch| copy_other(batch, "DAC_public_key.bin");
        Nothing, "A passcode cell that is empty", "label-malformed", |batch| {
            let path = batch.file("-onb_codes.csv");
            let text = fs::read_to_string(&path).unwrap();
            let end = text.trim_end().rfind(',').unwrap();
            fs::write(&path, format!("{}\n", &text[..=end])).unwrap();
        };
        Nothing, "A table of codes that is nothing but its QR code", "artifact-malformed", |batch| {
            fs::write(batch.file("-onb_codes.csv"), "MT:Y.K9042C00KA0648G00\n").unwrap();
        };
        Nothing, "A key that is encrypted beside its folder", "key-container", |batch| {
            let path = batch.devices[0].join("key.pem");
            fs::write(&path, include_bytes!("../data/encrypted_pkcs8.pem")).unwrap();
            open(&path, 0o600);
        };
        Nothing, "The folder of a device with the name of another", "name-differs", |batch| {
            fs::rename(&batch.devices[0], batch.top().join("00000000-0000-4000-8000-000000000000")).unwrap();
        };
        Revoked(|batch| batch.certificate("DAC_cert.der")), "A DAC that is revoked", "dac-revoked", |_| ();
        Revoked(|batch| batch.certificate("PAI_cert.der")), "A PAI that is revoked", "pai-revoked", |_| ();
    }
}

fn modes() -> Vec<Fault> {
    use Against::{Lists, Nothing};
    faults! {
        Lists, "A manifest that everybody can read", "file-mode", |batch| open(&batch.top().join("manifest.json"), 0o644);
        Lists, "A list of passcodes that everybody can read", "file-mode", |batch| open(&batch.top().join("staging/pin_disc.csv"), 0o644);
        Nothing, "A key of the test PKI that everybody can read", "file-mode", |batch| {
            open(&batch.folder.path().join("out/test-pki/PAI_key.pem"), 0o644);
        };
        Nothing, "A ledger that everybody can read", "file-mode", |batch| open(&batch.folder.path().join("out/ledger.sqlite"), 0o644);
        Nothing, "An output folder that everybody can read", "file-mode", |batch| open(&batch.folder.path().join("out"), 0o755);
        Nothing, "A key that the owner's group can read", "file-mode", |batch| open(&batch.devices[0].join("internal/DAC_key.pem"), 0o640);
        Nothing, "A folder that everybody can read", "file-mode", |batch| open(&batch.devices[0], 0o755);
        Nothing, "An image that everybody can write", "file-writable", |batch| open(&batch.image(), 0o602);
        Nothing, "A key that the owner's group can write", "file-writable", |batch| open(&batch.devices[0].join("internal/DAC_key.der"), 0o660);
        Nothing, "A certificate that everybody can write", "file-writable", |batch| open(&batch.devices[0].join("internal/DAC_cert.der"), 0o666);
        Nothing, "A folder that everybody can write", "file-writable", |batch| open(&batch.devices[0], 0o777);
        Nothing, "A product's folder that the owner's group can write", "file-writable", |batch| open(&batch.top(), 0o770);
        Nothing, "An output folder that everybody can write", "file-writable", |batch| open(&batch.folder.path().join("out"), 0o777);
        Nothing, "A ledger that everybody can write", "file-writable", |batch| open(&batch.folder.path().join("out/ledger.sqlite"), 0o777);
        Nothing, "The ledger's key that everybody can write", "file-writable", |batch| {
            open(&batch.folder.path().join("out/ledger.sqlite.key"), 0o777);
        };
        Nothing, "A key of the test PKI that everybody can write", "file-writable", |batch| {
            open(&batch.folder.path().join("out/test-pki/PAI_key.pem"), 0o622);
        };
        Lists, "A manifest that everybody can write", "file-writable", |batch| open(&batch.top().join("manifest.json"), 0o666);
    }
}

fn lists() -> Vec<Fault> {
    use Against::{Ledger, Manifest};
    faults! {
        Manifest, "A manifest that is cut", "list-malformed", |batch| {
            let path = batch.top().join("manifest.json");
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, &text[..text.len() / 2]).unwrap();
        };
        Ledger, "A ledger that is cut", "list-malformed", |batch| {
            let path = batch.folder.path().join("out/ledger.sqlite");
            let bytes = fs::read(&path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        };
        Manifest, "A device of another run beside a manifest", "device-extra", add_foreign_device;
        Ledger, "A device of another run beside a ledger", "device-extra", add_foreign_device;
        Ledger, "A device that was scrapped and is still there", "device-extra", |batch| batch.record("state = 'scrapped'");
        Manifest, "A device of the manifest that is not there", "device-missing", |batch| fs::remove_dir_all(&batch.devices[1]).unwrap();
        Ledger, "A device of the ledger that is not there", "device-missing", |batch| fs::remove_dir_all(&batch.devices[1]).unwrap();
        Manifest, "A file of the manifest that is not there", "file-missing", |batch| {
            fs::remove_file(batch.devices[0].join("internal/DAC_key.pem")).unwrap();
        };
        Manifest, "An image with a trailing sector", "file-hash", |batch| lengthen(&batch.image());
        Ledger, "An image with a trailing sector, and its hash in the ledger", "file-hash", |batch| lengthen(&batch.image());
        Manifest, "A key file with a trailing line", "file-hash", |batch| {
            let path = batch.devices[0].join("internal/DAC_key.pem");
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, text + "\n").unwrap();
        };
        Manifest, "Another vendor id in the manifest", "manifest-differs", |batch| batch.list("vid", json!(0xFFF2));
        Manifest, "Another product id in the manifest", "manifest-differs", |batch| batch.list("pid", json!(0x8001));
        Manifest, "Another discriminator in the manifest", "manifest-differs", |batch| batch.list("discriminator", json!(4096));
        Manifest, "Another passcode in the manifest", "manifest-differs", |batch| batch.list("passcode", json!(1));
        Manifest, "Another QR code in the manifest", "manifest-differs", |batch| batch.list("qr", json!("MT:Y.K9042C00KA0648G00"));
        Manifest, "Another manual code in the manifest", "manifest-differs", |batch| batch.list("manual", json!("34970112332"));
        Manifest, "Another certificate's serial number in the manifest", "manifest-differs", |batch| batch.list("dac_serial", json!("01"));
        Manifest, "Another key in the manifest", "manifest-differs", |batch| batch.list("dac_public_key_sha256", json!(HASH));
        Manifest, "Another serial number in the manifest", "manifest-differs", |batch| batch.list("serial", json!("SN"));
        Ledger, "Another discriminator in the ledger", "manifest-differs", |batch| batch.record("discriminator = 4095 - discriminator");
        Ledger, "Another serial number in the ledger", "manifest-differs", |batch| batch.record("serial = 'SN'");
        Ledger, "Another certificate's serial number in the ledger", "manifest-differs", |batch| batch.record("dac_serial = X'01'");
        Ledger, "Another key in the ledger", "manifest-differs", |batch| batch.record("key_sha256 = zeroblob(32)");
    }
}
