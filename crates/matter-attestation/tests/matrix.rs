//! One broken input for each rule, refused for that rule only, and one just inside of the rule that passes.
//!
//! `docs/attestation-rules.md` is this matrix as a table; `MATTER_WRITE_DOCS=1` rewrites it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "matrix/chain.rs"]
mod chain;
#[path = "matrix/content.rs"]
mod content;
#[path = "support/der.rs"]
mod der;
#[path = "matrix/elements.rs"]
mod elements;
#[path = "matrix/envelope.rs"]
mod envelope;
#[path = "matrix/extensions.rs"]
mod extensions;
#[path = "matrix/fields.rs"]
mod fields;
#[path = "support/kit.rs"]
mod kit;
#[path = "matrix/members.rs"]
mod members;
#[path = "matrix/names.rs"]
mod names;
#[path = "matrix/path.rs"]
mod path;
#[path = "matrix/policy.rs"]
mod policy;
#[path = "matrix/revocation.rs"]
mod revocation;
#[path = "matrix/row.rs"]
mod row;
#[path = "matrix/subject.rs"]
mod subject;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use matter_attestation::{Profile, Rule, SdkResult, Severity, VerificationReport};

use self::kit::Kit;
use self::row::Row;

/// The parts of the matrix, each with its heading.
fn parts() -> Vec<(&'static str, Vec<Row>)> {
    vec![
        ("Certificates: fields", fields::rows()),
        ("Certificates: names and ids", subject::rows()),
        ("Certificates: extensions", extensions::rows()),
        ("Chains", chain::rows()),
        ("Declarations: envelope", envelope::rows()),
        ("Declarations: content", content::rows()),
        ("Declarations: signers and the product", policy::rows()),
        ("Attestation elements", elements::rows()),
        ("Revocation", revocation::rows()),
    ]
}

fn describe(report: &VerificationReport) -> String {
    report
        .findings()
        .iter()
        .map(|finding| format!("\n  {finding}"))
        .collect()
}

fn report(change: fn(&mut Kit), profile: Profile) -> VerificationReport {
    let mut kit = Kit::new();
    change(&mut kit);
    kit.run(profile)
}

#[test]
fn the_unchanged_kit_passes() {
    for profile in [Profile::Strict, Profile::Sdk] {
        let report = Kit::new().run(profile);
        let findings = report.findings().iter();
        assert!(
            findings.clone().all(|finding| finding.severity() == Severity::Note),
            "{}",
            describe(&report)
        );
        assert_eq!(report.sdk_result(), SdkResult::Success);
    }
}

/// Describes the differences from the row's expectations.
fn check(row: &Row) -> Result<(), String> {
    let (strict, sdk) = (
        report(row.break_it, Profile::Strict),
        report(row.break_it, Profile::Sdk),
    );
    let errors: BTreeSet<_> = strict
        .errors()
        .map(|finding| (finding.rule(), finding.object()))
        .collect();
    let mut expected: BTreeSet<_> = row.also.iter().copied().collect();
    expected.insert((row.rule, row.object));
    if errors != expected {
        return Err(format!("refused for another reason: {}", describe(&strict)));
    }
    let both = |report: &VerificationReport| [report.sdk_result().number(), report.boringssl_result().number()];
    let (results, expected) = ([both(&strict), both(&sdk)], [row.sdk, row.boringssl]);
    if results != [expected; 2] || sdk.is_accepted() != (expected == [0, 0]) {
        return Err(format!("results {results:?}, not {expected:?}: {}", describe(&sdk)));
    }
    for profile in [Profile::Strict, Profile::Sdk] {
        let inside = report(row.keep_it, profile);
        if !inside.is_accepted() || both(&inside) != [0, 0] {
            return Err(format!(
                "{profile:?} does not pass {}: {}",
                row.inside,
                describe(&inside)
            ));
        }
    }
    Ok(())
}

#[test]
fn every_broken_rule_is_reported_and_its_limit_passes() {
    let rows: Vec<_> = parts().into_iter().flat_map(|(_, rows)| rows).collect();
    let failures: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let error = check(row).err()?;
            Some(format!("{} {}: {}: {error}\n", row.object, row.rule, row.broken))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.concat());
    println!("attestation matrix: {} rows", rows.len());
    assert!(rows.len() >= 320, "{} rows", rows.len());
}

/// Writes the certificates of every row to the folder `MATTER_MATRIX_DIR`, for the SDK's own code: scripts/interop.
#[test]
fn the_certificates_of_every_row_are_written_where_asked() {
    let Some(folder) = std::env::var_os("MATTER_MATRIX_DIR") else {
        return;
    };
    let rows = parts().into_iter().flat_map(|(_, rows)| rows);
    for (number, row) in rows.enumerate() {
        let results = [
            ("broken", row.break_it, [row.sdk, row.boringssl]),
            ("inside", row.keep_it, [0, 0]),
        ];
        for (name, change, [openssl, boringssl]) in results {
            let place = Path::new(&folder).join(format!("{number:03}-{}-{}-{name}", row.object, row.rule));
            std::fs::create_dir_all(&place).unwrap();
            let mut kit = Kit::new();
            change(&mut kit);
            for (part, der) in ["paa", "pai", "dac"].iter().zip(kit.certificates()) {
                std::fs::write(place.join(format!("{part}.der")), der).unwrap();
            }
            std::fs::write(place.join("results"), format!("{openssl} {boringssl}")).unwrap();
        }
    }
}

#[test]
fn every_rule_that_refuses_has_a_row() {
    let covered: BTreeSet<_> = parts()
        .into_iter()
        .flat_map(|(_, rows)| rows)
        .map(|row| row.rule)
        .collect();
    let objects = [matter_attestation::Object::Paa, matter_attestation::Object::Dac];
    let missing: Vec<_> = Rule::ALL
        .iter()
        .filter(|rule| objects.iter().any(|object| rule.severity(*object) == Severity::Error))
        .filter(|rule| !covered.contains(rule))
        .map(|rule| rule.id())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_documented_table_is_this_matrix() {
    let mut text = String::from(
        "# Attestation rules\n\n\
         `MATTER_WRITE_DOCS=1 cargo test -p matter-attestation --test matrix` writes this page; without the \
         variable the test fails if the page is stale.\n\n\
         Each row describes two devices: one with a single fault in its certificates, declaration or answer, which \
         the strict profile refuses for the rule in the first column, and one just inside of the rule, which \
         passes. The third column is the result of a commissioner built on the Matter SDK, `-` if it accepts the \
         fault. If the SDK built with OpenSSL and the SDK built with BoringSSL, as Home Assistant has it, differ, \
         the column has both results.\n\n\
         The tests `csr`, `crl` and `revocation_point` write the tables of requests, lists and points at the end \
         in the same way. There the rule is the fault of the error, a refused case is one change of an input that \
         passes, and no commissioner is involved.\n",
    );
    for (heading, rows) in parts() {
        write!(
            text,
            "\n## {heading}\n\n| rule | about | SDK | refused | passes |\n|---|---|---|---|---|\n"
        )
        .unwrap();
        for row in rows {
            let name = |number| match number {
                0 => "-".to_owned(),
                number => SdkResult::from_number(number).unwrap().to_string(),
            };
            let sdk = if row.sdk == row.boringssl {
                name(row.sdk)
            } else {
                format!("OpenSSL: {}; BoringSSL: {}", name(row.sdk), name(row.boringssl))
            };
            let (rule, object) = (row.rule, row.object);
            writeln!(text, "| {rule} | {object} | {sdk} | {} | {} |", row.broken, row.inside).unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/attestation-rules.md");
    if !path.parent().is_some_and(Path::is_dir) {
        println!("0 cases ran: no {}", path.display());
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    // The sections of requests, lists and points follow.
    let end = [
        "Certificate signing requests",
        "Certificate revocation lists",
        "Revocation points",
    ]
    .iter()
    .filter_map(|what| committed.find(&format!("\n## {what}\n")))
    .min()
    .unwrap_or(committed.len());
    let (ours, theirs) = committed.split_at(end);
    if std::env::var_os("MATTER_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{text}{theirs}")).unwrap();
        return;
    }
    assert!(
        ours == text,
        "docs/attestation-rules.md is stale: run this with MATTER_WRITE_DOCS=1"
    );
}
