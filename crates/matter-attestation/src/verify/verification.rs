use der::DateTime;
use matter_types::{ProductId, VendorId};

use super::AttestationResponse;
use crate::{DeclarationSigners, PaaStore, PublicKey, RevocationSet};

/// The attestation data of a device, or a part of it, to be checked together.
///
/// Parts that are not set are not checked, so a single certificate or declaration can be checked, too. A certificate is
/// a [`Certificate`](crate::Certificate) or DER, which may be broken: its readable parts are checked.
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
/// let finding = report.errors().next().expect("a byte too many");
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

/// The source of the PAA.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor<'a> {
    Certificate(&'a [u8]),
    Store(&'a PaaStore),
}

impl<'a> Verification<'a> {
    /// Creates an empty verification.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the only trusted PAA, which is checked itself.
    #[must_use]
    pub fn with_paa(mut self, certificate: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.paa = Some(Anchor::Certificate(certificate.as_ref()));
        self
    }

    /// Sets the trusted PAAs; the one above the PAI is checked itself.
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

    /// Sets the public half of the device's key, which must match the DAC.
    #[must_use]
    pub const fn with_dac_key(mut self, key: PublicKey) -> Self {
        self.dac_key = Some(key);
        self
    }

    /// Sets the Certification Declaration, in its CMS envelope.
    ///
    /// Without it, the declaration in the attestation elements is used.
    #[must_use]
    pub const fn with_declaration(mut self, cms: &'a [u8]) -> Self {
        self.declaration = Some(cms);
        self
    }

    /// Sets the accepted signers of declarations; by default the CSA.
    #[must_use]
    pub const fn with_declaration_signers(mut self, signers: &'a DeclarationSigners) -> Self {
        self.signers = Some(signers);
        self
    }

    /// Sets the device's answer to an attestation request.
    #[must_use]
    pub const fn with_response(mut self, response: AttestationResponse<'a>) -> Self {
        self.response = Some(response);
        self
    }

    /// Sets the product's ids in Basic Information.
    #[must_use]
    pub const fn with_product(mut self, vendor_id: VendorId, product_id: ProductId) -> Self {
        self.product = Some((vendor_id, product_id));
        self
    }

    /// Sets the time at which the certificates must be valid.
    #[must_use]
    pub const fn at(mut self, time: DateTime) -> Self {
        self.time = Some(time);
        self
    }

    /// Sets the revoked certificates.
    #[must_use]
    pub const fn with_revocation_set(mut self, set: &'a RevocationSet) -> Self {
        self.revocation = Some(set);
        self
    }

    /// Requires PAA, PAI, DAC, declaration, product and time: a missing part is an error.
    #[must_use]
    pub const fn complete(mut self) -> Self {
        self.complete = true;
        self
    }
}
