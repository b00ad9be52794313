//! `encrypt` and `decrypt`: images of esp_encrypted_img.

use std::path::{Path, PathBuf};

use clap::Args;
use cli::{Failure, Files, Trust, random, read_file, read_public_half, read_signing_key};
use matter_ota_image::{
    EncryptedForm, EncryptedHeader, Error, decrypt_ecc, decrypt_rsa, device_key, encrypt_ecc, encrypt_rsa,
};
use matter_signer::{SigningKey, VerifyingKey};
use zeroize::Zeroizing;

/// The key of a device.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct DeviceKey {
    /// Private key of the devices in PEM or DER: RSA with 3072 bits or P-256
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// HMAC key in the eFuses of the devices, 32 bytes, from which they derive their P-256 key
    #[arg(long, value_name = "FILE")]
    hmac_key: Option<PathBuf>,
}

pub(crate) fn encrypt(files: Files, image: &Path, output: &Path, key: &Path) -> Result<(), Failure> {
    let files = files.input("IMAGE", image).input("--key", key).output("OUT", output);
    files.check()?;
    let device = read_public_half("--key", key)?;
    let mut bytes = read_file("IMAGE", image)?;
    if bytes.is_empty() {
        return Err(Failure::Input(format!("IMAGE {}: is empty", image.display())));
    }
    let mut rng = random()?;
    let header = match device {
        VerifyingKey::P256(device) => encrypt_ecc(&mut bytes, &device.into(), &mut rng),
        VerifyingKey::Rsa(device) => encrypt_rsa(&mut bytes, &device, &mut rng),
        VerifyingKey::P384(_) => return Err(kind(key)),
    };
    let header = header.map_err(|error| Failure::Input(format!("--key {}: {error}", key.display())))?;
    let file = Zeroizing::new([header.encode().as_slice(), bytes.as_slice()].concat());
    files.publish(&[(output, file.as_slice())])
}

fn kind(key: &Path) -> Failure {
    Failure::Input(format!(
        "--key {}: is a key of P-384; use P-256 or RSA with 3072 bits",
        key.display()
    ))
}

pub(crate) fn decrypt(files: Files, trust: Trust, image: &Path, output: &Path, key: &DeviceKey) -> Result<(), Failure> {
    let files = files.input("IMAGE", image).output("OUT", output);
    let files = files.optional_input("--key", key.key.as_ref());
    let files = files.optional_input("--hmac-key", key.hmac_key.as_ref());
    files.check()?;
    let wrong = |reason: &dyn std::fmt::Display| Failure::Input(format!("IMAGE {}: {reason}", image.display()));
    let bytes = read_file("IMAGE", image)?;
    let header = EncryptedHeader::decode(&bytes).map_err(|error| wrong(&error))?;
    let mut plain = Zeroizing::new(bytes.get(EncryptedHeader::LEN..).unwrap_or_default().to_vec());
    let other_form = |is: &str| {
        wrong(&format_args!(
            "is encrypted for a key of {}, but the given key is of {is}",
            header.form()
        ))
    };
    let opened = match (&key.key, &key.hmac_key) {
        (Some(path), _) => {
            trust.check_key("--key", path)?;
            match (read_signing_key("--key", path, None)?, header.form()) {
                (SigningKey::P256(device), EncryptedForm::EccP256) => {
                    let device = p256::SecretKey::from_slice(&*device.expose_scalar());
                    let device = device.map_err(|_| other_form("another curve"))?;
                    decrypt_ecc(&header, &mut plain, &device)
                }
                (SigningKey::Rsa(device), EncryptedForm::Rsa3072) => {
                    decrypt_rsa(&header, &mut plain, &device, &mut random()?)
                }
                (SigningKey::P256(_), _) => return Err(other_form("P-256")),
                (SigningKey::Rsa(_), _) => return Err(other_form("RSA")),
                (SigningKey::P384(_), _) => return Err(kind(path)),
            }
        }
        (None, Some(path)) => {
            trust.check_key("--hmac-key", path)?;
            let hmac_key = read_file("--hmac-key", path)?;
            let hmac_key: &[u8; 32] = hmac_key
                .as_slice()
                .try_into()
                .map_err(|_| Failure::Input(format!("--hmac-key {}: is not 32 bytes", path.display())))?;
            let device = device_key(hmac_key);
            let device = device.map_err(|error| Failure::Input(format!("--hmac-key {}: {error}", path.display())))?;
            if header.form() != EncryptedForm::EccP256 {
                return Err(other_form("P-256"));
            }
            decrypt_ecc(&header, &mut plain, &device)
        }
        (None, None) => return Err(Failure::Input("missing: --key or --hmac-key".into())),
    };
    match opened {
        Ok(()) => files.publish(&[(output, plain.as_slice())]),
        Err(error @ Error::Decryption) => Err(Failure::No(format!("{}: {error}", image.display()))),
        Err(error) => Err(wrong(&error)),
    }
}
