use alloc::vec::Vec;

use hex_literal::hex;

use super::test_key::{TEST_CD_SIGNING_KEY_ID, TEST_CD_SIGNING_POINT};
use crate::{Certificate, Error, KeyId, PublicKey};

/// The accepted signers of Certification Declarations: the CSA, added signers, and optionally the test key.
///
/// # Examples
///
/// ```
/// use matter_attestation::DeclarationSigners;
///
/// assert!(!DeclarationSigners::new().allows_test_key());
/// assert!(DeclarationSigners::new().with_test_key(true).allows_test_key());
/// ```
#[derive(Clone, Debug, Default)]
pub struct DeclarationSigners {
    test_key: bool,
    added: Vec<(KeyId, PublicKey)>,
}

/// The key of a known signer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeclarationSigner {
    pub(crate) key: PublicKey,
    pub(crate) is_test: bool,
}

impl DeclarationSigners {
    /// Accepts the five signing keys of the CSA that are built into the Matter SDK, but not the test key.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            test_key: false,
            added: Vec::new(),
        }
    }

    /// Accepts or refuses the test key, whose private half is published.
    #[must_use]
    pub const fn with_test_key(mut self, allowed: bool) -> Self {
        self.test_key = allowed;
        self
    }

    /// Adds a signer certified by the CSA's root, such as one from the DCL; the test signer's certificate is ignored.
    ///
    /// # Errors
    ///
    /// [`Error::IssuerNameMismatch`], [`Error::AuthorityKeyIdMismatch`] or [`Error::SignatureInvalid`] when the CSA's
    /// root did not issue the certificate, [`Error::SubjectKeyIdMissing`] when it has no key identifier.
    pub fn with_certificate(mut self, certificate: &Certificate) -> Result<Self, Error> {
        let key_id = certificate.subject_key_id().ok_or(Error::SubjectKeyIdMissing)?;
        if key_id == TEST_CD_SIGNING_KEY_ID {
            return Ok(self);
        }
        certificate.verify_issued_by(&Certificate::from_der(&CSA_ROOT)?)?;
        self.added.push((key_id, certificate.public_key()));
        Ok(self)
    }

    /// Adds a signer that the caller trusts, with a certificate of any issuer; the test signer's is ignored.
    ///
    /// # Errors
    ///
    /// [`Error::SubjectKeyIdMissing`] when the certificate has no key identifier.
    pub fn with_trusted_certificate(mut self, certificate: &Certificate) -> Result<Self, Error> {
        let key_id = certificate.subject_key_id().ok_or(Error::SubjectKeyIdMissing)?;
        if key_id != TEST_CD_SIGNING_KEY_ID {
            self.added.push((key_id, certificate.public_key()));
        }
        Ok(self)
    }

    /// Returns whether the test key is accepted.
    #[must_use]
    pub const fn allows_test_key(&self) -> bool {
        self.test_key
    }

    /// Returns a signer's key; the test key even if it is not accepted.
    pub(crate) fn find(&self, key_id: KeyId) -> Option<DeclarationSigner> {
        if key_id == TEST_CD_SIGNING_KEY_ID {
            let key = PublicKey::new(&TEST_CD_SIGNING_POINT).ok()?;
            return Some(DeclarationSigner { key, is_test: true });
        }
        let csa = CSA_KEYS
            .iter()
            .find(|(id, _)| *id == key_id)
            .and_then(|(_, point)| PublicKey::new(point).ok());
        let added = || self.added.iter().find(|(id, _)| *id == key_id).map(|(_, key)| *key);
        let key = csa.or_else(added)?;
        Some(DeclarationSigner { key, is_test: false })
    }
}

/// The CSA's "Certification Declaration Signing Key 001" to "005": subject key identifier and point, from
/// connectedhomeip, `credentials/attestation_verifier/DefaultDeviceAttestationVerifier.cpp` and the certificates in
/// `credentials/production/cd-certs`.
const CSA_KEYS: [(KeyId, [u8; 65]); 5] = [
    (
        KeyId::new(hex!("FE343F959947763B61EE4539131338494FE67D8E")),
        hex!(
            "04"
            "CDEEE93E44F8B72BE3D1A9C07E21968B9AFFF3B403F05E1669D7B1E5CAEE6FC7"
            "714B42E7E23695E92CD7635473A280AE688F37BB9489E11629B9B94FF7B09929"
        ),
    ),
    (
        KeyId::new(hex!("DD04DB585B214C1C581587E6568DF487B6DDC701")),
        hex!(
            "04"
            "031937E8F94251045DF27457BB46253EE3754E8C12AE28557D8027B9D4C356D9"
            "1B408CFF32275017B25F8C8BA20516D5C83AF2B724128013DFCC8F95D200A90B"
        ),
    ),
    (
        KeyId::new(hex!("471035E7C04EAAA8BE7C4D4C13E3E4C20995A84B")),
        hex!(
            "04"
            "9F575CD5FDB7521F10A4DF31F073912B614728F2D37F5B6B96BC2CBF7C0B1196"
            "90577D555D21A09660A8B082A339EA530F7A812D8693B56FD764185FABCD32F5"
        ),
    ),
    (
        KeyId::new(hex!("F68603A3692E981072419EA1E1AB3854BD7795D3")),
        hex!(
            "04"
            "7CFC8D8810A89CF4FA191778F2AFEC78F8517A97A3E57FC213BAD888E3611E74"
            "FFB684BDEBA8A68B25234A5C358F373BAB9B6D304E1306DD7620A528D1161C0B"
        ),
    ),
    (
        KeyId::new(hex!("637F2634AD62EAFE6AF662EFB96F6FD2FCBFFC2F")),
        hex!(
            "04"
            "438A52C662A2A6D72647F95EB753136EE4AE0FDB3AA9C16931426B3D0867F910"
            "3AE7D7A1B887E9F813A6F26F76BBCDA93593787C12778CA8F2975DC45A2042F9"
        ),
    ),
];

/// The CSA's certificate "Matter Certification and Testing CA", from the same files of connectedhomeip.
const CSA_ROOT: [u8; 517] = hex!(
    "30820201308201A7A0030201020207637361726F6F74300A06082A8648CE3D0403023052310C300A060355040A0C0343"
    "5341312C302A06035504030C234D61747465722043657274696669636174696F6E20616E642054657374696E67204341"
    "31143012060A2B0601040182A27C02010C04433541303020170D3232303730373139323830345A180F32313232303631"
    "333139323830345A3052310C300A060355040A0C03435341312C302A06035504030C234D617474657220436572746966"
    "69636174696F6E20616E642054657374696E6720434131143012060A2B0601040182A27C02010C044335413030593013"
    "06072A8648CE3D020106082A8648CE3D03010703420004384A3AC3AA5DBECB720FE6211D3CAD48626FF711A0A4929FAD"
    "D860F8E277FFC0DE1F3EB6337A34847B5A3A056EA8710E9377EEEDEE251703FDD9350125CB8E48A36630643012060355"
    "1D130101FF040830060101FF020101300E0603551D0F0101FF040403020106301D0603551D0E0416041497E469D0C504"
    "14C26FC701F77E947739098DF6A5301F0603551D2304183016801497E469D0C50414C26FC701F77E947739098DF6A530"
    "0A06082A8648CE3D0403020348003045022079AAE50747C2278F54A09EB1C0A3DD94F128A4238BF63542BE2383125788"
    "FA64022100EFBC308A8BB92F8F8478068152E01559182938CC9F385B8B5F4D37EEF3D9516D"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_points_and_match_their_key_ids() {
        for (key_id, point) in &CSA_KEYS {
            assert_eq!(PublicKey::new(point).unwrap().key_id(), *key_id);
        }
    }

    #[test]
    fn root_is_self_signed_and_not_a_signer() {
        let root = Certificate::from_der(&CSA_ROOT).unwrap();
        root.verify_issued_by(&root).unwrap();
        assert!(DeclarationSigners::new().find(root.subject_key_id().unwrap()).is_none());
    }
}
