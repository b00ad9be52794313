//! Reads a file once, in pieces, and finds all of its faults.

use std::io::{ErrorKind, Read};
use std::ops::ControlFlow;
use std::path::Path;

use cli::Failure;
use factory_fs::Input;
use matter_ota_image::{
    DeltaHeader, EncryptedHeader, Error, EspApp, EspFinding, EspPayload, FixedHeader, HeaderReader, OtaHeader,
    PayloadReader, RawHeader,
};
use zeroize::Zeroizing;

use crate::findings::{Finding, Judged};
use crate::options::PayloadRules;

/// Number of bytes to read at a time.
const PIECE: usize = 128 << 10;
/// The longest app image that is examined. No ESP32 has more flash for it, and it is held in memory.
const MAX_APP: usize = 16 << 20;

/// An input file of known length, which can be read repeatedly.
pub(crate) struct Source<'p> {
    what: &'static str,
    path: &'p Path,
    /// The contents of a pipe or a device, which can be read only once.
    held: Option<Zeroizing<Vec<u8>>>,
    len: u64,
}

impl<'p> Source<'p> {
    pub(crate) fn open(what: &'static str, path: &'p Path) -> Result<Self, Failure> {
        let mut source = Self {
            what,
            path,
            held: None,
            len: 0,
        };
        let input = Input::open(path).map_err(|error| source.wrong(&error))?;
        source.len = input.len();
        if !std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
            let bytes = input
                .read_whole(Input::MAX_FILE)
                .map_err(|error| source.wrong(&error))?;
            source.len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            source.held = Some(bytes);
        }
        Ok(source)
    }

    pub(crate) const fn path(&self) -> &'p Path {
        self.path
    }

    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// Passes the file on in pieces while `take` requests more.
    pub(crate) fn pieces(
        &self,
        mut take: impl FnMut(&[u8]) -> Result<ControlFlow<()>, Failure>,
    ) -> Result<(), Failure> {
        if let Some(held) = &self.held {
            for piece in held.chunks(PIECE) {
                if take(piece)?.is_break() {
                    break;
                }
            }
            return Ok(());
        }
        let mut input = Input::open(self.path).map_err(|error| self.wrong(&error))?;
        let mut buffer = vec![0; PIECE];
        loop {
            match input.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(len) => {
                    if take(buffer.get(..len).unwrap_or_default())?.is_break() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.wrong(&error)),
            }
        }
    }

    fn wrong(&self, reason: &dyn std::fmt::Display) -> Failure {
        Failure::Input(format!("{} {}: {reason}", self.what, self.path.display()))
    }
}

/// A payload in passing: its start, and all of it for an app image.
#[derive(Default)]
pub(crate) struct Watched {
    bytes: Vec<u8>,
    len: u64,
}

impl Watched {
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.len = self.len.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        // The start determines whether the rest is required.
        let missing = EspPayload::START_LEN.saturating_sub(self.bytes.len());
        let (start, rest) = piece.split_at_checked(missing).unwrap_or((piece, &[]));
        self.bytes.extend_from_slice(start);
        if !rest.is_empty() && self.kind() == Some(EspPayload::App) {
            let room = (MAX_APP + 1).saturating_sub(self.bytes.len());
            self.bytes.extend_from_slice(rest.get(..room).unwrap_or(rest));
        }
    }

    pub(crate) fn kind(&self) -> Option<EspPayload> {
        EspPayload::of(&self.bytes)
    }

    /// Returns the app image, if the payload is one and is complete.
    pub(crate) fn app(&self) -> Option<Result<EspApp<'_>, EspFinding>> {
        let is_whole = u64::try_from(self.bytes.len()).is_ok_and(|len| len == self.len);
        (self.kind() == Some(EspPayload::App) && is_whole).then(|| EspApp::parse(&self.bytes))
    }

    pub(crate) fn delta(&self) -> Option<DeltaHeader> {
        DeltaHeader::decode(&self.bytes).ok()
    }

    pub(crate) fn encrypted(&self) -> Option<EncryptedHeader> {
        EncryptedHeader::decode(&self.bytes).ok()
    }

    /// Returns the findings about it as a payload of an ESP32.
    pub(crate) fn findings(
        &self,
        header: Option<&OtaHeader<'_>>,
        version: Option<&str>,
        rules: &PayloadRules,
    ) -> Vec<EspFinding> {
        let expected = rules.expected(version);
        match (self.app(), self.delta(), self.encrypted()) {
            (Some(Ok(app)), ..) => app.findings(&expected).collect(),
            (Some(Err(finding)), ..) => vec![finding],
            (_, Some(delta), _) => delta.findings(header, self.len).collect(),
            (.., Some(encrypted)) => encrypted.findings(self.len).collect(),
            _ if rules.must_be_esp => vec![EspFinding::Other],
            _ => Vec::new(),
        }
    }
}

/// A file that was read.
pub(crate) struct Scanned {
    reader: HeaderReader,
    pub(crate) payload: Watched,
    findings: Vec<Error>,
}

impl Scanned {
    /// Reads a file. `take` gets its payload, or nothing if the header is refused.
    pub(crate) fn read(path: &Path, mut take: impl FnMut(&[u8]) -> Result<(), Failure>) -> Result<Self, Failure> {
        Self::read_whole(&Source::open("FILE", path)?, |_, payload| take(payload))
    }

    /// As [`Self::read`], with every piece of the file and its payload.
    pub(crate) fn read_whole(
        source: &Source<'_>,
        mut take: impl FnMut(&[u8], &[u8]) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let mut reader = HeaderReader::new();
        let mut payload: Option<PayloadReader> = None;
        let mut refused = None;
        let mut watched = Watched::default();
        source.pieces(|piece| {
            let mut rest = piece;
            if payload.is_none() {
                let taken = match reader.push(piece) {
                    Ok(taken) => taken,
                    Err(error) => {
                        refused = Some(error);
                        return Ok(ControlFlow::Break(()));
                    }
                };
                rest = piece.get(taken..).unwrap_or_default();
                match reader.header() {
                    Ok(header) => payload = Some(PayloadReader::new(&header)),
                    Err(Error::Incomplete { .. }) => {}
                    Err(error) => {
                        refused = Some(error);
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
            let of_payload = payload.as_mut().map(|payload| payload.push(rest)).unwrap_or_default();
            watched.push(of_payload);
            take(piece, of_payload).map(ControlFlow::Continue)
        })?;
        let mut findings = Vec::new();
        match (reader.deviations(), refused) {
            (Ok(deviations), None) => findings.extend(deviations),
            (Err(error), _) | (_, Some(error)) => findings.push(error),
        }
        findings.extend(payload.into_iter().flat_map(PayloadReader::finish));
        Ok(Self {
            reader,
            payload: watched,
            findings,
        })
    }

    /// Returns the header, unless the SDK refuses it.
    pub(crate) fn header(&self) -> Result<RawHeader<'_>, Error> {
        self.reader.header()
    }

    /// Returns the part before the structure.
    pub(crate) fn fixed(&self) -> Result<FixedHeader, Error> {
        self.reader.fixed()
    }

    /// Returns the header of a file whose other findings are refused or accepted.
    pub(crate) fn checked_header(&self, path: &Path) -> Result<OtaHeader<'_>, Failure> {
        let header = self.header().and_then(|header| header.to_header());
        header.map_err(|error| Failure::Input(format!("{}: {error}", path.display())))
    }

    /// Returns all findings about the file, by strict rules.
    pub(crate) fn judge(&self, rules: &PayloadRules, allow: &[String]) -> Vec<Judged> {
        let mut findings: Vec<Finding> = self.findings.iter().copied().map(Finding::File).collect();
        if let Ok(raw) = self.header() {
            let typed = raw.to_header().ok();
            let version = std::str::from_utf8(raw.software_version_string).ok();
            let found = self.payload.findings(typed.as_ref(), version, rules);
            findings.extend(found.into_iter().map(Finding::Payload));
        }
        findings
            .into_iter()
            .map(|finding| Judged::new(finding, allow))
            .collect()
    }
}
