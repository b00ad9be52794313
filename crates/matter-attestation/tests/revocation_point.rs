//! Revocation sets from lists, their signers and the PAAs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/crl.rs"]
mod crl;
#[path = "support/delegate.rs"]
mod delegates;
#[path = "support/der.rs"]
mod der;
#[path = "support/table.rs"]
mod table;

use matter_attestation::{
    Certificate, Crl, Error, KeyId, PaaSubject, PrivateKey, RevocationEntry, RevocationPoint, RevocationSet,
    RevocationSetBuilder, RevocationStatus, issue_paa,
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
            "PAA delegate only",
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
fn a_set_has_one_entry_for_points_that_share_a_list() {
    let (paa, pai) = (paa(), pai(&pai_subject()));
    let key_id = paa.subject_key_id().unwrap();
    let of_vendor = |id| RevocationPoint::new(vendor(id), true, key_id, paa.clone(), URL);
    let points = [of_vendor(VENDOR), of_vendor(0xFFF2), point(false, &pai, &pai)];
    let paas = [paa.clone()];
    let mut builder = RevocationSetBuilder::new(&points, &paas, date(2026));
    assert_eq!(builder.add(&crl(&paa, &key(1))), Ok(1));
    assert!(builder.points_without_list().eq([&points[2]]));
    // A list whose signer has no point, and one with a signature by another key.
    let stranger = delegate(&pai, &key(2), &key(5), CRL_SIGN);
    assert_eq!(builder.add(&crl(&stranger, &key(5))), Ok(0));
    assert_eq!(builder.add(&crl(&pai, &key(3))), Err(Error::SignatureInvalid));
    assert_eq!(builder.points_without_list().count(), 1);
    assert_eq!(builder.add(&crl(&pai, &key(2))), Ok(1));
    assert_eq!(builder.points_without_list().count(), 0);

    let set = builder.build();
    assert_eq!(set.entries().len(), 2);
    for authority in [&paa, &pai] {
        let id = authority.subject_key_id().unwrap();
        let status = set.status(authority.subject_der(), id, serial(7));
        assert_eq!(status, RevocationStatus::Revoked);
    }
}

/// A point of a PAI, its list and the trusted PAAs, all correct; a case replaces a part.
struct Case {
    vendor: u16,
    product: Option<u16>,
    is_paa: bool,
    key_id: KeyId,
    signer: Certificate,
    delegator: Option<Certificate>,
    list: Crl,
    paa: Certificate,
    others: Vec<RevocationPoint>,
    year: u16,
}

impl Case {
    fn of(is_paa: bool, authority: &Certificate, authority_key: &PrivateKey) -> Self {
        Self {
            vendor: VENDOR,
            product: None,
            is_paa,
            key_id: authority.subject_key_id().unwrap(),
            signer: authority.clone(),
            delegator: None,
            list: crl(authority, authority_key),
            paa: paa(),
            others: vec![],
            year: 2026,
        }
    }

    fn pai() -> Self {
        Self::of(false, &pai(&pai_subject()), &key(2))
    }

    fn paa() -> Self {
        Self::of(true, &paa(), &key(1))
    }

    /// A PAI of one product, and a point of that product.
    fn product() -> Self {
        let pai = pai(&pai_subject().with_product_id(product(PRODUCT)));
        Self::of(false, &pai, &key(2)).with(|case| case.product = Some(PRODUCT))
    }

    /// A PAA of one vendor.
    fn scoped() -> Self {
        let subject = PaaSubject::new("Test PAA").unwrap().with_vendor_id(vendor(VENDOR));
        let scoped = issue_paa(&key(1), &subject, years(2024, 2060), serial(1)).unwrap();
        Self::of(true, &scoped, &key(1)).with(|case| case.paa = scoped)
    }

    /// A list signed by a delegate certified by the PAI's key or by another.
    fn delegated(issuer_key: u8, usage: &[u8]) -> Self {
        let pai = pai(&pai_subject());
        let signer = delegate(&pai, &key(issuer_key), &key(5), usage);
        Self::pai().with(|case| {
            case.list = crl(&signer, &key(5));
            case.signer = signer;
            case.delegator = Some(pai);
        })
    }

    /// The delegate of a PAA, or the delegate of a delegate.
    fn paa_delegate(deep: bool) -> Self {
        let of_paa = delegate(&paa(), &key(1), &key(5), CRL_SIGN);
        let (above, signer, signer_key) = if deep {
            (of_paa.clone(), delegate(&of_paa, &key(5), &key(6), CRL_SIGN), key(6))
        } else {
            (paa(), of_paa, key(5))
        };
        Self::paa().with(|case| {
            case.key_id = above.subject_key_id().unwrap();
            case.list = crl(&signer, &signer_key);
            case.signer = signer;
            case.delegator = Some(above);
        })
    }

    /// Two points of one vendor for the same PAI, and a list with this URI.
    fn shared(uri: Option<&str>) -> Self {
        let other = "https://example.com/2.crl";
        Self::pai().with(|case| {
            let mut parts = parts(&case.signer);
            if let Some(uri) = uri {
                parts.extensions.extend(distribution_point(uri, &[]));
            }
            case.list = Crl::from_der(&parts.encode(&key(2))).unwrap();
            case.others = vec![
                case.point(),
                RevocationPoint::new(vendor(VENDOR), false, case.key_id, case.signer.clone(), other),
            ];
        })
    }

    /// A list of these dates.
    fn dates(this_update: Vec<u8>, next_update: Vec<u8>) -> Self {
        Self::pai().with(|case| {
            let mut parts = parts(&case.signer);
            (parts.this_update, parts.next_update) = (this_update, next_update);
            case.list = Crl::from_der(&parts.encode(&key(2))).unwrap();
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn point(&self) -> RevocationPoint {
        let signer = self.signer.clone();
        let mut point = RevocationPoint::new(vendor(self.vendor), self.is_paa, self.key_id, signer, URL);
        if let Some(id) = self.product {
            point = point.with_product_id(product(id));
        }
        match &self.delegator {
            Some(delegator) => point.with_delegator(delegator.clone()),
            None => point,
        }
    }

    fn build(&self) -> Result<RevocationEntry, Error> {
        let paas = std::slice::from_ref(&self.paa);
        self.point().entry(&self.others, &self.list, paas, date(self.year))
    }
}

/// A rule's name, a refused case, and a case just inside.
type Rule = (&'static str, &'static str, fn() -> Case, &'static str, fn() -> Case);

#[rustfmt::skip]
const RULES: [Rule; 23] = [
    ("PointVendorId", "another vendor than the PAA's", || Case::scoped().with(|c| c.vendor = 0xFFF2),
     "a PAA of all vendors", || Case::paa().with(|c| c.vendor = 0xFFF2)),
    ("PointVendorId", "another vendor than the PAI's", || Case::pai().with(|c| c.vendor = 0xFFF2),
     "the PAI's", Case::pai),
    ("PointVendorId", "a PAA without a vendor, not marked as a PAA", || Case::paa().with(|c| c.is_paa = false),
     "marked as a PAA", Case::paa),
    ("PointProductId", "no product, where the PAI has one", || Case::product().with(|c| c.product = None),
     "no product, where the PAI has none", Case::pai),
    ("PointProductId", "another product than the PAI's", || Case::product().with(|c| c.product = Some(1)),
     "a product, where the PAI has none", || Case::pai().with(|c| c.product = Some(1))),
    ("PointKeyId", "the key identifier of the PAI's delegate", || {
        Case::delegated(2, CRL_SIGN).with(|c| c.key_id = c.signer.subject_key_id().unwrap())
    }, "of the PAI above the delegate", || Case::delegated(2, CRL_SIGN)),
    ("PointKeyId", "the key identifier of the PAA above the PAI", || {
        Case::pai().with(|c| c.key_id = paa().subject_key_id().unwrap())
    }, "of the PAI", Case::pai),
    ("PointKeyId", "a PAI marked as a PAA", || Case::pai().with(|c| c.is_paa = true),
     "not marked as a PAA", Case::pai),
    ("SignerUnknown", "a PAA that is not listed", || Case::scoped().with(|c| c.paa = paa()),
     "a listed one", Case::scoped),
    ("SignerUnknown", "a PAI below a PAA that is not listed", || Case::pai().with(|c| c.paa = Case::scoped().paa),
     "below a listed one", Case::pai),
    ("SignerUnknown", "a delegate certified by another key", || Case::delegated(4, CRL_SIGN),
     "certified by the PAI", || Case::delegated(2, CRL_SIGN)),
    ("SignerUnknown", "a delegate of the PAA's delegate", || Case::paa_delegate(true),
     "the PAA's delegate", || Case::paa_delegate(false)),
    ("SignerUnknown", "the delegate of a PAI, which is not named", || {
        Case::delegated(2, CRL_SIGN).with(|c| (c.is_paa, c.delegator) = (true, None))
    }, "the delegate of a PAA, which is not named", || Case::paa_delegate(false).with(|c| c.delegator = None)),
    ("SignerUsage", "a delegate for digitalSignature", || Case::delegated(2, DIGITAL_SIGNATURE),
     "for cRLSign", || Case::delegated(2, CRL_SIGN)),
    ("SignerValidity", "a list from the second before the PAI starts", || {
        Case::dates(tlv(0x17, b"241231235959Z"), tlv(0x17, b"270101000000Z"))
    }, "from the second in which it starts", || Case::dates(tlv(0x17, b"250101000000Z"), tlv(0x17, b"270101000000Z"))),
    ("SignerValidity", "a list from the second after the PAI ends", || {
        Case::dates(tlv(0x18, b"20600101000001Z"), tlv(0x18, b"20620101000000Z")).with(|c| c.year = 2061)
    }, "from the second in which it ends", || {
        Case::dates(tlv(0x18, b"20600101000000Z"), tlv(0x18, b"20620101000000Z")).with(|c| c.year = 2061)
    }),
    ("CrlExpired", "a year after next update", || Case::pai().with(|c| c.year = 2028),
     "at next update", || Case::pai().with(|c| c.year = 2027)),
    ("CrlNotYetValid", "a year before this update", || Case::pai().with(|c| c.year = 2025),
     "at this update", || Case::pai().with(|c| c.year = 2026)),
    ("SignatureInvalid", "a list signed with another key", || Case::pai().with(|c| c.list = crl(&c.signer, &key(3))),
     "with the signer's", || Case::pai().with(|c| c.list = crl(&c.signer, &key(2)))),
    ("IssuerNameMismatch", "the PAA's list in the place of the PAI's", || {
        Case::pai().with(|c| c.list = crl(&paa(), &key(1)))
    }, "the PAI's", Case::pai),
    ("PointUri", "two points of a PAI, and a list without a URI", || Case::shared(None),
     "one point", || Case::shared(None).with(|c| drop(c.others.pop()))),
    ("PointUri", "two points of a PAI, and a list with the other's URI", || {
        Case::shared(Some("https://example.com/2.crl"))
    }, "with this one's URI", || Case::shared(Some(URL))),
    ("PointUri", "two points of a PAI and a vendor", || Case::shared(None),
     "of two vendors", || Case::shared(None).with(|c| {
        c.others[1] = RevocationPoint::new(vendor(0xFFF2), false, c.key_id, c.signer.clone(), "https://example.com/2.crl");
    })),
];

#[test]
fn each_rule_alone_decides() {
    for (rule, what, broken, passes, inside) in RULES {
        let error = broken().build().err().unwrap_or_else(|| panic!("{what} passes"));
        assert_eq!(table::rule(&error), rule, "{what}");
        inside()
            .build()
            .unwrap_or_else(|error| panic!("{passes}, for {what}: {error}"));
    }
    println!("points: {} rules", RULES.len());
}

#[test]
fn errors_state_both_values() {
    let refused = |case: Case| case.build().unwrap_err().to_string();
    let (other, own) = (paa().subject_key_id().unwrap(), Case::pai().key_id);
    for (text, expected) in [
        (
            refused(Case::pai().with(|c| c.vendor = 0xFFF2)),
            "point's vendor id differs from the authority's: 0xFFF2, not 0xFFF1".to_owned(),
        ),
        (
            refused(Case::paa().with(|c| c.is_paa = false)),
            "point's vendor id differs from the authority's: 0xFFF1, not (none)".to_owned(),
        ),
        (
            refused(Case::product().with(|c| c.product = None)),
            "point's product id differs from the authority's: (none), not 0x8000".to_owned(),
        ),
        (
            refused(Case::pai().with(|c| c.key_id = other)),
            format!("point's issuer subject key identifier differs from the authority's: {other}, not {own}"),
        ),
        (
            refused(Case::pai().with(|c| c.is_paa = true)),
            format!("point's issuer subject key identifier differs from the authority's: {own}, not {other}"),
        ),
    ] {
        assert_eq!(text, format!("certificate revocation list: {expected}"));
    }
}

#[test]
fn the_documented_table_has_these_cases() {
    table::check(
        "Revocation points",
        "point",
        RULES
            .iter()
            .map(|(rule, refused, _, passes, _)| [*rule, *refused, *passes].map(str::to_owned)),
    );
}
