//! The complete attestation data of a device, of which a test can change each part.
#![allow(dead_code, unreachable_pub, unused_imports)]

#[path = "declaration.rs"]
mod declaration;

use std::sync::OnceLock;

use matter_attestation::{
    AttestationResponse, DateTime, DeclarationSigners, PaaStore, Profile, PublicKey, RevocationSet, Verification,
    VerificationReport, test_cd_signing_key,
};
use matter_types::{ProductId, VendorId};
use p256::ecdsa::{Signature, SigningKey};
use sha1::{Digest, Sha1};
use signature::Signer;

pub use self::declaration::{Cd, paas, products, u16_member};
use super::der::{self, tlv};

/// A key with derived values.
struct Pair {
    key: SigningKey,
    point: Vec<u8>,
    id: Vec<u8>,
}

/// Key `n`; key 0 is the test key that signs declarations.
fn pair(n: u8) -> &'static Pair {
    static PAIRS: OnceLock<Vec<Pair>> = OnceLock::new();
    let pairs = PAIRS.get_or_init(|| {
        let scalar = |n: u8| match n {
            0 => *test_cd_signing_key().expose_scalar(),
            n => [n; 32],
        };
        let pair = |n| {
            let key = SigningKey::from_bytes(&scalar(n).into()).unwrap();
            let point = key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
            let id = Sha1::digest(&point).to_vec();
            Pair { key, point, id }
        };
        (0..10).map(pair).collect()
    });
    &pairs[usize::from(n)]
}

pub fn point(n: u8) -> Vec<u8> {
    pair(n).point.clone()
}

pub fn key_id(n: u8) -> Vec<u8> {
    pair(n).id.clone()
}

fn sign(n: u8, message: &[u8]) -> Signature {
    pair(n).key.sign(message)
}

/// The parts of a certificate, in DER unless stated otherwise.
#[derive(Clone)]
pub struct Cert {
    pub version: Vec<u8>,
    /// The content of the INTEGER.
    pub serial: Vec<u8>,
    pub inner_algorithm: Vec<u8>,
    pub outer_algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub validity: Vec<u8>,
    pub subject: Vec<u8>,
    pub spki: Vec<u8>,
    /// Object identifier and encoded extension, in order.
    pub extensions: Vec<(Vec<u8>, Vec<u8>)>,
    /// The number of the signing key.
    pub signer: u8,
    /// Replaces the signature.
    pub signature: Option<Vec<u8>>,
    pub trailing: Vec<u8>,
}

impl Cert {
    fn new(key: u8, signer: u8, subject: Vec<u8>, issuer: Vec<u8>) -> Self {
        let algorithm = der::algorithm(der::ECDSA_SHA256);
        let mut new = Self {
            version: tlv(0xA0, &tlv(der::INTEGER, &[2])),
            serial: vec![0x10 + key],
            inner_algorithm: algorithm.clone(),
            outer_algorithm: algorithm,
            issuer,
            validity: der::validity("250101000000Z", "99991231235959Z"),
            subject,
            spki: der::spki(der::EC_KEY, &der::oid(der::P256), &point(key)),
            extensions: Vec::new(),
            signer,
            signature: None,
            trailing: Vec::new(),
        };
        new.set(der::SKI, false, &tlv(der::OCTETS, &key_id(key)));
        new.set(der::AKI, false, &der::seq(&[&tlv(0x80, &key_id(signer))]));
        new
    }

    /// Sets an extension, replacing one with the same identifier.
    pub fn set(&mut self, kind: &[u8], critical: bool, value: &[u8]) {
        let extension = der::extension(kind, critical, value);
        match self.extensions.iter_mut().find(|(have, _)| have == kind) {
            Some(place) => place.1 = extension,
            None => self.extensions.push((kind.to_vec(), extension)),
        }
    }

    /// Adds an extension, even a duplicate.
    pub fn add(&mut self, kind: &[u8], critical: bool, value: &[u8]) {
        self.extensions
            .push((kind.to_vec(), der::extension(kind, critical, value)));
    }

    pub fn remove(&mut self, kind: &[u8]) {
        self.extensions.retain(|(have, _)| have != kind);
    }

    pub fn basic(&mut self, critical: bool, content: &[u8]) {
        self.set(der::BASIC, critical, &tlv(der::SEQUENCE, content));
    }

    /// Sets the key usage to the content of a BIT STRING.
    pub fn usage(&mut self, critical: bool, bits: &[u8]) {
        self.set(der::KEY_USAGE, critical, &tlv(der::BITS, bits));
    }

    /// Pads the certificate to exactly this length with an unknown extension.
    pub fn pad_to(&mut self, len: usize) {
        // The signature has 70 to 72 bytes.
        let plain = self.clone();
        let missing = len - plain.encode().len();
        for padding in missing - 18..missing - 8 {
            for byte in 0..8 {
                *self = plain.clone();
                self.add(der::UNKNOWN, false, &vec![byte; padding]);
                if self.encode().len() == len {
                    return;
                }
            }
        }
        panic!("no padding makes {len} bytes");
    }

    pub fn encode(&self) -> Vec<u8> {
        let extensions: Vec<_> = self.extensions.iter().flat_map(|(_, raw)| raw.clone()).collect();
        let extensions = match extensions.len() {
            0 => Vec::new(),
            _ => tlv(0xA3, &tlv(der::SEQUENCE, &extensions)),
        };
        let tbs = der::seq(&[
            &self.version,
            &tlv(der::INTEGER, &self.serial),
            &self.inner_algorithm,
            &self.issuer,
            &self.validity,
            &self.subject,
            &self.spki,
            &extensions,
        ]);
        let signature = sign(self.signer, &tbs);
        let signature = self.signature.clone().unwrap_or(signature.to_der().as_bytes().to_vec());
        let bits = tlv(der::BITS, &[&[0], &signature[..]].concat());
        [der::seq(&[&tbs, &self.outer_algorithm, &bits]), self.trailing.clone()].concat()
    }
}

/// A device with its chain: PAA (key 1), PAI (key 2), DAC (key 3), declaration (key 0).
pub struct Kit {
    pub paa: Cert,
    pub pai: Cert,
    pub dac: Cert,
    pub cd: Cd,
    /// The encoded elements after the nonce.
    pub more: Vec<u8>,
    /// The declaration in the elements, if it differs from `cd`.
    pub device_cd: Option<Cd>,
    /// Replaces the elements.
    pub elements: Option<Vec<u8>>,
    pub nonce: Vec<u8>,
    pub asked_nonce: Vec<u8>,
    pub challenge: Vec<u8>,
    pub asked_challenge: Vec<u8>,
    pub signature: Option<Vec<u8>>,
    pub device_key: u8,
    pub product: (u16, u16),
    pub time: DateTime,
    pub is_trusted: bool,
    pub test_key: bool,
    pub revocation: Option<fn(&Self) -> RevocationSet>,
    pub left_out: &'static str,
}

pub fn date(year: u16, month: u8, day: u8) -> DateTime {
    DateTime::new(year, month, day, 0, 0, 0).unwrap()
}

impl Kit {
    pub fn new() -> Self {
        let paa = der::name(&[
            (der::COMMON_NAME, der::UTF8, "PAA"),
            (der::VENDOR_ID, der::UTF8, "FFF1"),
        ]);
        let pai = der::name(&[
            (der::COMMON_NAME, der::UTF8, "PAI"),
            (der::VENDOR_ID, der::UTF8, "FFF1"),
        ]);
        let dac = der::name(&[
            (der::COMMON_NAME, der::UTF8, "Test DAC"),
            (der::VENDOR_ID, der::UTF8, "FFF1"),
            (der::PRODUCT_ID, der::UTF8, "8000"),
        ]);
        let mut kit = Self {
            paa: Cert::new(1, 1, paa.clone(), paa.clone()),
            pai: Cert::new(2, 1, pai.clone(), paa),
            dac: Cert::new(3, 2, dac, pai),
            cd: Cd::new(),
            more: vec![0x24, 3, 0],
            device_cd: None,
            elements: None,
            nonce: vec![7; 32],
            asked_nonce: vec![7; 32],
            challenge: vec![9; 16],
            asked_challenge: vec![9; 16],
            signature: None,
            device_key: 3,
            product: (0xFFF1, 0x8000),
            time: date(2026, 6, 1),
            is_trusted: true,
            test_key: true,
            revocation: None,
            left_out: "",
        };
        kit.paa.basic(true, &[1, 1, 0xFF, 2, 1, 1]);
        kit.pai.basic(true, &[1, 1, 0xFF, 2, 1, 0]);
        kit.dac.basic(true, &[]);
        kit.paa.usage(true, &[1, 0x06]);
        kit.pai.usage(true, &[1, 0x06]);
        kit.dac.usage(true, &[7, 0x80]);
        kit
    }

    /// Changes the subject of the PAA, and the issuer of PAA and PAI.
    pub fn rename_paa(&mut self, subject: Vec<u8>) {
        self.paa.subject.clone_from(&subject);
        self.paa.issuer.clone_from(&subject);
        self.pai.issuer = subject;
    }

    /// Changes the subject of the PAI, and the issuer of the DAC.
    pub fn rename_pai(&mut self, subject: Vec<u8>) {
        self.pai.subject.clone_from(&subject);
        self.dac.issuer = subject;
    }

    /// PAA, PAI and DAC.
    pub fn certificates(&self) -> [Vec<u8>; 3] {
        let parts = [
            ("paa content", &self.paa),
            ("pai content", &self.pai),
            ("dac content", &self.dac),
        ];
        parts.map(|(name, certificate)| {
            if self.left_out == name {
                Vec::new()
            } else {
                certificate.encode()
            }
        })
    }

    pub fn run(&self, profile: Profile) -> VerificationReport {
        let ([paa, pai, dac], cd) = (self.certificates(), self.cd.encode());
        let cd = if self.left_out == "the declaration" {
            paa.clone()
        } else {
            cd
        };
        let bytes = |tag: u8, value: &[u8]| {
            let len = u16::try_from(value.len()).unwrap().to_le_bytes();
            [&[0x31, tag, len[0], len[1]], value].concat()
        };
        let elements = self.elements.clone().unwrap_or_else(|| {
            let inside = self.device_cd.as_ref().map_or(cd.clone(), Cd::encode);
            [
                vec![0x15],
                bytes(1, &inside),
                bytes(2, &self.nonce),
                self.more.clone(),
                vec![0x18],
            ]
            .concat()
        });
        let signed = sign(self.device_key, &[&elements[..], &self.challenge].concat());
        let signature = self.signature.clone().unwrap_or(signed.to_bytes().to_vec());
        let signers = DeclarationSigners::new().with_test_key(self.test_key);
        let (vendor, product) = self.product;
        let (store, revocation) = (PaaStore::new(), self.revocation.map(|make| make(self)));
        let mut all = Verification::new().complete().with_declaration_signers(&signers);
        all = if self.is_trusted {
            all.with_paa(&paa)
        } else {
            all.with_paa_store(&store)
        };
        if self.left_out != "pai" {
            all = all.with_pai(&pai);
        }
        if self.left_out != "dac" {
            all = all.with_dac(&dac);
        }
        if self.left_out != "product" {
            all = all.with_product(VendorId::new(vendor).unwrap(), ProductId::new(product).unwrap());
        }
        if !self.left_out.ends_with("elements") {
            all = all.with_response(AttestationResponse {
                elements: &elements,
                signature: &signature,
                challenge: &self.asked_challenge,
                nonce: &self.asked_nonce,
            });
        }
        if !self.left_out.starts_with("cd") {
            all = all.with_declaration(&cd);
        }
        if self.left_out != "dac" {
            all = all.with_dac_key(PublicKey::new(&point(self.device_key)).unwrap());
        }
        if let Some(set) = &revocation {
            all = all.with_revocation_set(set);
        }
        all.at(self.time).run(profile)
    }
}
