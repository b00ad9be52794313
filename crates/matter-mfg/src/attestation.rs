use matter_attestation::Certificate;
use matter_signer::P256Signer;

use crate::message::message;
use crate::{Error, Field, Message, SuppliedDac};

/// The signer of the devices' certificates.
///
/// # Examples
///
/// ```
/// use matter_mfg::matter_attestation::Certificate;
/// use matter_mfg::matter_signer::{Secrets, SignerUri};
/// use matter_mfg::{Attestation, Pai};
///
/// fn from_files(certificate: &str, key: &str) -> Result<Attestation, Box<dyn std::error::Error>> {
///     // A path, "pkcs11:...", or "exec:/opt/kms/sign".
///     let key = key.parse::<SignerUri>()?.open_p256(&Secrets::from_environment())?;
///     let certificate = Certificate::from_pem(&std::fs::read_to_string(certificate)?)?;
///     Ok(Attestation::Pai(Box::new(Pai { certificate, key })))
/// }
/// assert!(from_files("PAI_cert.pem", "PAI_key.pem").is_err(), "no such files");
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Attestation {
    /// No signer: devices get no certificate.
    #[default]
    None,
    /// A product attestation intermediate.
    Pai(Box<Pai>),
    /// A product attestation authority, which first signs a PAI.
    Paa {
        /// The authority.
        authority: Box<Authority>,
        /// Prefix of the PAI's common name.
        common_name_prefix: String,
    },
    /// Certificates issued elsewhere: one for each device.
    Supplied {
        /// The PAI that signed all of them.
        pai: Box<Certificate>,
        /// The certificates with their keys, in the order of the devices.
        dacs: Vec<SuppliedDac>,
    },
    /// A throw-away PKI in `test-pki/` in the output folder (`test-pki-VID_PID/` for further products), with a
    /// declaration signed by the published test key.
    TestPki {
        /// Prefix of the PAI's common name.
        common_name_prefix: String,
    },
}

/// A product attestation intermediate.
#[derive(Clone, Debug)]
pub struct Pai {
    /// Its certificate.
    pub certificate: Certificate,
    /// Its key, held in memory, by a token or by an external program.
    pub key: P256Signer,
}

/// A product attestation authority.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Its certificate.
    pub certificate: Certificate,
    /// Its key, held in memory, by a token or by an external program.
    pub key: P256Signer,
}

/// The attestation inputs that are given; they determine the signer before any file is read.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each input")]
pub struct AttestationInputs {
    /// A PAI is made with the PAA of `certificate`.
    pub paa: bool,
    /// The PAI is the one of `certificate`.
    pub pai: bool,
    /// A throw-away PKI is made.
    pub test_pki: bool,
    /// The certificate of the PAA or PAI.
    pub certificate: bool,
    /// Its private key.
    pub key: bool,
    /// The location of that key.
    pub signer: bool,
    /// The password of encrypted keys.
    pub password: bool,
    /// Prefix of the common name of a PAI to make.
    pub common_name_prefix: bool,
    /// The certificate of a supplied DAC.
    pub dac_certificate: bool,
    /// Its private key.
    pub dac_key: bool,
    /// A folder of supplied DACs.
    pub dac_folder: bool,
    /// The keys of DACs are in eFuses.
    pub ds_peripheral: bool,
}

/// The variant of [`Attestation`] that the given inputs select.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttestationMode {
    /// [`Attestation::None`]
    None,
    /// [`Attestation::Paa`] with certificate and key.
    Paa,
    /// [`Attestation::Pai`] with certificate and key.
    Pai,
    /// [`Attestation::Supplied`]: the certificate of the PAI, and a DAC or a folder of DACs.
    Supplied,
    /// [`Attestation::TestPki`]
    TestPki,
}

impl AttestationInputs {
    /// Returns the variant that the inputs select.
    ///
    /// # Errors
    ///
    /// [`Error::Field`] for inputs that cannot be combined.
    pub fn mode(self) -> Result<AttestationMode, Error> {
        let supplied = self.dac_certificate || self.dac_key || self.dac_folder;
        if self.password && !self.has_key() && !supplied {
            return Err(Error::field(Field::Password, "requires an encrypted key"));
        }
        if self.key && self.signer {
            let reason = message!["cannot be used with ", Field::Key, ": both give the key"];
            return Err(Error::field(Field::Signer, reason));
        }
        if self.test_pki {
            return if self.paa || self.pai || self.certificate || self.has_key() || supplied {
                let mut reason = message!["makes its own PAI; it cannot be used with "];
                for field in [Field::Paa, Field::Pai, Field::Certificate, Field::Key] {
                    reason.push(field);
                    reason.push(if field == Field::Key { " or supplied DACs" } else { ", " });
                }
                Err(Error::field(Field::TestPki, reason))
            } else {
                Ok(AttestationMode::TestPki)
            };
        }
        match (self.paa, self.pai) {
            (true, true) => {
                let reason = message![
                    "cannot be used with ",
                    Field::Pai,
                    ": ",
                    Field::Certificate,
                    " is either a PAA or a PAI"
                ];
                Err(Error::field(Field::Paa, reason))
            }
            (true, false) if supplied => {
                let reason = message![
                    "makes a PAI, which cannot have signed supplied DACs; use ",
                    Field::Pai,
                    " instead"
                ];
                Err(Error::field(Field::Paa, reason))
            }
            (true, false) => self.check_pair(Field::Paa).map(|()| AttestationMode::Paa),
            (false, true) if supplied => self.supplied(),
            (false, true) => self.check_pair(Field::Pai).map(|()| AttestationMode::Pai),
            (false, false) => self.unsigned(supplied),
        }
    }

    /// Returns a warning about an input without effect, which the reference tool accepts and its documentation shows.
    #[must_use]
    pub fn unused(self) -> Option<Message> {
        (self.common_name_prefix && !self.test_pki && !self.paa).then(|| {
            message![
                Field::CommonNamePrefix,
                " has no effect: it names a new PAI, which only ",
                Field::Paa,
                " and ",
                Field::TestPki,
                " make"
            ]
        })
    }

    const fn has_key(self) -> bool {
        self.key || self.signer
    }

    /// Requires certificate and key of the signer.
    fn check_pair(self, signer: Field) -> Result<(), Error> {
        if self.certificate && self.has_key() {
            return Ok(());
        }
        let reason = message![
            "requires ",
            Field::Certificate,
            ", and ",
            Field::Key,
            " or ",
            Field::Signer
        ];
        Err(Error::field(signer, reason))
    }

    fn supplied(self) -> Result<AttestationMode, Error> {
        if !self.certificate {
            return Err(Error::field(Field::Pai, needs(Field::Certificate)));
        }
        match (self.dac_folder, self.dac_certificate, self.dac_key) {
            (true, false, false) => Ok(AttestationMode::Supplied),
            (true, ..) => {
                let reason = message!["cannot be used with ", Field::DacCertificate, " and ", Field::DacKey];
                Err(Error::field(Field::DacFolder, reason))
            }
            (false, true, key) if key || self.ds_peripheral => Ok(AttestationMode::Supplied),
            (false, true, _) => Err(Error::field(Field::DacCertificate, needs(Field::DacKey))),
            (false, false, _) => Err(Error::field(Field::DacKey, needs(Field::DacCertificate))),
        }
    }

    /// Requires that inputs without a signer are not orphaned.
    fn unsigned(self, supplied: bool) -> Result<AttestationMode, Error> {
        let lonely = [
            (Field::Certificate, self.certificate),
            (Field::Key, self.key),
            (Field::Signer, self.signer),
        ];
        if let Some((field, _)) = lonely.iter().find(|(_, given)| *given) {
            let reason = message!["requires ", Field::Pai, " or ", Field::Paa];
            return Err(Error::field(*field, reason));
        }
        if supplied {
            let field = if self.dac_folder {
                Field::DacFolder
            } else {
                Field::DacCertificate
            };
            let reason = message!["requires ", Field::Pai, " and the PAI's ", Field::Certificate];
            return Err(Error::field(field, reason));
        }
        Ok(AttestationMode::None)
    }
}

/// Returns the reason for a field that requires another one.
fn needs(field: Field) -> Message {
    message!["requires ", field]
}
