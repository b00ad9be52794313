//! The CMS envelope of a declaration.

use matter_attestation::Object::Cd;
use matter_attestation::Rule;

use super::der::{self, tlv};
use super::kit::{Kit, key_id};
use super::row::{Row, row};

type Change = fn(&mut Kit);

/// An algorithm with NULL parameters.
fn with_null(content: &[u8]) -> Vec<u8> {
    der::seq(&[&der::oid(content), der::NULL])
}

pub(crate) fn rows() -> Vec<Row> {
    let nothing: Change = |_| {};
    let lines: [(Rule, u16, &str, Change, &str, Change); 25] = [
        (
            Rule::CdMalformed,
            600,
            "certificates in addition to the content",
            |kit| kit.cd.between = tlv(0xA0, &[]),
            "none",
            nothing,
        ),
        (
            Rule::CdMalformed,
            600,
            "CRLs in addition to the content",
            |kit| kit.cd.between = tlv(0xA1, &[]),
            "none",
            nothing,
        ),
        (
            Rule::CdMalformed,
            600,
            "no signer",
            |kit| kit.cd.signers = 0,
            "one signer",
            |kit| kit.cd.signers = 1,
        ),
        (
            Rule::CdTrailingBytes,
            0,
            "one byte after the envelope",
            |kit| kit.cd.trailing = vec![0],
            "none",
            |kit| kit.cd.trailing.clear(),
        ),
        (
            Rule::CdContentType,
            602,
            "id-envelopedData",
            |kit| kit.cd.content_type = der::oid(der::ENVELOPED_DATA),
            "id-signedData",
            |kit| kit.cd.content_type = der::oid(der::SIGNED_DATA),
        ),
        (
            Rule::CdVersion,
            602,
            "version 2",
            |kit| kit.cd.version = vec![2],
            "version 3",
            |kit| kit.cd.version = vec![3],
        ),
        (
            Rule::CdVersion,
            602,
            "version 4",
            |kit| kit.cd.version = vec![4],
            "version 3",
            |kit| kit.cd.version = vec![3],
        ),
        (
            Rule::CdDigestAlgorithms,
            602,
            "SHA-1",
            |kit| kit.cd.digests = der::algorithm(der::SHA1),
            "SHA-256",
            |kit| kit.cd.digests = der::algorithm(der::SHA256),
        ),
        (
            Rule::CdDigestAlgorithms,
            602,
            "two digest algorithms",
            |kit| kit.cd.digests = [der::algorithm(der::SHA256), der::algorithm(der::SHA1)].concat(),
            "one",
            nothing,
        ),
        (
            Rule::CdDigestAlgorithms,
            602,
            "NULL parameters",
            |kit| kit.cd.digests = with_null(der::SHA256),
            "no parameters",
            nothing,
        ),
        (
            Rule::CdEncapsulatedContent,
            602,
            "content of type id-signedData",
            |kit| kit.cd.encapsulated_type = der::oid(der::SIGNED_DATA),
            "of type id-data",
            |kit| kit.cd.encapsulated_type = der::oid(der::DATA),
        ),
        (
            Rule::CdEncapsulatedContent,
            602,
            "no content",
            |kit| kit.cd.encapsulated = Some(Vec::new()),
            "the content in an OCTET STRING",
            |kit| kit.cd.encapsulated = Some(tlv(0xA0, &tlv(der::OCTETS, &kit.cd.content()))),
        ),
        (
            Rule::CdEncapsulatedContent,
            602,
            "the content in a UTF8String",
            |kit| kit.cd.encapsulated = Some(tlv(0xA0, &tlv(der::UTF8, &kit.cd.content()))),
            "in an OCTET STRING",
            nothing,
        ),
        (
            Rule::CdSignerInfos,
            600,
            "two signers",
            |kit| kit.cd.signers = 2,
            "one",
            |kit| kit.cd.signers = 1,
        ),
        (
            Rule::CdSignerInfos,
            600,
            "a signer of version 1",
            |kit| kit.cd.signer_version = vec![1],
            "of version 3",
            |kit| kit.cd.signer_version = vec![3],
        ),
        (
            Rule::CdSignerInfos,
            600,
            "a signer named by issuer and serial number",
            |kit| kit.cd.signer_id = der::seq(&[&der::name(&[]), &tlv(der::INTEGER, &[1])]),
            "by key identifier",
            |kit| kit.cd.signer_id = tlv(0x80, &key_id(0)),
        ),
        (
            Rule::CdSignerInfos,
            600,
            "signed attributes",
            |kit| kit.cd.signed_attributes = tlv(0xA0, &[]),
            "none",
            nothing,
        ),
        (
            Rule::CdSignerInfos,
            600,
            "unsigned attributes",
            |kit| kit.cd.unsigned_attributes = tlv(0xA1, &[]),
            "none",
            nothing,
        ),
        (
            Rule::CdSignerDigest,
            600,
            "the signer's digest is SHA-1",
            |kit| kit.cd.signer_digest = der::algorithm(der::SHA1),
            "SHA-256",
            nothing,
        ),
        (
            Rule::CdSignerDigest,
            600,
            "NULL parameters of the signer's digest",
            |kit| kit.cd.signer_digest = with_null(der::SHA256),
            "no parameters",
            nothing,
        ),
        (
            Rule::CdSignerAlgorithm,
            600,
            "ecdsa-with-SHA384",
            |kit| kit.cd.signer_algorithm = der::algorithm(der::ECDSA_SHA384),
            "ecdsa-with-SHA256",
            nothing,
        ),
        (
            Rule::CdSignerAlgorithm,
            600,
            "NULL parameters of the signature algorithm",
            |kit| kit.cd.signer_algorithm = with_null(der::ECDSA_SHA256),
            "no parameters",
            nothing,
        ),
        (
            Rule::CdSignatureMalformed,
            600,
            "r and s as 64 bytes",
            |kit| kit.cd.signature = Some(vec![1; 64]),
            "in DER",
            |kit| kit.cd.signature = None,
        ),
        (
            Rule::CdSignerUnknown,
            601,
            "a key identifier of 19 bytes",
            |kit| kit.cd.signer_id = tlv(0x80, &key_id(0)[..19]),
            "of 20 bytes",
            nothing,
        ),
        (
            Rule::CdSignerUnknown,
            601,
            "an unknown signer",
            |kit| {
                kit.cd.signer = 9;
                kit.cd.signer_id = tlv(0x80, &key_id(9));
            },
            "the test signer",
            nothing,
        ),
    ];
    lines
        .into_iter()
        .map(|(rule, sdk, broken, break_it, inside, keep_it)| {
            row(rule, (Cd, sdk), (broken, break_it), (inside, keep_it))
        })
        .collect()
}
