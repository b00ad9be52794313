//! The devices of an audit, one after another, and what they have in common checked once.

use std::path::PathBuf;

use esp_nvs_image::NvsKeys;
use matter_factory_data::{Attested, BatchAudit, Expected, Report, recompute};

use super::files::{DeviceFiles, is_uuid};
use super::listed::Listed;
use super::source::Source;
use super::unchecked::Unchecked;
use super::{Audit, AuditedDevice};
use crate::Error;

/// Devices whose verifiers are derived together.
const CHUNK: usize = 256;

/// What an audit has done so far.
pub(super) struct Work<'a> {
    audit: &'a Audit<'a>,
    keys: Option<NvsKeys>,
    pub(super) listed: Vec<Listed>,
    pub(super) batch: BatchAudit,
    pub(super) devices: Vec<AuditedDevice>,
    /// Devices whose verifiers are not derived yet.
    waiting: Vec<(PathBuf, Option<String>, Report)>,
    pub(super) unchecked: Unchecked,
}

impl<'a> Work<'a> {
    pub(super) fn new(audit: &'a Audit<'a>, keys: Option<NvsKeys>, listed: Vec<Listed>, batch: BatchAudit) -> Self {
        Self {
            audit,
            keys,
            listed,
            batch,
            devices: Vec::new(),
            waiting: Vec::new(),
            unchecked: Unchecked::default(),
        }
    }

    /// Audits all devices.
    pub(super) fn run(&mut self, sources: &[Source]) -> Result<(), Error> {
        let mut rest = sources;
        while !rest.is_empty() {
            let count = self.run_alike(rest)?;
            rest = rest.get(count..).unwrap_or_default();
        }
        self.flush();
        Ok(())
    }

    /// Audits devices as long as they share PAI, declaration and product, and whether they are for tests. Returns how many.
    fn run_alike(&mut self, sources: &[Source]) -> Result<usize, Error> {
        let Some(first) = sources.first() else { return Ok(0) };
        let device = DeviceFiles::read(first)?;
        let is_test = self.is_test(&device);
        // A run that is marked as one for tests makes devices for tests.
        let expected = if is_test {
            self.audit.expected.for_tests()
        } else {
            self.audit.expected
        };
        let first = device.audit(&expected, None, self.keys.as_ref(), false);
        let parts = first.shared_parts().cloned().unwrap_or_default();
        let attested = Attested::new(&parts, &expected);
        self.add(device, &expected, &attested);
        for (done, source) in sources.iter().enumerate().skip(1) {
            let device = DeviceFiles::read(source)?;
            if self.is_test(&device) != is_test {
                return Ok(done);
            }
            if !self.add(device, &expected, &attested) {
                return Ok(done + 1);
            }
        }
        Ok(sources.len())
    }

    fn is_test(&self, device: &DeviceFiles) -> bool {
        self.listed.iter().any(|listed| listed.is_test(device.uuid.as_deref()))
    }

    /// Audits a device. Returns whether it has what was checked already.
    fn add(&mut self, device: DeviceFiles, expected: &Expected<'_>, attested: &Attested<'_>) -> bool {
        let index = self.devices.len() + self.waiting.len();
        let slow = self.audit.recompute.includes(index);
        let mut report = device.audit(expected, Some(attested), self.keys.as_ref(), slow);
        for listed in &mut self.listed {
            listed.compare(&device, &mut report);
        }
        self.unchecked.add(&device, &report, slow);
        let uuid = device
            .uuid
            .or(report.common_name().filter(|name| is_uuid(name)).map(Into::into));
        // As the lists have it.
        let name = uuid.as_ref().map(|uuid| uuid.to_ascii_lowercase());
        let name = name.unwrap_or_else(|| device.path.display().to_string());
        self.batch.add(&name, &report);
        let shared = report.shared_parts().is_none();
        self.waiting.push((device.path, uuid, report));
        if self.waiting.len() == CHUNK {
            self.flush();
        }
        shared
    }

    fn flush(&mut self) {
        let first = self.devices.len();
        let slow = self
            .waiting
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| self.audit.recompute.includes(first + index));
        recompute(slow.map(|(_, (_, _, report))| report));
        self.devices
            .extend(self.waiting.drain(..).map(|(path, uuid, report)| AuditedDevice {
                path,
                uuid,
                findings: report.findings().to_vec(),
            }));
    }
}
