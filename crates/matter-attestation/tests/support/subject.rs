//! Certificates with any subject.
#![allow(dead_code, unreachable_pub)]

use der::asn1::{Any, Ia5StringRef, PrintableStringRef, Utf8StringRef};
use der::{Decode, Encode};
use matter_attestation::{Certificate, DateTime, Error, PrivateKey};
use p256::ecdsa::DerSignature;
use signature::Keypair;
use spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::TbsCertificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

/// One attribute of a subject.
#[derive(Clone, Copy, Debug)]
pub enum Attribute<'a> {
    CommonName(&'a str),
    Vendor(&'a str),
    Product(&'a str),
    VendorPrintable(&'a str),
    VendorIa5(&'a str),
}
use self::Attribute::{CommonName, Product, Vendor, VendorIa5, VendorPrintable};

struct Profile(Name);

impl BuilderProfile for Profile {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.0.clone()
    }

    fn build_extensions(
        &self,
        _spk: SubjectPublicKeyInfoRef<'_>,
        _issuer_spk: SubjectPublicKeyInfoRef<'_>,
        _tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        use x509_cert::ext::ToExtension as _;
        let constraints = BasicConstraints {
            ca: false,
            path_len_constraint: None,
        };
        Ok(vec![constraints.to_extension(&self.0, &[])?])
    }
}

/// Issues a certificate with these attributes, in this order, and decodes it.
pub fn certificate(attributes: &[Attribute<'_>]) -> Result<Certificate, Error> {
    let mut name = RdnSequence::default();
    for attribute in attributes {
        let (oid, value) = match attribute {
            CommonName(text) => ("2.5.4.3", utf8(text)),
            Vendor(text) => ("1.3.6.1.4.1.37244.2.1", utf8(text)),
            Product(text) => ("1.3.6.1.4.1.37244.2.2", utf8(text)),
            VendorPrintable(text) => (
                "1.3.6.1.4.1.37244.2.1",
                Any::encode_from(&PrintableStringRef::new(text).unwrap()).unwrap(),
            ),
            VendorIa5(text) => (
                "1.3.6.1.4.1.37244.2.1",
                Any::encode_from(&Ia5StringRef::new(text).unwrap()).unwrap(),
            ),
        };
        let oid = oid.parse().unwrap();
        name.push(RelativeDistinguishedName::try_from(vec![AttributeTypeAndValue { oid, value }]).unwrap());
    }
    let name = Name::from_der(&name.to_der().unwrap()).unwrap();
    let key = PrivateKey::from_scalar(&[5; 32]).unwrap();
    let date = DateTime::new(2026, 1, 1, 0, 0, 0).unwrap();
    let validity = x509_cert::time::Validity::new(date.into(), date.into());
    let spki = SubjectPublicKeyInfoOwned::from_key(&key.verifying_key()).unwrap();
    let x509 = CertificateBuilder::new(Profile(name), 1u8.into(), validity, spki)
        .unwrap()
        .build::<_, DerSignature>(&key)
        .unwrap();
    Certificate::from_der(&x509.to_der().unwrap())
}

fn utf8(text: &str) -> Any {
    Any::encode_from(&Utf8StringRef::new(text).unwrap()).unwrap()
}
