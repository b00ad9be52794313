//! From lists, their signers and the PAAs to a revocation set.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/crl.rs"]
mod crl;
#[path = "support/delegate.rs"]
mod delegates;
#[path = "support/der.rs"]
mod der;

use matter_attestation::{
    Certificate, Crl, Error, PaaSubject, PrivateKey, RevocationEntry, RevocationFault, RevocationPoint, RevocationSet,
    RevocationStatus, issue_paa,
};

use self::chain::{PRODUCT, VENDOR, date, key, paa, pai, pai_subject, product, serial, vendor, years};
use self::crl::{INDIRECT, Parts, certificate_issuer, distribution_point, entry};
use self::delegates::{CRL_SIGN, DIGITAL_SIGNATURE, delegate};
use self::der::{common_name, seq, tlv};

const URL: &str = "https://example.com/pai.crl";

fn parts(signer: &Certificate) -> Parts {
    Parts::new(signer.subject_der(), signer.subject_key_id().unwrap())
}

fn crl(signer: &Certificate, key: &PrivateKey) -> Crl {
    Crl::from_der(&parts(signer).encode(key)).unwrap()
}

fn point(is_paa: bool, authority: &Certificate, signer: &Certificate) -> RevocationPoint {
    let key_id = authority.subject_key_id().unwrap();
    RevocationPoint::new(vendor(VENDOR), is_paa, key_id, signer.clone(), URL)
}

fn build(point: &RevocationPoint, crl: &Crl) -> Result<RevocationEntry, Error> {
    point.entry(&[], crl, &[paa()], date(2026))
}

fn fault(fault: RevocationFault) -> Result<RevocationEntry, Error> {
    Err(Error::Revocation(fault))
}

#[test]
fn an_authority_or_its_delegate_may_sign() {
    let (paa, pai) = (paa(), pai(&pai_subject()));
    let of_paa = delegate(&paa, &key(1), &key(5), CRL_SIGN);
    let of_pai = delegate(&pai, &key(2), &key(5), CRL_SIGN);
    let cases = [
        ("PAA", &paa, point(true, &paa, &paa), crl(&paa, &key(1)), false),
        ("PAI", &pai, point(false, &pai, &pai), crl(&pai, &key(2)), false),
        (
            "PAA delegate",
            &paa,
            point(true, &paa, &of_paa).with_delegator(paa.clone()),
            crl(&of_paa, &key(5)),
            true,
        ),
        (
            "PAI delegate",
            &pai,
            point(false, &pai, &of_pai).with_delegator(pai.clone()),
            crl(&of_pai, &key(5)),
            true,
        ),
        (
            "PAA delegate alone",
            &paa,
            point(true, &paa, &of_paa),
            crl(&of_paa, &key(5)),
            true,
        ),
    ];
    for (what, authority, point, crl, delegated) in cases {
        let entry = build(&point, &crl).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(entry.delegator(), delegated.then_some(authority), "{what}");
        assert_eq!(entry.signer(), point.signer(), "{what}");
        let id = authority.subject_key_id().unwrap();
        let set = RevocationSet::new([entry]);
        for (number, status) in [(7, RevocationStatus::Revoked), (8, RevocationStatus::NotRevoked)] {
            assert_eq!(
                set.status(authority.subject_der(), id, serial(number)),
                status,
                "{what}"
            );
        }
    }
}

#[test]
fn entries_about_another_authority_are_left_out() {
    let pai = pai(&pai_subject());
    let of_pai = delegate(&pai, &key(2), &key(5), CRL_SIGN);
    let mut parts = parts(&of_pai);
    parts.entries = seq(&[
        &entry(&[7], &[]),
        &entry(&[8], &[certificate_issuer(&common_name("another"))]),
        &entry(&[9], &[]),
        &entry(&[10], &[certificate_issuer(pai.subject_der())]),
    ]);
    parts.extensions.extend(distribution_point("", INDIRECT));
    let crl = Crl::from_der(&parts.encode(&key(5))).unwrap();
    let entry = build(&point(false, &pai, &of_pai).with_delegator(pai.clone()), &crl).unwrap();
    assert!(entry.revoked().eq([serial(7), serial(10)]));
}

#[test]
fn each_rule_alone_decides() {
    use RevocationFault::{PointKeyId, PointProductId, PointVendorId, SignerUnknown, SignerUsage, SignerValidity};

    let (paa, pai) = (paa(), pai(&pai_subject()));
    let one_product = chain::pai(&pai_subject().with_product_id(product(PRODUCT)));
    let (paa_crl, pai_crl) = (crl(&paa, &key(1)), crl(&pai, &key(2)));
    let of_pai = delegate(&pai, &key(2), &key(5), CRL_SIGN);
    let id = |ca: &Certificate| ca.subject_key_id().unwrap();
    let other_vendor = |is_paa, ca: &Certificate| RevocationPoint::new(vendor(0xFFF2), is_paa, id(ca), ca.clone(), URL);

    // A PAA of one vendor, and one that nobody lists.
    let subject = PaaSubject::new("Test PAA").unwrap().with_vendor_id(vendor(VENDOR));
    let scoped = issue_paa(&key(1), &subject, years(2024, 2060), serial(1)).unwrap();
    let scoped_crl = crl(&scoped, &key(1));
    let scoped_entry =
        |point: &RevocationPoint| point.entry(&[], &scoped_crl, std::slice::from_ref(&scoped), date(2026));
    scoped_entry(&point(true, &scoped, &scoped)).unwrap();
    assert_eq!(scoped_entry(&other_vendor(true, &scoped)), fault(PointVendorId));
    assert_eq!(build(&point(true, &scoped, &scoped), &scoped_crl), fault(SignerUnknown));
    build(&other_vendor(true, &paa), &paa_crl).unwrap();

    assert_eq!(build(&other_vendor(false, &pai), &pai_crl), fault(PointVendorId));
    assert_eq!(build(&point(false, &paa, &paa), &paa_crl), fault(PointVendorId));
    let product_crl = crl(&one_product, &key(2));
    let of_product = point(false, &one_product, &one_product);
    build(&of_product.clone().with_product_id(product(PRODUCT)), &product_crl).unwrap();
    assert_eq!(build(&of_product, &product_crl), fault(PointProductId));
    assert_eq!(
        build(&of_product.with_product_id(product(1)), &product_crl),
        fault(PointProductId)
    );

    // The key identifier is the authority's and not the signer's.
    let of_signer = RevocationPoint::new(vendor(VENDOR), false, id(&of_pai), of_pai.clone(), URL);
    assert_eq!(
        build(&of_signer.with_delegator(pai.clone()), &crl(&of_pai, &key(5))),
        fault(PointKeyId)
    );
    assert_eq!(build(&point(false, &paa, &pai), &pai_crl), fault(PointKeyId));
    assert_eq!(build(&point(true, &pai, &pai), &pai_crl), fault(PointKeyId));

    // Paths.
    let forged = delegate(&pai, &key(4), &key(5), CRL_SIGN);
    let forged_point = point(false, &pai, &forged).with_delegator(pai.clone());
    assert_eq!(build(&forged_point, &crl(&forged, &key(5))), fault(SignerUnknown));
    let by_delegate = delegate(&of_pai, &key(5), &key(6), CRL_SIGN);
    let chained =
        RevocationPoint::new(vendor(VENDOR), true, id(&of_pai), by_delegate.clone(), URL).with_delegator(of_pai);
    assert_eq!(build(&chained, &crl(&by_delegate, &key(6))), fault(SignerUnknown));
    let deep = delegate(&pai, &key(2), &key(5), CRL_SIGN);
    assert_eq!(
        build(&point(true, &pai, &deep), &crl(&deep, &key(5))),
        fault(SignerUnknown)
    );

    // Usage, dates, signature.
    let no_usage = delegate(&pai, &key(2), &key(5), DIGITAL_SIGNATURE);
    let no_usage_point = point(false, &pai, &no_usage).with_delegator(pai.clone());
    assert_eq!(build(&no_usage_point, &crl(&no_usage, &key(5))), fault(SignerUsage));
    let mut early = parts(&pai);
    early.this_update = tlv(0x17, b"241231235959Z");
    let early = Crl::from_der(&early.encode(&key(2))).unwrap();
    assert_eq!(build(&point(false, &pai, &pai), &early), fault(SignerValidity));
    assert_eq!(
        build(&point(false, &pai, &pai), &crl(&pai, &key(3))),
        Err(Error::SignatureInvalid)
    );
    assert_eq!(
        build(&point(false, &pai, &pai), &paa_crl),
        Err(Error::IssuerNameMismatch)
    );
    assert!(matches!(
        point(false, &pai, &pai).entry(&[], &pai_crl, &[paa], date(2028)),
        Err(Error::Revocation(RevocationFault::CrlExpired { .. }))
    ));
}

#[test]
fn where_points_share_an_authority_the_list_names_its_url() {
    let (paa, pai) = (paa(), pai(&pai_subject()));
    let id = pai.subject_key_id().unwrap();
    let this = point(false, &pai, &pai);
    let other = RevocationPoint::new(vendor(VENDOR), false, id, pai.clone(), "https://example.com/2.crl");
    let of_other_vendor = RevocationPoint::new(vendor(0xFFF2), false, id, pai.clone(), "https://example.com/2.crl");
    let list = |uri: Option<&str>| {
        let mut parts = parts(&pai);
        if let Some(uri) = uri {
            parts.extensions.extend(distribution_point(uri, &[]));
        }
        Crl::from_der(&parts.encode(&key(2))).unwrap()
    };
    let build = |all: &[RevocationPoint], uri| this.entry(all, &list(uri), std::slice::from_ref(&paa), date(2026));
    let (alone, shared) = ([this.clone(), of_other_vendor], [this.clone(), other]);
    for uri in [None, Some(URL), Some("https://example.com/2.crl")] {
        build(&alone, uri).unwrap();
        assert_eq!(build(&shared, uri).is_ok(), uri == Some(URL), "{uri:?}");
    }
    assert_eq!(build(&shared, None), fault(RevocationFault::PointUri));
}
