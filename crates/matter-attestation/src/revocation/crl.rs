mod extensions;
mod parse;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use der::DateTime;

use super::RevocationFault;
use crate::{Certificate, Error, KeyId, SerialNumber, pem};

const PEM_LABEL: &str = "X509 CRL";

/// A certificate revocation list (RFC 5280, 5) of version 2, signed with ECDSA on P-256 and SHA-256.
///
/// # Examples
///
/// ```
/// use matter_attestation::Crl;
///
/// // openssl ca -gencrl, by "Matter Test PAA" of the Matter SDK
/// let crl = Crl::decode(
///     b"-----BEGIN X509 CRL-----
/// MIIBCDCBrwIBATAKBggqhkjOPQQDAjAwMRgwFgYDVQQDDA9NYXR0ZXIgVGVzdCBQ
/// QUExFDASBgorBgEEAYKifAIBDARGRkYxFw0yNDEyMTYxMTA1MDNaGA8yMTI0MTIx
/// NzExMDUwM1owGzAZAggwJmQ5K4o/KhcNMjQxMjEzMDcyMDIxWqAvMC0wHwYDVR0j
/// BBgwFoAUav0idx9RH+y/FkGXZxDc3DGhcX4wCgYDVR0UBAMCAQIwCgYIKoZIzj0E
/// AwIDSAAwRQIhAMvFTDo37sY0StA/szyNb5FNtcy/YE6FTmxmsC9kwjpcAiABhqHW
/// yjWUkyWauRdFT1Uc5MgYADN0u8XcJy9e3Pzphw==
/// -----END X509 CRL-----
/// ",
/// )?;
/// let serials: Vec<_> = crl.revoked().map(|revoked| revoked.serial().to_string()).collect();
/// assert_eq!(serials, ["302664392B8A3F2A"]);
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Crl {
    der: Vec<u8>,
    tbs: Range<usize>,
    issuer: Range<usize>,
    signature: Range<usize>,
    this_update: DateTime,
    next_update: DateTime,
    authority_key_id: KeyId,
    distribution_uri: Option<String>,
    indirect: bool,
    entries: Vec<Entry>,
    /// The ranges in `der` of the issuers named by entries, in order.
    issuers: Vec<Range<usize>>,
}

/// One entry of the list.
#[derive(Clone, PartialEq, Eq)]
struct Entry {
    serial: SerialNumber,
    date: DateTime,
    /// The index of the certificate issuer that applies, if any.
    issuer: Option<usize>,
}

impl Crl {
    /// Decodes a list in DER.
    ///
    /// The authority key identifier and the time of the next update, which RFC 5280 requires, must be present. The
    /// signature is not verified; see [`Crl::verify`].
    ///
    /// # Errors
    ///
    /// [`Error::Crl`] with the fault and its position.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        parse::parse(der)
    }

    /// Decodes a list in PEM, with the label `X509 CRL`, or in DER.
    ///
    /// # Errors
    ///
    /// [`Error::PemMalformed`] when there is not exactly one PEM block, [`Error::PemLabel`] when it is not a list, and
    /// the errors of [`Crl::from_der`].
    pub fn decode(input: &[u8]) -> Result<Self, Error> {
        Self::from_der(&pem::to_der(input, &[PEM_LABEL])?)
    }

    /// Returns the original bytes.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Encodes the list as a PEM block with lines of 64 characters and line feeds.
    #[must_use]
    pub fn to_pem(&self) -> String {
        // Cannot fail with this label.
        pem::encode(PEM_LABEL, &self.der).unwrap_or_default()
    }

    /// Returns the signer's distinguished name in DER.
    #[must_use]
    pub fn issuer_der(&self) -> &[u8] {
        self.span(&self.issuer)
    }

    /// Returns the time at which the list was issued.
    #[must_use]
    pub const fn this_update(&self) -> DateTime {
        self.this_update
    }

    /// Returns the time by which a newer list is issued.
    #[must_use]
    pub const fn next_update(&self) -> DateTime {
        self.next_update
    }

    /// Returns the key identifier in the authority key identifier.
    #[must_use]
    pub const fn authority_key_id(&self) -> KeyId {
        self.authority_key_id
    }

    /// Returns the URI in the issuing distribution point.
    #[must_use]
    pub fn distribution_uri(&self) -> Option<&str> {
        self.distribution_uri.as_deref()
    }

    /// Returns whether the list may contain certificates of other issuers than its signer.
    #[must_use]
    pub const fn is_indirect(&self) -> bool {
        self.indirect
    }

    /// Returns the entries in the order of the list.
    #[must_use]
    pub fn revoked(&self) -> impl ExactSizeIterator<Item = RevokedCertificate<'_>> {
        self.entries.iter().map(|entry| RevokedCertificate {
            serial: entry.serial,
            date: entry.date,
            issuer: entry
                .issuer
                .and_then(|number| self.issuers.get(number))
                .map(|issuer| self.span(issuer)),
        })
    }

    /// Returns the serial numbers of the entries that belong to this authority, given by its name in DER.
    pub(crate) fn revoked_by(&self, authority: &[u8]) -> impl Iterator<Item = SerialNumber> {
        // Each name is compared once, for any number of entries.
        let is_authority = |issuer: &Range<usize>| self.span(issuer) == authority;
        let own: Vec<_> = self.issuers.iter().map(is_authority).collect();
        let counts = move |entry: &&Entry| entry.issuer.is_none_or(|number| own.get(number) == Some(&true));
        self.entries.iter().filter(counts).map(|entry| entry.serial)
    }

    /// Verifies that `signer` signed the list and was allowed to, and that the list is current: the names are equal
    /// byte by byte, the authority key identifier equals the signer's subject key identifier, the key usage has
    /// cRLSign, the signer was valid when the list was issued, and `at` is between this and the next update, both
    /// included.
    ///
    /// Whether the signer may sign for an authority is not checked here, but by
    /// [`RevocationPoint::entry`](super::RevocationPoint).
    ///
    /// # Errors
    ///
    /// [`Error::IssuerNameMismatch`], [`Error::AuthorityKeyIdMismatch`], [`Error::SignatureInvalid`], or
    /// [`Error::Revocation`] with [`RevocationFault::SignerUsage`], [`RevocationFault::SignerValidity`],
    /// [`RevocationFault::CrlNotYetValid`] or [`RevocationFault::CrlExpired`], the first that applies.
    pub fn verify(&self, signer: &Certificate, at: DateTime) -> Result<(), Error> {
        if self.issuer_der() != signer.subject_der() {
            return Err(Error::IssuerNameMismatch);
        }
        if signer.subject_key_id() != Some(self.authority_key_id) {
            return Err(Error::AuthorityKeyIdMismatch {
                authority: Some(self.authority_key_id),
                issuer: signer.subject_key_id(),
            });
        }
        signer
            .public_key()
            .verify_der(self.span(&self.tbs), self.span(&self.signature))?;
        if !signer.may_sign_crls() {
            return Err(RevocationFault::SignerUsage.into());
        }
        if !signer.validity().contains(self.this_update) {
            return Err(RevocationFault::SignerValidity.into());
        }
        let (this_update, next_update) = (self.this_update, self.next_update);
        if at < this_update {
            return Err(RevocationFault::CrlNotYetValid { this_update, at }.into());
        }
        if at > next_update {
            return Err(RevocationFault::CrlExpired { next_update, at }.into());
        }
        Ok(())
    }

    fn span(&self, span: &Range<usize>) -> &[u8] {
        self.der.get(span.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crl")
            .field("authority_key_id", &self.authority_key_id)
            .field("this_update", &self.this_update)
            .field("next_update", &self.next_update)
            .field("revoked", &self.revoked().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// One entry of a [`Crl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedCertificate<'a> {
    serial: SerialNumber,
    date: DateTime,
    issuer: Option<&'a [u8]>,
}

impl<'a> RevokedCertificate<'a> {
    /// Returns the serial number of the revoked certificate.
    #[must_use]
    pub const fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// Returns the time of revocation.
    #[must_use]
    pub const fn date(&self) -> DateTime {
        self.date
    }

    /// Returns the issuer of the certificate in DER, if this entry or an earlier one names it (RFC 5280, 5.3.3).
    #[must_use]
    pub const fn issuer_der(&self) -> Option<&'a [u8]> {
        self.issuer
    }
}
