use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use der::DateTime;

use super::{Crl, RevocationEntry, RevocationPoint, RevocationSet};
use crate::{Certificate, Error};

/// Builds a [`RevocationSet`] from the revocation points of the Distributed Compliance Ledger (DCL) and their lists.
///
/// # Examples
///
/// ```
/// use matter_attestation::{
///     Certificate, Crl, DateTime, Error, RevocationPoint, RevocationSet, RevocationSetBuilder,
/// };
///
/// fn build(
///     points: &[RevocationPoint],
///     paas: &[Certificate],
///     lists: &[Crl],
///     now: DateTime,
/// ) -> Result<RevocationSet, Error> {
///     let mut builder = RevocationSetBuilder::new(points, paas, now);
///     for list in lists {
///         builder.add(list)?;
///     }
///     Ok(builder.build())
/// }
/// # let now = DateTime::new(2026, 1, 1, 0, 0, 0).expect("a date");
/// # assert!(build(&[], &[], &[], now)?.entries().is_empty());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RevocationSetBuilder<'a> {
    points: &'a [RevocationPoint],
    paas: &'a [Certificate],
    at: DateTime,
    entries: Vec<RevocationEntry>,
    /// Whether the list of each point was added.
    has_list: Vec<bool>,
}

impl<'a> RevocationSetBuilder<'a> {
    /// Starts with all points of the DCL, the trusted PAAs, and the time at which the lists must be current.
    #[must_use]
    pub fn new(points: &'a [RevocationPoint], paas: &'a [Certificate], at: DateTime) -> Self {
        Self {
            points,
            paas,
            at,
            entries: Vec::new(),
            has_list: vec![false; points.len()],
        }
    }

    /// Adds the entries of the points whose signer signed a list, and returns their number.
    ///
    /// 0 means that no point has the list's signer. Points with the same entry, such as those of several vendors below
    /// one PAA, add it once.
    ///
    /// # Errors
    ///
    /// The errors of [`RevocationPoint::entry`] for the first point of the signer, if none of them accepts the list.
    pub fn add(&mut self, crl: &Crl) -> Result<usize, Error> {
        let signer = Some(crl.authority_key_id());
        let mut refusal = None;
        let mut known = BTreeSet::new();
        for (point, has_list) in self.points.iter().zip(&mut self.has_list) {
            if point.signer().subject_key_id() != signer {
                continue;
            }
            match point.check(self.points, crl, self.paas, self.at) {
                Ok(checked) => {
                    *has_list = true;
                    let (authority, _) = checked;
                    // The entry, which may be long, is built only if it is new.
                    if known.insert((authority.as_der(), point.signer().as_der())) {
                        self.entries.push(point.checked_entry(crl, checked));
                    }
                }
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        match refusal {
            Some(error) if known.is_empty() => Err(error),
            _ => Ok(known.len()),
        }
    }

    /// Returns the points without an added list.
    pub fn points_without_list(&self) -> impl Iterator<Item = &'a RevocationPoint> {
        let points = self.points.iter().zip(&self.has_list);
        points.filter(|(_, has_list)| !**has_list).map(|(point, _)| point)
    }

    /// Returns the set.
    #[must_use]
    pub fn build(self) -> RevocationSet {
        RevocationSet::new(self.entries)
    }
}
