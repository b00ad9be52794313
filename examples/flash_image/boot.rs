//! `sign`, `verify` and `digest`: secure boot.

use std::path::{Path, PathBuf};

use base16ct::lower::encode_string as hex;
use clap::{Args, ValueEnum};
use cli::{Failure, Files, SigningKey, Trust, VerifyingKey, counted, print, random, read_file, say};
use esp_flash_image::{BootScheme, Image, ImageHeader, MmuPage, SecurePad, secure_pad};
use esp_secure_boot::{
    BootKeyKind, BootPublicKey, BootSigner, BootloaderKeyV1, Error, PssSigner, SignedImage, append_v2, bootloader_v1,
    reflashable_key_v1, sign_app_v1, sign_v2, verify_app_v1,
};
use getrandom::rand_core::Rng;
use p256::pkcs8::Document;
use zeroize::Zeroizing;

/// A version of secure boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Version {
    V1,
    V2,
}

/// What `sign` takes.
#[derive(Args)]
pub(crate) struct Sign {
    /// The image to read
    input: PathBuf,
    /// The signed image to write
    output: PathBuf,
    /// Private key in PEM or DER: RSA with 3072 bits, P-256 or P-384, for V1 P-256; with --bootloader 32 secret bytes, or 24
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The version of secure boot
    #[arg(long, value_enum, default_value = "v2")]
    scheme: Version,
    /// Adds a signature to a signed image; up to three are possible
    #[arg(long)]
    append: bool,
    /// Pads an app first, so that its signature is where the firmware can map it; the build usually does it
    #[arg(long, conflicts_with = "append")]
    secure_pad: bool,
    /// Makes the digest of a bootloader for V1, for flash address 0: its first 4096 bytes, and the bootloader behind them
    #[arg(long, conflicts_with = "append")]
    bootloader: bool,
    /// The 128 bytes before such a digest [default: random]
    #[arg(long, value_name = "FILE", requires = "bootloader")]
    iv: Option<PathBuf>,
}

/// What `verify` takes.
#[derive(Args)]
pub(crate) struct Verify {
    /// The signed image
    image: PathBuf,
    /// A trusted public key (SubjectPublicKeyInfo) in PEM or DER; up to three
    #[arg(long, value_name = "FILE", required = true)]
    key: Vec<PathBuf>,
    /// The version of secure boot
    #[arg(long, value_enum, default_value = "v2")]
    scheme: Version,
}

/// What `digest` takes.
#[derive(Args)]
pub(crate) struct DigestOf {
    /// The key, public or private, in PEM or DER; for V1 the private one that signs apps
    key: PathBuf,
    /// V2: the digest of the public key for the eFuses; V1: the secret bootloader key of the reflashable mode
    #[arg(long, value_enum, default_value = "v2")]
    scheme: Version,
    /// Writes the bytes into a file instead, for `espefuse burn-key`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Sign {
    pub(crate) fn run(&self, files: Files, trust: Trust) -> Result<(), Failure> {
        let files = files.input("IN", &self.input).input("--key", &self.key);
        let files = files.optional_input("--iv", self.iv.as_ref());
        let files = files.output("OUT", &self.output);
        files.check()?;
        trust.check_key("--key", &self.key)?;
        let image = self.pad(read_file("IN", &self.input)?)?;
        let signed = match (self.scheme, self.bootloader) {
            (Version::V1, true) => self.digest_bootloader(&image)?,
            (Version::V2, true) => {
                let reason = "is for --scheme v1; a V2 bootloader is signed as any image, leave it out";
                return Err(Failure::option("--bootloader", reason));
            }
            (Version::V1, false) if self.append => {
                let reason = "is for --scheme v2: an app has one signature in V1";
                return Err(Failure::option("--append", reason));
            }
            (Version::V1, false) => self.sign_v1(&image)?,
            (Version::V2, false) => self.sign_v2(&image)?,
        };
        files.publish(&[(&self.output, signed.as_slice())])
    }

    /// Secure-pads an app, or says that it is not.
    fn pad(&self, bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let mode = match self.scheme {
            Version::V1 => SecurePad::V1,
            Version::V2 => SecurePad::V2,
        };
        let refused = |error: esp_flash_image::Error| Failure::Input(format!("{}: {error}", self.input.display()));
        let image = match Image::parse(&bytes) {
            Ok(image) => image,
            Err(error) if self.secure_pad => return Err(refused(error)),
            // Whatever is signed need not be an image.
            Err(_) => return Ok(bytes),
        };
        let page = mmu_page(&image);
        if self.secure_pad {
            return secure_pad(&bytes, mode, page).map(Zeroizing::new).map_err(refused);
        }
        if image.app_description().is_some() && !image.is_secure_padded(mode, page) {
            say(format_args!(
                "warning: {}: an app that is not secure-padded: its signature may be where the device cannot map it; \
                 --secure-pad pads it",
                self.input.display()
            ));
        }
        Ok(bytes)
    }

    fn digest_bootloader(&self, image: &[u8]) -> Result<Vec<u8>, Failure> {
        let key = BootloaderKeyV1::new(&read_file("--key", &self.key)?).map_err(|error| wrong(&self.key, error))?;
        let mut iv = [0; 128];
        match &self.iv {
            Some(path) => {
                let bytes = read_file("--iv", path)?;
                iv = (*bytes).as_slice().try_into().map_err(|_| {
                    let len = bytes.len();
                    Failure::Input(format!("--iv {}: has {len} bytes; 128 are needed", path.display()))
                })?;
            }
            None => random()?.fill_bytes(&mut iv),
        }
        bootloader_v1(image, &key, &iv).map_err(|error| wrong(&self.input, error))
    }

    fn sign_v1(&self, image: &[u8]) -> Result<Vec<u8>, Failure> {
        let SigningKey::P256(key) = SigningKey::read("--key", &self.key)? else {
            let found = "another key; secure boot V1 signs with P-256";
            return Err(Failure::Input(format!("--key {}: {found}", self.key.display())));
        };
        let signed = sign_app_v1(image, &key.verifying_key().into(), &key);
        signed.map_err(|error| wrong(&self.input, error))
    }

    fn sign_v2(&self, image: &[u8]) -> Result<Vec<u8>, Failure> {
        let key = SigningKey::read("--key", &self.key)?;
        let public = public_half(&key.verifying_key()).map_err(|error| wrong(&self.key, error))?;
        warn_of_scheme(&self.input, image, public.kind());
        let make = |signer: BootSigner<'_>| {
            let signed = if self.append {
                append_v2(image, &public, signer)
            } else {
                sign_v2(image, &public, signer)
            };
            signed.map_err(|error| wrong(&self.input, error))
        };
        match key {
            SigningKey::P256(key) => make(BootSigner::P256(&key)),
            SigningKey::P384(key) => make(BootSigner::P384(&key)),
            SigningKey::Rsa(key) => {
                let key = AsRef::<rsa::PrivateKey>::as_ref(&*key).clone();
                make(BootSigner::Rsa3072(&PssSigner::new(key, random()?)))
            }
        }
    }
}

impl Verify {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let keys = self.key.iter().map(|path| read_public_key("--key", path));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let bytes = read_file("IMAGE", &self.image)?;
        let path = self.image.display();
        let no = |error: Error| Failure::No(format!("{path}: {error}"));
        match self.scheme {
            Version::V1 => {
                let [key] = keys.as_slice() else {
                    return Err(Failure::option("--key", "given more than once; V1 trusts one key"));
                };
                if key.kind() != BootKeyKind::EcdsaP256 {
                    let reason = format!("a key of {}; V1 trusts one of {}", key.kind(), BootKeyKind::EcdsaP256);
                    return Err(Failure::option("--key", reason));
                }
                let app = verify_app_v1(&bytes, key).map_err(no)?;
                print(format_args!(
                    "{path}: signature of the first {} bytes verifies",
                    app.len()
                ))
            }
            Version::V2 => {
                let image = SignedImage::parse(&bytes).map_err(no)?;
                let block = image.verify(&keys).map_err(no)?;
                let blocks = counted(image.blocks().count(), "signature");
                let kind = image.kind().map_err(no)?;
                warn_of_scheme(&self.image, &bytes, kind);
                let len = image.content().len();
                print(format_args!(
                    "{path}: {kind} signature of the first {len} bytes verifies, in block {block} of {blocks}"
                ))
            }
        }
    }
}

impl DigestOf {
    pub(crate) fn run(&self, files: Files) -> Result<(), Failure> {
        let files = files
            .input("KEY", &self.key)
            .optional_output("--out", self.out.as_ref());
        files.check()?;
        let digest = match self.scheme {
            Version::V2 => Zeroizing::new(read_public_key("KEY", &self.key)?.key_digest().to_vec()),
            Version::V1 => {
                let SigningKey::P256(key) = SigningKey::read("KEY", &self.key)? else {
                    let found = "another key; secure boot V1 signs with P-256";
                    return Err(Failure::Input(format!("KEY {}: {found}", self.key.display())));
                };
                let scalar = Zeroizing::new(<[u8; 32]>::from(key.to_bytes()));
                let secret = reflashable_key_v1(&scalar).map_err(|error| wrong(&self.key, error))?;
                Zeroizing::new(secret.expose_bytes().to_vec())
            }
        };
        match &self.out {
            Some(path) => files.publish(&[(path, &digest)]),
            None => print(Zeroizing::new(hex(&digest)).as_str()),
        }
    }
}

/// The page that an app was built for.
pub(crate) fn mmu_page(image: &Image<'_>) -> MmuPage {
    let app = image.app_description();
    let page = app.and_then(|app| MmuPage::new(image.header().chip()?, app.mmu_page_size()?).ok());
    page.unwrap_or(MmuPage::DEFAULT)
}

/// Names a scheme that ESP-IDF itself calls insecure on the chip of an image.
fn warn_of_scheme(path: &Path, image: &[u8], kind: BootKeyKind) {
    let scheme = match kind {
        BootKeyKind::Rsa3072 => BootScheme::V2Rsa,
        _ => BootScheme::V2Ecdsa,
    };
    let chip = ImageHeader::decode(image).ok().and_then(|header| header.chip());
    let fact = chip.and_then(|chip| Some((chip, chip.facts().secure_boot(scheme)?.insecure?)));
    if let Some((chip, reason)) = fact {
        say(format_args!("warning: {}: {kind} on {chip}: {reason}", path.display()));
    }
}

fn public_half(key: &VerifyingKey) -> Result<BootPublicKey, Error> {
    match key {
        VerifyingKey::P256(key) => Ok(key.into()),
        VerifyingKey::P384(key) => Ok(key.into()),
        VerifyingKey::Rsa(key) => key.try_into(),
    }
}

/// Reads a public key, or a private one for its public half. Of P-192 there are digests, so that its public keys are read, too.
pub(crate) fn read_public_key(option: &str, path: &Path) -> Result<BootPublicKey, Failure> {
    let bytes = read_file(option, path)?;
    let pem = std::str::from_utf8(&bytes).ok();
    let der = pem.and_then(|pem| Document::from_pem(pem).ok());
    let der = der.filter(|(label, _)| *label == "PUBLIC KEY");
    let der = der
        .as_ref()
        .map_or(bytes.as_slice(), |(_, document)| document.as_bytes());
    match BootPublicKey::from_der(der) {
        Ok(key) => Ok(key),
        Err(Error::PublicKeyForm) => {
            let key = VerifyingKey::read_either(option, path)?;
            public_half(&key).map_err(|error| wrong(path, error))
        }
        Err(error) => Err(wrong(path, error)),
    }
}

fn wrong(path: &Path, error: Error) -> Failure {
    match error {
        Error::SigningFailed => Failure::Work(format!("{}: {error}", path.display())),
        error => Failure::Input(format!("{}: {error}", path.display())),
    }
}
