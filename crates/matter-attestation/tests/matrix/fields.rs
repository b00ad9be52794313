//! All fields of a certificate except names and extensions.

use matter_attestation::Object::{Dac, Elements, Pai};
use matter_attestation::Rule;

use super::der::{self, tlv};
use super::kit::point;
use super::row::{Row, each, row};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    each!(rows, Rule::CertificateMalformed, [paa: Paa 105, pai: Pai 203, dac: Dac 303],
        "the validity is a SET", |cert| cert.validity[0] = der::SET,
        "it is a SEQUENCE", |_| {});
    each!(rows, Rule::CertificateTrailingBytes, [paa: Paa 0, pai: Pai 0, dac: Dac 0],
        "one byte after the certificate", |cert| cert.trailing = vec![0],
        "none", |cert| cert.trailing.clear());
    each!(rows, Rule::CertificateTooLong, [paa: Paa 101, pai: Pai 0, dac: Dac 0],
        "601 bytes", |cert| cert.pad_to(601),
        "600 bytes", |cert| cert.pad_to(600));
    each!(rows, Rule::CertificateVersion, [paa: Paa 301 / 105, pai: Pai 203, dac: Dac 303],
        "version 2", |cert| cert.version = tlv(0xA0, &tlv(der::INTEGER, &[1])),
        "version 3", |cert| cert.version = tlv(0xA0, &tlv(der::INTEGER, &[2])));
    each!(rows, Rule::CertificateVersion, [dac: Dac 303],
        "no version", |cert| cert.version.clear(),
        "version 3", |_| {});
    each!(rows, Rule::SerialNumberEmpty, [paa: Paa 105, pai: Pai 203, dac: Dac 303],
        "a serial number of no bytes", |cert| cert.serial.clear(),
        "of one byte", |cert| cert.serial = vec![1]);
    each!(rows, Rule::SerialNumberEmpty, [dac: Dac 303],
        "serial number 00 7F", |cert| cert.serial = vec![0, 0x7F],
        "serial number 00 80", |cert| cert.serial = vec![0, 0x80]);
    each!(rows, Rule::SerialNumberNotPositive, [paa: Paa 0, pai: Pai 0, dac: Dac 0],
        "serial number -128", |cert| cert.serial = vec![0x80],
        "serial number 127", |cert| cert.serial = vec![0x7F]);
    each!(rows, Rule::SerialNumberNotPositive, [dac: Dac 0],
        "serial number 0", |cert| cert.serial = vec![0],
        "serial number 1", |cert| cert.serial = vec![1]);
    each!(rows, Rule::SerialNumberTooLong, [paa: Paa 0, pai: Pai 0, dac: Dac 0],
        "a serial number of 21 bytes", |cert| cert.serial = vec![1; 21],
        "of 20 bytes", |cert| cert.serial = vec![0x7F; 20]);
    each!(rows, Rule::SignatureAlgorithm, [paa: Paa 0, pai: Pai 203, dac: Dac 303],
        "ecdsa-with-SHA384", |cert| {
            cert.inner_algorithm = der::algorithm(der::ECDSA_SHA384);
            cert.outer_algorithm = cert.inner_algorithm.clone();
        },
        "ecdsa-with-SHA256", |_| {});
    each!(rows, Rule::SignatureAlgorithmInside, [paa: Paa 301 / 0, pai: Pai 301, dac: Dac 301],
        "ecdsa-with-SHA384 inside, ecdsa-with-SHA256 outside",
        |cert| cert.inner_algorithm = der::algorithm(der::ECDSA_SHA384),
        "the same algorithm in both places", |_| {});
    let null = |kit: &mut super::kit::Kit| {
        kit.paa.inner_algorithm = der::seq(&[&der::oid(der::ECDSA_SHA256), der::NULL]);
        kit.paa.outer_algorithm.clone_from(&kit.paa.inner_algorithm);
    };
    rows.push(row(
        Rule::SignatureAlgorithmParameters,
        (Dac, 0),
        ("NULL parameters in a DAC", |kit| {
            kit.dac.inner_algorithm = der::seq(&[&der::oid(der::ECDSA_SHA256), der::NULL]);
            kit.dac.outer_algorithm.clone_from(&kit.dac.inner_algorithm);
        }),
        ("NULL parameters in a PAA, as two in the DCL have", null),
    ));
    rows.push(row(
        Rule::SignatureAlgorithmParameters,
        (Pai, 0),
        ("NULL parameters in a PAI", |kit| {
            kit.pai.inner_algorithm = der::seq(&[&der::oid(der::ECDSA_SHA256), der::NULL]);
            kit.pai.outer_algorithm.clone_from(&kit.pai.inner_algorithm);
        }),
        ("NULL parameters in a PAA", null),
    ));
    each!(rows, Rule::CertificateSignatureMalformed, [paa: Paa 0, pai: Pai 301, dac: Dac 301],
        "r and s as 64 bytes", |cert| cert.signature = Some(vec![1; 64]),
        "r and s in DER", |cert| cert.signature = None);
    rows.push(row(
        Rule::CertificateSignature,
        (Dac, 301),
        ("a signature of the length of P-384 below a key on P-256", |kit| {
            kit.dac.signature = Some(longer_signature(48));
        }),
        ("of P-256", |_| {}),
    ));
    keys(&mut rows);
    dates(&mut rows);
    rows
}

/// A signature with r and s of `len` bytes each.
fn longer_signature(len: usize) -> Vec<u8> {
    let number = tlv(der::INTEGER, &vec![0x5A; len]);
    der::seq(&[&number, &number])
}

fn larger_curves() -> [Row; 2] {
    fn set(kit: &mut super::kit::Kit, curve: &[u8], len: usize) {
        let point = [vec![4], vec![0x5A; 2 * len]].concat();
        kit.paa.spki = der::public_key(curve, &point);
        kit.paa.signature = Some(longer_signature(len));
        kit.pai.signature = Some(longer_signature(len));
    }
    let (rule, object) = (Rule::PublicKeyCurve, (matter_attestation::Object::Paa, 0));
    let keep: (&str, fn(&mut super::kit::Kit)) = ("curve P-256", |_| {});
    [
        row(
            rule,
            object,
            ("curve P-384, and signatures of that length", |kit| {
                set(kit, der::SECP384R1, 48)
            }),
            keep,
        ),
        row(
            rule,
            object,
            ("curve P-521, and signatures of that length", |kit| {
                set(kit, der::SECP521R1, 66)
            }),
            keep,
        ),
    ]
}

fn keys(rows: &mut Vec<Row>) {
    // Signatures by such a key cannot be verified.
    const BELOW_PAI: &[(Rule, matter_attestation::Object)] = &[(Rule::CertificateSignature, Dac)];
    const BELOW_DAC: &[(Rule, matter_attestation::Object)] = &[(Rule::ElementsSignature, Elements)];
    const BELOW_PAA: &[(Rule, matter_attestation::Object)] = &[(Rule::CertificateSignature, Pai)];
    let mut paa = Vec::new();
    each!(paa, Rule::PublicKeyAlgorithm, [paa: Paa 301],
        "an RSA key", |cert| cert.spki = der::spki(der::RSA_KEY, der::NULL, &point(1)),
        "an elliptic-curve key", |_| {});
    each!(paa, Rule::PublicKeyCurve, [paa: Paa 301],
        "curve secp256k1", |cert| cert.spki = der::spki(der::EC_KEY, &der::oid(der::SECP256K1), &point(1)),
        "curve P-256", |_| {});
    each!(paa, Rule::PublicKeyPoint, [paa: Paa 301],
        "a point that is not on the curve", |cert| *cert.spki.last_mut().unwrap() ^= 1,
        "a point on the curve", |_| {});
    rows.extend(paa.into_iter().map(|row| row.also(BELOW_PAA)));
    // Signatures by a key on a larger curve are longer, and are not verified.
    rows.extend(larger_curves());
    let mut pai = Vec::new();
    each!(pai, Rule::PublicKeyAlgorithm, [pai: Pai 203],
        "an RSA key", |cert| cert.spki = der::spki(der::RSA_KEY, der::NULL, &point(2)),
        "an elliptic-curve key", |_| {});
    each!(pai, Rule::PublicKeyCurve, [pai: Pai 203],
        "curve secp256k1", |cert| cert.spki = der::spki(der::EC_KEY, &der::oid(der::SECP256K1), &point(2)),
        "curve P-256", |_| {});
    each!(pai, Rule::PublicKeyPoint, [pai: Pai 203],
        "a point that is not on the curve", |cert| *cert.spki.last_mut().unwrap() ^= 1,
        "a point on the curve", |_| {});
    rows.extend(pai.into_iter().map(|row| row.also(BELOW_PAI)));
    let mut dac = Vec::new();
    each!(dac, Rule::PublicKeyAlgorithm, [dac: Dac 303],
        "an RSA key", |cert| cert.spki = der::spki(der::RSA_KEY, der::NULL, &point(3)),
        "an elliptic-curve key", |_| {});
    each!(dac, Rule::PublicKeyCurve, [dac: Dac 303],
        "curve secp256k1", |cert| cert.spki = der::spki(der::EC_KEY, &der::oid(der::SECP256K1), &point(3)),
        "curve P-256", |_| {});
    each!(dac, Rule::PublicKeyCurve, [dac: Dac 303],
        "no curve", |cert| cert.spki = der::spki(der::EC_KEY, der::NULL, &point(3)),
        "curve P-256", |_| {});
    each!(dac, Rule::PublicKeyPoint, [dac: Dac 303],
        "a point that is not on the curve", |cert| *cert.spki.last_mut().unwrap() ^= 1,
        "a point on the curve", |_| {});
    rows.extend(dac.into_iter().map(|row| row.also(BELOW_DAC)));
    each!(rows, Rule::PublicKeyCompressed, [paa: Paa 0, pai: Pai 203 / 0, dac: Dac 303 / 0],
        "a compressed point", |cert| {
            let point = cert.spki.split_off(cert.spki.len() - 65);
            let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
            cert.spki = der::spki(der::EC_KEY, &der::oid(der::P256), &compressed);
        },
        "an uncompressed point", |_| {});
}

fn dates(rows: &mut Vec<Row>) {
    each!(rows, Rule::ValidityMalformed, [paa: Paa 301 / 105, pai: Pai 301 / 203, dac: Dac 300 / 303],
        "notAfter is the 32nd of January", |cert| cert.validity = der::validity("250101000000Z", "300132000000Z"),
        "the 31st", |cert| cert.validity = der::validity("250101000000Z", "300131000000Z"));
    each!(rows, Rule::ValidityMalformed, [dac: Dac 300 / 303],
        "notBefore without seconds", |cert| {
            let times = [tlv(der::UTC, b"2501010000Z"), tlv(der::GENERALIZED, b"99991231235959Z")].concat();
            cert.validity = tlv(der::SEQUENCE, &times);
        },
        "with seconds", |_| {});
    each!(rows, Rule::ValidityEncoding, [paa: Paa 0, pai: Pai 0, dac: Dac 0],
        "2049-12-31 as GeneralizedTime", |cert| cert.validity = der::validity("250101000000Z", "20491231235959Z"),
        "2049-12-31 as UTCTime", |cert| cert.validity = der::validity("250101000000Z", "491231235959Z"));
    each!(rows, Rule::ValidityEncoding, [paa: Paa 0, pai: Pai 0, dac: Dac 0],
        "the last second of 2049 as GeneralizedTime",
        |cert| cert.validity = der::validity("250101000000Z", "20491231235959Z"),
        "the first second of 2050 as GeneralizedTime",
        |cert| cert.validity = der::validity("250101000000Z", "20500101000000Z"));
    let mut reversed = Vec::new();
    each!(reversed, Rule::ValidityReversed, [pai: Pai 301],
        "ends a second before it starts", |cert| cert.validity = der::validity("250101000000Z", "241231235959Z"),
        "ends a second after it starts", |cert| cert.validity = der::validity("250101000000Z", "250101000001Z"));
    rows.extend(
        reversed
            .into_iter()
            .map(|row| row.also(&[(Rule::IssuerNotValidThen, Pai)])),
    );
}
