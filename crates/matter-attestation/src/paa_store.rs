use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::chain::check_root;
use crate::finding::Findings;
use crate::lint::{Facts, lint};
use crate::{Error, Finding, KeyId, Object, Profile};

/// The trusted Product Attestation Authorities, by subject key identifier.
///
/// Each is decoded and checked once, when it is added, for any number of verified chains.
///
/// # Examples
///
/// ```
/// use matter_attestation::{DateTime, PaaStore, PaaSubject, SerialNumber, Validity, issue_paa, test_cd_signing_key};
///
/// let key = test_cd_signing_key();
/// let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).expect("a date"));
/// let paa = issue_paa(&key, &PaaSubject::new("Test PAA")?, validity, SerialNumber::new(&[1])?)?;
/// let mut store = PaaStore::new();
/// assert_eq!(store.insert(&paa)?, key.public_key().key_id());
/// assert!(store.contains(key.public_key().key_id()));
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PaaStore {
    paas: BTreeMap<KeyId, Vec<Paa>>,
    /// The SHA-256 hashes of the PAAs.
    hashes: BTreeSet<[u8; 32]>,
}

/// A PAA with its findings in the strict profile.
#[derive(Clone, Debug)]
pub(crate) struct Paa {
    pub(crate) facts: Facts,
    pub(crate) findings: Vec<Finding>,
}

impl Paa {
    /// Decodes a PAA and makes the checks that do not depend on the certificates below it.
    pub(crate) fn read(der: &[u8]) -> (Option<Facts>, Vec<Finding>) {
        let mut findings = Findings::new(Profile::Strict);
        let facts = lint(der, Object::Paa, &mut findings);
        if let Some(facts) = &facts {
            check_root(facts, &mut findings);
        }
        (facts, findings.list)
    }
}

impl PaaStore {
    /// Creates an empty store.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            paas: BTreeMap::new(),
            hashes: BTreeSet::new(),
        }
    }

    /// Adds a PAA, a [`Certificate`](crate::Certificate) or DER, and returns its subject key identifier.
    ///
    /// A PAA that breaks rules is added nevertheless; a report about a chain below it contains the findings. If several
    /// have the same identifier, the one with the issuer name of the PAI is used, otherwise the first.
    ///
    /// # Errors
    ///
    /// [`Error::CertificateMalformed`] when it is not a certificate, [`Error::SubjectKeyIdMissing`] when it has no
    /// subject key identifier.
    pub fn insert(&mut self, certificate: impl AsRef<[u8]>) -> Result<KeyId, Error> {
        let der = certificate.as_ref();
        let (facts, findings) = Paa::read(der);
        let facts = facts.ok_or(Error::CertificateMalformed { offset: None })?;
        let key_id = facts.subject_key_id.ok_or(Error::SubjectKeyIdMissing)?;
        if self.hashes.insert(Sha256::digest(der).into()) {
            self.paas.entry(key_id).or_default().push(Paa { facts, findings });
        }
        Ok(key_id)
    }

    /// Returns whether the store has a PAA with this subject key identifier.
    #[must_use]
    pub fn contains(&self, key_id: KeyId) -> bool {
        self.paas.contains_key(&key_id)
    }

    /// Returns the number of PAAs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.paas.values().map(Vec::len).sum()
    }

    /// Returns whether the store is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paas.is_empty()
    }

    /// Returns the certificates in DER, ordered by subject key identifier.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.paas.values().flatten().map(|paa| paa.facts.der())
    }

    pub(crate) fn find(&self, key_id: KeyId, subject: &[u8]) -> Option<&Paa> {
        let same = self.paas.get(&key_id)?;
        same.iter().find(|paa| paa.facts.subject() == subject).or(same.first())
    }
}
