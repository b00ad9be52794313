mod admission;
mod product;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use matter_attestation::{Certificate, CertificateSigner, DateTime, Issuer, SignedDeclaration};
use matter_ledger::{Issuance, IssuanceState, Ledger, NewCertificate};

use self::admission::{Admission, admit};
use self::product::Products;
use crate::journal::{Entry, Journal, random};
use crate::registrar::{of_issuance, stored};
use crate::{DeviceId, Error, KeyHash, LogSigner, Policy, Proof, Refusal, Registrar, Request, State};

/// Issues DACs for the orders of a ledger, with one PAI.
///
/// A DAC is committed to the ledger before the caller gets it, and every decision is in the log. Several desks may
/// share a ledger, also from different processes and machines.
///
/// # Examples
///
/// See the [crate's documentation](crate).
pub struct Desk<S> {
    registrar: Registrar,
    pai: Certificate,
    signer: S,
    declaration: Vec<u8>,
    policy: Policy,
    products: Products,
    is_signer_well: bool,
}

/// The outcome of an accepted request.
type Signed = (KeyHash, Result<Certificate, Refusal>);
/// The ledger's rows of the keys afterwards, and whether each is from this desk.
type Stored = BTreeMap<KeyHash, (Result<Issuance, Refusal>, bool)>;

/// A DAC that is stored in the ledger.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Issued {
    /// The state of the device's key.
    pub state: State,
    /// The certificate.
    pub dac: Certificate,
    /// The hash of its key.
    pub key: KeyHash,
    /// Whether the DAC was signed for this request; `false` when the ledger already had it.
    pub is_new: bool,
}

impl<S: CertificateSigner> Desk<S> {
    /// Opens a desk. The signer holds the PAI's key; `declaration` is a Certification Declaration in its CMS envelope.
    ///
    /// # Errors
    ///
    /// [`Error::Attestation`] when the signer's key is not the PAI's, or the declaration cannot be decoded;
    /// [`Error::Chain`] when PAI, PAA and declaration do not match under the rules of
    /// [`Profile::Strict`](matter_attestation::Profile::Strict); [`Error::Ledger`] when the ledger is unavailable, and
    /// [`Error::Log`] when its log was modified.
    pub fn new(
        ledger: Ledger,
        pai: Certificate,
        signer: S,
        declaration: &[u8],
        log: LogSigner,
        policy: Policy,
    ) -> Result<Self, Error> {
        Issuer::new(&pai, &signer)?;
        SignedDeclaration::decode(declaration)?;
        let mut registrar = Registrar {
            ledger,
            journal: Journal::new(log, &policy.trusted, &policy.tool),
        };
        registrar.ping()?;
        let desk = Self {
            registrar,
            pai,
            signer,
            declaration: declaration.to_vec(),
            policy,
            products: Products::default(),
            is_signer_well: true,
        };
        desk.check_chain(now()?)?;
        Ok(desk)
    }

    /// Issues DACs for a batch of requests in two transactions: the first accepts the requests, the second stores the
    /// DACs signed in between.
    ///
    /// A key gets one DAC; a repeated request returns it. The results are in the order of the requests.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for each refused request. [`Error`] when the ledger or a signer fails: no DAC was returned, and the
    /// same requests can be repeated.
    pub fn issue(&mut self, requests: &[Request]) -> Result<Vec<Result<Issued, Refusal>>, Error> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let admissions = self.admit(requests)?;
        let signed = self.sign(requests, &admissions)?;
        let stored = if signed.is_empty() {
            Stored::new()
        } else {
            self.store(&signed)?
        };
        self.answer(requests, admissions, &stored)
    }

    /// The first transaction.
    fn admit(&mut self, requests: &[Request]) -> Result<Vec<Result<Admission, Refusal>>, Error> {
        let Self {
            registrar,
            pai,
            signer,
            declaration,
            policy,
            products,
            ..
        } = self;
        let Registrar { ledger, journal } = registrar;
        let now = now()?;
        journal.transact(ledger, |issuing, log| {
            admit(issuing, log, requests, policy, pai, |vendor_id, product_id| {
                products.check(vendor_id, product_id, pai, signer, declaration, policy, now)
            })
        })
    }

    /// Signs the accepted requests that have no certificate, outside of any transaction.
    fn sign(&mut self, requests: &[Request], admissions: &[Result<Admission, Refusal>]) -> Result<Vec<Signed>, Error> {
        let mut groups: BTreeMap<(u16, u16), BTreeMap<KeyHash, &Request>> = BTreeMap::new();
        for (request, admission) in requests.iter().zip(admissions) {
            if let Ok(Admission::ToSign { key, product }) = admission {
                groups.entry(*product).or_default().insert(*key, request);
            }
        }
        let mut certificates = Vec::new();
        for (product, requests) in groups {
            let signed = self.sign_product(product, &requests);
            self.is_signer_well = signed.is_ok();
            certificates.append(&mut signed?);
        }
        Ok(certificates)
    }

    /// The second transaction. Returns the ledger's rows of the keys, and whether each is from this desk.
    fn store(&mut self, certificates: &[Signed]) -> Result<Stored, Error> {
        let keys: Vec<[u8; 32]> = certificates.iter().map(|(key, _)| *key.as_bytes()).collect();
        let Registrar { ledger, journal } = &mut self.registrar;
        journal.transact(ledger, |issuing, log| {
            let mut known = issuing.by_key(&keys)?;
            let mut results = Stored::new();
            for (key, certificate) in certificates {
                let Some(mut issuance) = known.remove(key.as_bytes()) else {
                    results.insert(*key, (Err(Refusal::KeyUnknown), false));
                    continue;
                };
                // Another desk was faster, or an operator has allowed a new key for the device.
                if issuance.state != IssuanceState::CsrOk {
                    if issuance.state == IssuanceState::Retired {
                        log.push(refused(&issuance, &Refusal::KeyRetired));
                    }
                    results.insert(*key, (Ok(issuance), false));
                    continue;
                }
                match certificate {
                    Ok(certificate) => {
                        let stored: NewCertificate = stored(certificate);
                        issuing.sign(key.as_bytes(), &stored)?;
                        log.push(Entry {
                            certificate_serial: Some(certificate.serial().to_string()),
                            subject: Some(stored.subject),
                            ..of_issuance("signed", &issuance)
                        });
                        issuance.state = IssuanceState::Signed;
                        issuance.dac = Some(stored.der);
                        results.insert(*key, (Ok(issuance), true));
                    }
                    Err(refusal) => {
                        issuing.advance(key.as_bytes(), IssuanceState::CsrOk, IssuanceState::Retired)?;
                        log.push(refused(&issuance, refusal));
                        results.insert(*key, (Err(refusal.clone()), false));
                    }
                }
            }
            Ok(results)
        })
    }

    fn answer(
        &self,
        requests: &[Request],
        admissions: Vec<Result<Admission, Refusal>>,
        stored: &Stored,
    ) -> Result<Vec<Result<Issued, Refusal>>, Error> {
        let mut answers = Vec::with_capacity(requests.len());
        let mut returned = BTreeSet::new();
        for (request, admission) in requests.iter().zip(admissions) {
            answers.push(match admission {
                Err(refusal) => Err(refusal),
                Ok(Admission::Known(issuance)) => self.issued(request, &issuance, false)?,
                Ok(Admission::ToSign { key, .. }) => match stored.get(&key) {
                    // The first request of a batch for a key gets the new certificate.
                    Some((Ok(issuance), is_new)) => self.issued(request, issuance, returned.insert(key) && *is_new)?,
                    Some((Err(refusal), _)) => Err(refusal.clone()),
                    None => Err(Refusal::KeyUnknown),
                },
            });
        }
        Ok(answers)
    }

    /// Returns the ledger's certificate after checking it, because the ledger may have been modified.
    fn issued(&self, request: &Request, issuance: &Issuance, is_new: bool) -> Result<Result<Issued, Refusal>, Error> {
        if issuance.state == IssuanceState::Retired {
            return Ok(Err(Refusal::KeyRetired));
        }
        let device = || issuance.device.clone();
        let der = issuance.dac.as_deref();
        let dac = der.and_then(|der| Certificate::from_der(der).ok());
        let dac = dac.filter(|dac| dac.public_key() == request.public_key);
        let dac = dac.ok_or_else(|| Error::StoredCertificate { device: device() })?;
        if !is_new {
            dac.verify_issued_by(&self.pai)
                .map_err(|_| Error::StoredCertificate { device: device() })?;
        }
        Ok(Ok(Issued {
            state: issuance.state.into(),
            key: KeyHash::new(issuance.key_sha256),
            dac,
            is_new,
        }))
    }

    /// Records that devices have their DACs, see [`Registrar::installed`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn installed(&mut self, keys: &[KeyHash]) -> Result<Vec<Result<(), Refusal>>, Error> {
        self.registrar.installed(keys)
    }

    /// Records that devices have proved possession of their keys, see [`Registrar::proved`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn proved(&mut self, proofs: &[Proof]) -> Result<Vec<Result<(), Refusal>>, Error> {
        self.registrar.proved(proofs)
    }

    /// Records that a device was refused, see [`Registrar::refuse`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn refuse(&mut self, device: &DeviceId, station: &str, refusal: &Refusal) -> Result<(), Error> {
        self.registrar.refuse(device, station, refusal)
    }

    /// Returns the certificates that devices store with their DACs: the PAI and the Certification Declaration.
    #[must_use]
    pub fn chain(&self) -> (&Certificate, &[u8]) {
        (&self.pai, &self.declaration)
    }

    /// Returns the registrar, for orders and queries.
    pub const fn registrar(&mut self) -> &mut Registrar {
        &mut self.registrar
    }

    /// Returns whether the last attempt to sign succeeded.
    #[must_use]
    pub const fn is_signer_well(&self) -> bool {
        self.is_signer_well
    }
}

impl<S> fmt::Debug for Desk<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("registrar", &self.registrar)
            .field("pai", &self.pai)
            .finish_non_exhaustive()
    }
}

/// The log entry of an accepted request that is refused after all.
fn refused(issuance: &Issuance, refusal: &Refusal) -> Entry {
    let Entry { code, reason, .. } = Entry::refused(refusal);
    Entry {
        code,
        reason,
        ..of_issuance("refused", issuance)
    }
}

/// The current time, as a certificate time.
fn now() -> Result<DateTime, Error> {
    let clock = || Error::Ledger(std::sync::Arc::new(matter_ledger::Error::Clock));
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    DateTime::from_unix_duration(since.map_err(|_| clock())?).map_err(|_| clock())
}
