//! Flash dumps, and the partitions of them that are audited.

use std::ops::Range;

use esp_flash_image::{Image as AppImage, OtaData, Partition, PartitionTable, TableOptions};
use esp_nvs_image::NvsKeys;
use esp_secure_cert::PartitionSize;
use matter_factory_data::{Check, Finding, holds_factory_data, reads_better};
use zeroize::Zeroizing;

use crate::report::{Fact, FactGroup, FlashSummary, PartitionSummary};

const DUMP: &str = "flash dump";
const TABLE: &str = "partition table";
/// The label of the partition used by Espressif's component of the same name.
const SECURE_CERT: &str = "esp_secure_cert";
/// The step of the search for a partition table that is not at ESP-IDF's default offset.
const SECTOR: usize = 0x1000;
const LAST_TABLE: usize = 0x2_0000;

/// The label and the bytes of a partition.
pub(crate) type Cut = (String, Zeroizing<Vec<u8>>);

/// The parts of a dump for the audit.
#[derive(Default)]
pub(crate) struct CutFlash {
    pub(crate) nvs: Option<Cut>,
    pub(crate) nvs_keys: Option<NvsKeys>,
    pub(crate) secure_cert: Option<Cut>,
    pub(crate) secure_cert_size: Option<PartitionSize>,
    /// The other bytes, in which no key is allowed.
    pub(crate) rest: Zeroizing<Vec<u8>>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) summary: FlashSummary,
    pub(crate) facts: Vec<FactGroup>,
}

/// Returns the offset of the partition table of a flash.
pub(crate) fn find_table(bytes: &[u8]) -> Option<usize> {
    let default = usize::try_from(TableOptions::DEFAULT_OFFSET).ok()?;
    let at = |offset: usize| bytes.get(offset..).filter(|rest| PartitionTable::is_binary(rest));
    if at(default).is_some() {
        return Some(default);
    }
    let others = (SECTOR..=LAST_TABLE).step_by(SECTOR);
    others
        .into_iter()
        .find(|offset| at(*offset).is_some() && read_table(bytes, *offset).is_some_and(|table| table.is_ok()))
}

fn read_table(bytes: &[u8], offset: usize) -> Option<Result<PartitionTable, esp_flash_image::TableError>> {
    let range = offset..offset.checked_add(PartitionTable::LEN)?;
    let options = TableOptions::new().with_offset(u32::try_from(offset).ok()?);
    Some(PartitionTable::read(bytes.get(range)?, &options))
}

impl CutFlash {
    /// Splits a dump whose table is at `table_offset`.
    pub(crate) fn new(bytes: &[u8], table_offset: Option<usize>) -> Self {
        let mut cut = Self {
            rest: Zeroizing::new(bytes.to_vec()),
            ..Self::default()
        };
        cut.summary.size = bytes.len();
        let Some(offset) = table_offset else {
            let text = "no readable partition table; if the flash is encrypted, its partitions cannot be read here";
            cut.find(Check::ArtifactMalformed, TABLE, text);
            return cut;
        };
        cut.summary.table_offset = offset;
        match read_table(bytes, offset) {
            Some(Ok(table)) => cut.read(bytes, table.partitions(), &table),
            Some(Err(error)) => cut.find(Check::ArtifactMalformed, TABLE, error),
            None => cut.find(Check::ArtifactMalformed, TABLE, "the dump ends inside it"),
        }
        cut
    }

    fn find(&mut self, check: Check, object: &str, text: impl std::fmt::Display) {
        self.findings.push(Finding::of(check, object, text));
    }

    fn read(&mut self, bytes: &[u8], partitions: &[Partition], table: &PartitionTable) {
        self.add_nvs(bytes, partitions);
        let certs = partitions.iter().find(|part| part.label() == SECURE_CERT);
        if let Some(certs) = certs
            && let image = content(bytes, certs)
            // Devices with credentials in NVS may have an erased partition.
            && !is_erased(image)
        {
            self.secure_cert = Some((certs.label().into(), Zeroizing::new(image.to_vec())));
            let size = usize::try_from(certs.size()).ok();
            self.secure_cert_size = size.and_then(|size| PartitionSize::new(size).ok());
        }
        let cut = [&self.nvs, &self.secure_cert];
        let is_cut = |part: &&Partition| {
            cut.iter()
                .any(|cut| cut.as_ref().is_some_and(|cut| cut.0 == part.label()))
        };
        for part in partitions.iter().filter(is_cut) {
            self.rest.get_mut(range(bytes, part)).unwrap_or_default().fill(0xFF);
        }
        self.check_ends(bytes, partitions);
        let boots = partitions.iter().find(|part| part.is_ota_data());
        let boots = boots.and_then(|part| OtaData::decode(content(bytes, part)).ok());
        let boots = boots.and_then(|data| data.boots(table).map(|part| part.label().to_owned()));
        for part in partitions {
            let summary = self.summarise(bytes, part, boots.as_deref());
            self.summary.partitions.push(summary);
        }
        self.summary.partitions.sort_by_key(|part| part.offset);
    }

    fn add_nvs(&mut self, bytes: &[u8], partitions: &[Partition]) {
        let stores = || partitions.iter().filter(|part| part.is_nvs());
        // Espressif's Matter projects use this label. The namespace of an encrypted partition is
        // not readable.
        let factory = stores().min_by_key(|part| {
            let store = content(bytes, part);
            (!holds_factory_data(store), is_erased(store), part.label() != "fctry")
        });
        let Some(factory) = factory else {
            self.find(
                Check::ArtifactMalformed,
                TABLE,
                "has no partition of type data and subtype nvs",
            );
            return;
        };
        let store = content(bytes, factory);
        self.nvs = Some((factory.label().into(), Zeroizing::new(store.to_vec())));
        let holding = stores().filter(|part| holds_factory_data(content(bytes, part)));
        let holding: Vec<_> = holding.map(Partition::label).collect();
        if holding.len() > 1 {
            let text = format!(
                "factory data in {}, of which the firmware reads one",
                holding.join(" and ")
            );
            self.find(Check::ArtifactTwice, DUMP, text);
        }
        let keys = partitions.iter().filter(|part| part.is_nvs_keys());
        let keys = keys.map(|part| (part, content(bytes, part)));
        // Erased partitions contain no keys, and then the store is not encrypted.
        for (part, content) in keys.filter(|(_, content)| !is_erased(content)) {
            match NvsKeys::decode(content) {
                Ok(keys) if reads_better(store, &keys) => self.nvs_keys = Some(keys),
                Ok(_) if holds_factory_data(store) => self.find(Check::NvsNotEncrypted, part.label(), ""),
                Ok(_) => self.find(
                    Check::ArtifactMalformed,
                    part.label(),
                    "its keys do not decrypt the factory data",
                ),
                Err(error) => self.find(Check::ArtifactMalformed, part.label(), error),
            }
        }
    }

    /// Reports audited partitions that the dump does not contain completely.
    fn check_ends(&mut self, bytes: &[u8], partitions: &[Partition]) {
        let len = bytes.len();
        let is_read = |part: &&Partition| part.label() == SECURE_CERT || part.is_nvs() || part.is_nvs_keys();
        let reaches = |part: &Partition| usize::try_from(part.end()).is_ok_and(|end| end <= len);
        for part in partitions.iter().filter(is_read).filter(|part| !reaches(part)) {
            let text = format!(
                "the dump of {len:#x} bytes ends before the end of the partition {}",
                part.label()
            );
            self.find(Check::ArtifactMalformed, DUMP, text);
        }
    }

    fn summarise(&mut self, bytes: &[u8], part: &Partition, boots: Option<&str>) -> PartitionSummary {
        let inside = content(bytes, part);
        let subtype = part
            .subtype_name()
            .map_or_else(|| format!("{:#04x}", part.subtype()), Into::into);
        let is_cut = |cut: &Option<Cut>| cut.as_ref().is_some_and(|cut| cut.0 == part.label());
        let app = || AppImage::parse(inside).ok();
        let mut class = "other";
        let content = if is_erased(inside) {
            "erased".into()
        } else if part.is_app() {
            class = "app";
            app().map_or_else(
                || "no readable app image".into(),
                |app| self.app(&app, part.label(), boots),
            )
        } else if part.is_nvs() {
            class = "nvs";
            let text = if is_cut(&self.nvs) {
                "factory data, audited below"
            } else {
                "settings of the firmware"
            };
            text.into()
        } else if part.is_nvs_keys() {
            class = "keys";
            "keys of encrypted NVS partitions".into()
        } else if is_cut(&self.secure_cert) {
            class = "cert";
            "certificates, audited below".into()
        } else if let Some(slot) = boots.filter(|_| part.is_ota_data()) {
            format!("boots {slot}")
        } else {
            "data".into()
        };
        PartitionSummary {
            label: part.label().into(),
            kind: format!("{}, {subtype}", part.kind()),
            class,
            offset: part.offset(),
            size: part.size(),
            content,
        }
    }

    fn app(&mut self, app: &AppImage<'_>, label: &str, boots: Option<&str>) -> String {
        let active = if boots == Some(label) { ", boots next" } else { "" };
        let name = match app.app_description() {
            Some(description) => format!("{} {}", description.project_name(), description.version()),
            None => "app".into(),
        };
        self.facts.extend(app_facts(app, label));
        format!("{name}{active}")
    }
}

/// Returns the facts in an app image.
pub(crate) fn app_facts(app: &AppImage<'_>, label: &str) -> Option<FactGroup> {
    let description = app.app_description()?;
    let mut facts = vec![
        Fact::new("Project", description.project_name()),
        Fact::new("Version", description.version()),
        Fact::new("Built", format!("{} {}", description.date(), description.time())),
        Fact::new("ESP-IDF", description.idf_version()),
    ];
    if let Some(chip) = app.header().chip() {
        facts.push(Fact::new("Chip", chip));
    }
    facts.push(Fact::new("Bytes", app.image_len()));
    let name = format!("Firmware in {label}");
    Some(FactGroup { name, facts })
}

fn range(bytes: &[u8], part: &Partition) -> Range<usize> {
    let len = bytes.len();
    let [start, end] =
        [part.offset().into(), part.end()].map(|at: u64| usize::try_from(at).map_or(len, |at| at.min(len)));
    start..end
}

fn content<'b>(bytes: &'b [u8], part: &Partition) -> &'b [u8] {
    bytes.get(range(bytes, part)).unwrap_or_default()
}

pub(crate) fn is_erased(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0xFF)
}
