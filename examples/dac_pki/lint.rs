//! `dac-pki lint`: what is wrong with the files of a chain, and whether they fit together.

use std::path::PathBuf;

use clap::Args;
use cli::{Failure, read_file};
use matter_attestation::{InputKind, Object, Part, Verification};

use crate::show;
use crate::verify::Rules;

/// DER's tag.
const SEQUENCE: u8 = 0x30;

#[derive(Args)]
pub(crate) struct Lint {
    /// At most one PAA, PAI, DAC and Certification Declaration, in any order, also several certificates in one file in PEM, also as PKCS#7, or in PKCS#12; the content tells which is which
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
                let what = "is neither a certificate nor a Certification Declaration";
                Failure::Input(format!("{}: {what}: {reason}", path.display()))
            };
            let bytes = read_file("FILE", path)?;
            // SignedData in DER is what a declaration is; that certificates are meant, only the label in PEM says.
            if bytes.first() == Some(&SEQUENCE) && InputKind::of(&bytes) == InputKind::Pkcs7 {
                let remedy = "`openssl pkcs7 -inform der` makes PEM of it, which is read";
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
                        "{path}: is a second {object} beside {other}; one chain at a time"
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
