use matter_attestation::Certificate;

use super::parse::{parse_number, read, start};
use super::{JobFile, Text};
use crate::dac_folder::read_dac_folder;
use crate::inputs::{check_trusted, read_certificate, read_declaration, read_private_key};
use crate::{Attestation, Authority, Error, Job, Pai, SuppliedDac};

/// The beginning of a PAI's common name, as in the reference tool.
const DEFAULT_PREFIX: &str = "ESP32";

impl JobFile {
    /// Refuses keys that others than their owner may change.
    fn check_keys(&self) -> Result<(), Error> {
        if self.allow_insecure_permissions {
            return Ok(());
        }
        let signer = self.sign_manifest.as_ref().filter(|name| name.as_os_str() != "pai");
        let keys = [
            ("--key", self.key.as_ref()),
            ("--dac-key", self.dac_key.as_ref()),
            ("--sign-manifest", signer),
        ];
        for (option, path) in keys {
            path.map_or(Ok(()), |path| check_trusted(option, path, "0600"))?;
        }
        let Some(folder) = &self.dac_dir else { return Ok(()) };
        check_trusted("--dac-dir", folder, "0700")?;
        // One that cannot be listed is refused by whoever reads it.
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            check_trusted("--dac-dir", &entry.path(), "0600")?;
        }
        Ok(())
    }

    pub(super) fn set_attestation(&self, job: &mut Job) -> Result<(), Error> {
        self.check_keys()?;
        job.declaration = read("--cert-dclrn", self.cert_dclrn.as_deref(), read_declaration)?;
        if self.allow_cd_mismatch && job.declaration.is_none() {
            return Err(Error::option("--allow-cd-mismatch", "needs --cert-dclrn beside it"));
        }
        job.allow_declaration_mismatch = self.allow_cd_mismatch;
        job.attestation = self.attestation()?;
        job.lifetime_days = parse_number("--lifetime", self.lifetime.as_ref().map(Text::expose), 1, 2_932_896)?;
        job.valid_from = start(self.valid_from.as_ref().map(Text::expose))?;
        Ok(())
    }

    fn attestation(&self) -> Result<Attestation, Error> {
        if let (false, false, Some(_)) = (self.test_pki, self.paa, &self.cn_prefix) {
            let reason = "names a PAI that is made, which only --paa and --test-pki do";
            return Err(Error::option("--cn-prefix", reason));
        }
        let supplied = self.dac_cert.is_some() || self.dac_key.is_some() || self.dac_dir.is_some();
        let password = self.password.as_ref().map(Text::expose);
        if password.is_some() && self.key.is_none() && !supplied {
            return Err(Error::option("--password", "opens a key, and none is given"));
        }
        if self.test_pki {
            if self.paa || self.pai || self.cert.is_some() || self.key.is_some() || supplied {
                let reason = "makes its own PAI; --paa, --pai, --cert, --key and supplied DACs are not allowed";
                return Err(Error::option("--test-pki", reason));
            }
            let common_name_prefix = self.prefix();
            return Ok(Attestation::TestPki { common_name_prefix });
        }
        let certificate = read("--cert", self.cert.as_deref(), read_certificate)?;
        let key = read("--key", self.key.as_deref(), |option, path| {
            read_private_key(option, path, password)
        })?;
        match (self.paa, self.pai, certificate, key) {
            (true, true, ..) => Err(Error::option(
                "--paa",
                "is not allowed beside --pai: --cert is one of both",
            )),
            (true, ..) if supplied => Err(Error::option(
                "--paa",
                "makes a PAI, which cannot have signed supplied DACs; --pai is allowed",
            )),
            (true, _, Some(certificate), Some(key)) => Ok(Attestation::Paa {
                authority: Box::new(Authority { certificate, key }),
                common_name_prefix: self.prefix(),
            }),
            (true, ..) => Err(Error::option("--paa", "needs --cert and --key beside it")),
            (_, true, Some(pai), key) if supplied => self.supplied(pai, key.as_ref()),
            (_, true, Some(certificate), Some(key)) => Ok(Attestation::Pai(Box::new(Pai { certificate, key }))),
            (_, true, ..) if supplied => Err(Error::option("--pai", "needs --cert beside it")),
            (_, true, ..) => Err(Error::option("--pai", "needs --cert and --key beside it")),
            (_, _, Some(_), _) => Err(Error::option("--cert", "needs --pai or --paa beside it")),
            (_, _, None, Some(_)) => Err(Error::option("--key", "needs --pai or --paa beside it")),
            (_, _, None, None) if supplied => {
                let option = if self.dac_dir.is_some() {
                    "--dac-dir"
                } else {
                    "--dac-cert"
                };
                Err(Error::option(option, "needs --pai and the PAI's --cert beside it"))
            }
            (_, _, None, None) => Ok(Attestation::None),
        }
    }

    fn prefix(&self) -> String {
        self.cn_prefix
            .as_ref()
            .map(Text::expose)
            .unwrap_or(DEFAULT_PREFIX)
            .into()
    }

    fn supplied(&self, pai: Certificate, key: Option<&matter_attestation::PrivateKey>) -> Result<Attestation, Error> {
        if key.is_some_and(|key| key.public_key() != *pai.public_key()) {
            let reason = "is not the private key of the certificate of --cert";
            return Err(Error::option("--key", reason));
        }
        let password = self.password.as_ref().map(Text::expose);
        let dacs = match (&self.dac_dir, &self.dac_cert, &self.dac_key) {
            (Some(folder), None, None) => read_dac_folder("--dac-dir", folder, password)?,
            (Some(_), ..) => {
                let reason = "is not allowed beside --dac-cert and --dac-key";
                return Err(Error::option("--dac-dir", reason));
            }
            (None, Some(certificate), key) if key.is_some() || self.ds_peripheral => vec![SuppliedDac {
                certificate: read_certificate("--dac-cert", certificate)?,
                key: read("--dac-key", key.as_deref(), |option, path| {
                    read_private_key(option, path, password)
                })?,
                origin: ("--dac-cert", certificate.clone()),
            }],
            (None, Some(_), _) => return Err(Error::option("--dac-cert", "needs --dac-key beside it")),
            (None, None, _) => return Err(Error::option("--dac-key", "needs --dac-cert beside it")),
        };
        let pai = Box::new(pai);
        Ok(Attestation::Supplied { pai, dacs })
    }
}
