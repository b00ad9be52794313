//! `dac-pki cd` and `csr`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use cli::{
    Failure, Password, cause, open_p256_signer, parse, parse_device_type, parse_number, print, print_json,
    read_certificate, read_file, read_private_key, report, report_json, say, told, told_unless,
};
use matter_attestation::{
    CertificateRequest, CertificationDeclaration, CertificationType, DacOrigin, DeclarationSigners, Error, InputKind,
    KeyId, Profile, Severity, SignedDeclaration, TEST_CD_SIGNING_KEY_ID, Verification, test_cd_signing_key,
};
use matter_signer::P256Signer;
use matter_types::{ProductId, VendorId};
use serde_json::{Value, json};

use crate::Common;

#[derive(Subcommand)]
pub(crate) enum Cd {
    /// Make and sign a Certification Declaration
    Make(Box<Make>),
    /// Show the contents of a Certification Declaration
    Print {
        /// Declaration: CMS in DER
        file: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum Csr {
    /// Make a PKCS#10 request for a key, signed by it, such as an intermediate's key in a token
    Make(MakeRequest),
    /// Check a PKCS#10 request and its proof of possession: exit code 1 if it is not accepted
    Check {
        /// Request in PEM or DER
        file: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct MakeRequest {
    /// Common name, 1 to 64 bytes, to tell requests apart
    #[arg(long, value_name = "TEXT")]
    cn: String,
    /// Location of the P-256 key: file:PATH, pkcs11:... (RFC 7512; PIN from its pin-source or MATTER_PIN) or
    /// exec:PROGRAM
    #[arg(long, value_name = "URI")]
    signer: String,
    /// Request to write, in PEM
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    password: Password,
}

impl MakeRequest {
    pub(crate) fn run(&self, common: &Common) -> Result<(), Failure> {
        let files = common.files().output("--out", &self.out);
        files.check()?;
        let password = self.password.read()?;
        let password = password.as_deref().map(String::as_str);
        let signer = open_p256_signer("--signer", &self.signer, password, common.trust)?;
        let request = CertificateRequest::sign(&signer, &self.cn).map_err(|error| match error {
            Error::SigningFailed(_) => Failure::Work(format!("cannot sign: {}", cause(&error))),
            error => Failure::option("--cn", error),
        })?;
        files.publish(&[(&self.out, request.to_pem().as_bytes())])?;
        let (path, key_id) = (
            self.out.display().to_string(),
            request.public_key().key_id().to_string(),
        );
        if common.json {
            report_json(format_args!("{:#}", json!({"file": path, "subject_key_id": key_id})));
        } else {
            report(format_args!(
                "{path}: its certificate will have the subject key identifier {key_id}"
            ));
        }
        Ok(())
    }
}

#[derive(Args)]
pub(crate) struct Make {
    /// Vendor id of the product, 0x0001 to 0xFFF4
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    vid: String,
    /// Product ids, 0x0001 to 0xFFFF, 1 to 100 of them; may be given several times
    #[arg(long, value_name = "ID", required = true, num_args = 1..)]
    pid: Vec<String>,
    /// Primary device type, 0 to 0xFFFFFFFF
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    device_type: String,
    /// Certificate id, 19 bytes, such as CSA00000SWC00000-00
    #[arg(long, value_name = "TEXT")]
    certificate_id: String,
    /// Certification type: 0 development and test, 1 provisional, 2 official
    #[arg(long = "type", value_name = "N", allow_hyphen_values = true)]
    kind: String,
    /// Version number assigned by the CSA, 1 to 65535 [default: 1]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    version_number: Option<String>,
    /// Vendor id in the DACs if it differs from the product's, 0x0001 to 0xFFF4
    #[arg(long, value_name = "ID", allow_hyphen_values = true, requires = "origin_pid")]
    origin_vid: Option<String>,
    /// Product id in the DACs if it differs from the product's, 0x0001 to 0xFFFF
    #[arg(long, value_name = "ID", allow_hyphen_values = true, requires = "origin_vid")]
    origin_pid: Option<String>,
    /// Subject key identifier of a permitted PAA, 40 hexadecimal digits; up to 10 times [default: all PAAs]
    #[arg(long, value_name = "HEX")]
    paa_ski: Vec<String>,
    /// Private key of the signer
    #[arg(
        long,
        value_name = "FILE",
        requires = "cert",
        required_unless_present_any = ["test_key", "signer"],
        conflicts_with = "signer"
    )]
    key: Option<PathBuf>,
    /// Location of that key instead: file:PATH, pkcs11:... (RFC 7512; PIN from its pin-source or MATTER_PIN) or
    /// exec:PROGRAM
    #[arg(long, value_name = "URI", requires = "cert")]
    signer: Option<String>,
    /// Certificate of the signer
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Sign with the published key of "Matter Test CD Signing Authority": for development only
    #[arg(long, conflicts_with_all = ["key", "signer", "cert"])]
    test_key: bool,
    /// Declaration to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    password: Password,
}

impl Make {
    pub(crate) fn run(&self, common: &Common) -> Result<(), Failure> {
        let files = common.files().optional_input("--key", self.key.as_ref());
        let files = files
            .optional_input("--cert", self.cert.as_ref())
            .output("--out", &self.out);
        files.check()?;
        let declaration = self.content()?;
        let cms = match &self.cert {
            Some(cert) => {
                let password = self.password.read()?;
                let password = password.as_deref().map(String::as_str);
                let certificate = read_certificate("--cert", None, cert, password)?;
                let (option, key) = self.signing_key(password, common)?;
                if certificate.public_key() != key.public_key() {
                    return Err(Failure::option(option, "is not the key of --cert"));
                }
                let key_id = certificate.subject_key_id();
                let key_id = key_id.ok_or_else(|| Failure::option("--cert", "has no subject key identifier"))?;
                declaration.sign(&key, key_id)
            }
            None => declaration.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID),
        };
        let cms = cms.map_err(|error| Failure::Work(format!("cannot sign: {}", cause(&error))))?;
        files.publish(&[(&self.out, cms.as_slice())])?;
        let signers = DeclarationSigners::new().with_test_key(true);
        let check = Verification::new()
            .with_declaration(&cms)
            .with_declaration_signers(&signers);
        for finding in check.run(Profile::Strict).findings() {
            match finding.severity() {
                Severity::Error => say(format_args!("commissioners will refuse it: {finding}")),
                Severity::Warning => say(finding),
                Severity::Note => {}
            }
        }
        let path = self.out.display();
        if common.json {
            report_json(format_args!(
                "{:#}",
                json!({"file": path.to_string(), "size": cms.len()})
            ));
        } else {
            report(format_args!("{path}: {} bytes", cms.len()));
        }
        Ok(())
    }

    /// Opens the key of the signer, and returns the name of its option too.
    fn signing_key(&self, password: Option<&str>, common: &Common) -> Result<(&'static str, P256Signer), Failure> {
        match (&self.key, &self.signer) {
            (Some(key), _) => {
                common.trust.check_key("--key", key)?;
                Ok(("--key", read_private_key("--key", key, password)?.into()))
            }
            (None, Some(uri)) => Ok(("--signer", open_p256_signer("--signer", uri, password, common.trust)?)),
            (None, None) => Err(Failure::option("--cert", "requires --key or --signer")),
        }
    }

    fn content(&self) -> Result<CertificationDeclaration, Failure> {
        let vendor_id = parse::<VendorId>("--vid", Some(&self.vid))?;
        let product_ids = self.pid.iter().map(|pid| parse::<ProductId>("--pid", Some(pid)));
        let product_ids = product_ids.collect::<Result<Option<Vec<_>>, _>>()?;
        let device_type = parse_device_type("--device-type", &self.device_type)?;
        let kind = parse_number("--type", Some(&self.kind), 0, 2)?;
        let (Some(vendor_id), Some(product_ids), Some(device_type), Some(kind)) =
            (vendor_id, product_ids, device_type, kind)
        else {
            return Err(Failure::Input("missing option; --help lists all".into()));
        };
        let kind = CertificationType::new(kind.into()).map_err(|error| Failure::option("--type", error))?;
        let wrong = |error| Failure::option("--pid and --certificate-id", error);
        let mut declaration =
            CertificationDeclaration::new(vendor_id, &product_ids, device_type, &self.certificate_id, kind)
                .map_err(wrong)?;
        let origin = parse::<VendorId>("--origin-vid", self.origin_vid.as_deref())?;
        let origin = origin.zip(parse::<ProductId>("--origin-pid", self.origin_pid.as_deref())?);
        if let Some((vendor_id, product_id)) = origin {
            declaration = declaration.with_dac_origin(DacOrigin { vendor_id, product_id });
        }
        if let Some(number) = parse_number("--version-number", self.version_number.as_deref(), 1, u16::MAX.into())? {
            let number = u16::try_from(number).map_err(|error| Failure::option("--version-number", error))?;
            declaration = declaration.with_version_number(number);
        }
        if self.paa_ski.is_empty() {
            return Ok(declaration);
        }
        let paas = self
            .paa_ski
            .iter()
            .map(|text| text.parse::<KeyId>())
            .collect::<Result<Vec<_>, _>>();
        let paas = paas.and_then(|paas| declaration.with_authorized_paas(&paas));
        paas.map_err(|error| Failure::option("--paa-ski", error))
    }
}

/// `cd print`.
pub(crate) fn show(path: &Path, json: bool) -> Result<(), Failure> {
    let bytes = read_file("FILE", path)?;
    let signed = SignedDeclaration::decode(&bytes);
    let signed = signed.map_err(|error| {
        Failure::Input(format!(
            "{}: {}",
            path.display(),
            told_unless(InputKind::Declaration, &bytes, error)
        ))
    })?;
    let members = members(&signed);
    if json {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        return print_json(format_args!("{:#}", Value::Object(members.collect())));
    }
    for (name, value) in members {
        let text = match value {
            Value::String(text) => text,
            Value::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
                items.collect::<Vec<_>>().join(" ")
            }
            other => other.to_string(),
        };
        print(format_args!("{name:24} {text}"))?;
    }
    Ok(())
}

fn members(signed: &SignedDeclaration) -> Vec<(&'static str, Value)> {
    let content = signed.content();
    let mut members = Vec::new();
    let mut put = |name, value| members.push((name, value));
    put("vendor_id", content.vendor_id().to_string().into());
    let ids = content.product_ids().iter().map(ToString::to_string);
    put("product_ids", ids.collect::<Vec<_>>().into());
    put("device_type_id", content.device_type_id().into());
    put("certificate_id", content.certificate_id().into());
    put("security_level", content.security_level().into());
    put("security_information", content.security_information().into());
    put("version_number", content.version_number().into());
    put("certification_type", content.certification_type().get().into());
    if let Some(origin) = content.dac_origin() {
        put("dac_origin_vendor_id", origin.vendor_id.to_string().into());
        put("dac_origin_product_id", origin.product_id.to_string().into());
    }
    if let Some(paas) = content.authorized_paas() {
        let paas = paas.iter().map(ToString::to_string);
        put("authorized_paas", paas.collect::<Vec<_>>().into());
    }
    put("signer_key_id", signed.signer_key_id().to_string().into());
    put("test_key", (signed.signer_key_id() == TEST_CD_SIGNING_KEY_ID).into());
    members
}

/// `csr check`.
pub(crate) fn check_request(path: &Path, json: bool) -> Result<(), Failure> {
    let bytes = read_file("FILE", path)?;
    let file = path.display().to_string();
    match CertificateRequest::decode(&bytes) {
        Ok(request) => {
            let key_id = request.public_key().key_id();
            if json {
                let object = json!({"file": file, "accepted": true, "subject_key_id": key_id.to_string()});
                return print_json(format_args!("{object:#}"));
            }
            print(format_args!(
                "{file}: accepted; its certificate will have the subject key identifier {key_id}"
            ))
        }
        Err(error) => {
            let reason = match InputKind::of(&bytes) {
                InputKind::CertificateRequest => error.to_string(),
                InputKind::Certificate => format!("it is {}", InputKind::Certificate),
                _ => told(&bytes, error),
            };
            if json {
                let object = json!({"file": file, "accepted": false, "text": reason});
                print_json(format_args!("{object:#}"))?;
            }
            Err(Failure::No(format!("{file}: {reason}")))
        }
    }
}
