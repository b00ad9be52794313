//! `dac-pki`: issued certificates, and refusals.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/dac_pki.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use matter_attestation::PrivateKey;
use serde_json::{Value, json};
use support::{BY_PAI, CD, certificate, command, files, key, refused, rejected, request, run, succeed, tlv, workplace};

/// The attribute vendor id (1.3.6.1.4.1.37244.2.1) of a subject, FFF1 as UTF8String.
const VENDOR: &[u8] = b"\x06\x0A\x2B\x06\x01\x04\x01\x82\xA2\x7C\x02\x01\x0C\x04FFF1";
/// The attribute product id (1.3.6.1.4.1.37244.2.2) of a subject, 8000 as UTF8String.
const PRODUCT: &[u8] = b"\x06\x0A\x2B\x06\x01\x04\x01\x82\xA2\x7C\x02\x02\x0C\x048000";

fn scalar(byte: u8) -> PrivateKey {
    PrivateKey::from_scalar(&[byte; 32]).unwrap()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Returns an RDN of one attribute (RFC 5280, 4.1.2.4).
fn rdn(attribute: &[u8]) -> Vec<u8> {
    tlv(0x31, &[&tlv(0x30, &[attribute])])
}

/// Returns the attribute common name as UTF8String.
fn common_name(name: &str) -> Vec<u8> {
    [&[0x06, 3, 0x55, 4, 3][..], &tlv(0x0C, &[name.as_bytes()])].concat()
}

#[test]
fn a_chain_is_issued_with_its_keys() {
    let folder = workplace();
    let at = folder.path();
    let mut above = None;
    for (name, subject, from, to) in [
        (
            "ca/PAA",
            vec![common_name("Acme-PAA"), VENDOR.to_vec()],
            "2026-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
        ),
        (
            "ca/PAI",
            vec![common_name("Acme-PAI"), VENDOR.to_vec()],
            "2026-02-01T00:00:00Z",
            "2046-01-31T23:59:59Z",
        ),
        (
            "dac/DAC",
            vec![common_name("Lamp"), VENDOR.to_vec(), PRODUCT.to_vec()],
            "2026-03-01T00:00:00Z",
            "2036-02-27T00:00:00Z",
        ),
    ] {
        let der = fs::read(at.join(format!("{name}_cert.der"))).unwrap();
        let cert = certificate(&at.join(format!("{name}_cert.pem")));
        assert_eq!(cert.as_der(), der, "{name}");
        assert_eq!(
            cert.public_key(),
            key(&at.join(format!("{name}_key.pem"))).public_key(),
            "{name}"
        );
        let pem = fs::read_to_string(at.join(format!("{name}_key.pem"))).unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{name}");
        let rdns = subject
            .iter()
            .map(|attribute| rdn(attribute))
            .collect::<Vec<_>>()
            .concat();
        assert_eq!(cert.subject_der(), tlv(0x30, &[&rdns]), "{name}");
        assert_eq!(cert.validity().not_before().to_string(), from, "{name}");
        assert_eq!(cert.validity().not_after().to_string(), to, "{name}");
        assert_eq!(cert.serial().as_bytes().len(), 16, "{name}");
        cert.verify_issued_by(above.as_ref().unwrap_or(&cert)).unwrap();
        above = Some(cert);
    }
    #[cfg(unix)]
    for (path, _) in files(at) {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{path}");
    }
    // Only certificates and keys: the folder is valid for `matter-mfg --dac-dir`.
    assert_eq!(files(&at.join("dac")).len(), 3);
}

#[test]
fn ids_go_into_the_common_name_when_asked_for() {
    let folder = workplace();
    let at = folder.path();
    succeed(at, "paa --cn A --vid 0xFFF1 --from 2026-01-01 --vid-pid-in-cn --out cn");
    succeed(
        at,
        "pai --cn B --vid 0xFFF1 --pid 0x8000 --issuer cn/PAA_cert.pem --issuer-key cn/PAA_key.pem --vid-pid-in-cn \
         --out cn",
    );
    succeed(
        at,
        "dac --cn C --vid 0xFFF1 --pid 0x8000 --issuer cn/PAI_cert.pem --issuer-key cn/PAI_key.pem --vid-pid-in-cn \
         --out cn",
    );
    for (file, name) in [
        ("PAA", "A Mvid:FFF1"),
        ("PAI", "B Mvid:FFF1 Mpid:8000"),
        ("DAC", "C Mvid:FFF1 Mpid:8000"),
    ] {
        let cert = certificate(&at.join(format!("cn/{file}_cert.der")));
        assert_eq!(cert.subject_der(), tlv(0x30, &[&rdn(&common_name(name))]), "{file}");
    }
}

#[test]
fn many_dacs_have_numbers_and_keys_of_their_own() {
    let folder = workplace();
    let at = folder.path();
    let json = succeed(
        at,
        &format!("dac --cn Lamp --vid 0xFFF1 --pid 0x8000 --count 12 {BY_PAI} --out dacs --json"),
    );
    let json: Vec<Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(json.len(), 12);
    assert_eq!(files(&at.join("dacs")).len(), 36);
    let pai = certificate(&at.join("ca/PAI_cert.pem"));
    let mut distinct = BTreeSet::new();
    for (number, message) in json.iter().enumerate() {
        let stem = format!("dacs/DAC_{:04}", number + 1);
        let cert = certificate(&at.join(format!("{stem}_cert.pem")));
        cert.verify_issued_by(&pai).unwrap();
        assert_eq!(cert.common_name().unwrap(), format!("Lamp {:04}", number + 1));
        assert_eq!(cert.validity().not_after(), pai.validity().not_after());
        let secret = key(&at.join(format!("{stem}_key.pem")));
        assert_eq!(secret.public_key(), cert.public_key());
        distinct.insert(secret.public_key().as_bytes().to_vec());
        distinct.insert(cert.serial().as_bytes().to_vec());
        assert_eq!(message["certificate"], json!(format!("{stem}_cert.pem")));
        assert_eq!(message["key"], json!(format!("{stem}_key.pem")));
        assert_eq!(message["serial"], json!(cert.serial().to_string()));
    }
    assert_eq!(distinct.len(), 24);
}

#[test]
fn a_table_names_devices_as_it_is_saved() {
    let folder = workplace();
    let at = folder.path();
    fs::write(
        at.join("t.csv"),
        "\u{feff}note;cn\r\nx;\"Lamp; left\"\r\n\r\ny;Lampe für rechts\r\n",
    )
    .unwrap();
    let arguments = format!("dac --csv t.csv --vid 0xFFF1 --pid 0x8000 {BY_PAI} --out dacs");
    succeed(at, &arguments);
    for (file, name) in [("DAC_0001", "Lamp; left"), ("DAC_0002", "Lampe für rechts")] {
        let cert = certificate(&at.join(format!("dacs/{file}_cert.der")));
        assert_eq!(cert.common_name(), Some(name));
    }
    fs::remove_dir_all(at.join("dacs")).unwrap();
    for (text, needle) in [
        ("", "t.csv"),
        ("name\nLamp\n", "t.csv:1: column 'cn': is missing from the header"),
        ("cn\n", "has no rows"),
        ("cn\nLamp\nLamp\n", "t.csv:3: column 'cn': duplicate of line 2"),
        (
            "cn,x\nA,1\nMvid:FFF1,1\n",
            "t.csv:3: column 'cn': common name contains Mvid:",
        ),
        (
            &format!("cn\nA\n{}\n", "b".repeat(65)),
            "t.csv:3: column 'cn': common name has 65 bytes, not 1 to 64",
        ),
        ("x,cn\nA,B\nA\n", "t.csv:3: column 'cn': is missing from this row"),
        (
            "cn,vid,pid\nA,0xFFF1,0x8000\nB,0xFFF1,0x8001\n",
            "t.csv:3: column 'pid': differs from --pid",
        ),
        ("cn,vid\nA,0xFFF2\n", "t.csv:2: column 'vid': differs from --vid"),
        ("cn,vid\nA,garbage\n", "t.csv:2: column 'vid': "),
        (
            "cn,pid\nA,032768\n",
            "t.csv:2: column 'pid': number has a leading zero: write 32768 for the decimal number",
        ),
        ("cn\n\"\"\n", "t.csv:2: column 'cn': common name has 0 bytes"),
    ] {
        fs::write(at.join("t.csv"), text).unwrap();
        refused(at, &arguments, needle);
    }
}

#[test]
fn requests_get_certificates_and_no_keys() {
    let folder = workplace();
    let at = folder.path();
    fs::create_dir(at.join("csr")).unwrap();
    fs::write(at.join("csr/.hidden"), "x").unwrap();
    fs::write(at.join("csr/a.csr"), request(&scalar(7), &scalar(7))).unwrap();
    // Made with OpenSSL 3: openssl ecparam -name prime256v1 -genkey -noout | openssl req -new -key /dev/stdin -subj /CN=x
    let pem = "-----BEGIN CERTIFICATE REQUEST-----\n\
        MIHHMG4CAQAwDDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA\n\
        BGZp6viXEy9OFIKdI/N7YxZLvIuaXn/e+7oGozj/SUZjqE4eNYzK7e/nQYCbB3Zj\n\
        tv0q/3/3/F7Z64XDyW98LOqgADAKBggqhkjOPQQDAgNJADBGAiEA/BzKmZYZ5iyN\n\
        xa9SJflCp+nMCK3jJBTMPS2AP/b08vkCIQCxKzjTLzSNeh775AX8ZWhqYFnAE9JR\n\
        KZ25dN3iEW5PRg==\n-----END CERTIFICATE REQUEST-----\n";
    fs::write(at.join("csr/b.pem"), pem).unwrap();
    let arguments = format!("dac --csr csr --vid 0xFFF1 --pid 0x8000 {BY_PAI} --out dacs");
    succeed(at, &format!("{arguments} --cn Lamp"));
    let names = files(&at.join("dacs")).into_iter().map(|(path, _)| path);
    let names = names.map(|path| path.rsplit('/').next().unwrap().to_owned());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["a_cert.der", "a_cert.pem", "b_cert.der", "b_cert.pem"]
    );
    let cert = certificate(&at.join("dacs/a_cert.der"));
    assert_eq!(cert.public_key(), scalar(7).public_key());
    assert_eq!(cert.common_name(), Some("Lamp a"));
    assert!(!holds(
        certificate(&at.join("dacs/b_cert.der")).as_der(),
        &common_name("x")
    ));
    fs::remove_dir_all(at.join("dacs")).unwrap();
    succeed(at, &format!("{arguments} --vid-pid-in-cn"));
    let cert = certificate(&at.join("dacs/b_cert.der"));
    assert_eq!(cert.common_name(), Some("b Mvid:FFF1 Mpid:8000"));
    fs::remove_dir_all(at.join("dacs")).unwrap();

    // One bad request invalidates all, and is named.
    let issuer = key(&at.join("ca/PAI_key.pem"));
    for (name, bytes, needle) in [
        (
            "c.csr",
            request(&scalar(8), &scalar(9)),
            "c.csr: certificate signing request: signature does not verify with the request's own key",
        ),
        (
            "c.csr",
            b"nothing".to_vec(),
            "c.csr: certificate signing request: not a PKCS#10 request in DER",
        ),
        (
            "c.csr",
            request(&scalar(7), &scalar(7)),
            "c.csr: has the same key as csr/a.csr",
        ),
        (
            "c.csr",
            request(&issuer, &issuer),
            "c.csr: has the same key as the issuer",
        ),
        (
            "b.csr",
            request(&scalar(8), &scalar(8)),
            "b.pem: has the same name as csr/b.csr",
        ),
    ] {
        fs::write(at.join("csr").join(name), bytes).unwrap();
        refused(at, &arguments, needle);
        fs::remove_file(at.join("csr").join(name)).unwrap();
    }
    let long = format!("csr/{}.csr", "l".repeat(65));
    fs::write(at.join(&long), request(&scalar(8), &scalar(8))).unwrap();
    refused(at, &arguments, &format!("{long}: common name has 65 bytes"));
    fs::write(at.join("csr/c.csr"), "bad").unwrap();
    fs::write(at.join("csr/d.csr"), "bad").unwrap();
    let output = run(at, &arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        message.contains("csr/c.csr: ") && message.contains("csr/d.csr: "),
        "{message}"
    );
    assert!(
        message.ends_with("error: --csr: 2 of 5 requests are refused, so none is answered\n"),
        "{message}"
    );
    assert!(!at.join("dacs").exists());
}

#[test]
fn requests_are_answered_where_they_lie_and_only_once() {
    let folder = workplace();
    let at = folder.path();
    fs::create_dir(at.join("csr")).unwrap();
    for (name, byte) in [("a.csr", 7), ("b.der", 8), ("d.csr", 9)] {
        fs::write(at.join("csr").join(name), request(&scalar(byte), &scalar(byte))).unwrap();
    }
    fs::write(at.join("csr/c.csr"), request(&scalar(10), &scalar(11))).unwrap();
    // The same key again, whose request comes first by name.
    fs::write(at.join("csr/0.csr"), request(&scalar(9), &scalar(9))).unwrap();
    let arguments = format!("dac --csr csr --vid 0xFFF1 --pid 0x8000 {BY_PAI}");
    let (printed, message) = rejected(at, &arguments);
    assert_eq!(printed.lines().count(), 3, "{printed}");
    assert!(
        message.ends_with("2 of 5 requests are refused; the .err file beside each states the reason\n"),
        "{message}"
    );
    let names = || {
        let names = files(&at.join("csr")).into_iter().map(|(path, _)| path);
        let names = names.map(|path| path.rsplit('/').next().unwrap().to_owned());
        names
            .filter(|name| !name.ends_with("csr") && !name.ends_with("der"))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), ["0.pem", "a.pem", "b.pem", "c.err", "d.err"]);
    let reason = fs::read_to_string(at.join("csr/c.err")).unwrap();
    assert!(
        reason.contains("signature does not verify with the request's own key"),
        "{reason}"
    );
    let reason = fs::read_to_string(at.join("csr/d.err")).unwrap();
    assert_eq!(reason, "has the same key as csr/0.csr\n");
    let first = fs::read(at.join("csr/a.pem")).unwrap();
    assert_eq!(certificate(&at.join("csr/a.pem")).public_key(), scalar(7).public_key());

    // Some answers are lost, one request is corrected, the others remain: a request with a certificate keeps it,
    // although another request with the same key now precedes it.
    fs::remove_file(at.join("csr/b.pem")).unwrap();
    fs::write(at.join("csr/c.csr"), request(&scalar(10), &scalar(10))).unwrap();
    fs::write(at.join("csr/00.csr"), request(&scalar(7), &scalar(7))).unwrap();
    fs::write(at.join("csr/d.csr"), request(&scalar(12), &scalar(12))).unwrap();
    let (printed, message) = rejected(at, &format!("{arguments} --json"));
    assert!(
        message.contains("csr/00.csr: has the same key as csr/a.csr"),
        "{message}"
    );
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let states = printed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap());
    assert_eq!(
        states.collect::<Vec<_>>(),
        [
            "answered before",
            "refused",
            "answered before",
            "answered",
            "answered",
            "answered"
        ]
    );
    assert_eq!(names(), ["0.pem", "00.err", "a.pem", "b.pem", "c.pem", "d.pem"]);
    assert_eq!(fs::read(at.join("csr/a.pem")).unwrap(), first);

    // The certificate of another device does not answer a request.
    fs::remove_file(at.join("csr/00.csr")).unwrap();
    fs::write(at.join("csr/d.pem"), &first).unwrap();
    let (_, message) = rejected(at, &arguments);
    assert!(
        message.contains("csr/d.pem exists and is not its certificate by this issuer; use --force to replace it"),
        "{message}"
    );
    assert_eq!(fs::read(at.join("csr/d.pem")).unwrap(), first);
    succeed(at, &format!("{arguments} --force"));
    assert_eq!(certificate(&at.join("csr/d.pem")).public_key(), scalar(12).public_key());
    assert_eq!(fs::read(at.join("csr/a.pem")).unwrap(), first);
    assert!(!at.join("csr/d.err").exists());

    for (name, byte, needle) in [
        ("b.csr", 20, "csr/b.der: has the same name as csr/b.csr"),
        ("e.pem", 20, "csr/e.pem: is a request in the place of an answer"),
    ] {
        fs::write(at.join("csr").join(name), request(&scalar(byte), &scalar(byte))).unwrap();
        refused(at, &arguments, needle);
        fs::remove_file(at.join("csr").join(name)).unwrap();
    }
    refused(at, &format!("dac --cn A --vid 0xFFF1 --pid 1 {BY_PAI}"), "--out");
}

/// Existing certificates remain unchanged, whenever the process ends.
#[cfg(unix)]
#[test]
fn answering_goes_on_after_a_kill() {
    let folder = workplace();
    let at = folder.path();
    fs::create_dir(at.join("csr")).unwrap();
    let keys = (1..=200_u16).map(|number| {
        let mut scalar = [1; 32];
        scalar[30..].copy_from_slice(&number.to_be_bytes());
        PrivateKey::from_scalar(&scalar).unwrap()
    });
    let keys = keys.collect::<Vec<_>>();
    for (number, key) in keys.iter().enumerate() {
        fs::write(at.join(format!("csr/{number:04}.csr")), request(key, key)).unwrap();
    }
    let arguments = format!("dac --csr csr --vid 0xFFF1 --pid 0x8000 {BY_PAI}");
    let mut seen = BTreeMap::new();
    let mut kills = 0;
    for wait in (10..).step_by(10).take(60) {
        let mut child = command(at, &arguments).stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        kills += u32::from(!child.wait().unwrap().success());
        for (path, bytes) in files(&at.join("csr")) {
            if path.ends_with(".pem") {
                assert_eq!(*seen.entry(path).or_insert_with(|| bytes.clone()), bytes);
            }
        }
        if seen.len() == keys.len() {
            break;
        }
    }
    succeed(at, &arguments);
    assert!(
        kills > 2 && seen.len() > 64,
        "{kills} kills, {} certificates",
        seen.len()
    );
    for (number, key) in keys.iter().enumerate() {
        let path = at.join(format!("csr/{number:04}.pem"));
        assert_eq!(certificate(&path).public_key(), key.public_key());
    }
    assert_eq!(files(&at.join("csr")).len(), 400);
}

#[test]
fn a_request_is_checked_alone() {
    let folder = workplace();
    let at = folder.path();
    fs::write(at.join("good.csr"), request(&scalar(7), &scalar(7))).unwrap();
    fs::write(at.join("bad.csr"), request(&scalar(7), &scalar(8))).unwrap();
    let id = scalar(7).public_key().key_id().to_string();
    assert!(succeed(at, "csr check good.csr").contains(&id));
    let json: Value = serde_json::from_str(&succeed(at, "csr check good.csr --json")).unwrap();
    assert_eq!(
        json,
        json!({"file": "good.csr", "accepted": true, "subject_key_id": id})
    );
    let (printed, message) = rejected(at, "csr check bad.csr --json");
    assert!(
        message.contains("bad.csr: certificate signing request: signature does not verify"),
        "{message}"
    );
    let json: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(json["accepted"], false);
    assert_eq!(rejected(at, "csr check bad.csr").0, "");
}

#[test]
fn declaration_has_the_requested_values() {
    let folder = workplace();
    let at = folder.path();
    succeed(
        at,
        &format!(
            "{CD} --pid 0x8000 --pid 0x00FF --type 1 --origin-vid 0xFFF2 --origin-pid 0x8003 --test-key --out full.der \
             --paa-ski 6AFD22771F511FECBF1641976710DCDC31A1717E --paa-ski 785ce705b86b8f4e6fc793aa60cb43ea696882d5"
        ),
    );
    // Matter Core Specification 6.3.1 in TLV, typed by hand: an anonymous structure of the members 0 to 11.
    let tlv = b"\x15\x24\x00\x01\x25\x01\xF1\xFF\x36\x02\x05\x00\x80\x04\xFF\x18\x25\x03\x00\x01\
        \x2C\x04\x13CSA00000SWC00000-00\x24\x05\x00\x24\x06\x00\x24\x07\x01\x24\x08\x01\
        \x25\x09\xF2\xFF\x25\x0A\x03\x80\x36\x0B\
        \x10\x14\x6A\xFD\x22\x77\x1F\x51\x1F\xEC\xBF\x16\x41\x97\x67\x10\xDC\xDC\x31\xA1\x71\x7E\
        \x10\x14\x78\x5C\xE7\x05\xB8\x6B\x8F\x4E\x6F\xC7\x93\xAA\x60\xCB\x43\xEA\x69\x68\x82\xD5\x18\x18";
    let cms = fs::read(at.join("full.der")).unwrap();
    assert!(holds(&cms, tlv));
    let json: Value = serde_json::from_str(&succeed(at, "cd print full.der --json")).unwrap();
    let expected = json!({
        "vendor_id": "0xFFF1", "product_ids": ["0x8000", "0x00FF"], "device_type_id": 256,
        "certificate_id": "CSA00000SWC00000-00", "security_level": 0, "security_information": 0, "version_number": 1,
        "certification_type": 1, "dac_origin_vendor_id": "0xFFF2", "dac_origin_product_id": "0x8003",
        "authorized_paas": ["6AFD22771F511FECBF1641976710DCDC31A1717E", "785CE705B86B8F4E6FC793AA60CB43EA696882D5"],
        "signer_key_id": "62FA823359ACFAA9963E1CFA140ADDF504F37160", "test_key": true,
    });
    assert_eq!(json, expected);
    let text = succeed(at, "cd print CD.der");
    assert!(
        text.starts_with("vendor_id                0xFFF1\nproduct_ids              0x8000\n"),
        "{text}"
    );
    assert!(!text.contains("origin") && !text.contains("authorized"), "{text}");

    // A custom signer, here the PAI, and the commissioner's verdict.
    let output = run(
        at,
        &format!("{CD} --pid 0x8000 --type 2 --key ca/PAI_key.pem --cert ca/PAI_cert.der --out own.der"),
    );
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && message.contains("commissioners will refuse it") && message.contains("601"),
        "{message}"
    );
    let json: Value = serde_json::from_str(&succeed(at, "cd print own.der --json")).unwrap();
    let pai = certificate(&at.join("ca/PAI_cert.pem"));
    assert_eq!(json["signer_key_id"], json!(pai.subject_key_id().unwrap().to_string()));
    assert_eq!(json["test_key"], false);
}

/// Arguments, and the text that the error must contain.
#[rustfmt::skip]
const REFUSED: &[(&str, &str)] = &[
    ("", "missing command"),
    ("cd", "missing command"),
    ("paa --out x", "missing: --cn"),
    ("paa --cn A", "missing: --out"),
    ("paa --cn A --out x --vid 0xFFF5", "--vid: vendor id 0xFFF5 is not in the range 0x0001 to 0xFFF4"),
    ("paa --cn A --out x --vid 65536", "--vid: "),
    ("paa --cn A --out x --from 2026-02-30", "--from: not a time"),
    ("paa --cn A --out x --to 5a5a", "--to: not a time"),
    ("paa --cn A --out x --days -1", "--days: not a number in the range 0 to 4294967295"),
    ("paa --cn A --out x --days 4294967295", "--days: validity of 4294967295 days"),
    ("paa --cn A --out x --days 1 --to 2027-01-01", "cannot be used with another given option"),
    ("paa --cn A --out x --from 2027-01-01 --to 2026-01-01", "--from and --to: validity ends at 2026-01-01T00:00:00Z, before it starts"),
    ("paa --cn A --out CD.der", "--out: CD.der: "),
    ("paa --cn Mpid:8000 --out x", "--cn: common name contains Mvid:"),
    ("paa --cn A --out ca", "ca/PAA_cert.pem: exists already; use --force to replace it"),
    ("paa --cn aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --out x", "--cn: common name has 65 bytes, not 1 to 64"),
    ("paa --cn aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --vid 1 --vid-pid-in-cn --out x", "--cn: common name has 65 bytes"),
    ("pai --cn A --vid 0xFFF1 --issuer ca/PAA_cert.pem --issuer-key ca/PAI_key.pem --out x", "--issuer and --issuer-key: public key does not match"),
    ("pai --cn A --vid 0xFFF1 --issuer ca/PAI_cert.pem --issuer-key ca/PAI_key.pem --out x", "--issuer: issuer's path length is 0"),
    ("pai --cn A --vid 0xFFF2 --issuer ca/PAA_cert.pem --issuer-key ca/PAA_key.pem --out x", "--vid: vendor id 0xFFF2 is not the issuer's 0xFFF1"),
    ("pai --cn A --vid 0xFFF1 --issuer ca/PAA_cert.pem --issuer-key ca/PAA_key.pem --from 2025-12-31 --out x", "--from: validity starts at 2025-12-31T00:00:00Z, before the issuer's"),
    ("pai --cn A --vid 0xFFF1 --pid 0 --issuer ca/PAA_cert.pem --issuer-key ca/PAA_key.pem --out x", "--pid: product id 0x0000 is not in the range 0x0001 to 0xFFFF"),
    ("pai --cn A --vid 0xFFF1 --issuer ca/PAA_key.pem --issuer-key ca/PAA_key.pem --out x", "--issuer ca/PAA_key.pem"),
    ("pai --cn A --vid 0xFFF1 --issuer ca/PAA_cert.pem --issuer-key hex --out x", "--issuer-key hex"),
    ("pai --cn A --vid 0xFFF1 --issuer nowhere --issuer-key ca/PAA_key.pem --out x", "--issuer nowhere"),
    ("dac --cn A --vid 0xFFF1 --pid 1 --issuer ca/PAA_cert.pem --issuer-key ca/PAA_key.pem --out x", "--issuer: issuer's path length is 1"),
    ("dac --cn A --vid 0xFFF1 --pid 1 --issuer dac/DAC_cert.pem --issuer-key dac/DAC_key.pem --out x", "--issuer: certificate may not sign others"),
    ("dac --cn A --vid 0xFFF2 --pid 1 BY_PAI --out x", "--vid: "),
    ("dac --cn A --vid 0xFFF1 --pid 1 BY_PAI --to 2047-01-01 --out x", "--to or --days: validity ends at 2047-01-01T00:00:00Z, after the issuer's"),
    ("dac --vid 0xFFF1 --pid 1 BY_PAI --out x", "missing: --cn"),
    ("dac --cn A --vid 0xFFF1 --pid 1 --count 0 BY_PAI --out x", "--count: not a number in the range 1 to 100000"),
    ("dac --cn A --vid 0xFFF1 --pid 1 --count 100001 BY_PAI --out x", "--count: not a number in the range 1 to 100000"),
    ("dac --cn A --vid 0xFFF1 --pid 1 --count 2 --csr csr BY_PAI --out x", "cannot be used with another given option"),
    ("dac --vid 0xFFF1 --pid 1 --csr empty BY_PAI --out x", "--csr: empty: contains no requests"),
    ("dac --vid 0xFFF1 --pid 1 --csr nowhere BY_PAI --out x", "--csr: nowhere: "),
    ("dac --vid 0xFFF1 --pid 1 --csv nowhere BY_PAI --out x", "--csv nowhere"),
    ("dac --cn Lamp --vid 0xFFF1 --pid 0x8000 BY_PAI --out dac", "dac/DAC_cert.pem: exists already"),
    ("CD --pid 0x8000 --type 3 --test-key --out x", "--type: not a number in the range 0 to 2"),
    ("CD --pid 0x8000 --type 0 --out x", "missing: --key"),
    ("CD --pid 0x8000 --type 0 --key ca/PAI_key.pem --out x", "missing: --cert"),
    ("CD --pid 0x8000 --type 0 --key ca/PAI_key.pem --cert ca/PAA_cert.pem --out x", "--key: is not the key of --cert"),
    ("CD --pid 0x8000 --type 0 --test-key --key ca/PAI_key.pem --cert ca/PAI_cert.pem --out x", "cannot be used with another given option"),
    ("CD --pid 0 --type 0 --test-key --out x", "--pid: product id 0x0000 is not in"),
    ("CD --type 0 --test-key --out x", "missing: --pid"),
    ("CD --pid 1 --type 0 --origin-vid 1 --test-key --out x", "missing: --origin-pid"),
    ("CD --pid 1 --type 0 --paa-ski 5a5a --test-key --out x", "--paa-ski: key identifier is not 40 hexadecimal digits"),
    ("CD --pid 1 --type 0 --test-key --out CD.der", "CD.der: exists already"),
    ("cd make --vid 0xFFF1 --pid 1 --device-type 0x100000000 --certificate-id CSA00000SWC00000-00 --type 0 --test-key --out x", "--device-type: not a number in the range 0 to 4294967295"),
    ("cd make --vid 0xFFF1 --pid 1 --device-type 1 --certificate-id CSA --type 0 --test-key --out x", "certificate id has 3 bytes, not 19"),
    ("cd print ca/PAA_cert.der", "ca/PAA_cert.der: it is an X.509 certificate"),
    ("csr check nowhere", "FILE nowhere"),
];

#[test]
fn bad_usage_gets_one_sentence_and_writes_nothing() {
    let folder = workplace();
    let at = folder.path();
    fs::create_dir(at.join("empty")).unwrap();
    fs::write(at.join("hex"), "5a".repeat(31)).unwrap();
    for (arguments, needle) in REFUSED {
        refused(
            at,
            &arguments
                .replace("BY_PAI", BY_PAI)
                .replace("CD --", &format!("{CD} --")),
            needle,
        );
    }
    let many = (1..=101).map(|pid| format!(" --pid {pid}")).collect::<String>();
    refused(
        at,
        &format!("{CD}{many} --type 0 --test-key --out x"),
        "101 product ids, not 1 to 100",
    );
    let many = " --paa-ski 6AFD22771F511FECBF1641976710DCDC31A1717E".repeat(11);
    refused(
        at,
        &format!("{CD} --pid 1{many} --type 0 --test-key --out x"),
        "11 authorized PAAs, not 1 to 10",
    );
    // Existing files are replaced on request.
    let before = fs::read(at.join("ca/PAA_cert.pem")).unwrap();
    succeed(at, "paa --cn A --out ca --force");
    assert_ne!(fs::read(at.join("ca/PAA_cert.pem")).unwrap(), before);
}
