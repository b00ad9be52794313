use der::DateTime;
use matter_types::{ProductId, VendorId};

use super::AttestationResponse;
use crate::{DeclarationSigners, PaaStore, PublicKey, RevocationSet};

/// Everything that proves a device genuine, or as much of it as there is, to be checked in one go.
///
/// Whatever is not given is not checked, so that one certificate or one declaration alone can be checked too. Every
/// certificate is a [`Certificate`](crate::Certificate) or DER, which may be broken: what can be read of it is checked.
///
/// # Examples
///
/// ```
/// use matter_attestation::{DateTime, Object, PaaSubject, Profile, Rule, Verification};
/// # use matter_attestation::{SerialNumber, Validity, issue_paa, test_cd_signing_key};
/// # let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).expect("a date"));
/// # let subject = PaaSubject::new("Test PAA")?;
/// # let mut paa = issue_paa(&test_cd_signing_key(), &subject, validity, SerialNumber::new(&[1])?)?.as_der().to_vec();
///
/// assert!(Verification::new().with_paa(&paa).run(Profile::Strict).is_accepted());
///
/// paa.push(0);
/// let report = Verification::new().with_paa(&paa).run(Profile::Strict);
/// let finding = report.errors().next().expect("an octet too many");
/// assert_eq!((finding.rule(), finding.object()), (Rule::CertificateTrailingBytes, Object::Paa));
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Verification<'a> {
    pub(super) paa: Option<Anchor<'a>>,
    pub(super) pai: Option<&'a [u8]>,
    pub(super) dac: Option<&'a [u8]>,
    pub(super) dac_key: Option<PublicKey>,
    pub(super) declaration: Option<&'a [u8]>,
    pub(super) signers: Option<&'a DeclarationSigners>,
    pub(super) response: Option<AttestationResponse<'a>>,
    pub(super) product: Option<(VendorId, ProductId)>,
    pub(super) time: Option<DateTime>,
    pub(super) revocation: Option<&'a RevocationSet>,
    pub(super) complete: bool,
}

/// Where the PAA comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor<'a> {
    Certificate(&'a [u8]),
    Store(&'a PaaStore),
}

impl<'a> Verification<'a> {
    /// Starts with nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the one PAA that is trusted, which is checked itself.
    #[must_use]
    pub fn with_paa(mut self, certificate: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.paa = Some(Anchor::Certificate(certificate.as_ref()));
        self
    }

    /// Sets the PAAs that are trusted; the one above the PAI is checked itself.
    #[must_use]
    pub const fn with_paa_store(mut self, store: &'a PaaStore) -> Self {
        self.paa = Some(Anchor::Store(store));
        self
    }

    /// Sets PAA, PAI and DAC.
    #[must_use]
    pub fn with_chain(
        self,
        paa: &'a (impl AsRef<[u8]> + ?Sized),
        pai: &'a (impl AsRef<[u8]> + ?Sized),
        dac: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Self {
        self.with_paa(paa).with_pai(pai).with_dac(dac)
    }

    /// Sets the PAI.
    #[must_use]
    pub fn with_pai(mut self, certificate: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.pai = Some(certificate.as_ref());
        self
    }

    /// Sets the DAC.
    #[must_use]
    pub fn with_dac(mut self, certificate: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.dac = Some(certificate.as_ref());
        self
    }

    /// Sets the public half of the key that the device has, which has to be the DAC's.
    #[must_use]
    pub const fn with_dac_key(mut self, key: PublicKey) -> Self {
        self.dac_key = Some(key);
        self
    }

    /// Sets the Certification Declaration, in its CMS envelope.
    ///
    /// Without it the one in the attestation elements is taken.
    #[must_use]
    pub const fn with_declaration(mut self, cms: &'a [u8]) -> Self {
        self.declaration = Some(cms);
        self
    }

    /// Sets whose declarations are accepted; without it the CSA's.
    #[must_use]
    pub const fn with_declaration_signers(mut self, signers: &'a DeclarationSigners) -> Self {
        self.signers = Some(signers);
        self
    }

    /// Sets what the device answered to an attestation request.
    #[must_use]
    pub const fn with_response(mut self, response: AttestationResponse<'a>) -> Self {
        self.response = Some(response);
        self
    }

    /// Sets the ids that the product has in Basic Information.
    #[must_use]
    pub const fn with_product(mut self, vendor_id: VendorId, product_id: ProductId) -> Self {
        self.product = Some((vendor_id, product_id));
        self
    }

    /// Sets the time at which the certificates have to be valid.
    #[must_use]
    pub const fn at(mut self, time: DateTime) -> Self {
        self.time = Some(time);
        self
    }

    /// Sets what is revoked.
    #[must_use]
    pub const fn with_revocation_set(mut self, set: &'a RevocationSet) -> Self {
        self.revocation = Some(set);
        self
    }

    /// Demands PAA, PAI, DAC, declaration, product and time: what is not given is an error, and not left out.
    #[must_use]
    pub const fn complete(mut self) -> Self {
        self.complete = true;
        self
    }
}
