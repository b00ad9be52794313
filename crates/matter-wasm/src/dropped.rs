//! The given files with their kinds.

use esp_flash_image::{Image as AppImage, PartitionTable};
use esp_nvs_image::{NvsKeys, PageState, Statistics};
use matter_attestation::{CertificateRequest, Crl, InputKind, Part, PrivateKey, PublicKey};
use zeroize::Zeroizing;

use crate::codes::LabelCodes;
use crate::flash::find_table;

/// Size of an NVS page and of a flash sector in bytes.
const SECTOR: usize = 0x1000;
/// A larger image that does not start with an NVS page is treated as a flash dump.
const LARGE: usize = 0x10_0000;

/// The kind of a file.
#[derive(Debug)]
pub(crate) enum Kind {
    /// An app image with the firmware's name and version.
    App,
    /// Text or a table with the codes of a label.
    Codes(LabelCodes),
    /// Certificates or a declaration.
    Parts(Vec<Part>),
    /// A certificate signing request.
    Request(CertificateRequest),
    /// A certificate revocation list.
    RevocationList(Crl),
    /// A flash dump from offset 0, with the offset of its partition table, if found.
    Flash(Option<usize>),
    Key(PrivateKey),
    Nvs,
    NvsKeys(NvsKeys),
    PublicKey(PublicKey),
    SecureCert,
    /// A partition table without a flash.
    Table,
    /// A picture: the text of its QR code, or the reason why there is none.
    Picture(Result<Zeroizing<String>, String>),
    /// A file of one of these kinds that cannot be read, with the reason.
    Broken(String),
    /// An unknown file.
    Other,
}

/// A file with its name.
pub(crate) struct Dropped {
    pub(crate) name: String,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) size: usize,
    pub(crate) kind: Kind,
}

impl Dropped {
    pub(crate) fn new(name: String, bytes: Zeroizing<Vec<u8>>) -> Self {
        let kind = Kind::of(&name, &bytes);
        let size = bytes.len();
        Self {
            name,
            bytes,
            size,
            kind,
        }
    }

    /// Returns the kind of the file as a noun.
    pub(crate) fn what(&self) -> String {
        match &self.kind {
            Kind::App => "App image".into(),
            Kind::Codes(codes) => codes.what().into(),
            Kind::Parts(parts) => match parts.as_slice() {
                [part] => noun_of(part).into(),
                parts => format!("{} certificates", parts.len()),
            },
            Kind::Request(_) => "Certificate signing request".into(),
            Kind::RevocationList(_) => "Certificate revocation list".into(),
            Kind::Flash(Some(_)) => "Flash dump".into(),
            Kind::Flash(None) => "Flash dump without a readable partition table".into(),
            Kind::Key(_) => "Private key".into(),
            Kind::Nvs => "NVS partition".into(),
            Kind::NvsKeys(_) => "Keys of an encrypted NVS partition".into(),
            Kind::PublicKey(_) => "Public key".into(),
            Kind::SecureCert => "esp_secure_cert partition".into(),
            Kind::Table => "Partition table".into(),
            Kind::Picture(Ok(_)) => "Picture of a QR code".into(),
            Kind::Picture(Err(_)) => "Picture".into(),
            Kind::Broken(what) => what.clone(),
            Kind::Other => "Not recognized; only searched for private keys".into(),
        }
    }

    pub(crate) const fn is_known(&self) -> bool {
        !matches!(self.kind, Kind::Other)
    }
}

fn noun_of(part: &Part) -> &'static str {
    use matter_attestation::Object;
    match part.object() {
        Object::Paa => "Certificate: PAA",
        Object::Pai => "Certificate: PAI",
        Object::Dac => "Certificate: DAC",
        _ => "Certification Declaration",
    }
}

impl Kind {
    fn of(name: &str, bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Broken("Empty file".into());
        }
        if let Ok(keys) = NvsKeys::decode(bytes)
            && bytes.len() <= SECTOR
        {
            return Self::NvsKeys(keys);
        }
        if PartitionTable::is_binary(bytes) && bytes.len() <= SECTOR {
            return Self::Table;
        }
        let is_sectors = bytes.len().is_multiple_of(SECTOR);
        let starts_with_nvs = is_sectors && starts_with_nvs(bytes);
        if !starts_with_nvs && let Some(offset) = find_table(bytes) {
            return Self::Flash(Some(offset));
        }
        if esp_secure_cert::Image::new(bytes).records().next().is_some() || name.ends_with("_esp_secure_cert.bin") {
            return Self::SecureCert;
        }
        if let Some(codes) = LabelCodes::read(name, bytes) {
            return Self::Codes(codes);
        }
        if let Some(kind) = Self::of_credential(name, bytes) {
            return kind;
        }
        if bytes.first() == Some(&0xE9) && AppImage::parse(bytes).is_ok() {
            return Self::App;
        }
        match is_sectors {
            true if starts_with_nvs || bytes.len() < LARGE => Self::Nvs,
            true => Self::Flash(None),
            false if name.ends_with("-partition.bin") => Self::Nvs,
            false => Self::Other,
        }
    }

    /// Recognizes credentials in DER, PEM, or as raw numbers.
    fn of_credential(name: &str, bytes: &[u8]) -> Option<Self> {
        let kind = InputKind::of(bytes);
        Some(match kind {
            InputKind::Certificate | InputKind::Certificates { .. } | InputKind::Declaration | InputKind::Pkcs7 => {
                match Part::read_all(bytes) {
                    Ok(parts) if !parts.is_empty() => Self::Parts(parts),
                    Ok(_) => Self::Broken("Bundle without a certificate".into()),
                    Err(error) => Self::Broken(format!("Certificate that cannot be read: {error}")),
                }
            }
            InputKind::CertificateRequest => match CertificateRequest::decode(bytes) {
                Ok(request) => Self::Request(request),
                Err(error) => Self::Broken(format!("Certificate signing request that cannot be read: {error}")),
            },
            InputKind::Crl => match Crl::decode(bytes) {
                Ok(list) => Self::RevocationList(list),
                Err(error) => Self::Broken(format!("Certificate revocation list that cannot be read: {error}")),
            },
            InputKind::PrivateKey => match PrivateKey::decode(bytes) {
                Ok(key) => Self::Key(key),
                Err(error) => Self::Broken(format!("Private key that cannot be read: {error}")),
            },
            InputKind::IndefiniteLength | InputKind::OtherPem | InputKind::Pkcs12 | InputKind::Truncated { .. }
                if is_named_like_credential(name) || bytes.starts_with(b"-----") =>
            {
                Self::Broken(format!("File that cannot be read: {kind}"))
            }
            _ => return Self::of_numbers(name, bytes),
        })
    }

    /// Recognizes the raw scalar of a private key, or the raw point of a public key, as the
    /// reference tool stores them.
    fn of_numbers(name: &str, bytes: &[u8]) -> Option<Self> {
        if let Ok(key) = PublicKey::new(bytes) {
            return Some(Self::PublicKey(key));
        }
        let scalar: &[u8; 32] = bytes.try_into().ok()?;
        let is_key = name.contains("key");
        PrivateKey::from_scalar(scalar).ok().filter(|_| is_key).map(Self::Key)
    }
}

fn is_named_like_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".der", ".cer", ".crt", ".pem", ".p7b", ".p12", ".pfx"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Returns whether the first sector is an NVS page.
fn starts_with_nvs(bytes: &[u8]) -> bool {
    let first = bytes.get(..SECTOR).unwrap_or_default();
    let pages = Statistics::new(first);
    let is_page = |state: PageState| matches!(state, PageState::Active | PageState::Full | PageState::Freeing);
    pages.pages().first().is_some_and(|page| is_page(page.state))
}
