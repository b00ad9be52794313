//! `dac-pki lint`: finds faults in the files of a chain, and checks that they fit together.

use std::path::PathBuf;

use clap::Args;
use cli::{Failure, read_file};
use matter_attestation::{InputKind, Object, Part, Verification};

use crate::show;
use crate::verify::Rules;

/// Tag in DER.
const SEQUENCE: u8 = 0x30;

#[derive(Args)]
pub(crate) struct Lint {
    /// Files with at most one PAA, PAI, DAC and Certification Declaration, in any order, recognized by content; a PEM,
    /// PKCS#7 (PEM) or PKCS#12 file may contain several certificates
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    rules: Rules,
}

impl Lint {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let mut parts = Vec::<(&PathBuf, Part)>::new();
        let mut read = Vec::new();
        let password = self.rules.password()?;
        let password = password.as_deref().map(String::as_str);
        for path in &self.files {
            let wrong = |reason: String| {
                let what = "is not a certificate or a Certification Declaration";
                Failure::Input(format!("{}: {what}: {reason}", path.display()))
            };
            let bytes = read_file("FILE", path)?;
            // A declaration is SignedData in DER as well; only the PEM label shows that certificates are meant.
            if bytes.first() == Some(&SEQUENCE) && InputKind::of(&bytes) == InputKind::Pkcs7 {
                let remedy = "convert it to PEM with `openssl pkcs7 -inform der`";
                return Err(wrong(format!("it is a PKCS#7 bundle in DER; {remedy}")));
            }
            let in_file = cli::parts(&bytes, password).map_err(wrong)?;
            read.extend(in_file.into_iter().map(|part| (path, part)));
        }
        for (path, part) in read {
            let same = parts.iter().find(|(_, other)| other.object() == part.object());
            match same {
                // In PEM and DER.
                Some((_, other)) if *other == part => {}
                Some((other, _)) => {
                    let (other, path, object) = (other.display(), path.display(), part.object());
                    return Err(Failure::Input(format!(
                        "{path}: is a second {object} in addition to {other}; give one chain at a time"
                    )));
                }
                None => parts.push((path, part)),
            }
        }
        let signers = self.rules.signers(password)?;
        let whole = [Object::Paa, Object::Pai, Object::Dac]
            .iter()
            .all(|object| parts.iter().any(|(_, part)| part.object() == *object));
        let mut check = Verification::new().with_declaration_signers(&signers);
        for (_, part) in &parts {
            let der = part.as_der();
            check = match part.object() {
                Object::Paa => check.with_paa(der),
                Object::Pai => check.with_pai(der),
                Object::Cd => check.with_declaration(der),
                _ => check.with_dac(der),
            };
        }
        show::report(&check.run(self.rules.profile()), whole, json)
    }
}
