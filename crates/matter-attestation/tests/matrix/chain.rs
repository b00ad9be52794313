//! Rules between certificates.

use matter_attestation::Object::{Cd, Chain, Dac, Elements, Paa, Pai};
use matter_attestation::Rule;

use super::der::{self, AKI, COMMON_NAME, PRINTABLE, PRODUCT_ID, SKI, UTF8, VENDOR_ID, tlv};
use super::kit::{Kit, date, products};
use super::path;
use super::row::{Row, row};

fn aki(id: &[u8]) -> Vec<u8> {
    der::seq(&[&tlv(0x80, id)])
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = parts();
    rows.extend(roots());
    rows.extend(ids());
    rows.extend(links());
    rows.extend(path::rows());
    rows.extend(dates());
    rows
}

fn parts() -> Vec<Row> {
    let nothing: fn(&mut Kit) = |_| {};
    vec![
        row(
            Rule::PaiMissing,
            (Pai, 207),
            ("no PAI", |kit| kit.left_out = "pai"),
            ("a PAI", nothing),
        ),
        row(
            Rule::CertificateEmpty,
            (Pai, 207),
            ("an empty PAI", |kit| kit.left_out = "pai content"),
            ("a PAI", nothing),
        ),
        row(
            Rule::CertificateEmpty,
            (Dac, 701),
            ("an empty DAC", |kit| kit.left_out = "dac content"),
            ("a DAC", nothing),
        ),
        row(
            Rule::CertificateEmpty,
            (Paa, 101),
            ("an empty PAA", |kit| kit.left_out = "paa content"),
            ("a PAA", nothing),
        ),
        row(
            Rule::CdOther,
            (Cd, 600),
            ("a certificate in the place of the declaration", |kit| {
                kit.left_out = "the declaration";
            }),
            ("the declaration", nothing),
        ),
        row(
            Rule::PartMissing,
            (Dac, 701),
            ("no DAC", |kit| kit.left_out = "dac"),
            ("a DAC", nothing),
        ),
        row(
            Rule::PartMissing,
            (Chain, 701),
            ("no product", |kit| kit.left_out = "product"),
            ("a product", nothing),
        ),
        row(
            Rule::PartMissing,
            (Cd, 701),
            ("no declaration, neither separate nor in the elements", |kit| {
                kit.left_out = "cd and elements";
            }),
            ("a declaration only in the elements", |kit| kit.left_out = "cd"),
        ),
        row(
            Rule::PaaNotFound,
            (Paa, 101),
            ("a PAA that is not trusted", |kit| kit.is_trusted = false),
            ("a trusted PAA", nothing),
        ),
        row(
            Rule::PaaNotFound,
            (Paa, 101),
            ("the PAI names another key identifier", |kit| {
                kit.pai.set(AKI, false, &aki(&[5; 20]));
            }),
            ("the PAA's, with any value", |kit| {
                kit.paa.set(SKI, false, &tlv(der::OCTETS, &[5; 20]));
                kit.paa.remove(AKI);
                kit.pai.set(AKI, false, &aki(&[5; 20]));
            }),
        )
        .also(&[(Rule::AuthorityKeyId, Pai)]),
    ]
}

fn roots() -> Vec<Row> {
    vec![
        row(
            Rule::PaaNotSelfIssued,
            (Paa, 301),
            ("a PAA issued by another", |kit| {
                kit.paa.issuer = der::name(&[(COMMON_NAME, UTF8, "Root")]);
            }),
            ("by itself", |_| {}),
        ),
        row(
            Rule::IssuerNameEncoding,
            (Paa, 0),
            ("the PAA's issuer in other strings than its subject", |kit| {
                kit.paa.issuer = der::name(&[(COMMON_NAME, PRINTABLE, "PAA"), (VENDOR_ID, UTF8, "FFF1")]);
            }),
            ("in the same", |_| {}),
        ),
        row(
            Rule::PaaAuthorityKeyId,
            (Paa, 301),
            ("the PAA's authority key identifier is another's", |kit| {
                kit.paa.set(AKI, false, &aki(&[5; 20]));
            }),
            ("absent", |kit| kit.paa.remove(AKI)),
        ),
        row(
            Rule::PaaSignature,
            (Paa, 0),
            ("a PAA signed with another key", |kit| kit.paa.signer = 9),
            ("with its own", |kit| kit.paa.signer = 1),
        ),
    ]
}

fn ids() -> Vec<Row> {
    vec![
        row(
            Rule::PaaVendorId,
            (Pai, 205),
            ("a PAA of vendor FFF2 above a PAI of FFF1", |kit| {
                kit.rename_paa(der::name(&[(VENDOR_ID, UTF8, "FFF2")]));
            }),
            ("a PAA of all vendors", |kit| {
                kit.rename_paa(der::name(&[(COMMON_NAME, UTF8, "PAA")]));
            }),
        ),
        row(
            Rule::PaiVendorId,
            (Dac, 305),
            ("a DAC of vendor FFF2 below a PAI of FFF1", |kit| {
                kit.dac.subject = der::name(&[(VENDOR_ID, UTF8, "FFF2"), (PRODUCT_ID, UTF8, "8000")]);
            }),
            ("of the same vendor", |_| {}),
        )
        .also(&[(Rule::CdDacVendorId, Cd)]),
        row(
            Rule::PaiProductId,
            (Dac, 306),
            ("a DAC of product 8000 below a PAI of 8001", |kit| {
                kit.rename_pai(der::name(&[(VENDOR_ID, UTF8, "FFF1"), (PRODUCT_ID, UTF8, "8001")]));
                kit.cd.set(2, products(&[0x8000, 0x8001]));
            }),
            ("of the same product", |kit| {
                kit.rename_pai(der::name(&[(VENDOR_ID, UTF8, "FFF1"), (PRODUCT_ID, UTF8, "8000")]));
            }),
        ),
    ]
}

fn links() -> Vec<Row> {
    vec![
        row(
            Rule::IssuerName,
            (Dac, 301),
            ("the DAC names another issuer", |kit| {
                kit.dac.issuer = der::name(&[(COMMON_NAME, UTF8, "PAJ"), (VENDOR_ID, UTF8, "FFF1")]);
            }),
            ("the PAI", |_| {}),
        ),
        row(
            Rule::IssuerName,
            (Pai, 301),
            ("the PAI's issuer has one attribute less", |kit| {
                kit.pai.issuer = der::name(&[(COMMON_NAME, UTF8, "PAA")]);
            }),
            ("the same ones", |_| {}),
        ),
        row(
            Rule::IssuerNameEncoding,
            (Dac, 0),
            ("the issuer's common name as PrintableString", |kit| {
                kit.dac.issuer = der::name(&[(COMMON_NAME, PRINTABLE, "PAI"), (VENDOR_ID, UTF8, "FFF1")]);
            }),
            ("as the PAI has it", |kit| {
                let name = der::name(&[(COMMON_NAME, PRINTABLE, "PAI"), (VENDOR_ID, UTF8, "FFF1")]);
                kit.rename_pai(name);
            }),
        ),
        row(
            Rule::IssuerNameEncoding,
            (Dac, 0),
            ("the issuer's common name as BMPString", |kit| {
                kit.dac.issuer = der::name(&[(COMMON_NAME, 0x1E, "\0P\0A\0I"), (VENDOR_ID, UTF8, "FFF1")]);
            }),
            ("as the PAI has it", |_| {}),
        )
        .also(&[(Rule::NameString, Dac)]),
        row(
            Rule::IssuerNameEncoding,
            (Pai, 0),
            ("the issuer's common name in lower case", |kit| {
                kit.pai.issuer = der::name(&[(COMMON_NAME, UTF8, "paa"), (VENDOR_ID, UTF8, "FFF1")]);
            }),
            ("as the PAA has it", |_| {}),
        ),
        row(
            Rule::AuthorityKeyId,
            (Dac, 301),
            ("computed from the PAI's key, where the PAI has another", |kit| {
                kit.pai.set(SKI, false, &tlv(der::OCTETS, &[5; 20]));
            }),
            ("copied from the PAI", |kit| {
                kit.pai.set(SKI, false, &tlv(der::OCTETS, &[5; 20]));
                kit.dac.set(AKI, false, &aki(&[5; 20]));
            }),
        ),
        row(
            Rule::CertificateSignature,
            (Pai, 301),
            ("a PAI signed with another key", |kit| kit.pai.signer = 9),
            ("with the PAA's", |kit| kit.pai.signer = 1),
        ),
        row(
            Rule::CertificateSignature,
            (Dac, 301),
            ("a DAC signed with the PAA's key", |kit| kit.dac.signer = 1),
            ("with the PAI's", |kit| kit.dac.signer = 2),
        ),
        row(
            Rule::DacKeyMismatch,
            (Dac, 500),
            ("the device has another key", |kit| kit.device_key = 4),
            ("the DAC's key", |kit| kit.device_key = 3),
        )
        .also(&[(Rule::ElementsSignature, Elements)]),
    ]
}

fn dates() -> Vec<Row> {
    vec![
        row(
            Rule::DacNotYetValid,
            (Dac, 300),
            ("the day before it starts", |kit| kit.time = date(2024, 12, 31)),
            ("the second in which it starts", |kit| {
                kit.time = date(2025, 1, 1);
            }),
        ),
        row(
            Rule::DacNotYetValid,
            (Dac, 300),
            ("a second before it starts", |kit| {
                kit.dac.validity = der::validity("260601000001Z", "99991231235959Z");
            }),
            ("the second in which it starts", |kit| {
                kit.dac.validity = der::validity("260601000000Z", "99991231235959Z");
            }),
        ),
        row(
            Rule::DacExpired,
            (Dac, 300),
            ("the second after it ends", |kit| {
                kit.dac.validity = der::validity("250101000000Z", "260531235959Z");
            }),
            ("the second in which it ends", |kit| {
                kit.dac.validity = der::validity("250101000000Z", "260601000000Z");
            }),
        ),
        row(
            Rule::DacExpired,
            (Dac, 300),
            ("the second after it ends", |kit| {
                kit.dac.validity = der::validity("250101000000Z", "260531235959Z");
            }),
            ("a second before it ends", |kit| {
                kit.dac.validity = der::validity("250101000000Z", "260601000001Z");
            }),
        ),
        row(
            Rule::IssuerNotValidThen,
            (Pai, 301),
            ("a PAI that starts a second after the DAC", |kit| {
                kit.pai.validity = der::validity("250101000001Z", "99991231235959Z");
            }),
            ("with the DAC", |kit| {
                kit.pai.validity = der::validity("250101000000Z", "99991231235959Z");
            }),
        ),
        row(
            Rule::IssuerNotValidThen,
            (Pai, 301),
            ("a PAI that ended a second before the DAC starts", |kit| {
                kit.pai.validity = der::validity("240101000000Z", "241231235959Z");
            }),
            ("that ended a second after the DAC started, long ago", |kit| {
                kit.pai.validity = der::validity("240101000000Z", "250101000001Z");
            }),
        ),
        row(
            Rule::IssuerNotValidThen,
            (Pai, 301),
            ("a PAI that ended a second before the DAC starts", |kit| {
                kit.pai.validity = der::validity("240101000000Z", "241231235959Z");
            }),
            ("that ended in the second in which the DAC starts", |kit| {
                kit.pai.validity = der::validity("240101000000Z", "250101000000Z");
            }),
        ),
        row(
            Rule::IssuerNotValidThen,
            (Paa, 301),
            ("a PAA that ended a second before the DAC starts", |kit| {
                kit.paa.validity = der::validity("240101000000Z", "241231235959Z");
            }),
            ("that ended in the second in which the DAC starts", |kit| {
                kit.paa.validity = der::validity("240101000000Z", "250101000000Z");
            }),
        ),
        row(
            Rule::IssuerNotValidThen,
            (Paa, 301),
            ("a PAA that starts a second after the DAC", |kit| {
                kit.paa.validity = der::validity("250101000001Z", "99991231235959Z");
            }),
            ("that has expired since", |kit| {
                kit.paa.validity = der::validity("250101000000Z", "260101000000Z");
            }),
        ),
    ]
}
