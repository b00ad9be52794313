use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base16ct::lower::encode_string as hex;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::{DevicePlan, Region, Step};

/// The document of a device's plan, `plan.json`: the content of its flash, the eFuses to burn, and the commands for both.
///
/// ```text
/// {"chip", "device", "flash_size", "min_revision"?,
///  "regions": [{"offset", "length", "source", "encrypted", "md5", "sha256"}],
///  "efuses": [{"step", "what", "block"?, "purpose"?, "value_or_file", "reason"}],
///  "commands": [TEXT], "warnings": [TEXT]}
/// ```
///
/// It names key files but contains no key. [`PlanFile`](crate::PlanFile) reads it.
#[derive(Clone, Copy, Debug)]
pub struct PlanDocument<'a> {
    plan: &'a DevicePlan,
    device: &'a str,
    merged: Option<&'a str>,
}

impl<'a> PlanDocument<'a> {
    /// Makes the document of a device, given its name.
    #[must_use]
    pub const fn new(plan: &'a DevicePlan, device: &'a str) -> Self {
        Self {
            plan,
            device,
            merged: None,
        }
    }

    /// Makes the commands write one file with the whole flash instead of one file per range.
    #[must_use]
    pub const fn with_merged_file(mut self, file: &'a str) -> Self {
        self.merged = Some(file);
        self
    }

    /// Returns the command lines.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        match self.merged {
            Some(file) => self.plan.commands_of_merged(file),
            None => self.plan.commands(),
        }
    }

    /// Returns the warnings of the plan, and a warning about the gaps when one file has the whole flash.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.plan.warnings().iter().map(ToString::to_string).collect::<Vec<_>>();
        let gaps = self.merged.map_or(0, |_| self.plan.gaps());
        if gaps != 0 {
            warnings.push(format!(
                "the file fills gaps of {gaps:#x} bytes with 0xFF: writing it to a used device erases its data there"
            ));
        }
        warnings
    }
}

impl Serialize for PlanDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { plan, device, .. } = self;
        let regions = plan.regions().iter().map(RegionObject).collect::<Vec<_>>();
        let efuses = (1u32..)
            .zip(plan.efuse_steps())
            .map(|(number, step)| StepObject { number, step });
        let len = 7 + usize::from(plan.min_revision().is_some());
        let mut object = serializer.serialize_struct("PlanDocument", len)?;
        object.serialize_field("chip", plan.chip().name())?;
        object.serialize_field("device", device)?;
        object.serialize_field("flash_size", &plan.flash_size().to_string())?;
        match plan.min_revision() {
            Some(revision) => object.serialize_field("min_revision", &revision.to_string())?,
            None => object.skip_field("min_revision")?,
        }
        object.serialize_field("regions", &regions)?;
        object.serialize_field("efuses", &efuses.collect::<Vec<_>>())?;
        object.serialize_field("commands", &self.commands())?;
        object.serialize_field("warnings", &self.warnings())?;
        object.end()
    }
}

struct RegionObject<'a>(&'a Region);

impl Serialize for RegionObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Region", 6)?;
        object.serialize_field("offset", &self.0.offset())?;
        object.serialize_field("length", &self.0.length())?;
        object.serialize_field("source", self.0.source())?;
        object.serialize_field("encrypted", &self.0.is_encrypted())?;
        object.serialize_field("md5", &hex(self.0.md5()))?;
        object.serialize_field("sha256", &hex(self.0.sha256()))?;
        object.end()
    }
}

struct StepObject<'a> {
    number: u32,
    step: &'a Step,
}

impl Serialize for StepObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let step = self.step;
        let purpose = step.purpose();
        let len = 4 + usize::from(step.block().is_some()) + usize::from(purpose.is_some());
        let mut object = serializer.serialize_struct("Step", len)?;
        object.serialize_field("step", &self.number)?;
        object.serialize_field("what", &step.to_string())?;
        match step.block() {
            Some(block) => object.serialize_field("block", block)?,
            None => object.skip_field("block")?,
        }
        match purpose {
            Some(purpose) => object.serialize_field("purpose", purpose.name())?,
            None => object.skip_field("purpose")?,
        }
        object.serialize_field("value_or_file", &step.value_or_file())?;
        object.serialize_field("reason", step.reason())?;
        object.end()
    }
}
