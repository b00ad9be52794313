//! Faults of secrets.

use base16ct::lower::encode_string as hex;
use esp_nvs_image::{Number, OwnedValue};
use esp_secure_cert::{Flags, RecordType};
use matter_setup_payload::CommissioningFlow;

use crate::device::{DISCRIMINATOR, PASSCODE, PRODUCT, VENDOR, key, salt, verifier};
use crate::faults::{Base, Fault, base64, faults, reprint, text};

/// Surrounds bytes with other bytes.
fn noise(bytes: &[u8]) -> Vec<u8> {
    [b"abc: ", bytes, b"\nmore"].concat()
}

/// The 97 bytes of the SDK's `P256SerializedKeypair`: point and scalar.
fn keypair(number: u64) -> Vec<u8> {
    [
        key(number).public_key().as_bytes().as_slice(),
        &*key(number).expose_scalar(),
    ]
    .concat()
}

pub(crate) fn all() -> Vec<Fault> {
    faults! {
        Efuse, "The key's bytes in a record for a key in the eFuses", "key-leaked", |device| {
            device.record_mut(RecordType::PRIV_KEY, 0).data = key(3).to_sec1_der().to_vec();
        };
        Efuse, "The key in NVS in addition to the eFuses", "key-leaked", |device| device.put("dac-key", OwnedValue::Blob(key(3).expose_scalar().to_vec()));
        Efuse, "A key in DER in NVS", "key-leaked", |device| device.put("note", OwnedValue::Blob(key(3).to_sec1_der().to_vec()));
        Nvs, "The key of a cloud in its own namespace", "customer-key", |device| device.put_in("cloud", "client_key", text(&key(9).to_pkcs8_pem().unwrap()));
        Nvs, "The DAC's key in its own namespace", "key-leaked", |device| device.put_in("cloud", "client_key", text(&key(3).to_pkcs8_pem().unwrap()));
        Nvs, "The PAI's key in its own namespace", "key-leaked", |device| device.put_in("cloud", "client_key", text(&key(2).to_pkcs8_pem().unwrap()));
        Efuse, "A key in PEM in NVS", "key-leaked", |device| device.put("note", text(&key(3).to_pkcs8_pem().unwrap()));
        Efuse, "An unencrypted key in a record marked as encrypted", "key-leaked", |device| {
            let record = device.record_mut(RecordType::PRIV_KEY, 0);
            record.flags = Flags::HMAC_ENCRYPTED;
            record.data = key(3).to_sec1_der().to_vec();
        };
        Nvs, "The key's bytes in an erased slot", "key-leaked", |device| device.patch(|image| {
            let end = image.len() - 64;
            image[end..end + 32].copy_from_slice(&*key(3).expose_scalar());
        });
        Efuse, "The scalar under another name in NVS in addition to the eFuses", "key-leaked", |device| device.put("note", OwnedValue::Blob(key(3).expose_scalar().to_vec()));
        Efuse, "The scalar in hexadecimal in NVS in addition to the eFuses", "key-leaked", |device| device.put("note", text(&hex(&*key(3).expose_scalar())));
        Efuse, "The scalar as a record of esp_secure_cert", "key-leaked", |device| device.record(RecordType::MATTER_1, 9, &*key(3).expose_scalar());
        Efuse, "The key's bytes in an erased slot, known from one of the files", "key-leaked", |device| {
            device.key_files.push(key(3).to_sec1_der().to_vec());
            device.patch(|image| {
                let end = image.len() - 70;
                image[end..end + 32].copy_from_slice(&*key(3).expose_scalar());
            });
        };
        Efuse, "The key's bytes in an erased slot, unknown from any file", "key-leaked", |device| device.patch(|image| {
            image[0x1000 - 32..0x1000].copy_from_slice(&*key(3).expose_scalar());
            image[63] &= !0b1100;
        });
        Efuse, "The scalar in NVS under the name that findings use for the key", "key-leaked", |device| device.put("nvs dac-key", OwnedValue::Blob(key(3).expose_scalar().to_vec()));
        Efuse, "The SDK's 97 bytes in NVS in addition to a key in the eFuses", "key-leaked", |device| device.put("note", OwnedValue::Blob(keypair(3)));
        Efuse, "The scalar in Base64 within a text in NVS in addition to a key in the eFuses", "key-leaked", |device| {
            let value = format!("key={}", base64(&*key(3).expose_scalar()));
            device.put("note", text(&value));
        };
        Efuse, "The key in the eFuses in a file of hexadecimal", "key-leaked", |device| device.files.push(hex(&*key(3).expose_scalar()).into_bytes());
        Efuse, "The key in the eFuses in a file of hexadecimal in capitals, with a line end", "key-leaked", |device| {
            let line = hex(&*key(3).expose_scalar()).to_uppercase() + "\r\n";
            device.files.push(line.into_bytes());
        };
        Efuse, "The key in the eFuses as `openssl ec -text` writes it", "key-leaked", |device| {
            let pairs = hex(&*key(3).expose_scalar());
            let pairs = pairs.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect::<Vec<_>>();
            let lines = pairs.chunks(15).map(|line| format!("    {}", line.join(":"))).collect::<Vec<_>>();
            let text = format!("Private-Key: (256 bit)\npriv:\n{}\npub:\n    04:8a\n", lines.join(":\n"));
            device.files.push(text.into_bytes());
        };
        Efuse, "The key in the eFuses in two lines of hexadecimal", "key-leaked", |device| {
            let digits = hex(&*key(3).expose_scalar());
            let (first, second) = digits.split_at(60);
            device.files.push(format!("{first}\n{second}\n").into_bytes());
        };
        Efuse, "The key in the eFuses in hexadecimal within a text", "key-leaked", |device| device.files.push(noise(hex(&*key(3).expose_scalar()).as_bytes()));
        Efuse, "The key in the eFuses in a file of the SDK's 97 bytes", "key-leaked", |device| device.files.push(keypair(3));
        Efuse, "The key in the eFuses in a file of the SDK's 97 bytes in hexadecimal", "key-leaked", |device| device.files.push(hex(&keypair(3)).into_bytes());
        Efuse, "The key in the eFuses in the SDK's 97 bytes in hexadecimal within a text", "key-leaked", |device| device.files.push(noise(hex(&keypair(3)).as_bytes()));
        Efuse, "The key in the eFuses in a file of Base64", "key-leaked", |device| device.files.push(base64(&*key(3).expose_scalar()).into_bytes());
        Efuse, "The key in the eFuses in Base64 for URLs within a text", "key-leaked", |device| {
            let text = base64(&*key(3).expose_scalar()).replace('+', "-").replace('/', "_");
            device.files.push(noise(text.trim_end_matches('=').as_bytes()));
        };
        Efuse, "The key in the eFuses in hexadecimal in the file for another layout's key", "key-leaked", |device| device.key_files.push(hex(&*key(3).expose_scalar()).into_bytes());
        Efuse, "The scalar of another device in the file for another layout's key", "key-leaked", |device| device.key_files.push(key(4).expose_scalar().to_vec());
        Efuse, "Another key in the file for the eFuses", "key-leaked", |device| device.efuse_key = Some(key(4).to_sec1_der().to_vec());
        Efuse, "Another key as a bare scalar in the file for the eFuses", "key-leaked", |device| device.efuse_key = Some(key(4).expose_scalar().to_vec());
        Efuse, "Another key after the right one in the file for the eFuses", "key-leaked", |device| {
            let both = [key(3), key(4)].map(|key| key.to_pkcs8_pem().unwrap().to_string());
            device.efuse_key = Some(both.concat().into_bytes());
        };
        Efuse, "An eFuse key file without a key", "artifact-malformed", |device| device.efuse_key = Some(b"no key".to_vec());
        Nvs, "A key for an eFuse in addition to NVS", "key-leaked", |device| device.efuse_key = Some(key(3).to_sec1_der().to_vec());
        Efuse, "A file of the key in the eFuses", "key-leaked", |device| device.key_files.push(key(3).expose_scalar().to_vec());
        Nvs, "The key in a file of another kind", "key-leaked", |device| device.files.push(noise(&*key(3).expose_scalar()));
        Nvs, "The key in hexadecimal in a file of another kind", "key-leaked", |device| device.files.push(noise(hex(&*key(3).expose_scalar()).as_bytes()));
        Nvs, "The key in PEM in a file of another kind", "key-leaked", |device| device.files.push(noise(key(3).to_pkcs8_pem().unwrap().as_bytes()));
        Nvs, "The key in PEM without its first and last line", "key-leaked", |device| {
            let pem = key(3).to_pkcs8_pem().unwrap();
            let lines = pem.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>();
            device.files.push(noise(lines.join("\n").as_bytes()));
        };
        SecureCert, "The key in DER in a file of another kind", "key-leaked", |device| device.files.push(noise(&key(3).to_sec1_der()));
        Nvs, "The key of another device in a file of another kind", "key-leaked", |device| device.files.push(noise(&key(4).to_sec1_der()));
        Nvs, "The key of another device in the file for the key", "key-leaked", |device| device.key_files[0] = key(4).to_sec1_der().to_vec();
        Nvs, "The scalar of another device in the file for the key", "key-leaked", |device| device.key_files[1] = key(4).expose_scalar().to_vec();
        SecureCert, "The scalar of another device in the file for the key, in addition to esp_secure_cert", "key-leaked", |device| device.key_files[1] = key(4).expose_scalar().to_vec();
        Nvs, "The key of another device in the SDK's 97 bytes in the file for the key", "key-leaked", |device| device.key_files[1] = keypair(4);
        Nvs, "The key of another device in hexadecimal in the file for the key", "key-leaked", |device| device.key_files[1] = hex(&*key(4).expose_scalar()).into_bytes();
        Nvs, "The key of another device after many copies of the right one", "key-leaked", |device| {
            let own = key(3).to_sec1_der().repeat(20);
            device.key_files[1] = [own, key(4).to_sec1_der().to_vec()].concat();
        };
        SecureCert, "A second copy of the key in esp_secure_cert", "key-leaked", |device| device.record(RecordType::MATTER_1, 9, &key(3).to_sec1_der());
        Nvs, "A published key of the SDK", "key-published", |device| {
            // credentials/development/attestation/Matter-Development-DAC-FFF1-8000-Key.pem
            device.put("dac-key", OwnedValue::Blob(SDK_KEY.to_vec()));
        };
        Nvs, "The passcode in plain text", "passcode-stored", |device| device.put("pin-code", OwnedValue::Number(Number::U32(PASSCODE)));
        Nvs, "The passcode of the SDK's examples", "default-passcode", |device| {
            let example = 20_202_021;
            reprint(device, VENDOR, PRODUCT, DISCRIMINATOR, example, CommissioningFlow::Standard);
            device.put("verifier", text(verifier(example, &salt()).to_base64().as_str()));
        };
        Nvs, "The discriminator of the SDK's examples", "default-discriminator", |device| device.put("discriminator", OwnedValue::Number(Number::U32(3840)));
        Nvs, "A salt of one byte, repeated", "salt-weak", |device| device.put("salt", text("BwcHBwcHBwcHBwcHBwcHBw=="));
        Nvs, "The salt of the SDK's examples", "salt-weak", |device| device.put("salt", text("U1BBS0UyUCBLZXkgU2FsdA=="));
        Nvs, "A rotating id that counts", "rotating-id-weak", |device| device.put("rd-id-uid", OwnedValue::Blob((0..16).collect()));
        SecureCert, "A rotating id of zeros in esp_secure_cert", "rotating-id-weak", |device| device.record_mut(RecordType::MATTER_1, 4).data = vec![0; 16];
    }
}

/// The scalar of Matter-Development-DAC-FFF1-8000-Key.pem, published in connectedhomeip.
const SDK_KEY: [u8; 32] = [
    0xCC, 0xCF, 0x9D, 0xC7, 0x05, 0x0E, 0xF5, 0xD9, 0x0B, 0xE4, 0x57, 0x07, 0xB9, 0x0E, 0x1F, 0x87, 0x5D, 0x59, 0xBE,
    0x1F, 0xA9, 0x42, 0xE8, 0xED, 0x2E, 0x42, 0x72, 0x03, 0xF6, 0xC2, 0xEE, 0x3D,
];
