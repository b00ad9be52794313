//! `dac-pki vector`: a commissioner test vector of the Matter SDK.

use std::path::{Path, PathBuf};

use clap::Args;
use cli::{Failure, Password, parse_json, read_file, say};
use matter_attestation::{DeclarationSigners, PrivateKey};
use matter_types::{ProductId, VendorId};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::show;
use crate::verify::{Choice, Device, Trusted, time};

/// The vendor id that the product reports, which the SDK's vectors do not contain.
const VENDOR_ID: u16 = 0xFFF1;

#[derive(Args)]
pub(crate) struct Vector {
    /// Vector: JSON with certificates, declaration and key in hexadecimal digits
    file: PathBuf,
    /// Trusted PAA, or a folder of trusted PAAs; without it the chain ends at the PAI
    #[arg(long, value_name = "FILE|DIR")]
    paa: Option<PathBuf>,
    /// Time at which the certificates must be valid
    #[arg(long, value_name = "TIME", default_value = "2026-06-01", allow_hyphen_values = true)]
    at: String,
    /// Rules: strict for every rule, sdk for errors only where the Matter SDK's commissioner refuses
    #[arg(long, value_enum, default_value_t = Choice::Strict)]
    profile: Choice,
    #[command(flatten)]
    password: Password,
}

impl Vector {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let time = time(Some(&self.at))?;
        let password = self.password.read()?;
        let password = password.as_deref().map(String::as_str);
        let trusted = self.paa.as_deref().map(|path| Trusted::read(path, password));
        let trusted = trusted.transpose()?;
        let text = read_file("FILE", &self.file)?;
        let vector = Fields::parse(&self.file, &text)?;
        let (pai, dac) = (vector.certificate("pai_cert")?, vector.certificate("dac_cert")?);
        let declaration = vector.bytes("certification_declaration")?;
        let key = PrivateKey::decode(vector.text("dac_private_key")?.as_bytes());
        let key = key.map_err(|error| vector.wrong("dac_private_key", error))?;
        let product = vector.value.get("basic_info_pid").and_then(Value::as_u64);
        let product = product.and_then(|id| u16::try_from(id).ok()?.try_into().ok());
        let product: ProductId =
            product.ok_or_else(|| vector.wrong("basic_info_pid", "is not a number in the range 1 to 65535"))?;
        let vendor = VendorId::new(VENDOR_ID).map_err(|error| vector.wrong("basic_info_vid", error))?;
        let signers = DeclarationSigners::new().with_test_key(true);
        let device = Device {
            trusted: trusted.as_ref(),
            pai: &pai,
            dac: &dac,
            declaration: Some(&declaration),
            key: Some(&key),
            product: Some((vendor, product)),
            time,
            revocation: None,
        };
        let report = device.check(&signers, self.profile.profile())?;
        let expected = match vector.value.get("is_success_case") {
            Some(Value::Bool(flag)) => Some(*flag),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        if expected.is_some_and(|expected| expected != report.is_accepted()) {
            say("the vector's own flag states the opposite");
        }
        show::report(&report, true, json)
    }
}

struct Fields<'a> {
    path: &'a Path,
    value: Value,
}

impl<'a> Fields<'a> {
    fn parse(path: &'a Path, text: &[u8]) -> Result<Self, Failure> {
        let value = parse_json(path, text)?;
        Ok(Self { path, value })
    }

    fn wrong(&self, member: &str, reason: impl std::fmt::Display) -> Failure {
        Failure::Input(format!("{}: {member}: {reason}", self.path.display()))
    }

    fn text(&self, member: &str) -> Result<&str, Failure> {
        let text = self.value.get(member).and_then(Value::as_str);
        text.ok_or_else(|| self.wrong(member, "is missing or not a text"))
    }

    /// A missing certificate is an empty one, as a device sends it.
    fn certificate(&self, member: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
        match self.value.get(member) {
            None | Some(Value::Null) => Ok(Zeroizing::default()),
            Some(_) => self.bytes(member),
        }
    }

    fn bytes(&self, member: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let bytes = base16ct::mixed::decode_vec(self.text(member)?);
        let bytes = bytes.map_err(|_| self.wrong(member, "is not pairs of hexadecimal digits"))?;
        Ok(Zeroizing::new(bytes))
    }
}
