//! `dac-pki paa`, `pai` and `dac`.

use std::path::{Path, PathBuf};

use clap::Args;
use cli::{
    Failure, Files, Password, Trust, cause, now, open_p256_signer, parse, parse_number, parse_time, random,
    read_certificate, read_file, read_private_key, told_unless,
};
use matter_attestation::{
    Certificate, CertificateRequest, DacSubject, DateTime, Error, InputKind, Issuer, Object, PaaSubject, PaiSubject,
    PrivateKey, PublicKey, SerialNumber, Validity, issue_paa,
};
use matter_signer::P256Signer;
use matter_types::{ProductId, VendorId};

use self::answers::answer;
use self::batch::{Device, devices};
use self::output::{Issued, write};
use crate::Common;
use crate::recording::Recording;

#[path = "issue/answers.rs"]
mod answers;
#[path = "issue/batch.rs"]
mod batch;
#[path = "issue/output.rs"]
mod output;

/// Options of certificates of all kinds.
#[derive(Args)]
struct Certificates {
    /// First second of the validity [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,
    /// Last second of the validity [default: none, or the issuer's]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, conflicts_with = "days")]
    to: Option<String>,
    /// Length of the validity in days, 0 to 4294967295, up to the year 9999
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    days: Option<String>,
    /// Write the ids into the common name, as Mvid:FFF1 Mpid:8000, instead of attributes of their own
    #[arg(long)]
    vid_pid_in_cn: bool,
}

/// The issuer.
#[derive(Args)]
pub(crate) struct Authority {
    /// Certificate of the issuer: of a PAA for a PAI, of a PAI for a DAC
    #[arg(long, value_name = "CERT")]
    issuer: PathBuf,
    /// Private key of the issuer: PKCS#8, SEC 1, or 32 bytes, raw or as digits
    #[arg(
        long,
        value_name = "KEY",
        required_unless_present = "signer",
        conflicts_with = "signer"
    )]
    issuer_key: Option<PathBuf>,
    /// Location of that key instead: file:PATH, pkcs11:... (RFC 7512; PIN from its pin-source or MATTER_PIN) or
    /// exec:PROGRAM
    #[arg(long, value_name = "URI")]
    signer: Option<String>,
    #[command(flatten)]
    password: Password,
}

#[derive(Args)]
pub(crate) struct Paa {
    /// Common name, 1 to 64 bytes
    #[arg(long, value_name = "TEXT")]
    cn: String,
    /// Vendor id, 0x0001 to 0xFFF4, of an authority for a single vendor
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    vid: Option<String>,
    /// Location of the authority's key: file:PATH, pkcs11:... (RFC 7512; PIN from its pin-source or MATTER_PIN) or
    /// exec:PROGRAM [default: a new key in --out]
    #[arg(long, value_name = "URI")]
    signer: Option<String>,
    #[command(flatten)]
    password: Password,
    #[command(flatten)]
    common: Certificates,
    /// Folder for certificates in PEM and DER and keys in PEM; created if missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    recording: Recording,
}

#[derive(Args)]
pub(crate) struct Pai {
    /// Common name, 1 to 64 bytes
    #[arg(long, value_name = "TEXT")]
    cn: String,
    /// Vendor id, 0x0001 to 0xFFF4
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    vid: String,
    /// Product id, 0x0001 to 0xFFFF, of an intermediate for a single product
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pid: Option<String>,
    /// Certificate signing request in PEM or DER for an intermediate with a key held elsewhere [default: a new key in
    /// --out]
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
    #[command(flatten)]
    authority: Authority,
    #[command(flatten)]
    common: Certificates,
    /// Folder for certificates in PEM and DER and keys in PEM; created if missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    recording: Recording,
}

#[derive(Args)]
pub(crate) struct Dac {
    /// Common name, 1 to 64 bytes; followed by the number with --count, by the request's file name with --csr
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["csv", "csr"])]
    cn: Option<String>,
    /// Vendor id, 0x0001 to 0xFFF4
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    vid: String,
    /// Product id, 0x0001 to 0xFFFF
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pid: String,
    /// Number of devices, 1 to 100000 [default: 1, without a number in the names]
    #[arg(long, value_name = "N", allow_hyphen_values = true, conflicts_with_all = ["csv", "csr"])]
    count: Option<String>,
    /// Table with a column cn: a certificate and a key for each row; columns vid and pid must match the options
    #[arg(long, value_name = "FILE", conflicts_with_all = ["csr", "cn"])]
    csv: Option<PathBuf>,
    /// Folder of certificate signing requests in PEM or DER: a certificate for each, and no keys
    #[arg(long, value_name = "DIR")]
    csr: Option<PathBuf>,
    #[command(flatten)]
    authority: Authority,
    #[command(flatten)]
    common: Certificates,
    /// Folder for certificates in PEM and DER and keys in PEM; created if missing [default with --csr: NAME.pem beside
    /// each request, or NAME.err with the reason; answered requests are skipped]
    #[arg(long, value_name = "DIR", required_unless_present = "csr")]
    out: Option<PathBuf>,
    #[command(flatten)]
    recording: Recording,
}

impl Certificates {
    /// Reads the validity; without an end it lasts as long as the issuer's.
    fn validity(&self, issuer: Option<&Certificate>) -> Result<Validity, Failure> {
        let time = |option: &str, text: &Option<String>| {
            let time = text.as_deref().map(parse_time).transpose();
            time.map_err(|reason| Failure::option(option, reason))
        };
        let from = match time("--from", &self.from)? {
            Some(from) => from,
            None => now()?,
        };
        if let Some(days) = parse_number("--days", self.days.as_deref(), 0, u32::MAX)? {
            return Validity::from_days(from, days).map_err(|error| Failure::option("--days", error));
        }
        let last = issuer.map_or(DateTime::INFINITY, |issuer| issuer.validity().not_after());
        let to = time("--to", &self.to)?.unwrap_or(last);
        Validity::new(from, to).map_err(refused)
    }
}

impl Authority {
    /// Reads the certificate of a PAA or a PAI, and its key.
    pub(crate) fn read(&self, object: Object, trust: Trust) -> Result<(Certificate, P256Signer), Failure> {
        if let Some(path) = &self.issuer_key {
            trust.check_key("--issuer-key", path)?;
        }
        let password = self.password.read()?;
        let password = password.as_deref().map(String::as_str);
        let certificate = read_certificate("--issuer", Some(object), &self.issuer, password)?;
        let key = match (&self.issuer_key, &self.signer) {
            (Some(path), _) => read_private_key("--issuer-key", path, password)?.into(),
            (None, Some(uri)) => {
                let signer = open_p256_signer("--signer", uri, password, trust)?;
                if signer.public_key() != certificate.public_key() {
                    return Err(Failure::option(
                        "--signer",
                        "is not the key of the certificate of --issuer",
                    ));
                }
                signer
            }
            (None, None) => {
                return Err(Failure::Input(
                    "missing: --issuer-key or --signer; --help lists all".into(),
                ));
            }
        };
        Ok((certificate, key))
    }
}

impl Authority {
    /// Adds the files to the inputs of a command.
    pub(crate) fn named(&self, files: Files) -> Files {
        files
            .input("--issuer", &self.issuer)
            .optional_input("--issuer-key", self.issuer_key.as_ref())
    }
}

impl Paa {
    pub(crate) fn run(&self, common: &Common) -> Result<(), Failure> {
        let validity = self.common.validity(None)?;
        let mut subject = PaaSubject::new(&self.cn).map_err(refused)?;
        if let Some(vendor_id) = parse::<VendorId>("--vid", self.vid.as_deref())? {
            subject = subject.with_vendor_id(vendor_id);
        }
        if self.common.vid_pid_in_cn {
            subject = subject.with_vendor_id_in_common_name();
        }
        let mut rng = random()?;
        let signer = match &self.signer {
            Some(uri) => {
                let password = self.password.read()?;
                let password = password.as_deref().map(String::as_str);
                open_p256_signer("--signer", uri, password, common.trust)?
            }
            None => PrivateKey::generate(&mut rng).into(),
        };
        let paa = issue_paa(&signer, &subject, validity, SerialNumber::generate(&mut rng)).map_err(refused)?;
        let new = signer.private_key().filter(|_| self.signer.is_none());
        let issued = vec![Issued::new("PAA", paa, new.cloned())];
        let book = self.recording.open_with(&self.password, common)?;
        write(&self.out, &issued, common.files(), book, common)
    }
}

impl Pai {
    pub(crate) fn run(&self, common: &Common) -> Result<(), Failure> {
        let (paa, paa_key) = self.authority.read(Object::Paa, common.trust)?;
        let validity = self.common.validity(Some(&paa))?;
        let mut subject = PaiSubject::new(&self.cn, required("--vid", &self.vid)?).map_err(refused)?;
        if let Some(product_id) = parse::<ProductId>("--pid", self.pid.as_deref())? {
            subject = subject.with_product_id(product_id);
        }
        if self.common.vid_pid_in_cn {
            subject = subject.with_ids_in_common_name();
        }
        let issuer = Issuer::new(&paa, &paa_key).map_err(refused)?;
        let mut rng = random()?;
        let (public_key, key) = match &self.csr {
            Some(path) => (requested_key(path, &paa)?, None),
            None => {
                let key = PrivateKey::generate(&mut rng);
                (key.public_key(), Some(key))
            }
        };
        let serial = SerialNumber::generate(&mut rng);
        let pai = issuer.issue_pai(&subject, &public_key, validity, serial);
        let issued = vec![Issued::new("PAI", pai.map_err(refused)?, key)];
        let files = self.authority.named(common.files());
        let files = files.optional_input("--csr", self.csr.as_ref());
        let book = self.recording.open_with(&self.authority.password, common)?;
        write(&self.out, &issued, files, book, common)
    }
}

impl Dac {
    pub(crate) fn run(&self, common: &Common) -> Result<(), Failure> {
        let (pai, pai_key) = self.authority.read(Object::Pai, common.trust)?;
        let validity = self.common.validity(Some(&pai))?;
        // The template is filled with each device's name.
        let mut subject = DacSubject::new("any", required("--vid", &self.vid)?, required("--pid", &self.pid)?);
        if self.common.vid_pid_in_cn {
            subject = subject.map(DacSubject::with_ids_in_common_name);
        }
        let issuer = Issuer::new(&pai, &pai_key).map_err(refused)?;
        let template = subject.and_then(|subject| issuer.dac_template(&subject, validity));
        let template = template.map_err(refused)?;
        let mut rng = random()?;
        let book = self.recording.open_with(&self.authority.password, common)?;
        let out = match (&self.out, &self.csr) {
            (Some(out), _) => out,
            (None, Some(folder)) => {
                let prefix = self.cn.as_deref();
                return answer(folder, prefix, &pai, &template, &mut rng, book, common);
            }
            (None, None) => return Err(Failure::option("--out", "is missing")),
        };
        let mut issued = Vec::new();
        for Device {
            name,
            common_name,
            source,
        } in devices(self, &pai.public_key())?
        {
            let (public_key, key) = source.key(&mut rng);
            let dac = template.issue(&common_name, &public_key, SerialNumber::generate(&mut rng));
            issued.push(Issued::new(&name, dac.map_err(|error| source.refused(error))?, key));
        }
        write(out, &issued, self.authority.named(common.files()), book, common)
    }
}

/// Reads the request of an intermediate, and verifies its signature.
fn requested_key(path: &Path, paa: &Certificate) -> Result<PublicKey, Failure> {
    let bytes = read_file("--csr", path)?;
    let wrong = |reason: &str| Failure::Input(format!("--csr {}: {reason}", path.display()));
    let request = CertificateRequest::decode(&bytes)
        .map_err(|error| wrong(&told_unless(InputKind::CertificateRequest, &bytes, error)))?;
    if request.public_key() == paa.public_key() {
        return Err(wrong("has the key of --issuer; an intermediate requires its own key"));
    }
    Ok(request.public_key())
}

/// Parses an option that is always present.
pub(crate) fn required<T: std::str::FromStr<Err: std::fmt::Display>>(option: &str, text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error| Failure::option(option, error))
}

/// Maps an error to the option at fault.
fn refused(error: Error) -> Failure {
    let option = match error {
        Error::CommonNameHasControl | Error::CommonNameHasId | Error::CommonNameLength { .. } => "--cn",
        Error::CertificateTooLong { .. } => "--cn and --issuer",
        Error::ValidityAfterIssuer { .. } => "--to or --days",
        Error::ValidityBeforeIssuer { .. } => "--from",
        Error::ValidityReversed { .. } => "--from and --to",
        Error::IssuerVendorIdMismatch { .. } => "--vid",
        Error::IssuerProductIdMismatch { .. } => "--pid",
        Error::KeyMismatch => "--issuer and --issuer-key",
        Error::SigningFailed(_) => return Failure::Work(format!("cannot sign: {}", cause(&error))),
        Error::IssuerNameMismatch
        | Error::IssuerPathLength { .. }
        | Error::IssuerVendorIdMissing
        | Error::NotACertificateAuthority
        | Error::SubjectKeyIdMissing => "--issuer",
        _ => return Failure::Work(format!("cannot issue: {error}")),
    };
    Failure::option(option, error)
}
