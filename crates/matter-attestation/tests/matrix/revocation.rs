//! Look-up of certificates in a revocation set.

use matter_attestation::Object::{Dac, Pai};
use matter_attestation::{Certificate, RevocationEntry, RevocationSet, Rule, SerialNumber};

use super::der::{OCTETS, SKI, common_name, tlv};
use super::kit::{Cert, Kit};
use super::row::{Row, row};

fn read(cert: &Cert) -> Certificate {
    Certificate::from_der(&cert.encode()).unwrap()
}

/// The entry of a CA that revoked one certificate, signed by that CA.
fn revoked(ca: &Cert, serial: &[u8]) -> RevocationEntry {
    let ca = read(ca);
    let (name, key_id) = (ca.subject_der().to_vec(), ca.subject_key_id().unwrap());
    RevocationEntry::new(&name, key_id, [SerialNumber::new(serial).unwrap()], ca, None)
}

/// The same entry, signed by another certificate, with or without delegation by the CA.
fn delegated(ca: &Cert, serial: &[u8], delegator: Option<&Cert>) -> RevocationEntry {
    let (ca, mut signer) = (read(ca), ca.clone());
    signer.subject = super::der::name(&[(super::der::COMMON_NAME, super::der::UTF8, "Delegate")]);
    let (name, key_id) = (ca.subject_der().to_vec(), ca.subject_key_id().unwrap());
    let serials = [SerialNumber::new(serial).unwrap()];
    RevocationEntry::new(&name, key_id, serials, read(&signer), delegator.map(read))
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            Rule::DacRevoked,
            (Dac, 302),
            ("the DAC's serial number is listed", |kit| {
                kit.revocation = Some(|kit: &Kit| RevocationSet::new([revoked(&kit.pai, &kit.dac.serial)]));
            }),
            ("another certificate is listed", |kit| {
                kit.revocation = Some(|kit: &Kit| RevocationSet::new([revoked(&kit.pai, &[0x77])]));
            }),
        ),
        row(
            Rule::DacRevoked,
            (Dac, 302),
            ("listed in the second of two entries", |kit| {
                kit.revocation = Some(|kit: &Kit| {
                    RevocationSet::new([revoked(&kit.pai, &[0x77]), revoked(&kit.pai, &kit.dac.serial)])
                });
            }),
            ("listed by the PAA, which did not issue it", |kit| {
                kit.revocation = Some(|kit: &Kit| RevocationSet::new([revoked(&kit.paa, &kit.dac.serial)]));
            }),
        ),
        row(
            Rule::DacRevoked,
            (Dac, 302),
            ("listed by a delegate of the PAI", |kit| {
                kit.revocation =
                    Some(|kit: &Kit| RevocationSet::new([delegated(&kit.pai, &kit.dac.serial, Some(&kit.pai))]));
            }),
            ("listed by another signer", |kit| {
                kit.revocation = Some(|kit: &Kit| RevocationSet::new([delegated(&kit.pai, &kit.dac.serial, None)]));
            }),
        ),
        row(
            Rule::DacRevoked,
            (Dac, 302),
            ("listed under the PAI's name and key identifier", |kit| {
                kit.revocation = Some(|kit: &Kit| RevocationSet::new([revoked(&kit.pai, &kit.dac.serial)]));
            }),
            ("under its name and another key identifier", |kit| {
                kit.revocation = Some(|kit: &Kit| {
                    let mut other = kit.pai.clone();
                    other.set(SKI, false, &tlv(OCTETS, &[5; 20]));
                    RevocationSet::new([revoked(&other, &kit.dac.serial)])
                });
            }),
        ),
        row(
            Rule::DacRevoked,
            (Dac, 302),
            ("listed under the PAI's name and key identifier", |kit| {
                kit.revocation = Some(|kit: &Kit| RevocationSet::new([revoked(&kit.pai, &kit.dac.serial)]));
            }),
            ("under its key identifier and another name", |kit| {
                kit.revocation = Some(|kit: &Kit| {
                    let mut other = kit.pai.clone();
                    other.subject = common_name("PAJ");
                    RevocationSet::new([revoked(&other, &kit.dac.serial)])
                });
            }),
        ),
        row(
            Rule::PaiRevoked,
            (Pai, 202),
            ("the PAI's serial number is listed", |kit| {
                kit.revocation = Some(|kit: &Kit| RevocationSet::new([revoked(&kit.paa, &kit.pai.serial)]));
            }),
            ("nothing is listed", |kit| {
                kit.revocation = Some(|_| RevocationSet::new([]))
            }),
        ),
        row(
            Rule::PaiRevoked,
            (Pai, 208),
            ("PAI and DAC are listed", |kit| {
                kit.revocation = Some(|kit: &Kit| {
                    RevocationSet::new([revoked(&kit.paa, &kit.pai.serial), revoked(&kit.pai, &kit.dac.serial)])
                });
            }),
            ("neither is listed", |kit| {
                kit.revocation = Some(|kit: &Kit| {
                    RevocationSet::new([revoked(&kit.paa, &kit.dac.serial), revoked(&kit.pai, &kit.pai.serial)])
                });
            }),
        )
        .also(&[(Rule::DacRevoked, Dac)]),
    ]
}
