//! Options shared by several commands.

use std::path::{Path, PathBuf};

use base16ct::mixed::decode_vec;
use clap::Args;
use cli::{Failure, read_public_half};
use esp_flash_image::Chip;
use esp_secure_boot::BootPublicKey;
use matter_ota_image::{
    ApplicableVersions, DigestType, ExpectedApp, OtaHeader, Payload, RawHeader, ReleaseNotesUrl, SoftwareVersion,
    SoftwareVersionString,
};
use matter_signer::VerifyingKey;
use matter_types::{ProductId, VendorId};

/// The values of a header. All are optional here; `create` requires most.
#[derive(Args)]
pub(crate) struct HeaderOptions {
    /// Vendor id, 0x0001 to 0xFFF4; 0 for several vendors requires --allow vendor-id-zero
    #[arg(short = 'v', long, value_name = "VID")]
    vendor_id: Option<String>,
    /// Product id, 0x0001 to 0xFFFF; 0 for several products requires --allow product-id-zero
    #[arg(short = 'p', long, value_name = "PID")]
    product_id: Option<String>,
    /// Software version, 0 to 4294967295 (also -vn)
    #[arg(long, visible_alias = "version", value_name = "N", allow_negative_numbers = true)]
    software_version: Option<String>,
    /// Software version as text, 1 to 64 bytes (also -vs)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    version_str: Option<String>,
    /// Digest type: sha256, sha384, sha512, sha3_256, sha3_384 or sha3_512 (also -da) [default for a new file: sha256]
    #[arg(long, value_name = "TYPE")]
    digest_algorithm: Option<String>,
    /// Smallest software version that the image may be applied to (also -mi)
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    min_version: Option<String>,
    /// Largest software version that the image may be applied to, below its own (also -ma)
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    max_version: Option<String>,
    /// URL of the release notes: https, at most 256 bytes of ASCII (also -rn)
    #[arg(long, value_name = "URL")]
    release_notes: Option<String>,
}

/// Findings to accept.
#[derive(Args)]
pub(crate) struct Allow {
    /// Finding to accept, by the name shown after it; may be given several times
    #[arg(long, value_name = "FINDING")]
    pub(crate) allow: Vec<String>,
}

/// Requirements for a payload for an ESP32.
#[derive(Args)]
pub(crate) struct PayloadOptions {
    /// Require a payload for an ESP32
    #[arg(long)]
    pub(crate) esp: bool,
    /// Chip of an app image, such as esp32h2
    #[arg(long, value_name = "CHIP")]
    chip: Option<String>,
    /// Require a signed app image
    #[arg(long)]
    signed: bool,
    /// Key that must have signed an app image: public or private key in PEM or DER; may be given several times
    #[arg(long, value_name = "FILE")]
    trusted_key: Vec<PathBuf>,
    /// Digest in the eFuses of such a key: 64 hexadecimal digits; may be given several times
    #[arg(long, value_name = "HEX")]
    key_digest: Vec<String>,
}

/// The parsed requirements.
pub(crate) struct PayloadRules {
    pub(crate) must_be_esp: bool,
    chip: Option<Chip>,
    trusted: Vec<[u8; 32]>,
    must_be_signed: bool,
}

impl PayloadOptions {
    pub(crate) fn read(&self) -> Result<PayloadRules, Failure> {
        let mut trusted = Vec::new();
        for digest in &self.key_digest {
            let bytes = decode_vec(digest).ok().and_then(|bytes| bytes.try_into().ok());
            let reason = "is not 64 hexadecimal digits";
            trusted.push(bytes.ok_or_else(|| Failure::option("--key-digest", reason))?);
        }
        for path in &self.trusted_key {
            trusted.push(key_digest(path)?);
        }
        let chip = cli::parse::<Chip>("--chip", self.chip.as_deref())?;
        Ok(PayloadRules {
            must_be_esp: self.esp || self.signed || chip.is_some() || !trusted.is_empty(),
            chip,
            trusted,
            must_be_signed: self.signed,
        })
    }
}

fn key_digest(path: &Path) -> Result<[u8; 32], Failure> {
    const OPTION: &str = "--trusted-key";
    let wrong = |error| Failure::Input(format!("{OPTION} {}: {error}", path.display()));
    let key = match read_public_half(OPTION, path)? {
        VerifyingKey::P256(key) => BootPublicKey::from(&key),
        VerifyingKey::P384(key) => BootPublicKey::from(&key),
        VerifyingKey::Rsa(key) => BootPublicKey::try_from(&key).map_err(wrong)?,
    };
    Ok(*key.key_digest())
}

impl PayloadRules {
    /// Requires nothing beyond the payload's own data.
    pub(crate) const fn none() -> Self {
        Self {
            must_be_esp: false,
            chip: None,
            trusted: Vec::new(),
            must_be_signed: false,
        }
    }

    pub(crate) fn expected<'a>(&'a self, version: Option<&'a str>) -> ExpectedApp<'a> {
        let mut expected = ExpectedApp::default();
        expected.version = version;
        expected.chip = self.chip;
        expected.trusted = &self.trusted;
        expected.must_be_signed = self.must_be_signed;
        expected
    }
}

fn needed<T>(option: &str, value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::Input(format!("missing: {option}; --help lists all")))
}

/// Parses an id; `None` for the 0 of an accepted finding.
fn id<T: std::str::FromStr<Err: std::fmt::Display>>(
    option: &str,
    text: Option<&str>,
    allow: &Allow,
    finding: &str,
) -> Result<Option<Option<T>>, Failure> {
    match text {
        Some("0" | "0x0" | "0x0000") if allow.allow.iter().any(|allowed| allowed == finding) => Ok(Some(None)),
        text => Ok(cli::parse::<T>(option, text)?.map(Some)),
    }
}

impl HeaderOptions {
    /// Parses the digest type, which the DCL must support.
    pub(crate) fn digest_type(&self) -> Result<Option<DigestType>, Failure> {
        const OPTION: &str = "--digest-algorithm";
        let kind = cli::parse::<DigestType>(OPTION, self.digest_algorithm.as_deref())?;
        match kind.filter(|kind| !kind.is_for_ledger()) {
            Some(kind) => {
                let reason = format_args!(
                    "{kind} has less than 256 bits, which the DCL does not support; use sha256, sha384, sha512, sha3_256, \
                     sha3_384 or sha3_512"
                );
                Err(Failure::option(OPTION, reason))
            }
            None => Ok(kind),
        }
    }

    /// Builds a header from the options, and from another header for those that are not given.
    pub(crate) fn header<'a>(
        &'a self,
        old: Option<&RawHeader<'a>>,
        payload: Payload,
        allow: &Allow,
    ) -> Result<OtaHeader<'a>, Failure> {
        let vendor = id::<VendorId>("--vendor-id", self.vendor_id.as_deref(), allow, "vendor-id-zero")?;
        let product = id::<ProductId>("--product-id", self.product_id.as_deref(), allow, "product-id-zero")?;
        let version = cli::parse::<SoftwareVersion>("--software-version", self.software_version.as_deref())?;
        let is_allowed = |finding: &str| allow.allow.iter().any(|allowed| allowed == finding);
        let of =
            |what: &str, error: &dyn std::fmt::Display| Failure::Input(format!("{what} of the old header: {error}"));
        let vendor = match (vendor, old.map(|old| old.vendor_id)) {
            (Some(vendor), _) => vendor,
            (None, Some(0)) if is_allowed("vendor-id-zero") => None,
            (None, Some(raw)) => Some(VendorId::new(raw).map_err(|error| of("vendor id", &error))?),
            (None, None) => needed("--vendor-id", None)?,
        };
        let product = match (product, old.map(|old| old.product_id)) {
            (Some(product), _) => product,
            (None, Some(0)) if is_allowed("product-id-zero") => None,
            (None, Some(raw)) => Some(ProductId::new(raw).map_err(|error| of("product id", &error))?),
            (None, None) => needed("--product-id", None)?,
        };
        let version = version.or_else(|| old.map(|old| SoftwareVersion::new(old.software_version)));
        let version = needed("--software-version", version)?;
        let text = match (&self.version_str, old) {
            (Some(text), _) => {
                SoftwareVersionString::new(text).map_err(|error| Failure::option("--version-str", error))?
            }
            (None, Some(old)) => {
                let text = std::str::from_utf8(old.software_version_string);
                let text = text.map_err(|error| of("version string", &error))?;
                SoftwareVersionString::new(text).map_err(|error| of("version string", &error))?
            }
            (None, None) => needed("--version-str", None)?,
        };
        let wrong = |error: matter_ota_image::Error| Failure::Input(error.to_string());
        let min = cli::parse::<SoftwareVersion>("--min-version", self.min_version.as_deref())?;
        let max = cli::parse::<SoftwareVersion>("--max-version", self.max_version.as_deref())?;
        let min = min.or_else(|| old?.min_applicable_version.map(SoftwareVersion::new));
        let max = max.or_else(|| old?.max_applicable_version.map(SoftwareVersion::new));
        // The ids are replaced: `new` does not accept 0.
        let header = OtaHeader::new(VendorId::MIN, ProductId::MIN, version, text, payload).map_err(wrong)?;
        let header = header.with_vendor_id(vendor).with_product_id(product);
        let range = ApplicableVersions::new(min, max).map_err(wrong)?;
        let header = header.with_applicable_versions(range).map_err(wrong)?;
        let url = match (&self.release_notes, old.and_then(|old| old.release_notes_url)) {
            (Some(url), _) => {
                Some(ReleaseNotesUrl::new(url).map_err(|error| Failure::option("--release-notes", error))?)
            }
            (None, Some(url)) => {
                let url = std::str::from_utf8(url).map_err(|error| of("release notes URL", &error))?;
                Some(ReleaseNotesUrl::new(url).map_err(|error| of("release notes URL", &error))?)
            }
            (None, None) => None,
        };
        Ok(url.map_or(header, |url| header.with_release_notes_url(url)))
    }
}
