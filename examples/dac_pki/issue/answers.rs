//! Requests that are answered in place: `NAME.csr` gets `NAME.pem`, its certificate, or `NAME.err`, the reason.
//!
//! Requests with a certificate are skipped, so that the command can be repeated: after a power cut, with more requests,
//! or after a correction. No key gets a second certificate.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use cli::{Failure, Files, report, report_json, say};
use factory_fs::{Dir, FolderLock, Input};
use getrandom::rand_core::CryptoRng;
use matter_attestation::{Certificate, CertificateRequest, CertificateSigner, DacTemplate, PublicKey, SerialNumber};
use serde_json::{Value, json};

use super::batch::{Owners, named, no_requests, own, owners, read_request, request_files, stem};
use crate::Common;
use crate::recording::Book;

/// Number of answers between two flushes to disk.
const BATCH: usize = 64;

/// A request and the state of its answer.
struct Pending {
    path: PathBuf,
    state: State,
}

enum State {
    /// It has a certificate from an earlier call.
    Answered(Certificate),
    /// It is to get a certificate.
    Wanted {
        key: PublicKey,
        common_name: String,
    },
    /// It has just got a certificate.
    Issued(Certificate),
    /// It gets the certificate recorded in the ledger.
    Recorded(Certificate),
    Refused(String),
}

impl Pending {
    fn answer(&self) -> PathBuf {
        self.path.with_extension("pem")
    }

    fn error(&self) -> PathBuf {
        self.path.with_extension("err")
    }

    fn to_json(&self) -> Value {
        let request = self.path.display().to_string();
        let of = |state: &str, certificate: &Certificate| {
            json!({
                "request": request, "state": state, "certificate": self.answer().display().to_string(),
                "cn": certificate.common_name(), "serial": certificate.serial().to_string(),
            })
        };
        match &self.state {
            State::Answered(certificate) => of("answered before", certificate),
            State::Issued(certificate) | State::Recorded(certificate) => of("answered", certificate),
            State::Wanted { .. } => json!({"request": request, "state": "open"}),
            State::Refused(reason) => json!({"request": request, "state": "refused", "reason": reason}),
        }
    }
}

/// Answers all requests of a folder that have no certificate yet.
pub(super) fn answer<S: CertificateSigner, R: CryptoRng>(
    folder: &Path,
    prefix: Option<&str>,
    pai: &Certificate,
    template: &DacTemplate<'_, S>,
    rng: &mut R,
    mut book: Option<Book>,
    common: &Common,
) -> Result<(), Failure> {
    let unusable = |error| Failure::option("--csr", format_args!("{}: {error}", folder.display()));
    let dir = Dir::open(folder).map_err(unusable)?;
    let _lock = FolderLock::new(&dir).map_err(unusable)?;
    let paths = requests_of(folder)?;
    let mut pending = look(paths, prefix, pai, common);
    for chunk in pending.chunks_mut(BATCH) {
        for one in chunk.iter_mut() {
            let State::Wanted { key, common_name } = &one.state else {
                continue;
            };
            let recorded = match &mut book {
                Some(book) => book.recorded(key)?,
                None => None,
            };
            if let Some(recorded) = recorded {
                one.state = again(recorded, common_name, pai);
                continue;
            }
            let issued = template.issue(common_name, key, SerialNumber::generate(rng));
            one.state = match issued {
                Ok(certificate) => State::Issued(certificate),
                Err(error @ matter_attestation::Error::SigningFailed(_)) => return Err(super::refused(error)),
                Err(error) => State::Refused(error.to_string()),
            };
        }
        if let Some(book) = &mut book {
            record(chunk, book)?;
        }
        publish(chunk, &dir, common)?;
    }
    tell(&pending, common.json)
}

/// Handles a recorded certificate that is missing from its file: the program was stopped in between.
fn again(recorded: Certificate, common_name: &str, pai: &Certificate) -> State {
    if recorded.common_name() == Some(common_name) && recorded.verify_issued_by(pai).is_ok() {
        State::Recorded(recorded)
    } else {
        State::Refused("the ledger has a different certificate for this key; make a new key".into())
    }
}

/// Records the issued certificates one by one: a key that a device of a run already has is refused without affecting
/// others.
fn record(chunk: &mut [Pending], book: &mut Book) -> Result<(), Failure> {
    for one in chunk {
        let State::Issued(certificate) = &one.state else {
            continue;
        };
        match book.record(std::slice::from_ref(certificate)) {
            Ok(()) => {}
            Err(Failure::No(reason)) => one.state = State::Refused(reason),
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

/// Lists the requests: all files except answers. Refuses two requests of one name, and a request in the place of an
/// answer.
fn requests_of(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let is_answer = |path: &PathBuf| [Some("pem".as_ref()), Some("err".as_ref())].contains(&path.extension());
    let (answers, requests): (Vec<_>, Vec<_>) = request_files(folder)?.into_iter().partition(is_answer);
    let mut names: BTreeMap<&OsStr, &Path> = BTreeMap::new();
    for path in &requests {
        if let Some(other) = names.insert(path.file_stem().unwrap_or_default(), path) {
            return Err(Failure::Input(format!(
                "{}: has the same name as {}, and so would its certificate",
                path.display(),
                other.display()
            )));
        }
    }
    for path in &answers {
        let is_request = Input::read_file(path).is_ok_and(|bytes| CertificateRequest::decode(&bytes).is_ok());
        if is_request {
            let reason = "is a request in the place of an answer; rename it to .csr, or give another folder with --out";
            return Err(Failure::Input(format!("{}: {reason}", path.display())));
        }
    }
    if requests.is_empty() {
        return Err(no_requests(folder));
    }
    Ok(requests)
}

/// Determines the work for each request. Keys with a certificate come first, regardless of their place in the list.
fn look(paths: Vec<PathBuf>, prefix: Option<&str>, pai: &Certificate, common: &Common) -> Vec<Pending> {
    let mut owners = owners(&pai.public_key());
    let read = paths.into_iter().map(|path| (read_request(&path), path));
    let found = read.map(|(key, path)| {
        let answered = key.map(|key| (key, answer_of(&path, &key, pai)));
        if let Ok((key, Answer::Own(_))) = &answered {
            owners.entry(*key.as_bytes()).or_insert_with(|| path.clone());
        }
        (path, answered)
    });
    let found = found.collect::<Vec<_>>();
    let pending = found.into_iter().map(|(path, answered)| {
        let state = answered.and_then(|(key, answer)| decide(&path, key, answer, prefix, &mut owners, common));
        Pending {
            path,
            state: state.unwrap_or_else(State::Refused),
        }
    });
    pending.collect()
}

/// The file in the place of an answer.
enum Answer {
    None,
    Own(Box<Certificate>),
    Other,
}

fn answer_of(path: &Path, key: &PublicKey, pai: &Certificate) -> Answer {
    let place = path.with_extension("pem");
    if place.symlink_metadata().is_err() {
        return Answer::None;
    }
    let certificate = Input::read_file(&place)
        .ok()
        .and_then(|bytes| Certificate::decode(&bytes).ok());
    let is_own = |found: &Certificate| found.public_key() == *key && found.verify_issued_by(pai).is_ok();
    certificate
        .filter(is_own)
        .map_or(Answer::Other, |own| Answer::Own(Box::new(own)))
}

fn decide(
    path: &Path,
    key: PublicKey,
    answer: Answer,
    prefix: Option<&str>,
    owners: &mut Owners,
    common: &Common,
) -> Result<State, String> {
    match answer {
        Answer::Own(certificate) => return Ok(State::Answered(*certificate)),
        Answer::Other if !common.force => {
            let place = path.with_extension("pem");
            return Err(format!(
                "{} exists and is not its certificate by this issuer; use --force to replace it",
                place.display()
            ));
        }
        Answer::Other | Answer::None => {}
    }
    let common_name = named(prefix, stem(path)?);
    own(owners, &key, path)?;
    Ok(State::Wanted { key, common_name })
}

/// Writes the answers of a batch beside their requests, and removes former reasons from those with a certificate.
fn publish(chunk: &[Pending], dir: &Dir, common: &Common) -> Result<(), Failure> {
    let (mut certificates, mut reasons) = (Vec::new(), Vec::new());
    for one in chunk {
        match &one.state {
            State::Issued(certificate) | State::Recorded(certificate) => {
                certificates.push((one.answer(), certificate.to_pem()));
            }
            State::Refused(reason) => reasons.push((one.error(), format!("{reason}\n"))),
            State::Answered(_) | State::Wanted { .. } => {}
        }
    }
    put(&certificates, common.files())?;
    put(&reasons, Files::new(true, common.trust))?;
    for one in chunk.iter().filter(|one| !matches!(one.state, State::Refused(_))) {
        let path = one.error();
        if let Some(name) = path.file_name().filter(|_| path.symlink_metadata().is_ok()) {
            let removed = dir.remove_file(name);
            removed.map_err(|error| Failure::Work(format!("cannot remove {}: {error}", path.display())))?;
        }
    }
    Ok(())
}

fn put(outputs: &[(PathBuf, String)], files: Files) -> Result<(), Failure> {
    let files = outputs
        .iter()
        .fold(files, |files, (path, _)| files.output("--csr", path));
    files.check()?;
    let outputs = outputs.iter().map(|(path, text)| (path.as_path(), text.as_bytes()));
    files.publish(&outputs.collect::<Vec<_>>())
}

/// Reports the result of each request; the answer is no if one was refused.
fn tell(pending: &[Pending], json: bool) -> Result<(), Failure> {
    if json {
        let all = pending.iter().map(Pending::to_json).collect();
        report_json(format_args!("{:#}", Value::Array(all)));
    }
    let mut refused = 0_usize;
    for one in pending {
        match &one.state {
            State::Refused(reason) => {
                refused += 1;
                say(format_args!("{}: {reason}", one.path.display()));
            }
            State::Issued(certificate) | State::Recorded(certificate) | State::Answered(certificate) if !json => {
                let before = if matches!(one.state, State::Answered(_)) {
                    ", answered before"
                } else {
                    ""
                };
                report(format_args!(
                    "{}: {}, serial number {}{before}",
                    one.answer().display(),
                    certificate.common_name().unwrap_or_default(),
                    certificate.serial(),
                ));
            }
            _ => {}
        }
    }
    if refused > 0 {
        let all = pending.len();
        return Err(Failure::No(format!(
            "--csr: {refused} of {all} requests are refused; the .err file beside each states the reason"
        )));
    }
    Ok(())
}
