//! Provokes every refusal; each is in the log and nothing else has changed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/pki.rs"]
mod pki;

use std::collections::BTreeSet;

use matter_attestation::{
    Certificate, CertificationType, DacOrigin, DeclarationSigners, PrivateKey, test_cd_signing_key,
};
use matter_issuance::{Desk, DeviceId, Error, KeyHash, Log, Policy, Proof, Refusal, Request};
use matter_ledger::{Ledger, NewOrder};
use matter_types::{ProductId, VendorId};
use pki::{
    ORDER, Pki, csr, csr_with, declaration, desk_with_order, key, log_signer, new_order, open_order, request,
    request_for, sign_info, signed, tlv,
};

/// All codes except those of sessions.
const CODES: [&str; 35] = [
    "certificate-too-long",
    "csr-algorithm",
    "csr-attributes",
    "csr-form",
    "csr-key",
    "csr-signature",
    "csr-signature-form",
    "csr-subject",
    "csr-too-long",
    "csr-trailing",
    "csr-version",
    "declaration",
    "device-id",
    "device-known",
    "device-of-other-order",
    "key-hash",
    "key-known",
    "key-published",
    "key-retired",
    "key-unknown",
    "operator",
    "order",
    "order-closed",
    "order-full",
    "order-incomplete",
    "order-known",
    "order-not-approved",
    "order-not-proposed",
    "order-unknown",
    "other-pai",
    "pai",
    "reason",
    "same-operator",
    "serial-known",
    "wrong-state",
];

fn from(pkcs10: &[u8]) -> Refusal {
    Request::from_csr(ORDER, DeviceId::new("a").unwrap(), "station 1", pkcs10).unwrap_err()
}

/// Refusals of a single request.
fn of_requests() -> Vec<Refusal> {
    let key = key("a");
    let good = csr(&key);
    assert!(Request::from_csr(ORDER, DeviceId::new("a").unwrap(), "station 1", &good).is_ok());
    let changed = |position: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[position] = value;
        bytes
    };
    // 30 len 30 len 02 01 00 30 00 30 59 …
    let point = good.windows(3).position(|window| window == [0x03, 0x42, 0x00]).unwrap() + 3;
    let algorithm = good.windows(2).rposition(|window| window == [0x04, 0x03]).unwrap() + 2;
    let bits = algorithm + 1;
    let mut off_curve = good.clone();
    off_curve[point + 64] ^= 1;
    let mut infinity = good.clone();
    infinity[point..point + 65].fill(0);
    let long = csr_with(
        &key,
        &[0],
        &tlv(
            0x31,
            &tlv(0x30, &[&tlv(6, &[0x55, 4, 3])[..], &tlv(12, &[b'x'; 1100])].concat()),
        ),
        &[],
    );
    assert!(long.len() > Request::MAX_LEN);
    vec![
        from(&changed(algorithm, 3)),
        from(&csr_with(&key, &[0], &[], &[0x30, 0x00])),
        from(b"no request"),
        from(&[]),
        from(&changed(point, 2)),
        from(&off_curve),
        from(&infinity),
        // The key of one request with the signature of another.
        from(&csr_of_other_signer()),
        from(&changed(bits, 4)),
        from(&csr_with(&key, &[0], &[0x05, 0x00], &[])),
        from(&long),
        from(&[&good[..], &[0]].concat()),
        from(&csr_with(&key, &[1], &[], &[])),
        from(&csr(&test_cd_signing_key())),
        DeviceId::new("two words").unwrap_err(),
        "AB".parse::<KeyHash>().unwrap_err(),
        request("a").with_new_key(" ").unwrap_err(),
        request("a").with_new_key(&"x".repeat(201)).unwrap_err(),
        request("a").with_new_key("line\nline").unwrap_err(),
    ]
}

fn csr_of_other_signer() -> Vec<u8> {
    let good = csr(&key("a"));
    // The signed part begins after the header of the outer SEQUENCE, which has three bytes.
    let info_len = usize::from(good[4]) + 2;
    sign_info(&key("b"), &good[3..3 + info_len])
}

/// Requests one certificate; the refusal must be in the log.
fn refused(desk: &mut Desk<PrivateKey>, request: Request) -> Refusal {
    let before = desk.registrar().log().unwrap().0.len();
    let refusal = desk.issue(&[request]).unwrap().remove(0).unwrap_err();
    let (rows, head) = desk.registrar().log().unwrap();
    Log::verify(&rows, &head, &[log_signer().public_key()]).unwrap();
    let new = &rows[before..];
    assert!(
        new.iter().any(|row| {
            let entry: serde_json::Value = serde_json::from_str(&row.entry).unwrap();
            entry["event"] == "refused" && entry["code"] == refusal.code() && entry["reason"] == refusal.to_string()
        }),
        "{refusal:?} is not in {new:?}"
    );
    refusal
}

/// Refusals that depend on earlier certificates.
fn of_keys() -> Vec<Refusal> {
    let mut desk = desk_with_order(3);
    open_order(desk.registrar(), "4712", 3);
    let issued = desk.issue(&[request("a"), request("b")]).unwrap();
    let known = issued[0].as_ref().unwrap().clone();
    let proof = Proof {
        key: known.key,
        image_sha256: [0; 32],
    };
    let mut found = vec![
        refused(&mut desk, request_for(ORDER, "a", "other")),
        refused(&mut desk, request_for("4712", "a", "other")),
        refused(&mut desk, request_for("4712", "a", "a")),
        refused(&mut desk, request_for(ORDER, "c", "a")),
        desk.installed(&[KeyHash::new([1; 32])]).unwrap().remove(0).unwrap_err(),
        desk.proved(&[proof]).unwrap().remove(0).unwrap_err(),
    ];
    let again = request_for(ORDER, "a", "new").with_new_key("repaired").unwrap();
    desk.issue(&[again]).unwrap().remove(0).unwrap();
    found.push(refused(&mut desk, request("a")));
    desk.issue(&[request("c")]).unwrap().remove(0).unwrap();
    found.push(refused(&mut desk, request("d")));
    found.push(desk.registrar().record(&[known.dac], "ann").unwrap().unwrap_err());
    let pai = Pki::new().pai;
    desk.registrar().record(&[pai], "ann").unwrap().unwrap();
    found.push(
        desk.registrar()
            .record(&[Pki::named("B").pai], "ann")
            .unwrap()
            .unwrap_err(),
    );
    found
}

/// Refusals caused by the order or an operator.
fn of_orders() -> Vec<Refusal> {
    let mut desk = desk_with_order(3);
    let registrar = desk.registrar();
    let waiting = NewOrder {
        needs_approval: true,
        ..new_order("waiting", 1)
    };
    registrar.open_order(&waiting).unwrap().unwrap();
    open_order(registrar, "closed", 1);
    registrar.close_order("closed", "bob").unwrap().unwrap();
    let of_runs = NewOrder {
        vendor_id: 0,
        ..new_order("of runs", 1)
    };
    registrar.open_order(&of_runs).unwrap().unwrap();
    let mut found = vec![
        registrar.open_order(&new_order(ORDER, 3)).unwrap().unwrap_err(),
        registrar.open_order(&new_order("", 3)).unwrap().unwrap_err(),
        registrar.open_order(&new_order("x\n", 3)).unwrap().unwrap_err(),
        registrar.open_order(&new_order("x", 0)).unwrap().unwrap_err(),
        registrar.approve_order(ORDER, "bob").unwrap().unwrap_err(),
        registrar.approve_order("none", "bob").unwrap().unwrap_err(),
        registrar.approve_order("waiting", "Ann").unwrap().unwrap_err(),
        registrar.approve_order("waiting", "").unwrap().unwrap_err(),
        registrar.close_order("closed", "bob").unwrap().unwrap_err(),
        registrar.close_order("none", "bob").unwrap().unwrap_err(),
        registrar.close_order("closed", " bob").unwrap().unwrap_err(),
    ];
    for order in ["waiting", "closed", "of runs", "none"] {
        found.push(refused(&mut desk, request_for(order, "a", "a")));
    }
    desk.registrar().approve_order("waiting", "bob").unwrap().unwrap();
    desk.issue(&[request_for("waiting", "a", "a")])
        .unwrap()
        .remove(0)
        .unwrap();
    found
}

/// Refusals because PAI or declaration do not match.
fn of_products() -> Vec<Refusal> {
    let mut found = Vec::new();
    // A desk for another product, and one of another vendor.
    let mut desk = desk_with_order(3);
    for (id, vendor_id, product_id) in [("x", pki::VENDOR, 0x8009), ("y", 0xFFF2, pki::PRODUCT)] {
        let order = NewOrder {
            vendor_id,
            product_id,
            ..new_order(id, 1)
        };
        desk.registrar().open_order(&order).unwrap().unwrap();
        found.push(refused(&mut desk, request_for(id, "a", "a")));
    }
    // The declaration states that the DACs have other ids.
    let mut pki = Pki::new();
    let origin = DacOrigin {
        vendor_id: VendorId::new(pki::VENDOR).unwrap(),
        product_id: ProductId::new(0x8002).unwrap(),
    };
    let sold = declaration(&[0x9000], CertificationType::DevelopmentAndTest).with_dac_origin(origin);
    pki.declaration = signed(&sold);
    let mut desk = pki.desk(Ledger::in_memory().unwrap());
    open_order(desk.registrar(), ORDER, 1);
    found.push(refused(&mut desk, request("a")));
    // With those ids it matches the order.
    let order = NewOrder {
        product_id: 0x8002,
        ..new_order("origin", 1)
    };
    desk.registrar().open_order(&order).unwrap().unwrap();
    desk.issue(&[request_for("origin", "b", "b")])
        .unwrap()
        .remove(0)
        .unwrap();
    found
}

/// A device that another PAI has certified, and a certificate that is too long.
fn of_pais() -> Vec<Refusal> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let mut desk = Pki::new().desk(Ledger::open(&path).unwrap());
    open_order(desk.registrar(), ORDER, 2);
    desk.issue(&[request("a")]).unwrap().remove(0).unwrap();
    let other = with_long_subject(Pki::named("Other PAI"));
    let mut desk = other.desk(Ledger::open(&path).unwrap());
    let mut found = vec![refused(&mut desk, request("a"))];
    let name = "d".repeat(64);
    let refusal = desk.issue(&[request(&name)]).unwrap().remove(0).unwrap_err();
    assert!(
        matches!(refusal, Refusal::CertificateTooLong { len: 601.. }),
        "{refusal:?}"
    );
    found.push(refusal);
    // Its place is free again, and the key is out of use.
    assert_eq!(desk.registrar().order(ORDER).unwrap().unwrap().used, 1);
    found.push(refused(&mut desk, request(&name)));
    found
}

/// Gives the PAI an organization and a unit of 64 letters, longer than in any PAI issued here.
fn with_long_subject(mut pki: Pki) -> Pki {
    let mut parts = elements(inside(elements(inside(pki.pai.as_der()))[0]));
    let name = |oid: u8| {
        let value = [tlv(6, &[0x55, 4, oid]), tlv(12, &[b'O'; 64])].concat();
        tlv(0x31, &tlv(0x30, &value))
    };
    let subject = tlv(0x30, &[inside(parts[5]), &name(10), &name(11)].concat());
    parts[5] = &subject;
    let der = sign_info(&key("paa"), &tlv(0x30, &parts.concat()));
    pki.pai = Certificate::from_der(&der).unwrap();
    pki
}

/// Splits consecutive DER elements of at most 65535 bytes each.
fn elements(mut der: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !der.is_empty() {
        let (element, rest) = der.split_at(header(der) + inside(der).len());
        found.push(element);
        der = rest;
    }
    found
}

fn header(der: &[u8]) -> usize {
    match der[1] {
        0x81 => 3,
        0x82 => 4,
        _ => 2,
    }
}

fn inside(der: &[u8]) -> &[u8] {
    let len = match der[1] {
        0x81 => usize::from(der[2]),
        0x82 => usize::from(u16::from_be_bytes([der[2], der[3]])),
        len => usize::from(len),
    };
    &der[header(der)..header(der) + len]
}

#[test]
fn each_refusal_is_provoked_and_has_a_sentence() {
    let mut codes = BTreeSet::new();
    let all = [of_requests(), of_keys(), of_orders(), of_products(), of_pais()].concat();
    for refusal in &all {
        codes.insert(refusal.code());
        let text = refusal.to_string();
        assert!(
            text.len() > 30 && !text.ends_with('.') && !text.contains('\n'),
            "{text}"
        );
        assert!(
            refusal
                .code()
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        );
    }
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), CODES);
}

#[test]
fn policy_requires_two_different_operators() {
    let pki = Pki::new();
    let mut desk = pki.desk_with(Ledger::in_memory().unwrap(), pki.policy().with_two_operators());
    open_order(desk.registrar(), ORDER, 1);
    let by_one = refused(&mut desk, request("a"));
    assert_eq!(by_one.code(), "order-not-approved");
    let order = NewOrder {
        needs_approval: true,
        ..new_order("two", 1)
    };
    desk.registrar().open_order(&order).unwrap().unwrap();
    desk.registrar().approve_order("two", "bob").unwrap().unwrap();
    desk.issue(&[request_for("two", "a", "a")]).unwrap().remove(0).unwrap();
}

#[test]
fn declarations_for_tests_are_refused_in_production() {
    let pki = Pki::new();
    let desk = |policy: Policy| {
        let (pai, signer) = (pki.pai.clone(), pki.pai_key.clone());
        Desk::new(
            Ledger::in_memory().unwrap(),
            pai,
            signer,
            &pki.declaration,
            log_signer(),
            policy,
        )
    };
    let refused = desk(Policy::new("test 1.0")).unwrap_err();
    assert!(matches!(refused, Error::Chain { .. }), "{refused:?}");

    // Signed by a trusted key, but for development.
    let key = key("cd signer");
    let subject = matter_attestation::PaaSubject::new("CD signer").unwrap();
    let validity = matter_attestation::Validity::without_expiry(pki::start());
    let serial = matter_attestation::SerialNumber::new(&[1]).unwrap();
    let signer = matter_attestation::issue_paa(&key, &subject, validity, serial).unwrap();
    let signers = DeclarationSigners::new().with_trusted_certificate(&signer).unwrap();
    for (kind, is_accepted) in [
        (CertificationType::DevelopmentAndTest, false),
        (CertificationType::Provisional, true),
        (CertificationType::Official, true),
    ] {
        let cms = declaration(&[pki::PRODUCT], kind)
            .sign(&key, signer.subject_key_id().unwrap())
            .unwrap();
        let policy = Policy::new("test 1.0").with_declaration_signers(signers.clone());
        let (pai, pai_key) = (pki.pai.clone(), pki.pai_key.clone());
        let ledger = Ledger::in_memory().unwrap();
        let mut desk = match Desk::new(ledger, pai, pai_key, &cms, log_signer(), policy) {
            Ok(desk) => desk,
            Err(error) => {
                assert!(!is_accepted && matches!(error, Error::Chain { .. }), "{error}");
                continue;
            }
        };
        open_order(desk.registrar(), ORDER, 1);
        let answer = desk.issue(&[request("a")]).unwrap().remove(0);
        assert_eq!(answer.is_ok(), is_accepted, "{kind:?} {answer:?}");
    }
}

#[test]
fn desk_requires_the_key_of_its_pai() {
    let pki = Pki::new();
    let ledger = Ledger::in_memory().unwrap();
    let wrong = Desk::new(
        ledger,
        pki.pai.clone(),
        key("x"),
        &pki.declaration,
        log_signer(),
        pki.policy(),
    );
    assert!(matches!(wrong, Err(Error::Attestation(_))));
}

#[test]
fn the_ids_in_a_request_are_not_looked_at() {
    let id = |oid: u8, text: &[u8]| {
        let oid = tlv(6, &[0x2B, 6, 1, 4, 1, 0x82, 0xA2, 0x7C, 2, oid]);
        tlv(0x31, &tlv(0x30, &[oid, tlv(12, text)].concat()))
    };
    let subject = [id(1, b"FFF4"), id(2, b"1234")].concat();
    let pkcs10 = csr_with(&key("a"), &[0], &subject, &[]);
    let request = Request::from_csr(ORDER, DeviceId::new("a").unwrap(), "station 1", &pkcs10).unwrap();
    let dac = desk_with_order(1).issue(&[request]).unwrap().remove(0).unwrap().dac;
    assert_eq!(dac.vendor_id().unwrap().get(), pki::VENDOR);
    assert_eq!(dac.product_id().unwrap().get(), pki::PRODUCT);
}
