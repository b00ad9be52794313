//! `dac-pki key`: signing keys.

use std::path::PathBuf;

use base16ct::lower::encode_string as hex;
use clap::{Args, Subcommand, ValueEnum};
use cli::{Failure, Password, open_signer, parse_signer, print_text, random, report, report_json, signer_secrets};
use matter_attestation::PrivateKey;
use matter_signer::{KeyAlgorithm, SigningKey, VerifyingKey};
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::json;
use zeroize::Zeroizing;

use crate::Common;

#[derive(Subcommand)]
pub(crate) enum Key {
    /// Make a key in a file or in a token
    Generate(Generate),
    /// Show the public half of a key, or write it
    Public(Public),
}

#[derive(Args)]
pub(crate) struct Generate {
    /// File to write: PKCS#8 in PEM
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "signer",
        conflicts_with = "signer"
    )]
    out: Option<PathBuf>,
    /// Token that makes the key and never releases it, with the key's label as object: pkcs11:... (RFC 7512; PIN from
    /// its pin-source or MATTER_PIN)
    #[arg(long, value_name = "URI")]
    signer: Option<String>,
    /// Algorithm: p256 for certificates, declarations and secure boot, or rsa3072 for secure boot
    #[arg(long, value_enum, default_value = "p256", hide_possible_values = true)]
    algorithm: Algorithm,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Algorithm {
    P256,
    Rsa3072,
}

#[derive(Args)]
pub(crate) struct Public {
    /// Key: a file in PEM or DER, pkcs11:... or exec:PROGRAM
    key: String,
    /// File to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    password: Password,
}

const BITS: usize = 3072;

impl Key {
    pub(crate) fn run(&self, common: &Common) -> Result<(), Failure> {
        match self {
            Self::Generate(arguments) => arguments.run(common),
            Self::Public(arguments) => arguments.run(common),
        }
    }
}

impl Generate {
    fn run(&self, common: &Common) -> Result<(), Failure> {
        let (place, key) = match (&self.out, &self.signer) {
            (_, Some(uri)) => self.in_token(uri, common)?,
            (Some(path), None) => (path.display().to_string(), self.in_file(path, common)?),
            (None, None) => return Err(Failure::Input("missing: --out or --signer; --help lists all".into())),
        };
        let kind = key.kind();
        let fingerprint = key.fingerprint().map_err(|error| Failure::Work(error.to_string()))?;
        let fingerprint = hex(&fingerprint);
        if common.json {
            report_json(format_args!(
                "{:#}",
                json!({"key": place, "algorithm": kind, "public_key_sha256": fingerprint})
            ));
        } else {
            report(format_args!("{place}: {kind}, SHA-256 of the public key {fingerprint}"));
        }
        Ok(())
    }

    fn in_token(&self, uri: &str, common: &Common) -> Result<(String, VerifyingKey), Failure> {
        let wrong = |error: matter_signer::Error| Failure::option("--signer", error);
        let uri = parse_signer("--signer", uri, common.trust)?;
        let algorithm = match self.algorithm {
            Algorithm::P256 => KeyAlgorithm::P256,
            Algorithm::Rsa3072 => KeyAlgorithm::Rsa3072,
        };
        let (uri, signer) = uri.generate(algorithm, &signer_secrets(None)?).map_err(wrong)?;
        Ok((uri.to_string(), signer.verifying_key()))
    }

    fn in_file(&self, path: &std::path::Path, common: &Common) -> Result<VerifyingKey, Failure> {
        let files = common.files().output("--out", path);
        files.check()?;
        let failed = |error: &dyn std::fmt::Display| Failure::Work(format!("cannot make a key: {error}"));
        let mut rng = random()?;
        let (key, pem) = match self.algorithm {
            Algorithm::P256 => {
                let key = PrivateKey::generate(&mut rng);
                let pem = key.to_pkcs8_pem().map_err(|error| failed(&error))?;
                (SigningKey::P256(key), pem)
            }
            Algorithm::Rsa3072 => {
                let key = rsa::PrivateKey::new(&mut rng, BITS).map_err(|error| failed(&error))?;
                let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| failed(&error))?;
                (SigningKey::Rsa(Box::new(key)), Zeroizing::new(pem.to_string()))
            }
        };
        files.publish(&[(path, pem.as_bytes())])?;
        Ok(key.verifying_key())
    }
}

impl Public {
    fn run(&self, common: &Common) -> Result<(), Failure> {
        let files = common.files().optional_output("--out", self.out.as_ref());
        files.check()?;
        let password = self.password.read()?;
        let password = password.as_deref().map(String::as_str);
        let key = open_signer("KEY", &self.key, password, common.trust)?.verifying_key();
        let pem = key.to_pem().map_err(|error| Failure::Work(error.to_string()))?;
        match &self.out {
            Some(path) => files.publish(&[(path, pem.as_bytes())]),
            None => print_text(pem.trim_end()),
        }
    }
}
