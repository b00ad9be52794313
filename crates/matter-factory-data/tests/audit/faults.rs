//! The faults: the change, and the check that must find it.

use esp_nvs_image::{Number, OwnedValue};
use esp_secure_cert::RecordType;
use matter_attestation::Validity;
use matter_setup_payload::{CommissioningFlow, OptionalData};
use matter_spake2p::Salt;
use matter_types::{ProductId, VendorId};

use crate::device::{
    DISCRIMINATOR, Device, PASSCODE, PRODUCT, VENDOR, declaration, issue, key, payload, salt, verifier, world, year,
};
use crate::patch::{duplicate, rename, slot};
use crate::secrets;

#[derive(Clone, Copy)]
pub(crate) enum Base {
    Nvs,
    SecureCert,
    Efuse,
    WithoutCd,
}

impl Base {
    pub(crate) fn device(self) -> Device {
        match self {
            Self::Nvs => Device::in_nvs(),
            Self::SecureCert => Device::in_secure_cert(),
            Self::Efuse => Device::in_efuse(),
            Self::WithoutCd => {
                let mut device = Device::in_nvs();
                device.remove("cert-dclrn");
                device
            }
        }
    }
}

pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) check: &'static str,
    pub(crate) base: Base,
    pub(crate) inject: fn(&mut Device),
}

macro_rules! faults {
    ($($base:ident, $name:literal, $check:literal, $inject:expr;)+) => {
        vec![$(Fault { name: $name, check: $check, base: Base::$base, inject: $inject }),+]
    };
}
pub(crate) use faults;

pub(crate) fn all() -> Vec<Fault> {
    let mut all = images();
    all.extend(values());
    all.extend(labels());
    all.extend(attestation());
    all.extend(secrets::all());
    all
}

pub(crate) fn text(text: &str) -> OwnedValue {
    OwnedValue::Str(text.into())
}

fn images() -> Vec<Fault> {
    faults! {
        Nvs, "A bit of the NVS page header", "nvs-page-header-crc", |device| device.patch(|image| image[4] ^= 1);
        Nvs, "A bit of the page's state", "nvs-page-not-blank", |device| device.patch(|image| image[0] ^= 1);
        Nvs, "A bit of the page's version", "nvs-page-header-crc", |device| device.patch(|image| image[8] ^= 1);
        Nvs, "A bit of an entry's head", "nvs-entry-crc", |device| device.patch(|image| {
            let at = slot(image, "discriminator");
            image[at + 24] ^= 1;
        });
        Nvs, "A bit of an entry's name", "nvs-entry-crc", |device| device.patch(|image| {
            let at = slot(image, "product-id");
            image[at + 8] ^= 1;
        });
        Nvs, "A bit of a string", "nvs-payload-crc", |device| device.patch(|image| {
            let at = slot(image, "verifier");
            image[at + 32] ^= 1;
        });
        Nvs, "A bit of a blob", "nvs-payload-crc", |device| device.patch(|image| {
            let at = slot(image, "dac-cert");
            image[at + 40] ^= 1;
        });
        Nvs, "A bit of the bitmap", "nvs-slot-state", |device| device.patch(|image| image[0x20] ^= 0x30);
        Nvs, "An image cut in a page", "nvs-image-size", |device| device.patch(|image| image.truncate(0x5F00));
        Nvs, "An image of erased flash only", "nvs-blank-partition", |device| device.nvs = Some(vec![0xFF; 0x6000]);
        Nvs, "An empty image", "nvs-image-size", |device| device.nvs = Some(Vec::new());
        Nvs, "The first page erased", "key-missing", |device| device.patch(|image| image[..0x1000].fill(0xFF));
        Nvs, "A duplicate page", "nvs-page-sequence", |device| device.patch(|image| image.copy_within(..0x1000, 0x3000));
        SecureCert, "A bit of a record's data", "secure-cert-crc", |device| device.patch_records(|image| image[100] ^= 1);
        SecureCert, "A bit of a record's checksum", "secure-cert-crc", |device| device.patch_records(|image| {
            let end = image.len() - 1;
            image[end] ^= 1;
        });
        SecureCert, "A cut secure-cert image", "secure-cert-truncated", |device| device.patch_records(|image| image.truncate(700));
        SecureCert, "A first record without magic", "secure-cert-no-records", |device| device.patch_records(|image| image[0] ^= 1);
        SecureCert, "A duplicate record", "secure-cert-duplicate", |device| {
            let record = device.records[0].clone();
            device.records.push(record);
        };
        SecureCert, "Bytes after the records", "secure-cert-trailing-bytes", |device| device.patch_records(|image| image.extend([1; 16]));
        SecureCert, "The magic of a record, which loses all records after it", "secure-cert-trailing-bytes", |device| {
            device.patch_records(|image| {
                let at = image.windows(4).rposition(|bytes| bytes == [0x11, 0xBA, 0x5E, 0xBA]).unwrap();
                image[at] ^= 1;
            });
        };
        Efuse, "An eFuse block without a key", "secure-cert-sec-cfg", |device| device.record_mut(RecordType::SEC_CFG, 0).data[0] = 3;
        Efuse, "A key in the eFuses without its block", "secure-cert-key-record-missing", |device| {
            device.records.retain(|record| record.kind != RecordType::SEC_CFG);
        };
    }
}

fn values() -> Vec<Fault> {
    faults! {
        Nvs, "No discriminator", "key-missing", |device| device.remove("discriminator");
        Nvs, "No salt", "key-missing", |device| device.remove("salt");
        Nvs, "No verifier", "key-missing", |device| device.remove("verifier");
        Nvs, "No iteration count", "key-missing", |device| device.remove("iteration-count");
        Nvs, "No vendor id", "key-missing", |device| device.remove("vendor-id");
        Nvs, "No DAC", "key-missing", |device| device.remove("dac-cert");
        Nvs, "No key of the DAC", "key-missing", |device| device.remove("dac-key");
        Nvs, "No public key of the DAC", "key-missing", |device| device.remove("dac-pub-key");
        Nvs, "No PAI", "key-missing", |device| device.remove("pai-cert");
        SecureCert, "No PAI in esp_secure_cert", "key-missing", |device| device.records.retain(|record| record.kind != RecordType::CA_CERT);
        SecureCert, "No verifier in esp_secure_cert", "key-missing", |device| device.records.retain(|record| record.subtype != 1);
        Nvs, "No declaration", "cd-absent", |device| device.remove("cert-dclrn");
        Nvs, "Neither DAC nor key nor PAI", "attestation-absent", |device| {
            for name in ["dac-cert", "dac-key", "dac-pub-key", "pai-cert"] {
                device.remove(name);
            }
        };
        Nvs, "A discriminator of 16 bits", "key-type", |device| device.put("discriminator", OwnedValue::Number(Number::U16(DISCRIMINATOR)));
        Nvs, "A verifier as a blob", "key-type", |device| device.put("verifier", OwnedValue::Blob(vec![1; 97]));
        Nvs, "A DAC as a string", "key-type", |device| device.put("dac-cert", text("DAC"));
        Nvs, "A discriminator above 4095", "key-range", |device| device.put("discriminator", OwnedValue::Number(Number::U32(0x1000)));
        Nvs, "999 iterations", "key-range", |device| device.put("iteration-count", OwnedValue::Number(Number::U32(999)));
        Nvs, "Vendor id 0", "key-range", |device| device.put("vendor-id", OwnedValue::Number(Number::U32(0)));
        SecureCert, "A discriminator above 4095 in esp_secure_cert", "key-range", |device| device.record_mut(RecordType::MATTER_1, 0).data = vec![0, 0x10];
        SecureCert, "A discriminator of four bytes in esp_secure_cert", "secure-cert-matter-length", |device| device.record_mut(RecordType::MATTER_1, 0).data = vec![0; 4];
        Nvs, "A salt of 8 bytes", "key-value", |device| device.put("salt", text("AAECAwQFBgc="));
        Nvs, "A verifier whose point is not on the curve", "key-value", |device| {
            let mut bytes = *verifier(PASSCODE, &salt()).expose_bytes();
            bytes[96] ^= 1;
            let record = OwnedValue::Str(base64(&bytes));
            device.put("verifier", record);
        };
        Nvs, "A date that does not exist", "key-value", |device| device.put("mfg-date", text("2026-02-30"));
        Nvs, "A vendor name of 33 characters", "key-value", |device| device.put("vendor-name", text(&"x".repeat(33)));
        Nvs, "A key of 31 bytes", "key-length", |device| device.put("dac-key", OwnedValue::Blob(vec![1; 31]));
        Nvs, "A rotating id of 15 bytes", "key-length", |device| device.put("rd-id-uid", OwnedValue::Blob(vec![1; 15]));
        Nvs, "A duplicate key on two pages", "nvs-duplicate-key", |device| device.patch(|image| {
            duplicate(image, "serial-num");
        });
        Nvs, "A key of two types on two pages", "key-twice", |device| {
            device.put("filler", OwnedValue::Blob(vec![0; 3000]));
            device.put("my-key", text("1"));
            device.patch(|image| rename(image, "my-key", "hardware-ver"));
        };
        Nvs, "A key that no firmware reads", "key-unknown", |device| device.put("my-key", OwnedValue::Number(Number::U8(1)));
        Nvs, "A list that is longer than its items", "key-missing", |device| device.put("locale-sz", OwnedValue::Number(Number::U32(u32::MAX)));
        Nvs, "An item beyond its list", "list-item-uncounted", |device| device.put("locale-sz", OwnedValue::Number(Number::U32(1)));
        Efuse, "Another discriminator in esp_secure_cert", "storage-disagrees", |device| device.record(RecordType::MATTER_1, 0, &[1, 0]);
        Efuse, "Another PAI in NVS", "storage-disagrees", |device| device.put("pai-cert", OwnedValue::Blob(world().other_pai.as_der().into()));
        SecureCert, "Another salt in NVS", "storage-disagrees", |device| device.put("salt", text("AAECAwQFBgcICQoLDA0ODw=="));
        SecureCert, "Another verifier in NVS", "storage-disagrees", |device| {
            let other = verifier(12_341_234, &salt()).to_base64();
            device.put("verifier", text(other.as_str()));
        };
    }
}

pub(crate) fn reprint(
    device: &mut Device,
    vendor: u16,
    product: u16,
    discriminator: u16,
    passcode: u32,
    flow: CommissioningFlow,
) {
    device.print(&payload(vendor, product, discriminator, passcode, flow));
    device.discriminator = discriminator.to_string();
    device.passcode = passcode.to_string();
}

fn labels() -> Vec<Fault> {
    use CommissioningFlow::{Custom, Standard};
    faults! {
        Nvs, "The label of a device with another discriminator", "label-discriminator", |device| reprint(device, VENDOR, PRODUCT, 0xABD, PASSCODE, Standard);
        Nvs, "The label of a device with another passcode", "verifier-passcode", |device| reprint(device, VENDOR, PRODUCT, DISCRIMINATOR, 12_341_234, Standard);
        Nvs, "The label of another vendor", "label-vendor-id", |device| reprint(device, 0x1235, PRODUCT, DISCRIMINATOR, PASSCODE, Standard);
        Nvs, "The label of another product", "label-product-id", |device| reprint(device, VENDOR, 0x8001, DISCRIMINATOR, PASSCODE, Standard);
        Nvs, "The label of another flow", "label-flow", |device| reprint(device, VENDOR, PRODUCT, DISCRIMINATOR, PASSCODE, Custom);
        Nvs, "A QR code with the serial number of another device", "label-serial", |device| {
            let data = OptionalData::new().with_serial_number("SN0002").unwrap();
            let payload = device.payload.clone().with_data(data);
            device.print(&payload);
        };
        Nvs, "The manual code of another device", "label-codes-differ", |device| {
            device.manual = payload(VENDOR, PRODUCT, DISCRIMINATOR, 12_341_234, Standard).manual_code().as_str().into();
        };
        Nvs, "A manual code of another short discriminator", "label-discriminator", |device| {
            device.manual = payload(VENDOR, PRODUCT, 0x0BC, PASSCODE, Standard).manual_code().as_str().into();
        };
        Nvs, "A manual code with another digit", "label-malformed", |device| {
            let last = if device.manual.pop() == Some('0') { '1' } else { '0' };
            device.manual.push(last);
        };
        Nvs, "A QR code without its prefix", "label-malformed", |device| {
            device.qr.remove(0);
            device.picture.clone_from(&device.qr);
        };
        Nvs, "The picture of another QR code", "label-picture", |device| {
            device.picture = payload(VENDOR, PRODUCT, DISCRIMINATOR, 12_341_234, Standard).qr_text().as_str().into();
        };
        Nvs, "Another discriminator next to the codes", "label-discriminator", |device| device.discriminator = "7".into();
        Nvs, "Another passcode next to the codes", "label-codes-differ", |device| device.passcode = "12341234".into();
        Nvs, "A discriminator that is not a number", "label-malformed", |device| device.discriminator = "x".into();
        Nvs, "Another discriminator in the image", "label-discriminator", |device| device.put("discriminator", OwnedValue::Number(Number::U32(0x0BC)));
        Nvs, "Another salt in the image", "verifier-passcode", |device| {
            let mut other = salt();
            other[0] ^= 1;
            device.put("salt", text(Salt::new(&other).unwrap().to_base64().as_str()));
        };
        Nvs, "Another iteration count in the image", "verifier-passcode", |device| device.put("iteration-count", OwnedValue::Number(Number::U32(1001)));
        SecureCert, "Another salt in esp_secure_cert", "verifier-passcode", |device| device.record_mut(RecordType::MATTER_1, 2).data[0] ^= 1;
    }
}

fn chain(device: &mut Device, validity: Validity, vendor: u16, product: u16) {
    // A PAI of another vendor has another key.
    let (pai, pai_key) = if vendor == VENDOR {
        (&world().pai, key(2))
    } else {
        (&world().other_pai, key(4))
    };
    let dac = issue(vendor, product, validity, pai, &pai_key);
    device.put("dac-cert", OwnedValue::Blob(dac.as_der().into()));
    device.put("pai-cert", OwnedValue::Blob(pai.as_der().into()));
}

fn attestation() -> Vec<Fault> {
    faults! {
        Nvs, "The key of another device", "dac-key-mismatch", |device| device.put("dac-key", OwnedValue::Blob(key(9).expose_scalar().to_vec()));
        SecureCert, "The key of another device in esp_secure_cert", "dac-key-mismatch", |device| {
            device.record_mut(RecordType::PRIV_KEY, 0).data = key(9).to_sec1_der().to_vec();
        };
        Nvs, "A key of zeros", "dac-key-invalid", |device| device.put("dac-key", OwnedValue::Blob(vec![0; 32]));
        Nvs, "The public key of another device", "dac-public-key", |device| device.put("dac-pub-key", OwnedValue::Blob(key(9).public_key().as_bytes().to_vec()));
        Nvs, "The PAI of another vendor", "certificate-signature", |device| device.put("pai-cert", OwnedValue::Blob(world().other_pai.as_der().into()));
        Nvs, "DAC and PAI of another vendor", "cd-dac-vendor-id", |device| chain(device, Validity::without_expiry(year(2020)), 0x1235, PRODUCT);
        Nvs, "The DAC of another product", "cd-dac-product-id", |device| chain(device, Validity::without_expiry(year(2020)), VENDOR, 0x8001);
        WithoutCd, "DAC and PAI of another vendor, and no declaration", "dac-of-another-product", |device| chain(device, Validity::without_expiry(year(2020)), 0x1235, PRODUCT);
        WithoutCd, "The DAC of another product, and no declaration", "dac-of-another-product", |device| chain(device, Validity::without_expiry(year(2020)), VENDOR, 0x8001);
        Nvs, "A DAC that has expired", "dac-expired", |device| chain(device, Validity::new(year(2021), year(2022)).unwrap(), VENDOR, PRODUCT);
        Nvs, "A DAC that is not yet valid", "dac-not-yet-valid", |device| chain(device, Validity::without_expiry(year(2030)), VENDOR, PRODUCT);
        Nvs, "An untrusted PAA", "paa-not-found", |device| {
            static EMPTY: matter_attestation::PaaStore = matter_attestation::PaaStore::new();
            device.expected = device.expected.with_paa_store(&EMPTY);
        };
        Nvs, "A declaration for another product", "cd-product-id", |device| device.put("cert-dclrn", OwnedValue::Blob(declaration(VENDOR, 0x8001)));
        Nvs, "A declaration for another vendor", "cd-vendor-id", |device| device.put("cert-dclrn", OwnedValue::Blob(declaration(0x1235, PRODUCT)));
        Nvs, "A declaration of random bytes", "cd-malformed", |device| device.put("cert-dclrn", OwnedValue::Blob(vec![0x5A; 64]));
        Nvs, "A declaration other than the expected one", "cd-unexpected", |device| device.expected = device.expected.with_declaration(b"another");
        SecureCert, "A DAC for another product than expected, and no ids in NVS", "product-unexpected", |device| {
            device.remove("vendor-id");
            let dac = issue(VENDOR, 0x8001, Validity::without_expiry(year(2020)), &world().pai, &key(2));
            device.record_mut(RecordType::DEV_CERT, 0).data = dac.as_der().to_vec();
        };
        Nvs, "A label for another product than expected, and no ids in NVS", "product-unexpected", |device| {
            device.remove("product-id");
            device.print(&payload(VENDOR, 0x8001, DISCRIMINATOR, PASSCODE, CommissioningFlow::Standard));
        };
        Nvs, "Another product than the expected one", "product-unexpected", |device| {
            device.expected = device.expected.with_product(VendorId::new(VENDOR).unwrap(), ProductId::new(0x8001).unwrap());
        };
        Nvs, "A DAC that is not a certificate", "certificate-malformed", |device| device.put("dac-cert", OwnedValue::Blob(vec![0x30; 100]));
        SecureCert, "A DAC in PEM", "key-value", |device| {
            let mut pem = world().dac.to_pem().into_bytes();
            pem.push(0);
            device.record_mut(RecordType::DEV_CERT, 0).data = pem;
        };
        Nvs, "A test vendor id", "test-pki", |device| device.put("vendor-id", OwnedValue::Number(Number::U32(0xFFF1)));
        WithoutCd, "A declaration that everybody can sign", "test-cd-signer", |device| device.put("cert-dclrn", OwnedValue::Blob(declaration(VENDOR, PRODUCT)));
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|at| u32::from(group.get(at).copied().unwrap_or_default()));
        let bits = a << 16 | b << 8 | c;
        for digit in 0..4 {
            let known = digit <= group.len();
            let index = (bits >> (18 - 6 * digit) & 63) as usize;
            text.push(if known { DIGITS[index].into() } else { '=' });
        }
    }
    text
}
