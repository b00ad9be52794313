use matter_attestation::DateTime;
use matter_setup_payload::{Finding as Lint, ManualPayload, SetupPayload};
use zeroize::Zeroizing;

use crate::device::{Audited, Device, Settings};
use crate::dropped::{Dropped, Kind};
use crate::nvs_map::{self, plain};
use crate::report::{FileSummary, FoundProblem, LabelSummary, Report};
use crate::secret::{self, Revealed};
use crate::{chain, facts, secure_cert_records};

/// The files of one device, with their kinds.
///
/// # Examples
///
/// ```
/// use matter_wasm::Inspector;
///
/// let mut inspector = Inspector::new();
/// inspector.set_time("2026-06-01T00:00:00Z");
/// inspector.add_file("code.txt", b"MT:Y.K9042C00KA0648G00");
/// let report = inspector.report();
/// assert_eq!(report.files[0].what, "Text of a QR code");
/// assert!(report.problems.iter().any(|problem| problem.id == "default-passcode"));
/// assert_eq!(inspector.reveal("passcode").and_then(|secret| secret.text.clone()).as_deref(), Some("20202021"));
/// ```
#[derive(Default)]
pub struct Inspector {
    files: Vec<Dropped>,
    settings: Settings,
}

impl Inspector {
    /// Starts without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time at which certificates must be valid, as `2026-06-01T00:00:00Z`. Returns
    /// whether the text is valid.
    pub fn set_time(&mut self, time: &str) -> bool {
        self.settings.time = time.parse::<DateTime>().ok();
        self.settings.time.is_some()
    }

    /// Sets whether the device is for tests: faults that are allowed in tests become warnings.
    pub const fn set_for_tests(&mut self, for_tests: bool) {
        self.settings.for_tests = for_tests;
    }

    /// Adds a file of the device.
    pub fn add_file(&mut self, name: &str, bytes: &[u8]) {
        self.files
            .push(Dropped::new(name.into(), Zeroizing::new(bytes.to_vec())));
    }

    /// Adds a picture of the device's label with its `size` in bytes: the text of its QR code, or
    /// the reason why there is none.
    pub fn add_picture(&mut self, name: &str, size: usize, text: Result<&str, &str>) {
        let text = text.map(|text| Zeroizing::new(text.to_owned())).map_err(Into::into);
        self.files.push(Dropped {
            name: name.into(),
            bytes: Zeroizing::default(),
            size,
            kind: Kind::Picture(text),
        });
    }

    /// Audits the files against each other, and returns the report.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut device = Device::new(&self.files);
        let audited = device.audit(&self.files, self.settings);
        let image = readable(&device);
        let image = image.as_ref().map(|image| image.as_slice());
        let problems = problems(&device, &audited);
        let count = |severity: &str| problems.iter().filter(|problem| problem.severity == severity).count();
        let nvs = device.nvs.as_ref().zip(image);
        Report {
            files: self.files.iter().map(summary).collect(),
            title: title(&device, &audited, &self.files),
            counts: ["error", "warning", "note"].map(count),
            label: label(&device),
            chain: chain::chain(&device, &audited, self.settings.time),
            nvs: nvs.map(|((source, _), image)| nvs_map::map(image, source, device.nvs_keys.is_some())),
            secure_cert: device
                .secure_cert
                .as_ref()
                .map(|(_, image)| secure_cert_records::records(image))
                .unwrap_or_default(),
            facts: facts::facts(&mut device, &audited, &self.files, image),
            flash: device.flash.map(|flash| flash.summary),
            problems,
        }
    }

    /// Returns a secret by its id in the report.
    #[must_use]
    pub fn reveal(&self, id: &str) -> Option<Revealed> {
        let mut device = Device::new(&self.files);
        let verifier = (id == "verifier").then(|| device.audit(&self.files, self.settings).report);
        let verifier = verifier.as_ref().and_then(|report| report.verifier());
        let verifier = verifier.map(|verifier| verifier.expose_bytes().to_vec());
        let image = readable(&device);
        let image = image.as_ref().map(|image| image.as_slice());
        secret::reveal(id, &device, &self.files, image, verifier.as_deref())
    }
}

impl std::fmt::Debug for Inspector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspector")
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

/// Returns the plain NVS image.
fn readable(device: &Device) -> Option<Zeroizing<Vec<u8>>> {
    let (_, image) = device.nvs.as_ref()?;
    Some(plain(image, device.nvs_keys.as_ref()))
}

fn summary(file: &Dropped) -> FileSummary {
    FileSummary {
        name: file.name.clone(),
        what: file.what(),
        size: file.size,
        is_known: file.is_known(),
    }
}

fn title(device: &Device, audited: &Audited, files: &[Dropped]) -> String {
    let serial = audited.report.serial_number();
    match (device.has_image(), files) {
        (true, _) => match (serial, audited.report.product()) {
            (Some(serial), _) => format!("Device {serial}"),
            (None, Some((vendor, product))) => format!("Device of vendor {vendor}, product {product}"),
            (None, None) => "Device".into(),
        },
        (false, [file]) => file.what(),
        (false, []) => String::new(),
        (false, files) => format!("{} files", files.len()),
    }
}

/// Returns all findings, the worst first.
fn problems(device: &Device, audited: &Audited) -> Vec<FoundProblem> {
    let mut problems: Vec<FoundProblem> = audited.findings.iter().map(FoundProblem::of).collect();
    let qr = device.qr().and_then(|text| text.parse::<SetupPayload>().ok());
    let manual = device
        .codes
        .manual
        .as_ref()
        .and_then(|text| text.parse::<ManualPayload>().ok());
    let lints: Vec<(&str, Lint)> = match (&qr, &manual) {
        (Some(qr), _) => qr.lint().map(|lint| ("qr", lint)).collect(),
        (None, Some(manual)) => manual.lint().map(|lint| ("manual", lint)).collect(),
        (None, None) => Vec::new(),
    };
    let has = |id: &str| problems.iter().any(|problem| problem.id == id);
    let (passcode, vendor) = (has("default-passcode"), has("test-pki"));
    let lints = lints.into_iter().filter(|(_, lint)| match lint {
        Lint::ExamplePasscode => !passcode,
        Lint::TestVendor { .. } => !vendor,
        _ => true,
    });
    let lints = lints.map(|(object, lint)| FoundProblem::new(lint.severity(), lint.id(), object, &lint.to_string()));
    problems.extend(lints.collect::<Vec<_>>());
    problems.sort_by_key(FoundProblem::rank);
    problems.dedup();
    problems
}

fn label(device: &Device) -> Option<LabelSummary> {
    let source = device.codes_source.clone()?;
    let is_drawable = device.qr().is_some_and(|text| text.parse::<SetupPayload>().is_ok());
    Some(LabelSummary {
        secret: "label",
        is_drawable,
        source,
    })
}
