//! `dac-pki revoke-set`: revoked certificates from the DCL's revocation distribution points and their lists.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use cli::{Failure, Password, parse_json, print, print_json, read_file, report, report_json, say, told, told_unless};
use matter_attestation::{
    Certificate, Crl, InputKind, Object, RevocationEntry, RevocationPoint, RevocationSet, RevocationSetBuilder,
    RevocationStatus,
};
use serde_json::{Value, json};

use crate::Common;
use crate::verify::{Trusted, time};

/// Members of the DCL's answer: the list of all points, and of one issuer.
const POINTS: &str = "PkiRevocationDistributionPoint";
const BY_ISSUER: &str = "pkiRevocationDistributionPointsByIssuerSubjectKeyID";
/// Member for a single point.
const POINT: &str = "pkiRevocationDistributionPoint";

#[derive(Subcommand)]
pub(crate) enum RevokeSet {
    /// Make a set of revoked certificates from lists with verified signatures, dates and signers
    Build(Build),
    /// Show a set, and look up certificates in it: exit code 1 if one is revoked or an entry is not trustworthy
    Check {
        /// Revocation set
        set: PathBuf,
        /// PAIs and DACs to look up
        #[arg(value_name = "CERT")]
        certificates: Vec<PathBuf>,
        #[command(flatten)]
        password: Password,
    },
}

#[derive(Args)]
pub(crate) struct Build {
    /// Revocation distribution points: the complete JSON answer of the Distributed Compliance Ledger (DCL) for all or
    /// for one issuer, or an array or a single one of its objects
    #[arg(long, value_name = "FILE")]
    points: PathBuf,
    /// Certificate revocation lists of these points in PEM or DER; may be given several times
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    crl: Vec<PathBuf>,
    /// Trusted PAA, or a folder of trusted PAAs
    #[arg(long, value_name = "FILE|DIR")]
    paa: PathBuf,
    /// Time at which the lists must be current [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// Set to write, in JSON
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    password: Password,
}

impl Build {
    pub(crate) fn run(&self, common: &Common) -> Result<(), Failure> {
        let files = self
            .crl
            .iter()
            .fold(common.files(), |files, path| files.input("--crl", path));
        let files = files.input("--points", &self.points).input("--paa", &self.paa);
        let files = files.output("--out", &self.out);
        files.check()?;
        let at = time(self.at.as_deref())?;
        let points = read_points(&self.points)?;
        let password = self.password.read()?;
        let password = password.as_deref().map(String::as_str);
        let paas = match Trusted::read(&self.paa, password)? {
            Trusted::One(paa) => vec![Certificate::from_der(paa.as_der())],
            Trusted::Folder(store) => store.certificates().map(Certificate::from_der).collect(),
        };
        let paas = paas.into_iter().collect::<Result<Vec<_>, _>>();
        let paas = paas.map_err(|error| Failure::option("--paa", error))?;
        let mut builder = RevocationSetBuilder::new(&points, &paas, at);
        for path in &self.crl {
            let wrong =
                |reason: &dyn std::fmt::Display| Failure::option("--crl", format_args!("{}: {reason}", path.display()));
            let bytes = read_file("--crl", path)?;
            let crl = Crl::decode(&bytes).map_err(|error| match InputKind::of(&bytes) {
                InputKind::Crl => wrong(&error),
                _ => wrong(&told(&bytes, error)),
            })?;
            if builder.add(&crl).map_err(|error| wrong(&error))? == 0 {
                return Err(wrong(&"no revocation point matches its signer"));
            }
        }
        for point in builder.points_without_list() {
            say(format_args!("no list is given for the point {}", point.data_url()));
        }
        let set = builder.build();
        let failed = |error| Failure::Work(format!("cannot encode the set: {error}"));
        let text = serde_json::to_string_pretty(&set).map_err(failed)? + "\n";
        files.publish(&[(&self.out, text.as_bytes())])?;
        let revoked: usize = set.entries().iter().map(|entry| entry.revoked().len()).sum();
        if common.json {
            let file = self.out.display().to_string();
            let object = json!({"file": file, "entries": set.entries().len(), "revoked": revoked});
            report_json(format_args!("{object:#}"));
        } else {
            let (path, entries) = (self.out.display(), set.entries().len());
            report(format_args!(
                "{path}: {revoked} revoked certificates of {entries} authorities"
            ));
        }
        Ok(())
    }
}

/// Refuses a single page of a longer answer: certificates revoked on other pages would count as valid.
fn check_complete(path: &Path, answer: &Value) -> Result<(), Failure> {
    let Some(pagination) = answer.get("pagination") else {
        return Ok(());
    };
    let incomplete = |reason: &str| {
        let all = "query the DCL with pagination.limit=10000, or join the pages";
        Failure::option("--points", format_args!("{}: {reason}; {all}", path.display()))
    };
    match pagination.get("next_key") {
        None | Some(Value::Null) => {}
        Some(Value::String(key)) if key.is_empty() => {}
        Some(_) => {
            return Err(incomplete(
                "is one page of an answer: its next_key shows that more follow",
            ));
        }
    }
    let total = pagination.get("total").and_then(|total| match total {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    });
    let here = answer.get(POINTS).and_then(Value::as_array).map(Vec::len);
    match (total, here.and_then(|len| u64::try_from(len).ok())) {
        (Some(total), Some(here)) if total > here => Err(incomplete("is one page of an answer: its total is larger")),
        _ => Ok(()),
    }
}

fn read_points(path: &Path) -> Result<Vec<RevocationPoint>, Failure> {
    let text = read_file("--points", path)?;
    let mut value: Value = parse_json(path, &text)?;
    check_complete(path, &value)?;
    if let Some(list) = value.get_mut(POINTS) {
        value = list.take();
    } else if let Some(answer) = value.get_mut(BY_ISSUER) {
        value = answer.get_mut("points").map(Value::take).unwrap_or_default();
    } else if let Some(point) = value.get_mut(POINT) {
        value = point.take();
    }
    if value.is_null() {
        value = Value::Array(Vec::new());
    }
    let list = match value {
        Value::Array(list) => list,
        single => vec![single],
    };
    let mut points = Vec::new();
    let mut unreadable = Vec::new();
    let mut seen = BTreeSet::new();
    for (number, object) in list.into_iter().enumerate() {
        // Duplicates add nothing.
        if !seen.insert(object.to_string()) {
            continue;
        }
        match serde_json::from_value(object) {
            Ok(point) => points.push(point),
            Err(error) => unreadable.push(format!("{}: point {number}: {error}", path.display())),
        }
    }
    match unreadable.first() {
        Some(first) if points.is_empty() => Err(Failure::Input(first.clone())),
        None if points.is_empty() => Err(Failure::option(
            "--points",
            format_args!("{}: contains no revocation points", path.display()),
        )),
        _ => {
            // The DCL has the points of all vendors; a list of a skipped point has no signer.
            let left_out = |line: &String| say(format_args!("{line}; skipped"));
            unreadable.iter().for_each(left_out);
            Ok(points)
        }
    }
}

/// Reads a revocation set.
pub(crate) fn read_set(path: &Path) -> Result<RevocationSet, Failure> {
    let text = read_file("revocation set", path)?;
    parse_json(path, &text)
}

/// Reads and names the certificates of a file; of several, PAAs are skipped, which no set lists.
fn to_look_up(path: &Path, password: Option<&str>) -> Result<Vec<(String, Certificate)>, Failure> {
    let bytes = read_file("CERT", path)?;
    let file = path.display();
    let wrong = |reason: String| Failure::Input(format!("CERT {file}: is not a certificate in PEM or DER: {reason}"));
    let parts = cli::parts(&bytes, password).map_err(wrong)?;
    let is_only = parts.len() == 1;
    let looked_up = parts.iter().filter(|part| is_only || part.object() != Object::Paa);
    let named = looked_up.map(|part| {
        let certificate = Certificate::from_der(part.as_der());
        let certificate = certificate.map_err(|error| wrong(told_unless(InputKind::Certificate, &bytes, error)))?;
        let name = if is_only {
            file.to_string()
        } else {
            format!("{file}: {}", part.object())
        };
        Ok((name, certificate))
    });
    named.collect()
}

/// `revoke-set check`.
pub(crate) fn check(path: &Path, certificates: &[PathBuf], password: &Password, json: bool) -> Result<(), Failure> {
    let set = read_set(path)?;
    let password = password.read()?;
    let password = password.as_deref().map(String::as_str);
    let mut revoked = 0_usize;
    let mut answers = Vec::new();
    for path in certificates {
        for (name, certificate) in to_look_up(path, password)? {
            let key_id = certificate.authority_key_id();
            let status = key_id.map_or(RevocationStatus::NoData, |id| {
                set.status(certificate.issuer_der(), id, certificate.serial())
            });
            revoked += usize::from(status == RevocationStatus::Revoked);
            answers.push((name, status));
        }
    }
    let doubtful = set.entries().iter().filter(|entry| !entry.is_consistent()).count();
    if json {
        let entry = |entry: &RevocationEntry| {
            let (id, revoked) = (entry.issuer_key_id().to_string(), entry.revoked().len());
            json!({"issuer_subject_key_id": id, "revoked": revoked, "consistent": entry.is_consistent()})
        };
        let entries = set.entries().iter().map(entry).collect::<Vec<_>>();
        let answers = answers
            .iter()
            .map(|(file, status)| json!({"file": file, "status": name(*status)}));
        let answers = answers.collect::<Vec<_>>();
        print_json(format_args!(
            "{:#}",
            json!({"entries": entries, "certificates": answers})
        ))?;
    } else {
        for entry in set.entries() {
            let doubt = if entry.is_consistent() {
                ""
            } else {
                "; disregarded: its signer is not this authority's"
            };
            let (id, revoked) = (entry.issuer_key_id(), entry.revoked().len());
            print(format_args!("{id}: {revoked} revoked{doubt}"))?;
        }
        for (file, status) in &answers {
            print(format_args!("{file}: {}", name(*status)))?;
        }
    }
    match (revoked, doubtful) {
        (0, 0) => Ok(()),
        (0, _) => Err(Failure::No(format!("{doubtful} entries are disregarded"))),
        _ => Err(Failure::No(format!(
            "{revoked} of {} certificates are revoked",
            answers.len()
        ))),
    }
}

const fn name(status: RevocationStatus) -> &'static str {
    match status {
        RevocationStatus::Disregarded => "disregarded",
        RevocationStatus::NoData => "no data",
        RevocationStatus::NotRevoked => "not revoked",
        RevocationStatus::Revoked => "revoked",
    }
}
