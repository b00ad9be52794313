use alloc::vec::Vec;

use esp_flash_image::{ChipRevision, Partition};
use esp_secure_boot::BootKeyKind;

use crate::blocks::Assigned;
use crate::layout::{self, SharedPiece};
use crate::{DeviceKeys, DeviceParts, DevicePlan, Error, SecurityProfile, Warning, check};

/// The parts that all devices share, in addition to the profile.
#[derive(Clone, Debug)]
pub struct SharedParts<'a> {
    pub(crate) bootloader: &'a [u8],
    pub(crate) bootloader_offset: Option<u32>,
    pub(crate) signed_table: Option<&'a [u8]>,
    pub(crate) apps: Vec<(&'a str, &'a [u8])>,
    pub(crate) images: Vec<(&'a str, &'a [u8])>,
}

impl<'a> SharedParts<'a> {
    /// Starts with the bootloader, which must be signed when secure boot version 2 is on.
    #[must_use]
    pub const fn new(bootloader: &'a [u8]) -> Self {
        Self {
            bootloader,
            bootloader_offset: None,
            signed_table: None,
            apps: Vec::new(),
            images: Vec::new(),
        }
    }

    /// Sets the intended offset of the bootloader, so that it is checked.
    #[must_use]
    pub const fn with_bootloader_offset(mut self, offset: u32) -> Self {
        self.bootloader_offset = Some(offset);
        self
    }

    /// Sets the partition table with its signature, required by secure boot version 1.
    #[must_use]
    pub const fn with_signed_table(mut self, table: &'a [u8]) -> Self {
        self.signed_table = Some(table);
        self
    }

    /// Adds an app for the partition with a label; it must be signed when secure boot is on.
    #[must_use]
    pub fn with_app(mut self, label: &'a str, app: &'a [u8]) -> Self {
        self.apps.push((label, app));
        self
    }

    /// Adds the image of any other partition, such as OTA data or a file system.
    #[must_use]
    pub fn with_image(mut self, label: &'a str, image: &'a [u8]) -> Self {
        self.images.push((label, image));
        self
    }
}

/// A profile and the parts that all devices share, checked once.
///
/// Device plans are made from it, on any number of threads.
#[derive(Clone, Debug)]
pub struct FlashPlan {
    pub(crate) profile: SecurityProfile,
    pub(crate) assigned: Assigned,
    pub(crate) kinds: Vec<BootKeyKind>,
    /// The unencrypted bytes of each shared part, sorted by flash address.
    pub(crate) pieces: Vec<SharedPiece>,
    /// The first chip revision that the profile and all parts support, if known.
    pub(crate) min_revision: Option<ChipRevision>,
    pub(crate) warnings: Vec<Warning>,
}

impl FlashPlan {
    /// Checks a profile and the shared parts.
    ///
    /// # Errors
    ///
    /// An [`Error`] for anything that would not boot, would not be protected, or could not be burned.
    pub fn new(profile: SecurityProfile, parts: &SharedParts<'_>) -> Result<Self, Error> {
        let mut warnings = check::profile(&profile)?;
        let kinds = check::parts(&profile, parts, &mut warnings)?;
        let assigned = Assigned::new(&profile)?;
        if let Some(id) = assigned.nvs_hmac {
            warnings.push(Warning::HmacBlock { id });
        }
        let pieces = pieces(&profile, parts)?;
        let mut places: Vec<_> = pieces.iter().map(SharedPiece::as_piece).collect();
        layout::sort(&mut places)?;
        let min_revision = check::min_revision(&profile, parts, &kinds)?;
        Ok(Self {
            profile,
            assigned,
            kinds,
            pieces,
            min_revision,
            warnings,
        })
    }

    /// Makes the plan of one device.
    ///
    /// # Errors
    ///
    /// [`Error`] when an image has no partition or does not fit, when a key is missing or of another scheme, and when a
    /// private key would be stored unencrypted in a production device.
    pub fn device(&self, parts: &DeviceParts<'_>, keys: &DeviceKeys<'_>) -> Result<DevicePlan, Error> {
        self.device_in(Vec::new(), parts, keys)
    }

    /// Makes the plan of one device, reusing the buffer of an earlier plan from [`DevicePlan::into_bytes`].
    ///
    /// # Errors
    ///
    /// As [`FlashPlan::device`].
    pub fn device_in(
        &self,
        buffer: Vec<u8>,
        parts: &DeviceParts<'_>,
        keys: &DeviceKeys<'_>,
    ) -> Result<DevicePlan, Error> {
        DevicePlan::new(self, buffer, parts, keys)
    }

    /// Returns the profile.
    #[must_use]
    pub const fn profile(&self) -> &SecurityProfile {
        &self.profile
    }

    /// Returns the first chip revision that the plan supports, if the profile, secure boot or an image requires one.
    #[must_use]
    pub const fn min_revision(&self) -> Option<ChipRevision> {
        self.min_revision
    }

    /// Returns the warnings about the profile and the shared parts.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// Lays out the shared parts.
fn pieces(profile: &SecurityProfile, parts: &SharedParts<'_>) -> Result<Vec<SharedPiece>, Error> {
    let on = profile.encryption.is_some();
    let table = &profile.table;
    let mut pieces = Vec::new();
    let mut add = |offset, len, source: &str, encrypted, bytes: Vec<u8>| {
        pieces.push(SharedPiece {
            offset,
            len: layout::sectors(len),
            source: source.into(),
            encrypted: encrypted && on,
            bytes,
        });
    };
    let offset = profile.chip.facts().bootloader_offset;
    add(
        offset,
        parts.bootloader.len(),
        BOOTLOADER,
        true,
        parts.bootloader.to_vec(),
    );
    add(
        table.offset(),
        layout::SECTOR,
        TABLE,
        true,
        parts.signed_table.map_or_else(|| table.encode(), <[u8]>::to_vec),
    );
    let whole = profile
        .encryption
        .as_ref()
        .is_some_and(|encryption| encryption.whole_apps);
    for (label, app) in &parts.apps {
        let partition = layout::find(table, label)?;
        layout::check_fit(partition, app.len())?;
        let len = if whole { size(partition) } else { app.len() };
        add(partition.offset(), len, label, true, app.to_vec());
    }
    for (label, image) in &parts.images {
        let partition = layout::find(table, label)?;
        if partition.is_app() {
            return Err(Error::AppAsImage { part: (*label).into() });
        }
        layout::check_fit(partition, image.len())?;
        let encrypted = layout::is_encrypted(partition);
        let len = if encrypted && on { size(partition) } else { image.len() };
        add(partition.offset(), len, label, encrypted, image.to_vec());
    }
    Ok(pieces)
}

fn size(partition: &Partition) -> usize {
    usize::try_from(partition.size()).unwrap_or(usize::MAX)
}

pub(crate) const BOOTLOADER: &str = "bootloader";
pub(crate) const TABLE: &str = "partition table";
