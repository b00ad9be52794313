//! `sign`, `verify` and `digest`: secure boot.

use std::path::{Path, PathBuf};

use base16ct::lower::encode_string as hex;
use clap::{Args, ValueEnum};
use cli::{
    Failure, Files, Password, Trust, cause, counted, open_signer, print, random, read_boot_key, read_file,
    read_signing_key, say, to_boot_key,
};
use esp_flash_image::{BootScheme, Image, ImageHeader, MmuPage, SecurePad, secure_pad};
use esp_secure_boot::{
    BootKeyKind, BootSigner, BootloaderKeyV1, Error, SignedImage, append_v2, bootloader_v1, reflashable_key_v1,
    sign_app_v1, sign_v2, verify_app_v1,
};
use getrandom::rand_core::Rng;
use matter_signer::{OpenedSigner, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

/// A version of secure boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Version {
    V1,
    V2,
}

/// The arguments of `sign`.
#[derive(Args)]
pub(crate) struct Sign {
    /// Image to read
    input: PathBuf,
    /// Signed image to write
    output: PathBuf,
    /// Private key in PEM or DER: RSA with 3072 bits, P-256 or P-384, for V1 P-256; with --bootloader 32 or 24 secret
    /// bytes
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "signer",
        conflicts_with = "signer"
    )]
    key: Option<PathBuf>,
    /// Location of that key instead: file:PATH, pkcs11:... (RFC 7512; PIN from its pin-source or MATTER_PIN) or
    /// exec:PROGRAM
    #[arg(long, value_name = "URI")]
    signer: Option<String>,
    #[command(flatten)]
    password: Password,
    /// Version of secure boot
    #[arg(long, value_enum, default_value = "v2")]
    scheme: Version,
    /// Add a signature to a signed image; up to three are possible
    #[arg(long)]
    append: bool,
    /// Pad an app first, so that the firmware can map its signature; usually done by the build
    #[arg(long, conflicts_with = "append")]
    secure_pad: bool,
    /// Make the digest of a bootloader for V1, for flash address 0: its first 4096 bytes, followed by the bootloader
    #[arg(long, conflicts_with = "append")]
    bootloader: bool,
    /// File with the 128 bytes before such a digest [default: random]
    #[arg(long, value_name = "FILE", requires = "bootloader")]
    iv: Option<PathBuf>,
}

/// The arguments of `verify`.
#[derive(Args)]
pub(crate) struct Verify {
    /// Signed image
    image: PathBuf,
    /// Trusted public key (SubjectPublicKeyInfo) in PEM or DER; up to three
    #[arg(long, value_name = "FILE", required = true)]
    key: Vec<PathBuf>,
    /// Version of secure boot
    #[arg(long, value_enum, default_value = "v2")]
    scheme: Version,
}

/// The arguments of `digest`.
#[derive(Args)]
pub(crate) struct DigestOf {
    /// Key, public or private, in PEM or DER; for V1 the private one that signs apps
    key: PathBuf,
    /// Version of secure boot: for v2 the public key's digest for the eFuses, for v1 the secret bootloader key of the
    /// reflashable mode
    #[arg(long, value_enum, default_value = "v2")]
    scheme: Version,
    /// Write the bytes to a file instead, for `espefuse burn-key`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Sign {
    pub(crate) fn run(&self, files: Files, trust: Trust) -> Result<(), Failure> {
        let files = files
            .input("IN", &self.input)
            .optional_input("--key", self.key.as_ref());
        let files = files.optional_input("--iv", self.iv.as_ref());
        let files = files.output("OUT", &self.output);
        files.check()?;
        if let Some(path) = &self.key {
            trust.check_key("--key", path)?;
        }
        let image = self.pad(read_file("IN", &self.input)?)?;
        let signed = match (self.scheme, self.bootloader) {
            (Version::V1, true) => self.digest_bootloader(&image)?,
            (Version::V2, true) => {
                let reason = "applies to --scheme v1; omit it, a V2 bootloader is signed like any image";
                return Err(Failure::option("--bootloader", reason));
            }
            (Version::V1, false) if self.append => {
                let reason = "applies to --scheme v2: an app has a single signature in V1";
                return Err(Failure::option("--append", reason));
            }
            (Version::V1, false) => self.sign_v1(&image, trust)?,
            (Version::V2, false) => self.sign_v2(&image, trust)?,
        };
        files.publish(&[(&self.output, signed.as_slice())])
    }

    /// Secure-pads an app, or warns that it is not padded.
    fn pad(&self, bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let mode = match self.scheme {
            Version::V1 => SecurePad::V1,
            Version::V2 => SecurePad::V2,
        };
        let refused = |error: esp_flash_image::Error| Failure::Input(format!("{}: {error}", self.input.display()));
        let image = match Image::parse(&bytes) {
            Ok(image) => image,
            Err(error) if self.secure_pad => return Err(refused(error)),
            // Signed data need not be an image.
            Err(_) => return Ok(bytes),
        };
        let page = mmu_page(&image);
        if self.secure_pad {
            return secure_pad(&bytes, mode, page).map(Zeroizing::new).map_err(refused);
        }
        if image.app_description().is_some() && !image.is_secure_padded(mode, page) {
            say(format_args!(
                "warning: {}: the app is not secure-padded, so the device may be unable to map its signature; \
                 use --secure-pad",
                self.input.display()
            ));
        }
        Ok(bytes)
    }

    fn digest_bootloader(&self, image: &[u8]) -> Result<Vec<u8>, Failure> {
        let Some(path) = &self.key else {
            let reason = "cannot be used for the digest of a bootloader, whose secret is in a file; use --key";
            return Err(Failure::option("--signer", reason));
        };
        let key = BootloaderKeyV1::new(&read_file("--key", path)?).map_err(|error| wrong(path, error))?;
        let mut iv = [0; 128];
        match &self.iv {
            Some(path) => {
                let bytes = read_file("--iv", path)?;
                iv = (*bytes).as_slice().try_into().map_err(|_| {
                    let len = bytes.len();
                    Failure::Input(format!(
                        "--iv {}: has {len} bytes; exactly 128 are required",
                        path.display()
                    ))
                })?;
            }
            None => random()?.fill_bytes(&mut iv),
        }
        bootloader_v1(image, &key, &iv).map_err(|error| wrong(&self.input, error))
    }

    /// Opens the key, and names it for messages.
    fn open(&self, trust: Trust) -> Result<(OpenedSigner, String), Failure> {
        let password = self.password.read()?;
        let password = password.as_deref().map(String::as_str);
        match (&self.key, &self.signer) {
            (Some(path), _) => {
                let key = read_signing_key("--key", path, password)?;
                Ok((key.into(), format!("--key {}", path.display())))
            }
            (None, Some(uri)) => Ok((open_signer("--signer", uri, password, trust)?, "--signer".into())),
            (None, None) => Err(Failure::Input("missing: --key or --signer; --help lists all".into())),
        }
    }

    fn sign_v1(&self, image: &[u8], trust: Trust) -> Result<Vec<u8>, Failure> {
        let (OpenedSigner::P256(key), _) = self.open(trust)? else {
            let option = self
                .key
                .as_ref()
                .map_or("--signer".into(), |path| format!("--key {}", path.display()));
            let found = "is another key; secure boot V1 requires P-256";
            return Err(Failure::Input(format!("{option}: {found}")));
        };
        let public = to_boot_key(&VerifyingKey::from(&key)).map_err(|error| wrong(&self.input, error))?;
        let signed = sign_app_v1(image, &public, &key);
        signed.map_err(|error| wrong(&self.input, error))
    }

    fn sign_v2(&self, image: &[u8], trust: Trust) -> Result<Vec<u8>, Failure> {
        let (key, name) = self.open(trust)?;
        let public = to_boot_key(&key.verifying_key()).map_err(|error| Failure::option(&name, error))?;
        warn_of_scheme(&self.input, image, public.kind());
        let signer = match &key {
            OpenedSigner::P256(key) => BootSigner::P256(key),
            OpenedSigner::P384(key) => BootSigner::P384(key),
            OpenedSigner::Rsa(key) => BootSigner::Rsa3072(key),
        };
        let signed = if self.append {
            append_v2(image, &public, signer)
        } else {
            sign_v2(image, &public, signer)
        };
        signed.map_err(|error| wrong(&self.input, error))
    }
}

impl Verify {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let keys = self.key.iter().map(|path| read_boot_key("--key", path));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let bytes = read_file("IMAGE", &self.image)?;
        let path = self.image.display();
        let no = |error: Error| Failure::No(format!("{path}: {error}"));
        match self.scheme {
            Version::V1 => {
                let [key] = keys.as_slice() else {
                    return Err(Failure::option("--key", "given more than once; V1 trusts a single key"));
                };
                if key.kind() != BootKeyKind::EcdsaP256 {
                    let reason = format!("is a key of {}; V1 requires {}", key.kind(), BootKeyKind::EcdsaP256);
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
            Version::V2 => Zeroizing::new(read_boot_key("KEY", &self.key)?.key_digest().to_vec()),
            Version::V1 => {
                let SigningKey::P256(key) = read_signing_key("KEY", &self.key, None)? else {
                    let found = "is another key; secure boot V1 requires P-256";
                    return Err(Failure::Input(format!("KEY {}: {found}", self.key.display())));
                };
                let secret = reflashable_key_v1(&key.expose_scalar()).map_err(|error| wrong(&self.key, error))?;
                Zeroizing::new(secret.expose_bytes().to_vec())
            }
        };
        match &self.out {
            Some(path) => files.publish(&[(path, &digest)]),
            None => print(Zeroizing::new(hex(&digest)).as_str()),
        }
    }
}

/// Returns the MMU page size that an app was built for.
pub(crate) fn mmu_page(image: &Image<'_>) -> MmuPage {
    let app = image.app_description();
    let page = app.and_then(|app| MmuPage::new(image.header().chip()?, app.mmu_page_size()?).ok());
    page.unwrap_or(MmuPage::DEFAULT)
}

/// Warns of a scheme that ESP-IDF itself calls insecure on the image's chip.
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

fn wrong(path: &Path, error: Error) -> Failure {
    match error {
        Error::SigningFailed(_) => Failure::Work(format!("{}: cannot sign: {}", path.display(), cause(&error))),
        error => Failure::Input(format!("{}: {error}", path.display())),
    }
}
