use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use esp_flash_image::{BootCurve, BootScheme, Chip, ChipRevision, EncryptionScheme, FlashSize, Partition};
use esp_secure_boot::bootloader_digest_v1;

use zeroize::Zeroize;

use crate::command::commands;
use crate::layout::{self, Piece, SECTOR};
use crate::plan::BOOTLOADER;
use crate::steps::{KeyFiles, digest_file, efuse_steps};
use crate::{
    DeviceKeys, DeviceParts, Error, FlashPlan, KeyUse, NvsEncryption, Region, SecurityProfile, Step, Warning, blocks,
    check,
};

/// A flash file: a range without gaps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FlashFile<'a> {
    offset: u32,
    name: &'a str,
    bytes: &'a [u8],
}

impl<'a> FlashFile<'a> {
    /// A file with the whole flash, used only for its name.
    pub(crate) const fn named(name: &'a str) -> Self {
        let (offset, bytes) = (0, &[]);
        Self { offset, name, bytes }
    }

    /// Returns its flash address.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// Returns its name in the commands.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Returns its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl fmt::Debug for FlashFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlashFile")
            .field("offset", &self.offset)
            .field("name", &self.name)
            .field("len", &self.bytes.len())
            .finish()
    }
}

/// The plan of one device: the bytes of its flash and the steps from a blank chip to a locked device.
///
/// Without flash encryption the bytes are as secret as the device's images; they are not zeroized on drop.
#[derive(Clone)]
pub struct DevicePlan {
    chip: Chip,
    flash_size: FlashSize,
    min_revision: Option<ChipRevision>,
    regions: Vec<Region>,
    /// The bytes of the regions, without the gaps.
    bytes: Vec<u8>,
    /// Offset, name and bytes of each file.
    files: Vec<(u32, String, usize)>,
    digests: Vec<(String, [u8; 32])>,
    steps: Vec<Step>,
    warnings: Vec<Warning>,
}

impl DevicePlan {
    pub(crate) fn new(
        plan: &FlashPlan,
        buffer: Vec<u8>,
        parts: &DeviceParts<'_>,
        keys: &DeviceKeys<'_>,
    ) -> Result<Self, Error> {
        let profile = &plan.profile;
        let mut warnings = plan.warnings.clone();
        check_keys(profile, keys, &mut warnings)?;
        check_images(profile, parts, &mut warnings)?;
        let digest = bootloader_digest(plan, keys)?;
        let pieces = pieces(plan, parts, digest.as_deref())?;
        let mut bytes = buffer;
        bytes.clear();
        bytes.reserve_exact(pieces.iter().map(|piece| piece.len).fold(0, usize::saturating_add));
        let cipher = keys.flash.map(|(key, _)| key.cipher());
        let write = |piece| Region::write(piece, cipher.as_ref(), &mut bytes);
        let regions: Result<Vec<_>, _> = pieces.iter().map(write).collect();
        if regions.is_err() {
            // It may contain keys that are not yet encrypted.
            bytes.zeroize();
        }
        let regions = regions?;
        let files = KeyFiles {
            flash_encryption: keys.flash.map(|(_, file)| file),
            nvs_hmac: keys.hmac_file,
            ecdsa: keys.ecdsa,
            secure_boot_v1: keys.bootloader.map(|(_, file, _)| file),
        };
        Ok(Self {
            chip: profile.chip,
            flash_size: profile.flash_size,
            min_revision: plan.min_revision,
            files: names(&regions, parts.file_prefix),
            regions,
            bytes,
            digests: digests(profile),
            steps: efuse_steps(profile, &plan.assigned, &plan.kinds, files)?,
            warnings,
        })
    }

    /// Returns the chip.
    #[must_use]
    pub const fn chip(&self) -> Chip {
        self.chip
    }

    /// Returns the flash size of the profile.
    #[must_use]
    pub const fn flash_size(&self) -> FlashSize {
        self.flash_size
    }

    /// Returns the first chip revision that the plan supports, if the profile, secure boot or an image requires one.
    #[must_use]
    pub const fn min_revision(&self) -> Option<ChipRevision> {
        self.min_revision
    }

    /// Returns the ranges of flash that are written, sorted by offset.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// Returns the files that the commands write; adjacent regions share a file.
    pub fn files(&self) -> impl Iterator<Item = FlashFile<'_>> {
        let mut rest = self.bytes.as_slice();
        self.files.iter().map(move |(offset, name, len)| {
            let (bytes, after) = rest.split_at_checked(*len).unwrap_or_default();
            rest = after;
            FlashFile {
                offset: *offset,
                name,
                bytes,
            }
        })
    }

    /// Returns the bytes of a region as stored in flash, by its index in [`DevicePlan::regions`].
    #[must_use]
    pub fn region_bytes(&self, index: usize) -> Option<&[u8]> {
        let length = |region: &Region| usize::try_from(region.length()).ok();
        let before: Option<usize> = self.regions.get(..index)?.iter().map(length).sum();
        let end = before?.checked_add(length(self.regions.get(index)?)?)?;
        self.bytes.get(before?..end)
    }

    /// Returns the number of bytes before and between the files.
    #[cfg(feature = "serde")]
    pub(crate) fn gaps(&self) -> u32 {
        let mut end = 0;
        let gaps = self.regions.iter().map(|region| {
            let gap = region.offset().saturating_sub(end);
            end = region.end();
            gap
        });
        gaps.sum()
    }

    /// Returns the flash from address 0 to the end of the last region, with 0xFF in the gaps.
    #[must_use]
    pub fn merged(&self) -> Vec<u8> {
        let mut merged = Vec::new();
        for file in self.files() {
            merged.resize(usize::try_from(file.offset).unwrap_or(merged.len()), 0xFF);
            merged.extend_from_slice(file.bytes);
        }
        merged
    }

    /// Returns the files with the secure boot key digests, which are not secret, named as in the commands.
    #[must_use]
    pub fn digest_files(&self) -> &[(String, [u8; 32])] {
        &self.digests
    }

    /// Returns all steps in the only safe order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the steps that burn eFuses, in the only safe order.
    pub fn efuse_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.is_efuse())
    }

    /// Returns `esptool` and `espefuse` command lines that perform all steps by hand.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        let files: Vec<_> = self.files().collect();
        commands(self.chip, &self.steps, &files)
    }

    /// Returns the command lines for one file with the whole flash from address 0 on, such as [`DevicePlan::merged`].
    #[must_use]
    pub fn commands_of_merged(&self, file: &str) -> Vec<String> {
        commands(self.chip, &self.steps, &[FlashFile::named(file)])
    }

    /// Returns the warnings.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Returns the buffer with the flash bytes, for reuse in [`FlashPlan::device_in`].
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Elides the bytes, which may contain keys when flash encryption is off.
impl fmt::Debug for DevicePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevicePlan")
            .field("chip", &self.chip)
            .field("regions", &self.regions)
            .field("steps", &self.steps)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

fn check_keys(profile: &SecurityProfile, keys: &DeviceKeys<'_>, warnings: &mut Vec<Warning>) -> Result<(), Error> {
    let expected = profile.encryption_scheme();
    match (expected, keys.flash) {
        (None, None) => {}
        (Some(expected), Some((key, file))) => {
            SecurityProfile::check_file(file)?;
            let found = key.scheme();
            if found != expected {
                return Err(Error::FlashKeyScheme { found, expected });
            }
            let config = profile
                .encryption
                .as_ref()
                .map(|encryption| encryption.crypt_config.get());
            let key_config = key.flash_crypt_config().get();
            if let Some(profile) = config.filter(|config| found == EncryptionScheme::Esp32 && *config != key_config) {
                return Err(Error::CryptConfigDiffers {
                    key: key_config,
                    profile,
                });
            }
            let key_len = key.expose_bytes().len();
            warnings.extend(check::coding_scheme(found, key_len));
            if key_len == CODED_KEY && profile.boot_scheme() == Some(BootScheme::V2Rsa) {
                return Err(Error::KeyFileLength { len: key_len });
            }
        }
        (expected, _) => {
            return Err(Error::FlashKey {
                needed: expected.is_some(),
            });
        }
    }
    let needed = profile.nvs == NvsEncryption::Hmac;
    if needed != keys.hmac_file.is_some() {
        return Err(Error::HmacKey { needed });
    }
    keys.hmac_file.map_or(Ok(()), SecurityProfile::check_file)?;
    if let Some((block, file)) = keys.ecdsa {
        SecurityProfile::check_file(file)?;
        check_ecdsa_block(profile, block)?;
    }
    let needed = profile.boot_scheme() == Some(BootScheme::V1);
    match keys.bootloader {
        None if needed => Err(Error::BootloaderKey { needed }),
        Some(_) if !needed => Err(Error::BootloaderKey { needed }),
        Some((key, file, _)) => {
            SecurityProfile::check_file(file)?;
            let len = key.expose_bytes().len();
            let other = keys.flash.is_some_and(|(flash, _)| flash.expose_bytes().len() != len);
            if other {
                Err(Error::KeyFileLength { len })
            } else {
                Ok(())
            }
        }
        None => Ok(()),
    }
}

/// Refuses a block that the profile does not reserve, or that the peripheral cannot read.
fn check_ecdsa_block(profile: &SecurityProfile, block: usize) -> Result<(), Error> {
    let facts = profile.chip.facts();
    let (key, name) = (KeyUse::EcdsaKey, blocks::name(&facts.key_blocks, block)?);
    let has_curve = facts.ecdsa_peripheral.iter().any(|fact| fact.curve == BootCurve::P256);
    if !has_curve || facts.key_blocks.without_ecdsa_key.contains(&name) {
        return Err(Error::KeyBlockUnsuited { block: name, key });
    }
    if !profile.reserved_blocks.contains(&block) {
        return Err(Error::KeyBlockNotReserved { block: name, key });
    }
    Ok(())
}

fn check_images(profile: &SecurityProfile, parts: &DeviceParts<'_>, warnings: &mut Vec<Warning>) -> Result<(), Error> {
    let (mut nvs, mut nvs_keys) = (false, false);
    for image in &parts.images {
        let partition = layout::find(&profile.table, image.label)?;
        if partition.is_app() {
            return Err(Error::AppOfDevice {
                part: image.label.into(),
            });
        }
        layout::check_fit(partition, image.bytes.len())?;
        nvs |= partition.is_nvs();
        nvs_keys |= partition.is_nvs_keys();
        let encrypted = profile.encryption.is_some() && layout::is_encrypted(partition);
        if image.holds_plain_key && !encrypted {
            let part = String::from(image.label);
            if profile.is_release() {
                return Err(Error::PlainKey { part });
            }
            warnings.push(Warning::PlainKey { part });
        }
    }
    if profile.nvs == NvsEncryption::NvsKeys && nvs && !nvs_keys {
        return Err(Error::NvsKeysImage);
    }
    if parts.file_prefix.chars().any(char::is_control) {
        return Err(Error::FileName);
    }
    Ok(())
}

/// Makes the sector at address 0 for secure boot version 1: IV, bootloader digest, 0xFF.
pub(crate) fn bootloader_digest(plan: &FlashPlan, keys: &DeviceKeys<'_>) -> Result<Option<Vec<u8>>, Error> {
    let Some((key, _, iv)) = keys.bootloader else {
        return Ok(None);
    };
    let bootloader = plan.pieces.iter().find(|piece| piece.source == BOOTLOADER);
    let image = bootloader.map(|piece| piece.bytes.as_slice()).unwrap_or_default();
    let digest = bootloader_digest_v1(image, key, iv).map_err(|error| Error::Signature {
        part: BOOTLOADER.into(),
        error,
    })?;
    Ok(Some([iv.as_slice(), &digest].concat()))
}

/// Returns the shared parts and those of the device, sorted by flash address.
pub(crate) fn pieces<'a>(
    plan: &'a FlashPlan,
    parts: &DeviceParts<'a>,
    digest: Option<&'a [u8]>,
) -> Result<Vec<Piece<'a>>, Error> {
    let profile = &plan.profile;
    let on = profile.encryption.is_some();
    let mut pieces: Vec<_> = plan.pieces.iter().map(|piece| piece.as_piece()).collect();
    pieces.extend(digest.map(|bytes| Piece {
        offset: 0,
        len: SECTOR,
        source: DIGEST,
        encrypted: on,
        bytes,
    }));
    for image in &parts.images {
        let partition = layout::find(&profile.table, image.label)?;
        pieces.push(piece(partition, image.bytes, on));
    }
    // Erased flash would decrypt to noise.
    let given = |partition: &Partition| pieces.iter().any(|piece| piece.offset == partition.offset());
    let erased = |partition: &&Partition| {
        let always = partition.is_ota_data();
        let filled = profile.fill_gaps && partition.is_encrypted() && !partition.is_app() && !partition.is_nvs_keys();
        on && (always || filled) && !given(partition)
    };
    let erased: Vec<_> = profile.table.partitions().iter().filter(erased).collect();
    pieces.extend(erased.into_iter().map(|partition| piece(partition, &[], on)));
    layout::sort(&mut pieces)?;
    Ok(if profile.fill_gaps {
        layout::fill_gaps(&pieces)
    } else {
        pieces
    })
}

fn piece<'a>(partition: &'a Partition, bytes: &'a [u8], on: bool) -> Piece<'a> {
    let encrypted = on && layout::is_encrypted(partition);
    let len = if encrypted {
        usize::try_from(partition.size()).unwrap_or(usize::MAX)
    } else {
        bytes.len()
    };
    Piece {
        offset: partition.offset(),
        len: layout::sectors(len),
        source: partition.label(),
        encrypted,
        bytes,
    }
}

/// Merges adjacent regions into one file each.
fn names(regions: &[Region], prefix: &str) -> Vec<(u32, String, usize)> {
    regions
        .chunk_by(|first, second| first.end() == second.offset())
        .filter_map(|group| {
            let offset = group.first()?.offset();
            let len = group
                .iter()
                .map(|region| usize::try_from(region.length()).unwrap_or(0))
                .sum();
            Some((offset, alloc::format!("{prefix}flash-{offset:#x}.bin"), len))
        })
        .collect()
}

fn digests(profile: &SecurityProfile) -> Vec<(String, [u8; 32])> {
    let secure_boot = profile.secure_boot.iter();
    let keys = secure_boot
        .filter(|secure_boot| secure_boot.scheme != BootScheme::V1)
        .flat_map(|it| &it.keys);
    let file = |slot, name: Option<&str>| digest_file(slot, name);
    (0..)
        .zip(keys)
        .map(|(slot, key)| (file(slot, key.file.as_deref()), key.digest))
        .collect()
}

pub(crate) const DIGEST: &str = "bootloader digest";
/// Key length in bytes with the 3/4 coding scheme, which has no room for a secure boot version 2 digest.
const CODED_KEY: usize = 24;
