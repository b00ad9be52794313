//! Lessons from users' files and command lines: files of another kind, options that messages promise.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/dac_pki.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use base16ct::lower::encode_string as hex;
use serde_json::{Value, json};
use support::{
    BY_PAI, CD, CHAIN, certificate, expect, key, refused, rejected, request, revocation_list, run, succeed, workplace,
};

/// Exit code, stdout and stderr of another binary.
fn tool(program: &str, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn message(at: &Path, arguments: &str) -> String {
    String::from_utf8(run(at, arguments).stderr).unwrap()
}

#[test]
fn an_empty_certificate_is_a_missing_one() {
    let folder = workplace();
    let at = folder.path();
    fs::write(at.join("empty"), "").unwrap();
    let device = "--cd CD.der --vid 0xFFF1 --pid 0x8000 --allow-test-cd --dac-key dac/DAC_key.pem";
    let chain = format!("{CHAIN} {device}");
    expect(
        at,
        &chain.replace("ca/PAI_cert.der", "empty"),
        &[("certificate-empty", "pai", 207)],
    );
    let (_, no) = rejected(at, &chain.replace("dac/DAC_cert.pem", "empty"));
    assert!(no.contains("SDK says 701 kInvalidArgument"), "{no}");
    refused(at, "lint empty dac/DAC_cert.pem", "it is empty");
}

#[test]
fn a_file_of_another_kind_is_called_by_its_name() {
    let folder = workplace();
    let at = folder.path();
    let declaration = fs::read(at.join("CD.der")).unwrap();
    let dac_key = key(&at.join("dac/DAC_key.pem"));
    fs::write(at.join("request"), request(&dac_key, &dac_key)).unwrap();
    let pai = certificate(&at.join("ca/PAI_cert.der"));
    let crl = revocation_list(
        &pai,
        &key(&at.join("ca/PAI_key.pem")),
        &certificate(&at.join("dac/DAC_cert.pem")),
    );
    fs::write(at.join("crl"), crl).unwrap();
    fs::write(at.join("hex"), hex(&declaration)).unwrap();
    fs::write(at.join("cut"), &pai.as_der()[..300]).unwrap();
    for (file, kind) in [
        ("dac/DAC_key.pem", "a private key"),
        ("request", "a certificate signing request"),
        ("crl", "a certificate revocation list"),
        ("hex", "hexadecimal text"),
        ("cut", "truncated: it ends after 300 of"),
    ] {
        refused(at, &format!("lint {file}"), kind);
        let as_dac = CHAIN.replace("dac/DAC_cert.pem", file) + " --json";
        assert!(
            message(at, &as_dac).contains(kind) || rejected(at, &as_dac).0.contains(kind),
            "{file}"
        );
        refused(
            at,
            &format!("revoke-set build --points ca/PAI_cert.der --crl {file} --paa ca --out set"),
            "",
        );
        refused(
            at,
            &BY_PAI.replace(
                "--issuer ca/PAI_cert.pem",
                &format!("dac --cn L --vid 0xFFF1 --pid 1 --out x --issuer {file}"),
            ),
            kind,
        );
    }
    let cd = format!("{CHAIN} --allow-test-cd --cd ");
    let (printed, _) = rejected(at, &format!("{cd}ca/PAI_cert.der"));
    // Texts are wrapped.
    let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        printed.contains("cd-other-object") && printed.contains("it is an X.509 certificate"),
        "{printed}"
    );
    refused(at, "cd print hex", "hexadecimal text");
    refused(at, "cd print ca/PAI_cert.der", "it is an X.509 certificate");
}

#[test]
fn a_text_in_utf_16_is_named_wherever_a_text_is_read() {
    let folder = workplace();
    let at = folder.path();
    let utf16 = |text: &str| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xFF, 0xFE].into_iter().chain(units).collect::<Vec<u8>>()
    };
    for (name, text) in [
        ("cert.pem", fs::read_to_string(at.join("ca/PAI_cert.pem")).unwrap()),
        ("key.pem", fs::read_to_string(at.join("ca/PAI_key.pem")).unwrap()),
        ("x.json", "[]".to_owned()),
        ("password", "secret\r\n".to_owned()),
        ("x.csv", "cn\nLamp\n".to_owned()),
    ] {
        fs::write(at.join(name), utf16(&text)).unwrap();
    }
    let issue = "pai --cn X --vid 0xFFF1 --out x --issuer";
    for arguments in [
        "lint cert.pem",
        "cd print cert.pem",
        "vector x.json",
        "revoke-set check x.json",
        "revoke-set build --points x.json --crl cert.pem --paa ca --out x",
        &format!("{issue} cert.pem --issuer-key ca/PAA_key.pem"),
        &format!("{issue} ca/PAA_cert.pem --issuer-key key.pem"),
        &format!("{issue} ca/PAA_cert.pem --issuer-key ca/PAA_key.pem --password-file password"),
        &format!("dac --vid 0xFFF1 --pid 0x8000 {BY_PAI} --csv x.csv --out x"),
    ] {
        refused(at, arguments, "is UTF-16 text");
    }
    let path = |name: &str| at.join(name).display().to_string();
    let [cert, key, spec, out] = ["cert.pem", "key.pem", "x.json", "out"].map(path);
    let [audit, secure_cert] = [env!("CARGO_BIN_EXE_audit-device"), env!("CARGO_BIN_EXE_secure-cert")];
    for (program, arguments) in [
        (secure_cert, &["build", &spec, &out][..]),
        (secure_cert, &["sign", &spec, &key, &out]),
        (secure_cert, &["verify", &spec, "--key", &cert]),
        (audit, &["ca", "--paa", &cert]),
        (audit, &["ca", "--cd", &cert]),
        (audit, &["ca", "--manifest", &spec, "--manifest-key", &cert]),
        (audit, &["ca", "--revocation-set", &spec]),
    ] {
        let (code, _, message) = tool(program, arguments);
        assert!(
            code == 2 && message.contains("is UTF-16 text"),
            "{arguments:?}: {message}"
        );
    }
    // A byte order mark before JSON is accepted.
    fs::write(at.join("set.json"), "\u{feff}[]").unwrap();
    succeed(at, "revoke-set check set.json");
    let records = "\u{feff}[{\"type\": 201, \"subtype\": 0, \"data\": \"000F\"}, {\"type\": 9}]";
    fs::write(at.join("records.json"), records).unwrap();
    let (code, _, message) = tool(secure_cert, &["build", &path("records.json"), &out]);
    assert_eq!(code, 0, "{message}");
}

#[test]
fn tables_have_each_column_once_and_no_cell_in_none() {
    let folder = workplace();
    let at = folder.path();
    let write = |name: &str, text: &str| fs::write(at.join(name), text).unwrap();
    write("twice.csv", "cn; cn\nA;B\n");
    write("more.csv", "cn,note\nA,x\nB,x,,y\n");
    let issue = format!("dac --vid 0xFFF1 --pid 0x8000 {BY_PAI} --out x --csv");
    refused(at, &format!("{issue} twice.csv"), "twice.csv:1: column 'number 2'");
    refused(at, &format!("{issue} more.csv"), "more.csv:3: column 'number 4'");
    write(
        "verifiers.csv",
        "index,passcode,iterations,salt,salt\n1,34567890,1000,U1BBS0UyUCBLZXkgU2FsdA==,x\n",
    );
    write(
        "records.csv",
        "tlv_type,tlv_subtype,data_value,data_type\nUSER_DATA_1,0,a,b,string\n",
    );
    let path = |name: &str| at.join(name).display().to_string();
    for (program, arguments, reason) in [
        (
            env!("CARGO_BIN_EXE_spake2p"),
            ["batch", &path("verifiers.csv"), &path("out")],
            "'number 5': duplicate column name",
        ),
        (
            env!("CARGO_BIN_EXE_secure-cert"),
            ["build", &path("records.csv"), &path("out")],
            "'number 5': has a value",
        ),
    ] {
        let (code, _, message) = tool(program, &arguments);
        assert!(code == 2 && message.contains(reason), "{message}");
    }
}

#[test]
fn record_files_match_their_type() {
    let folder = workplace();
    let at = folder.path();
    let out = at.join("out").display().to_string();
    let pem = fs::read_to_string(at.join("ca/PAI_cert.pem")).unwrap();
    let utf16 = pem.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    fs::write(at.join("utf16.pem"), utf16).unwrap();
    for (kind, file, reason) in [
        (
            "DEV_CERT",
            "ca/PAI_key.pem",
            "contains a PEM block that is not a certificate",
        ),
        ("DEV_CERT", "utf16.pem", "is not a certificate: it is UTF-16 text"),
        (
            "DEV_CERT",
            "CD.der",
            "is not a certificate: it is a Certification Declaration",
        ),
        (
            "PRIV_KEY",
            "ca/PAI_cert.der",
            "is not a private key: it is an X.509 certificate",
        ),
        ("CA_CERT", "none", "records.json: file "),
    ] {
        let records = format!("[{{\"type_name\": \"{kind}\", \"subtype\": 0, \"file\": \"{file}\"}}]");
        let spec = at.join("records.json");
        fs::write(&spec, records).unwrap();
        let (code, _, message) = tool(
            env!("CARGO_BIN_EXE_secure-cert"),
            &["build", &spec.display().to_string(), &out],
        );
        assert!(code == 2 && message.contains(reason), "{kind} {file}: {message}");
    }
    fs::write(at.join("records.json"), "").unwrap();
    let (_, _, message) = tool(
        env!("CARGO_BIN_EXE_secure-cert"),
        &["build", &at.join("records.json").display().to_string(), &out],
    );
    assert!(message.ends_with("records.json: is empty\n"), "{message}");
}

#[test]
fn a_part_of_a_chain_has_no_success() {
    let folder = workplace();
    let at = folder.path();
    for part in [
        "ca/PAA_cert.pem",
        "ca/PAI_cert.pem",
        "dac/DAC_cert.pem",
        "ca/PAA_cert.pem ca/PAI_cert.pem",
        "CD.der --allow-test-cd",
    ] {
        let printed = succeed(at, &format!("lint {part}"));
        assert!(
            !printed.contains("SDK says") && printed.contains("judges only whole chains"),
            "{printed}"
        );
    }
}

#[test]
fn encrypted_keys_are_decrypted_as_the_message_tells() {
    let folder = workplace();
    let at = folder.path();
    let encrypted = at.join("key.pem");
    let made = Command::new("openssl")
        .args([
            "pkcs8",
            "-topk8",
            "-in",
            "dac/DAC_key.pem",
            "-out",
            "key.pem",
            "-passout",
            "pass:open sesame",
        ])
        .current_dir(at)
        .output();
    // No other tool on this machine may be able to encrypt a key.
    if !made.is_ok_and(|made| made.status.success()) || !encrypted.exists() {
        return;
    }
    fs::write(at.join("password"), "open sesame\n").unwrap();
    refused(
        at,
        &format!("{CHAIN} --dac-key key.pem"),
        "--password-file or MATTER_PASSWORD",
    );
    succeed(at, &format!("{CHAIN} --dac-key key.pem --password-file password"));
}

#[test]
fn a_declaration_has_its_version_number_and_its_warnings() {
    let folder = workplace();
    let at = folder.path();
    succeed(
        at,
        &format!("{CD} --pid 0x8000 --type 0 --test-key --version-number 0x2694 --out numbered"),
    );
    let shown: Value = serde_json::from_str(&succeed(at, "cd print numbered --json")).unwrap();
    assert_eq!(shown["version_number"], 0x2694);
    for number in ["0", "65536", "one"] {
        let make = format!("{CD} --pid 1 --type 0 --test-key --out x --version-number {number}");
        refused(at, &make, "--version-number");
    }
    let output = run(at, &format!("{CD} --pid 0x8000 --type 1 --test-key --out provisional"));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && message.contains("cd-type-needs-csa"),
        "{message}"
    );
}

#[test]
fn a_further_signer_is_trusted_where_its_certificate_is_given() {
    let folder = workplace();
    let at = folder.path();
    succeed(
        at,
        &format!("{CD} --pid 0x8000 --type 0 --key ca/PAA_key.pem --cert ca/PAA_cert.pem --out own"),
    );
    expect(at, "lint own", &[("cd-signer-unknown", "cd", 601)]);
    succeed(at, "lint own --cd-signer ca/PAA_cert.pem");
    succeed(
        at,
        &format!("{CHAIN} --cd own --vid 0xFFF1 --pid 0x8000 --cd-signer ca/PAA_cert.der"),
    );
    refused(at, "lint own --cd-signer own", "--cd-signer own");
}

#[test]
fn ids_with_a_leading_zero_are_refused_with_both_readings() {
    let folder = workplace();
    let at = folder.path();
    let both = "write 103 for the decimal number, or 0x103 (decimal 259) for hexadecimal digits";
    refused(
        at,
        &format!("dac --cn L --vid 0xFFF1 --pid 0103 {BY_PAI} --out x"),
        both,
    );
    refused(at, "paa --cn P --vid 0103 --out x", both);
    refused(at, &format!("{CD} --pid 0103 --type 0 --test-key --out x"), both);
    refused(
        at,
        &format!("{CD} --pid 1 --type 0 --test-key --out x").replace("0x0100", "0103"),
        both,
    );
    let setup = env!("CARGO_BIN_EXE_setup-code");
    let encode = [
        "encode",
        "--passcode",
        "20202021",
        "--discriminator",
        "1",
        "--vid",
        "0xFFF1",
        "--pid",
        "0103",
    ];
    let (code, _, message) = tool(setup, &encode);
    assert!(
        code == 2 && message.contains("decimal or hexadecimal") && !message.contains("0103"),
        "{message}"
    );
}

#[test]
fn answers_of_the_dcl_are_complete_or_refused() {
    let folder = workplace();
    let at = folder.path();
    let (pai, pai_key) = (
        certificate(&at.join("ca/PAI_cert.der")),
        key(&at.join("ca/PAI_key.pem")),
    );
    let crl = revocation_list(&pai, &pai_key, &certificate(&at.join("dac/DAC_cert.pem")));
    fs::write(at.join("pai.crl"), crl).unwrap();
    let id = pai.subject_key_id().unwrap().to_string();
    let point = json!({
        "vid": 0xFFF1, "pid": 0, "isPAA": false, "crlSignerCertificate": pai.to_pem(), "issuerSubjectKeyID": id,
        "dataURL": "https://example.org/pai.crl", "revocationType": 1,
    });
    let list = json!([point]);
    let page = |pagination: Value| json!({"PkiRevocationDistributionPoint": list, "pagination": pagination});
    let build =
        "revoke-set build --points points --crl pai.crl --paa ca/PAA_cert.pem --at 2026-06-01 --force --out set";
    let write = |answer: &Value| fs::write(at.join("points"), answer.to_string()).unwrap();
    for answer in [
        page(json!({"next_key": null, "total": "1"})),
        page(json!({"next_key": null, "total": "0"})),
        json!({"pkiRevocationDistributionPointsByIssuerSubjectKeyID": {"issuerSubjectKeyID": id, "points": list}}),
        json!({"pkiRevocationDistributionPoint": point}),
    ] {
        write(&answer);
        assert!(
            succeed(at, build).contains("1 revoked certificates of 1 authorities"),
            "{answer}"
        );
    }
    for pagination in [
        json!({"next_key": "AA==", "total": "0"}),
        json!({"next_key": null, "total": "2"}),
    ] {
        write(&page(pagination));
        refused(at, build, "is one page of an answer");
    }
}

#[test]
fn salts_in_another_notation_are_refused_with_the_remedy() {
    let spake2p = env!("CARGO_BIN_EXE_spake2p");
    let refuse = |salt: &str| {
        let (code, _, message) = tool(spake2p, &["gen-verifier", "-p", "20202021", "-i", "1000", "-s", salt]);
        assert_eq!(code, 2, "{salt}: {message}");
        message
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for salt in ["000102030405060708090a0b0c0d0e0f", "000102030405060708090A0B0C0D0E0F"] {
        assert!(refuse(salt).contains("hexadecimal"));
        fs::write(
            at.join("in.csv"),
            format!("index,passcode,iterations,salt\n0,20202021,1000,{salt}\n"),
        )
        .unwrap();
        let output = Command::new(spake2p)
            .args(["batch", "in.csv", "out.csv"])
            .current_dir(at)
            .output()
            .unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && message.contains("hexadecimal"), "{message}");
    }
    assert!(refuse("some text").contains("16 to 32 bytes"));
    assert!(refuse(&"AAAA".repeat(15)).contains("salt has 45 bytes"));
    assert!(refuse(&"AAAA".repeat(4)).contains("salt has 12 bytes"));
}

#[test]
fn copied_codes_are_read_leniently_and_refused_in_json() {
    let setup = env!("CARGO_BIN_EXE_setup-code");
    let address = "https://project-chip.github.io/connectedhomeip/qrcode.html?data=";
    for code in [
        "MT:Y.K9042C00KA0648G00\r\n",
        "  MT:Y.K9042C00KA0648G00\t",
        "MT%3AY.K9042C00KA0648G00",
        &format!("{address}MT%3AY.K9042C00KA0648G00"),
        &format!("{address}MT%3aY.K9042C00KA0648G00*Y.K9042C00KA0648G00&theme=dark#top\n"),
        &format!("{address}MT:Y.K9042C00KA0648G00"),
    ] {
        let (status, out, message) = tool(setup, &["parse", "--lenient", code]);
        assert_eq!(status, 0, "{code}: {message}");
        let read: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(read["payloads"][0]["passcode"], 20_202_021);
        assert!(!read["deviations"].as_array().unwrap().is_empty());
        let (status, out, _) = tool(setup, &["parse", code]);
        let refused: Value = serde_json::from_str(&out).unwrap();
        assert!(status == 1 && refused["error"]["text"].is_string(), "{out}");
    }
    let (status, out, _) = tool(setup, &["lint", "--json", "34970112330"]);
    let findings: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, &findings[0]["severity"]), (1, &json!("error")));
    for (code, reason) in [
        ("74970112334", "contradict"),
        ("349701123365521327683", "contradict"),
        ("84970112331", "later version"),
    ] {
        let (status, _, message) = tool(setup, &["parse", code]);
        assert!(status == 1 && message.contains(reason), "{code}: {message}");
    }
}
