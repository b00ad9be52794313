mod check;
mod compare;
mod step;

use alloc::string::String;
use alloc::vec::Vec;

use esp_flash_image::{Chip, ChipRevision, FlashSize};
use serde::Deserialize;

use crate::command::commands;
use crate::{Action, Error, FlashFile, Region, Step};

use self::step::WrittenStep;

/// A plan read from its document, `plan.json` as written by [`PlanDocument`](crate::PlanDocument).
///
/// Reading includes the checks: names exist on the chip, values are in range, regions are sorted and do not overlap, steps
/// are in the only safe order, and each protection has its key. Unknown fields are refused. An attacker who can change
/// the document could still leave out a protection; compare it with the profile to detect that.
///
/// # Examples
///
/// ```
/// use esp_flash_plan::{Phase, PlanFile};
///
/// let text = r#"{
///   "chip": "esp32c3", "device": "d1", "flash_size": "4MB",
///   "regions": [{"offset": 0, "length": 4096, "source": "bootloader", "encrypted": false,
///     "md5": "00112233445566778899aabbccddeeff",
///     "sha256": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}],
///   "efuses": [{"step": 1, "what": "burn HMAC_UP into BLOCK_KEY0", "block": "BLOCK_KEY0", "purpose": "HMAC_UP",
///     "value_or_file": "keys/d1-nvs-hmac-key.bin", "reason": "NVS encryption"}],
///   "commands": [], "warnings": []
/// }"#;
/// let plan: PlanFile = serde_json::from_str(text)?;
/// assert_eq!(plan.key_files().collect::<Vec<_>>(), ["keys/d1-nvs-hmac-key.bin"]);
/// let phases: Vec<_> = plan.steps().iter().map(|step| step.phase()).collect();
/// assert_eq!(phases, [Phase::WriteFlash, Phase::CheckFlash, Phase::SecretKeys]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct PlanFile {
    chip: Chip,
    device: String,
    flash_size: Option<FlashSize>,
    min_revision: Option<ChipRevision>,
    regions: Vec<Region>,
    steps: Vec<Step>,
}

impl PlanFile {
    /// Returns the chip.
    #[must_use]
    pub const fn chip(&self) -> Chip {
        self.chip
    }

    /// Returns the name of the device.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }

    /// Returns the flash size; earlier documents do not state it.
    #[must_use]
    pub const fn flash_size(&self) -> Option<FlashSize> {
        self.flash_size
    }

    /// Returns the first chip revision that the plan supports, if it requires one.
    #[must_use]
    pub const fn min_revision(&self) -> Option<ChipRevision> {
        self.min_revision
    }

    /// Returns the ranges of flash that are written, sorted by offset.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// Returns the end of the last region.
    #[must_use]
    pub fn flash_end(&self) -> u32 {
        self.regions.last().map_or(0, Region::end)
    }

    /// Returns all steps in the only safe order, including those for the flash.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the steps that burn eFuses, in the only safe order.
    pub fn efuse_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.is_efuse())
    }

    /// Returns the key files that the steps burn, without duplicates. They are unchecked text of the document: validate the
    /// paths before opening them.
    pub fn key_files(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match step.action() {
            Action::BurnKey { file, half, .. } if *half != crate::KeyHalf::Second => Some(file.as_str()),
            _ => None,
        })
    }

    /// Returns `esptool` and `espefuse` command lines that perform all steps by hand, with one file of the whole flash from
    /// address 0 on. They are derived from the steps; the commands in the document are ignored.
    #[must_use]
    pub fn commands_of_merged(&self, file: &str) -> Vec<String> {
        commands(self.chip, &self.steps, &[FlashFile::named(file)])
    }
}

/// The document as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    chip: String,
    device: String,
    flash_size: Option<String>,
    min_revision: Option<String>,
    regions: Vec<WrittenRegion>,
    efuses: Vec<WrittenStep>,
    #[expect(dead_code, reason = "for readers; they follow from the rest")]
    commands: Vec<String>,
    // Absent in earlier documents.
    #[serde(default)]
    #[expect(dead_code, reason = "for readers")]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRegion {
    offset: u32,
    length: u32,
    source: String,
    encrypted: bool,
    md5: String,
    sha256: String,
}

impl TryFrom<Written> for PlanFile {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        let member = |member, reason| move || Error::DocumentMember { member, reason };
        // The name must be spelled as the program writes it.
        let known = Chip::ALL.iter().copied().find(|chip| chip.name() == written.chip);
        let chip = known.ok_or_else(member("chip", "is not a known chip"))?;
        if written.device.is_empty() || written.device.chars().any(char::is_control) {
            return Err(member("device", "is empty or has control characters")());
        }
        let flash_size = match written.flash_size.as_deref().map(str::parse::<FlashSize>) {
            Some(size) => Some(size.map_err(|_| member("flash_size", "is not a flash size such as 4MB")())?),
            None => None,
        };
        let min_revision = match written.min_revision.as_deref().map(str::parse::<ChipRevision>) {
            Some(revision) => {
                Some(revision.map_err(|_| member("min_revision", "is not a chip revision such as 0.4")())?)
            }
            None => None,
        };
        let regions: Result<Vec<_>, _> = written.regions.into_iter().map(Region::try_from).collect();
        let regions = regions?;
        check::regions(&regions, flash_size)?;
        if written.efuses.len() > MAX_STEPS {
            return Err(member("efuses", "has more than 96 steps")());
        }
        let steps = step::read(chip, written.efuses)?;
        check::protection(chip, &regions, &steps)?;
        Ok(Self {
            chip,
            device: written.device,
            flash_size,
            min_revision,
            regions,
            steps,
        })
    }
}

impl TryFrom<WrittenRegion> for Region {
    type Error = Error;

    fn try_from(written: WrittenRegion) -> Result<Self, Error> {
        let WrittenRegion { offset, length, .. } = written;
        let wrong = |reason| move || Error::DocumentRegion { offset, reason };
        if written.source.is_empty() || written.source.chars().any(char::is_control) {
            return Err(wrong("has a source that is empty or has control characters")());
        }
        let md5 = hex(&written.md5).ok_or_else(wrong("has an MD5 that is not 32 lower-case hexadecimal digits"))?;
        let sha256 =
            hex(&written.sha256).ok_or_else(wrong("has a SHA-256 that is not 64 lower-case hexadecimal digits"))?;
        Ok(Self::read(
            (offset, length),
            written.source,
            written.encrypted,
            md5,
            sha256,
        ))
    }
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let len = base16ct::lower::decode(text, &mut bytes).ok()?.len();
    (len == N).then_some(bytes)
}

/// More than the number of eFuses of any chip that a plan burns.
const MAX_STEPS: usize = 96;
