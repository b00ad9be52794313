//! Hand-encoded lists, each part of which a case may replace.
#![allow(dead_code, unreachable_pub)]

use matter_attestation::{KeyId, PrivateKey};

use super::der::{ALGORITHM, seq, signature, tlv};

pub struct Parts {
    pub version: Vec<u8>,
    pub algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub this_update: Vec<u8>,
    pub next_update: Vec<u8>,
    pub entries: Vec<u8>,
    /// The extensions without their SEQUENCE.
    pub extensions: Vec<u8>,
    /// The complete extensions, if they replace the above.
    pub explicit: Option<Vec<u8>>,
    pub outer_algorithm: Vec<u8>,
    pub signature: Option<Vec<u8>>,
    pub trailing: Vec<u8>,
}

impl Parts {
    /// A list with the serial number 7, of 2026.
    pub fn new(issuer: &[u8], key_id: KeyId) -> Self {
        Self {
            version: tlv(0x02, &[1]),
            algorithm: ALGORITHM.to_vec(),
            issuer: issuer.to_vec(),
            this_update: tlv(0x17, b"260101000000Z"),
            next_update: tlv(0x17, b"270101000000Z"),
            entries: seq(&[&entry(&[7], &[])]),
            extensions: [authority_key_id(key_id), extension(20, false, &tlv(0x02, &[1]))].concat(),
            explicit: None,
            outer_algorithm: ALGORITHM.to_vec(),
            signature: None,
            trailing: vec![],
        }
    }

    pub fn encode(&self, key: &PrivateKey) -> Vec<u8> {
        let tbs = seq(&[
            &self.version,
            &self.algorithm,
            &self.issuer,
            &self.this_update,
            &self.next_update,
            &self.entries,
            &self
                .explicit
                .clone()
                .unwrap_or_else(|| tlv(0xA0, &seq(&[&self.extensions]))),
        ]);
        let signature = self.signature.clone().unwrap_or_else(|| signature(key, &tbs));
        let list = seq(&[&tbs, &self.outer_algorithm, &signature]);
        [list, self.trailing.clone()].concat()
    }
}

/// An entry with this serial number and these extensions.
pub fn entry(serial: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = match extensions {
        [] => vec![],
        some => seq(&[&some.concat()]),
    };
    seq(&[&tlv(0x02, serial), &tlv(0x17, b"251231000000Z"), &extensions])
}

/// An extension with an object identifier below 2.5.29.
pub fn extension(arc: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { tlv(0x01, &[0xFF]) } else { vec![] };
    seq(&[&[0x06, 0x03, 0x55, 0x1D, arc], &critical, &tlv(0x04, value)])
}

pub fn authority_key_id(id: KeyId) -> Vec<u8> {
    extension(35, false, &seq(&[&tlv(0x80, id.as_bytes())]))
}

/// An issuing distribution point of a URI and these further members.
pub fn distribution_point(uri: &str, members: &[u8]) -> Vec<u8> {
    let name = match uri {
        "" => vec![],
        uri => tlv(0xA0, &tlv(0xA0, &tlv(0x86, uri.as_bytes()))),
    };
    extension(28, true, &seq(&[&name, members]))
}

/// The extension of an entry that names the issuer of its certificate.
pub fn certificate_issuer(name: &[u8]) -> Vec<u8> {
    extension(29, true, &seq(&[&tlv(0xA4, name)]))
}

/// The member of an issuing distribution point that marks the list as indirect.
pub const INDIRECT: &[u8] = &[0x84, 1, 0xFF];
