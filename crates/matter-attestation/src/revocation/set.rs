use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::{Certificate, KeyId, SerialNumber};

/// The content of one CRL: the revoked serial numbers of one certificate authority, and the signer.
///
/// It has the fields of one object of the Matter SDK's revocation set (connectedhomeip,
/// `credentials/generate_revocation_set.py`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationEntry {
    issuer_name: Vec<u8>,
    issuer_key_id: KeyId,
    revoked: BTreeSet<SerialNumber>,
    signer: Certificate,
    delegator: Option<Certificate>,
}

impl RevocationEntry {
    /// Creates an entry from the revoked certificates of an authority.
    ///
    /// `issuer_name` is the authority's subject in DER and `issuer_key_id` its subject key identifier, which its
    /// certificates contain as issuer and authority key identifier. `signer` signed the CRL. If the authority delegated
    /// signing, `delegator` is the authority itself.
    pub fn new(
        issuer_name: &[u8],
        issuer_key_id: KeyId,
        revoked: impl IntoIterator<Item = SerialNumber>,
        signer: Certificate,
        delegator: Option<Certificate>,
    ) -> Self {
        Self {
            issuer_name: issuer_name.into(),
            issuer_key_id,
            revoked: revoked.into_iter().collect(),
            signer,
            delegator,
        }
    }

    /// Returns the authority's subject in DER.
    #[must_use]
    pub fn issuer_name(&self) -> &[u8] {
        &self.issuer_name
    }

    /// Returns the authority's subject key identifier.
    #[must_use]
    pub const fn issuer_key_id(&self) -> KeyId {
        self.issuer_key_id
    }

    /// Returns the revoked serial numbers in ascending order.
    pub fn revoked(&self) -> impl ExactSizeIterator<Item = SerialNumber> + '_ {
        self.revoked.iter().copied()
    }

    /// Returns the certificate whose key signed the CRL.
    #[must_use]
    pub const fn signer(&self) -> &Certificate {
        &self.signer
    }

    /// Returns the authority's certificate, if its CRL has another signer.
    #[must_use]
    pub const fn delegator(&self) -> Option<&Certificate> {
        self.delegator.as_ref()
    }

    /// Returns whether the delegator, or without one the signer, is the authority of this entry.
    ///
    /// An entry for which this is false is ignored.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let authority = self.delegator.as_ref().unwrap_or(&self.signer);
        authority.subject_der() == self.issuer_name && authority.subject_key_id() == Some(self.issuer_key_id)
    }
}

/// The revoked certificates, by authority.
///
/// # Examples
///
/// ```
/// use matter_attestation::{
///     DateTime, PaaSubject, RevocationEntry, RevocationSet, RevocationStatus, SerialNumber, Validity, issue_paa,
///     test_cd_signing_key,
/// };
///
/// let key = test_cd_signing_key();
/// let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).expect("a date"));
/// let paa = issue_paa(&key, &PaaSubject::new("Test PAA")?, validity, SerialNumber::new(&[1])?)?;
/// let (name, id) = (paa.subject_der().to_vec(), key.public_key().key_id());
/// let entry = RevocationEntry::new(&name, id, [SerialNumber::new(&[7])?], paa, None);
/// let set = RevocationSet::new([entry]);
/// assert_eq!(set.status(&name, id, SerialNumber::new(&[7])?), RevocationStatus::Revoked);
/// assert_eq!(set.status(&name, id, SerialNumber::new(&[8])?), RevocationStatus::NotRevoked);
/// assert_eq!(set.status(b"another", id, SerialNumber::new(&[7])?), RevocationStatus::NoData);
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevocationSet {
    entries: Vec<RevocationEntry>,
    /// The indices of the entries of each authority, by its key identifier and its name.
    authorities: BTreeMap<KeyId, BTreeMap<Vec<u8>, Vec<usize>>>,
}

impl RevocationSet {
    /// Creates a set; several entries may have the same authority.
    pub fn new(entries: impl IntoIterator<Item = RevocationEntry>) -> Self {
        let mut set = Self::default();
        for (number, entry) in entries.into_iter().enumerate() {
            let names = set.authorities.entry(entry.issuer_key_id).or_default();
            names.entry(entry.issuer_name.clone()).or_default().push(number);
            set.entries.push(entry);
        }
        set
    }

    /// Returns the entries in the given order.
    #[must_use]
    pub fn entries(&self) -> &[RevocationEntry] {
        &self.entries
    }

    /// Looks a certificate up by its issuer in DER, its authority key identifier and its serial number.
    #[must_use]
    pub fn status(&self, issuer_name: &[u8], authority_key_id: KeyId, serial: SerialNumber) -> RevocationStatus {
        let mut status = RevocationStatus::NoData;
        let names = self.authorities.get(&authority_key_id);
        let numbers = names.and_then(|names| names.get(issuer_name));
        for entry in numbers
            .into_iter()
            .flatten()
            .filter_map(|number| self.entries.get(*number))
        {
            status = match entry.is_consistent() {
                true if entry.revoked.contains(&serial) => return RevocationStatus::Revoked,
                true => RevocationStatus::NotRevoked,
                false if status == RevocationStatus::NoData => RevocationStatus::Disregarded,
                false => status,
            };
        }
        status
    }
}

/// The status of a certificate in a [`RevocationSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RevocationStatus {
    /// All entries of its issuer are signed by neither the issuer nor its delegate.
    Disregarded,
    /// There is no entry for its issuer.
    NoData,
    /// Its issuer has not revoked it.
    NotRevoked,
    /// Its issuer has revoked it.
    Revoked,
}
