//! Test fixtures: a PAA, a PAI, a declaration, keys and requests.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::Path;

use matter_attestation::{
    Certificate, CertificationDeclaration, CertificationType, DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey,
    SerialNumber, TEST_CD_SIGNING_KEY_ID, Validity, issue_paa, test_cd_signing_key,
};
use matter_issuance::{Desk, DeviceId, LogSigner, Policy, Registrar, Request};
use matter_ledger::{Ledger, NewOrder};
use matter_types::{ProductId, VendorId};
use p256::ecdsa::DerSignature;
use sha2::{Digest, Sha256};
use signature::Signer;

pub(crate) const VENDOR: u16 = 0xFFF1;
pub(crate) const PRODUCT: u16 = 0x8000;
pub(crate) const ORDER: &str = "4711";

pub(crate) struct Pki {
    pub(crate) paa: Certificate,
    pub(crate) pai: Certificate,
    pub(crate) pai_key: PrivateKey,
    pub(crate) declaration: Vec<u8>,
}

/// Derives a key from a name.
pub(crate) fn key(name: &str) -> PrivateKey {
    PrivateKey::from_scalar(&Sha256::digest(name).into()).unwrap()
}

pub(crate) fn start() -> DateTime {
    DateTime::new(2026, 1, 1, 0, 0, 0).unwrap()
}

pub(crate) fn declaration(products: &[u16], kind: CertificationType) -> CertificationDeclaration {
    let products: Vec<ProductId> = products.iter().map(|id| ProductId::new(*id).unwrap()).collect();
    let vendor = VendorId::new(VENDOR).unwrap();
    CertificationDeclaration::new(vendor, &products, 0x0100, "CSA00000SWC00000-00", kind).unwrap()
}

pub(crate) fn signed(declaration: &CertificationDeclaration) -> Vec<u8> {
    declaration
        .sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)
        .unwrap()
}

impl Pki {
    pub(crate) fn new() -> Self {
        Self::named("Test PAI")
    }

    pub(crate) fn named(pai: &str) -> Self {
        let validity = Validity::without_expiry(start());
        let (paa_key, pai_key) = (key("paa"), key(pai));
        let serial = SerialNumber::new(&[1]).unwrap();
        let paa = issue_paa(&paa_key, &PaaSubject::new("Test PAA").unwrap(), validity, serial).unwrap();
        let subject = PaiSubject::new(pai, VendorId::new(VENDOR).unwrap()).unwrap();
        let issuer = Issuer::new(&paa, &paa_key).unwrap();
        let serial = SerialNumber::new(&[2]).unwrap();
        let pai = issuer
            .issue_pai(&subject, &pai_key.public_key(), validity, serial)
            .unwrap();
        Self {
            paa,
            pai,
            pai_key,
            declaration: signed(&declaration(&[PRODUCT, 0x8001], CertificationType::DevelopmentAndTest)),
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy::new("test 1.0")
            .with_paa(self.paa.clone())
            .with_test_declarations()
    }

    pub(crate) fn desk(&self, ledger: Ledger) -> Desk<PrivateKey> {
        self.desk_with(ledger, self.policy())
    }

    pub(crate) fn desk_with(&self, ledger: Ledger, policy: Policy) -> Desk<PrivateKey> {
        let (pai, signer) = (self.pai.clone(), self.pai_key.clone());
        Desk::new(ledger, pai, signer, &self.declaration, log_signer(), policy).unwrap()
    }
}

pub(crate) fn log_signer() -> LogSigner {
    LogSigner::new(key("log"))
}

/// A desk with its own ledger and an open order of this size.
pub(crate) fn desk_with_order(size: u32) -> Desk<PrivateKey> {
    let mut desk = Pki::new().desk(Ledger::in_memory().unwrap());
    open_order(desk.registrar(), ORDER, size);
    desk
}

pub(crate) fn registrar(path: &Path) -> Registrar {
    Registrar::new(Ledger::open(path).unwrap(), log_signer(), "test 1.0")
}

pub(crate) fn new_order(id: &str, size: u32) -> NewOrder {
    NewOrder {
        id: id.into(),
        size,
        vendor_id: VENDOR,
        product_id: PRODUCT,
        operator: "ann".into(),
        needs_approval: false,
    }
}

pub(crate) fn open_order(registrar: &mut Registrar, id: &str, size: u32) {
    registrar.open_order(&new_order(id, size)).unwrap().unwrap();
}

/// A request of a device named like its key.
pub(crate) fn request(name: &str) -> Request {
    request_for(ORDER, name, name)
}

pub(crate) fn request_for(order: &str, device: &str, key_name: &str) -> Request {
    let pkcs10 = csr(&key(key_name));
    Request::from_csr(order, DeviceId::new(device).unwrap(), "station 1", &pkcs10).unwrap()
}

/// A request for a key, without a subject.
pub(crate) fn csr(key: &PrivateKey) -> Vec<u8> {
    csr_with(key, &[0], &[], &[])
}

/// A request with the given bytes of version, subject and attributes.
pub(crate) fn csr_with(key: &PrivateKey, version: &[u8], subject: &[u8], attributes: &[u8]) -> Vec<u8> {
    const KEY: [u8; 26] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    let spki = [&KEY[..], key.public_key().as_bytes()].concat();
    let content = [tlv(2, version), tlv(0x30, subject), spki, tlv(0xA0, attributes)].concat();
    sign_info(key, &tlv(0x30, &content))
}

pub(crate) fn sign_info(key: &PrivateKey, info: &[u8]) -> Vec<u8> {
    const ALGORITHM: [u8; 12] = [0x30, 0x0A, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];
    let signature: DerSignature = key.sign(info);
    let bits = tlv(3, &[&[0], signature.as_bytes()].concat());
    tlv(0x30, &[info, &ALGORITHM, &bits].concat())
}

pub(crate) fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).unwrap().to_be_bytes();
    let header = match value.len() {
        0..=0x7F => vec![tag, len[1]],
        0x80..=0xFF => vec![tag, 0x81, len[1]],
        _ => vec![tag, 0x82, len[0], len[1]],
    };
    [&header[..], value].concat()
}
