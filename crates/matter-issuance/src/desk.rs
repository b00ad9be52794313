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
/// A DAC is in the ledger before anybody gets it, and every decision is in the log. Several desks may share a ledger: also
/// those of other processes and machines.
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

/// What became of a request that was accepted.
type Signed = (KeyHash, Result<Certificate, Refusal>);
/// What the ledger has of keys after that, and whether it is from this desk.
type Stored = BTreeMap<KeyHash, (Result<Issuance, Refusal>, bool)>;

/// A DAC that is in the ledger.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Issued {
    /// How far the device is.
    pub state: State,
    /// The certificate.
    pub dac: Certificate,
    /// The hash of its key.
    pub key: KeyHash,
    /// Whether it was signed for this request; `false` when the ledger had it.
    pub is_new: bool,
}

impl<S: CertificateSigner> Desk<S> {
    /// Opens a desk. The signer has the PAI's key; `declaration` is a Certification Declaration in its CMS envelope.
    ///
    /// # Errors
    ///
    /// [`Error::Attestation`] when the signer's key is not the PAI's, or the declaration cannot be read; [`Error::Chain`] when
    /// PAI, PAA and declaration do not fit together by the rules of
    /// [`Profile::Strict`](matter_attestation::Profile::Strict); [`Error::Ledger`] when the ledger is away, and
    /// [`Error::Log`] when somebody has changed its log.
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

    /// Issues DACs for a batch of requests, in two transactions for all of them: one accepts the requests, one stores what
    /// was signed in between.
    ///
    /// A key gets one DAC: asked again, the same one is returned. The results are in the order of the requests.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for each request that is refused. [`Error`] when the ledger or a signer fails: then no DAC was given out,
    /// and the same requests can be made again.
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

    /// Signs what is accepted and has no certificate, outside of any transaction.
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

    /// The second transaction. Returns what is in the ledger now of the keys, and whether it is from here.
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
                // Another desk was faster, or an operator has allowed the device a new key.
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
        let mut told = BTreeSet::new();
        for (request, admission) in requests.iter().zip(admissions) {
            answers.push(match admission {
                Err(refusal) => Err(refusal),
                Ok(Admission::Known(issuance)) => self.issued(request, &issuance, false)?,
                Ok(Admission::ToSign { key, .. }) => match stored.get(&key) {
                    // The first one of a batch that asks has the new certificate.
                    Some((Ok(issuance), is_new)) => self.issued(request, issuance, told.insert(key) && *is_new)?,
                    Some((Err(refusal), _)) => Err(refusal.clone()),
                    None => Err(Refusal::KeyUnknown),
                },
            });
        }
        Ok(answers)
    }

    /// What is given out of the ledger's certificate: nothing that somebody may have put there.
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

    /// Notes that devices have their DACs, as [`Registrar::installed`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn installed(&mut self, keys: &[KeyHash]) -> Result<Vec<Result<(), Refusal>>, Error> {
        self.registrar.installed(keys)
    }

    /// Notes that devices have proved that they hold their keys, as [`Registrar::proved`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn proved(&mut self, proofs: &[Proof]) -> Result<Vec<Result<(), Refusal>>, Error> {
        self.registrar.proved(proofs)
    }

    /// Notes that a device was refused, as [`Registrar::refuse`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn refuse(&mut self, device: &DeviceId, station: &str, refusal: &Refusal) -> Result<(), Error> {
        self.registrar.refuse(device, station, refusal)
    }

    /// Returns what devices get beside their DACs: the PAI and the Certification Declaration.
    #[must_use]
    pub fn chain(&self) -> (&Certificate, &[u8]) {
        (&self.pai, &self.declaration)
    }

    /// Returns ledger and log, for orders and look-ups.
    pub const fn registrar(&mut self) -> &mut Registrar {
        &mut self.registrar
    }

    /// Tells whether the last signature was made.
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

/// That a request which was accepted is refused after all.
fn refused(issuance: &Issuance, refusal: &Refusal) -> Entry {
    let Entry { code, reason, .. } = Entry::refused(refusal);
    Entry {
        code,
        reason,
        ..of_issuance("refused", issuance)
    }
}

/// The time, as certificates have it.
fn now() -> Result<DateTime, Error> {
    let clock = || Error::Ledger(std::sync::Arc::new(matter_ledger::Error::Clock));
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    DateTime::from_unix_duration(since.map_err(|_| clock())?).map_err(|_| clock())
}
