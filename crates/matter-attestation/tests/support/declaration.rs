//! A Certification Declaration whose parts can be broken.
#![allow(dead_code, unreachable_pub, clippy::new_without_default)]

use super::der::{self, tlv};
use super::{key_id, sign};

/// A declaration in parts.
#[derive(Clone)]
pub struct Cd {
    /// TLV elements by tag, in order.
    pub members: Vec<(u8, Vec<u8>)>,
    /// The bytes after the members: the end of the structure.
    pub end: Vec<u8>,
    pub content_type: Vec<u8>,
    /// The content of the INTEGER.
    pub version: Vec<u8>,
    pub digests: Vec<u8>,
    pub encapsulated_type: Vec<u8>,
    /// Replaces the content, with its tag 0.
    pub encapsulated: Option<Vec<u8>>,
    /// Inserted between content and signers.
    pub between: Vec<u8>,
    pub signer_version: Vec<u8>,
    pub signer_id: Vec<u8>,
    pub signer_digest: Vec<u8>,
    pub signed_attributes: Vec<u8>,
    pub signer_algorithm: Vec<u8>,
    /// The number of the key that signs.
    pub signer: u8,
    pub signature: Option<Vec<u8>>,
    pub unsigned_attributes: Vec<u8>,
    /// Number of copies of the signer.
    pub signers: usize,
    pub trailing: Vec<u8>,
}

/// An array of product ids as member 2.
pub fn products(ids: &[u16]) -> Vec<u8> {
    let items = ids.iter().flat_map(|id| [&[0x05][..], &id.to_le_bytes()].concat());
    [vec![0x36, 2], items.collect(), vec![0x18]].concat()
}

/// A list of key identifiers as member 11.
pub fn paas(ids: &[Vec<u8>]) -> Vec<u8> {
    let items = ids.iter().flat_map(|id| [&[0x10, id.len() as u8], &id[..]].concat());
    [vec![0x36, 11], items.collect(), vec![0x18]].concat()
}

/// A member of two bytes.
pub fn u16_member(tag: u8, value: u16) -> Vec<u8> {
    [&[0x25, tag][..], &value.to_le_bytes()].concat()
}

impl Cd {
    pub fn new() -> Self {
        let members = [
            (0, vec![0x24, 0, 1]),
            (1, u16_member(1, 0xFFF1)),
            (2, products(&[0x8000])),
            (3, vec![0x24, 3, 0x16]),
            (4, [&[0x2C, 4, 19][..], b"CSA00000SWC00000-00"].concat()),
            (5, vec![0x24, 5, 0]),
            (6, vec![0x24, 6, 0]),
            (7, vec![0x24, 7, 1]),
            (8, vec![0x24, 8, 0]),
        ];
        Self {
            members: members.into(),
            end: vec![0x18],
            content_type: der::oid(der::SIGNED_DATA),
            version: vec![3],
            digests: der::algorithm(der::SHA256),
            encapsulated_type: der::oid(der::DATA),
            encapsulated: None,
            between: Vec::new(),
            signer_version: vec![3],
            signer_id: tlv(0x80, &key_id(0)),
            signer_digest: der::algorithm(der::SHA256),
            signed_attributes: Vec::new(),
            signer_algorithm: der::algorithm(der::ECDSA_SHA256),
            signer: 0,
            signature: None,
            unsigned_attributes: Vec::new(),
            signers: 1,
            trailing: Vec::new(),
        }
    }

    /// Sets a member at the position of its tag.
    pub fn set(&mut self, tag: u8, element: Vec<u8>) {
        self.members.retain(|(have, _)| *have != tag);
        self.members.push((tag, element));
        self.members.sort_by_key(|(tag, _)| *tag);
    }

    pub fn remove(&mut self, tag: u8) {
        self.members.retain(|(have, _)| *have != tag);
    }

    pub fn content(&self) -> Vec<u8> {
        let members = self.members.iter().flat_map(|(_, element)| element.clone());
        [vec![0x15], members.collect(), self.end.clone()].concat()
    }

    pub fn encode(&self) -> Vec<u8> {
        let content = self.content();
        let signature = sign(self.signer, &content);
        let signature = self.signature.clone().unwrap_or(signature.to_der().as_bytes().to_vec());
        let info = der::seq(&[
            &tlv(der::INTEGER, &self.signer_version),
            &self.signer_id,
            &self.signer_digest,
            &self.signed_attributes,
            &self.signer_algorithm,
            &tlv(der::OCTETS, &signature),
            &self.unsigned_attributes,
        ]);
        let encapsulated = tlv(0xA0, &tlv(der::OCTETS, &content));
        let encapsulated = self.encapsulated.clone().unwrap_or(encapsulated);
        let signed = der::seq(&[
            &tlv(der::INTEGER, &self.version),
            &tlv(der::SET, &self.digests),
            &der::seq(&[&self.encapsulated_type, &encapsulated]),
            &self.between,
            &tlv(der::SET, &info.repeat(self.signers)),
        ]);
        [
            der::seq(&[&self.content_type, &tlv(0xA0, &signed)]),
            self.trailing.clone(),
        ]
        .concat()
    }
}
