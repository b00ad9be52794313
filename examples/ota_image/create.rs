//! `create` and `change-header`: a header before a payload that is read once, in pieces.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use cli::{Failure, Files, Growing, say};
use matter_ota_image::{Digest, DigestType, Error, HeaderReader, OtaHeader, Payload, PayloadHasher, SoftwareVersion};

use crate::findings::{Finding, Judged, refuse_errors};
use crate::options::{Allow, HeaderOptions, PayloadOptions, PayloadRules};
use crate::scan::{Scanned, Source, Watched};

/// The arguments of `create`.
#[derive(Args)]
pub(crate) struct Create {
    #[command(flatten)]
    header: HeaderOptions,
    #[command(flatten)]
    allow: Allow,
    #[command(flatten)]
    payload: PayloadOptions,
    /// Payload of one or more files, and the file to write
    #[arg(required = true, num_args = 2.., value_name = "PAYLOAD… OUT")]
    files: Vec<PathBuf>,
}

/// The arguments of `change-header`.
#[derive(Args)]
pub(crate) struct Change {
    #[command(flatten)]
    header: HeaderOptions,
    #[command(flatten)]
    allow: Allow,
    /// File to read
    input: PathBuf,
    /// File to write
    output: PathBuf,
}

/// Returns a digest of the right length, for a header whose digest is not known yet.
fn blank(kind: DigestType, size: u64) -> Result<Payload, Failure> {
    let digest = Digest::new(kind, [0; 64].get(..kind.len()).unwrap_or_default());
    let digest = digest.map_err(|error| Failure::Work(error.to_string()))?;
    Ok(Payload { size, digest })
}

fn write_start(output: &mut Growing, header: &OtaHeader<'_>, is_first: bool) -> Result<(), Failure> {
    let mut buffer = [0; OtaHeader::MAX_ENCODED_LEN];
    let bytes = header
        .encode(&mut buffer)
        .map_err(|error| Failure::Work(error.to_string()))?;
    if is_first {
        output.write(bytes)
    } else {
        output.rewrite_start(bytes)
    }
}

impl Create {
    pub(crate) fn run(&self, files: Files) -> Result<(), Failure> {
        let Some((output, inputs)) = self.files.split_last() else {
            return Err(Failure::Input("missing: PAYLOAD and OUT".into()));
        };
        let files = inputs.iter().fold(files, |files, path| files.input("PAYLOAD", path));
        let files = files.output("OUT", output);
        files.check()?;
        let rules = self.payload.read()?;
        let kind = self.header.digest_type()?.unwrap_or(DigestType::Sha256);
        let mut opened = Vec::new();
        let mut size = 0u64;
        for path in inputs {
            let source = Source::open("PAYLOAD", path)?;
            size = size.saturating_add(source.len());
            opened.push(source);
        }
        let header = self.header.header(None, blank(kind, size)?, &self.allow)?;
        if size == 0 && !self.allow.allow.iter().any(|allowed| allowed == "payload-empty") {
            return Err(Failure::Input(
                "PAYLOAD: has no bytes; use --allow payload-empty to accept it".into(),
            ));
        }
        warn_of_zero(header.software_version());
        let mut writing = files.grow(output)?;
        write_start(&mut writing, &header, true)?;
        let mut hasher = PayloadHasher::new(kind);
        let mut watched = Watched::default();
        for source in &opened {
            source.pieces(|piece| {
                hasher.update(piece);
                watched.push(piece);
                writing.write(piece).map(ControlFlow::Continue)
            })?;
        }
        let payload = hasher.finish();
        if payload.size != size {
            let reason = format!(
                "PAYLOAD: had {size} bytes and now has {}: it was changed while it was read",
                payload.size
            );
            return Err(Failure::Input(reason));
        }
        let header = self.header.header(None, payload, &self.allow)?;
        let shown = opened.first().map_or(output.as_path(), Source::path);
        check_payload(shown, &watched, &header, &rules, &self.allow)?;
        write_start(&mut writing, &header, false)?;
        writing.publish()
    }
}

fn warn_of_zero(version: SoftwareVersion) {
    if version == SoftwareVersion::MIN {
        say("warning: software version 0 is not newer than any other: no provider offers it");
    }
}

/// Refuses a payload that breaks the rules for an ESP32.
fn check_payload(
    path: &Path,
    watched: &Watched,
    header: &OtaHeader<'_>,
    rules: &PayloadRules,
    allow: &Allow,
) -> Result<(), Failure> {
    let version = header.software_version_string().get();
    let findings = watched.findings(Some(header), Some(version), rules);
    let findings = findings.into_iter().map(Finding::Payload);
    let judged: Vec<_> = findings.map(|finding| Judged::new(finding, &allow.allow)).collect();
    refuse_errors(path, &judged)
}

impl Change {
    pub(crate) fn run(&self, files: Files) -> Result<(), Failure> {
        let files = files.input("IN", &self.input).output("OUT", &self.output);
        files.check()?;
        let new_kind = self.header.digest_type()?;
        let of_old = |error: Error| Failure::Input(format!("IN {}: {error}", self.input.display()));
        // Read for the length of the new header.
        let source = Source::open("IN", &self.input)?;
        let mut reader = HeaderReader::new();
        source.pieces(|piece| {
            reader.push(piece).map_err(of_old)?;
            Ok(match reader.needed() {
                Ok(0) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            })
        })?;
        let old = reader.header().map_err(of_old)?;
        let kind = match new_kind {
            Some(kind) => kind,
            None => old.digest().map_err(of_old)?.kind(),
        };
        let header = self
            .header
            .header(Some(&old), blank(kind, old.payload_size)?, &self.allow)?;
        warn_of_zero(header.software_version());
        let mut writing = files.grow(&self.output)?;
        write_start(&mut writing, &header, true)?;
        let mut hasher = PayloadHasher::new(kind);
        let scanned = Scanned::read_whole(&source, |_, piece| {
            hasher.update(piece);
            writing.write(piece)
        })?;
        if scanned.header() != Ok(old) {
            return Err(Failure::Input(format!(
                "IN {}: was changed while it was read",
                self.input.display()
            )));
        }
        self.refuse_damage(&scanned, new_kind.is_some())?;
        let header = self.header.header(Some(&old), hasher.finish(), &self.allow)?;
        let judged: Vec<Judged> = scanned
            .payload
            .findings(
                Some(&header),
                Some(header.software_version_string().get()),
                &PayloadRules::none(),
            )
            .into_iter()
            .map(|finding| Judged::new(Finding::Payload(finding), &self.allow.allow))
            .collect();
        refuse_errors(&self.input, &judged)?;
        write_start(&mut writing, &header, false)?;
        writing.publish()
    }

    /// Refuses a payload that does not match the old header: a new digest would hide the damage.
    fn refuse_damage(&self, scanned: &Scanned, is_new_digest: bool) -> Result<(), Failure> {
        let judged: Vec<Judged> = scanned
            .judge(&PayloadRules::none(), &self.allow.allow)
            .into_iter()
            .filter(|judged| match judged.finding {
                Finding::File(Error::DigestLength { .. } | Error::DigestType { .. }) => !is_new_digest,
                Finding::File(Error::DigestMismatch | Error::PayloadTruncated { .. } | Error::TrailingBytes { .. }) => {
                    true
                }
                _ => false,
            })
            .collect();
        refuse_errors(&self.input, &judged)
    }
}
