use std::fmt;
use std::time::{Duration, Instant};

/// A part of the work on one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Passcode, salt and verifier.
    Derivation,
    /// Key and certificate.
    Certificates,
    /// The partition image, including reading it back.
    Nvs,
    /// The picture of the QR code.
    Qr,
    /// The image of the flash, including reading it back.
    Flash,
    /// Writing the device's folder to disk.
    Files,
    /// The audit of the finished files.
    Audit,
}

impl Phase {
    /// All phases in the order in which a device goes through them.
    pub const ALL: [Self; 7] = [
        Self::Derivation,
        Self::Certificates,
        Self::Nvs,
        Self::Qr,
        Self::Flash,
        Self::Files,
        Self::Audit,
    ];
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Derivation => "derivation",
            Self::Certificates => "certificates",
            Self::Nvs => "nvs",
            Self::Qr => "qr",
            Self::Flash => "flash",
            Self::Files => "files",
            Self::Audit => "audit",
        })
    }
}

/// The duration of each phase, summed over devices.
///
/// # Examples
///
/// ```
/// use matter_mfg::{Phase, RunReport};
///
/// fn show(report: &RunReport) {
///     for phase in Phase::ALL {
///         println!("{phase}: {:?}", report.timings.get(phase));
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    derivation: Duration,
    certificates: Duration,
    nvs: Duration,
    qr: Duration,
    flash: Duration,
    files: Duration,
    audit: Duration,
}

impl Timings {
    /// Returns the duration of a phase.
    #[must_use]
    pub const fn get(&self, phase: Phase) -> Duration {
        match phase {
            Phase::Derivation => self.derivation,
            Phase::Certificates => self.certificates,
            Phase::Nvs => self.nvs,
            Phase::Qr => self.qr,
            Phase::Flash => self.flash,
            Phase::Files => self.files,
            Phase::Audit => self.audit,
        }
    }

    /// Runs `work` and adds its duration.
    pub(crate) fn measure<T>(&mut self, phase: Phase, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = match phase {
            Phase::Derivation => named::derivation(work),
            Phase::Certificates => named::certificates(work),
            Phase::Nvs => named::nvs(work),
            Phase::Qr => named::qr(work),
            Phase::Flash => named::flash(work),
            Phase::Files => named::files(work),
            Phase::Audit => named::audit(work),
        };
        *self.slot(phase) += start.elapsed();
        done
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for phase in Phase::ALL {
            *self.slot(phase) += other.get(phase);
        }
    }

    const fn slot(&mut self, phase: Phase) -> &mut Duration {
        match phase {
            Phase::Derivation => &mut self.derivation,
            Phase::Certificates => &mut self.certificates,
            Phase::Nvs => &mut self.nvs,
            Phase::Qr => &mut self.qr,
            Phase::Flash => &mut self.flash,
            Phase::Files => &mut self.files,
            Phase::Audit => &mut self.audit,
        }
    }
}

/// A function for each phase, so that profilers attribute time to it by name; `scripts/instructions` relies on the
/// names.
mod named {
    use std::hint::black_box;

    use super::Phase;

    macro_rules! functions {
        ($($name:ident $phase:ident),*) => {
            $(
                #[inline(never)]
                pub(super) fn $name<T>(work: impl FnOnce() -> T) -> T {
                    // Identical functions would be merged.
                    black_box(Phase::$phase);
                    work()
                }
            )*
        };
    }

    functions!(
        derivation Derivation,
        certificates Certificates,
        nvs Nvs,
        qr Qr,
        flash Flash,
        files Files,
        audit Audit
    );
}
