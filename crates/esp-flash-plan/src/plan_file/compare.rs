//! Compares a plan file with a profile.

use alloc::vec::Vec;

use esp_flash_image::{BootScheme, EncryptionScheme, FlashKey};
use sha2::{Digest, Sha256};

use crate::device::DIGEST;
use crate::layout::{self, GAP, SharedPiece};
use crate::read_back::holds_piece;
use crate::steps::{KeyFiles, efuse_steps};
use crate::{Action, Error, FlashPlan, KeyPurpose, PlanFile, Region, Step};

impl FlashPlan {
    /// Returns the steps for every device of this profile; the key file names in them are empty, except those of digests.
    ///
    /// # Errors
    ///
    /// [`Error::KeyBlockUnknown`], which [`FlashPlan::new`] already excludes.
    pub fn steps(&self) -> Result<Vec<Step>, Error> {
        let files = KeyFiles {
            flash_encryption: self.profile.encryption.as_ref().map(|_| ""),
            nvs_hmac: self.assigned.nvs_hmac.map(|_| ""),
            ecdsa: None,
            secure_boot_v1: Some(""),
        };
        efuse_steps(&self.profile, &self.assigned, &self.kinds, files)
    }

    /// Returns the digests of the keys that secure boot version 2 trusts, the first key first.
    pub fn key_digests(&self) -> impl Iterator<Item = &[u8; 32]> {
        let keys = self
            .profile
            .secure_boot
            .iter()
            .flat_map(|secure_boot| &secure_boot.keys);
        keys.map(|key| &key.digest)
    }

    /// Checks that a plan file is for a device of this profile and these shared parts: the same steps with any key file
    /// names, the same regions, and the same SHA-256 for each unencrypted region.
    ///
    /// It may also have a key for the ECDSA peripheral, in a block that the profile reserves.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentMember`], [`Error::DocumentRegion`] or [`Error::DocumentStep`] for the first difference.
    pub fn check_file(&self, file: &PlanFile) -> Result<(), Error> {
        let differs = |member| Error::DocumentMember {
            member,
            reason: "does not match the profile",
        };
        if file.chip() != self.profile.chip {
            return Err(differs("chip"));
        }
        if file.flash_size().is_some_and(|size| size != self.profile.flash_size) {
            return Err(differs("flash_size"));
        }
        if file.flash_size().is_some() && file.min_revision() != self.min_revision {
            return Err(differs("min_revision"));
        }
        self.check_steps(file)?;
        self.check_regions(file.regions())
    }

    /// Checks that a device's encrypted regions contain the shared parts too, by decrypting them with the device's key.
    ///
    /// `flash` is the whole flash from address 0 on, `key` the content of the key file.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentRegion`] for the first region that differs, or is missing in the plan or in `flash`;
    /// [`Error::KeyFileLength`] for a key that does not suit the profile's scheme.
    pub fn check_flash(&self, file: &PlanFile, flash: &[u8], key: &[u8]) -> Result<(), Error> {
        let Some((scheme, encryption)) = self.profile.encryption_scheme().zip(self.profile.encryption.as_ref()) else {
            return Ok(());
        };
        let key = FlashKey::new(scheme, key).map_err(|_| Error::KeyFileLength { len: key.len() })?;
        let cipher = match scheme {
            EncryptionScheme::Esp32 => key.with_flash_crypt_config(encryption.crypt_config).cipher(),
            _ => key.cipher(),
        };
        let mut scratch = Vec::new();
        for piece in self.pieces.iter().filter(|piece| piece.encrypted) {
            let offset = piece.offset;
            let wrong = |reason| Error::DocumentRegion { offset, reason };
            let region = file.regions().iter().find(|region| region.offset() == offset);
            let region = region.ok_or_else(|| wrong("is missing"))?;
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let bytes = flash.get(start..).and_then(|rest| rest.get(..piece.len));
            let bytes = bytes.ok_or_else(|| wrong("is missing"))?;
            if !holds_piece(&piece.as_piece(), region, bytes, Some(&cipher), &mut scratch)? {
                return Err(wrong(
                    "differs from the file of the profile, or is encrypted with another key",
                ));
            }
        }
        Ok(())
    }

    fn check_steps(&self, file: &PlanFile) -> Result<(), Error> {
        let expected = self.steps()?;
        let mut expected = expected.iter();
        let blocks = &self.profile.chip.facts().key_blocks;
        let is_own = |step: &Step| match step.action() {
            Action::BurnKey { block, purpose, .. } => {
                let place = blocks.names.iter().position(|name| name == block);
                *purpose == KeyPurpose::EcdsaKey
                    && place.is_some_and(|place| self.profile.reserved_blocks.contains(&place))
            }
            _ => false,
        };
        let mut number = 0;
        for step in file.steps().iter().filter(|step| !is_own(step)) {
            number += u32::from(step.is_efuse());
            let known = expected.next().is_some_and(|expected| is_same(expected, step));
            if !known {
                let reason = "differs from the profile's step";
                return Err(Error::DocumentStep { step: number, reason });
            }
        }
        match expected.next() {
            None => Ok(()),
            Some(_) => Err(Error::DocumentMember {
                member: "efuses",
                reason: "lacks steps of the profile",
            }),
        }
    }

    fn check_regions(&self, regions: &[Region]) -> Result<(), Error> {
        let mut shared: Vec<_> = self.pieces.iter().collect();
        shared.sort_by_key(|piece| piece.offset);
        let mut shared = shared.into_iter().peekable();
        for region in regions {
            let offset = region.offset();
            let wrong = |reason| Err(Error::DocumentRegion { offset, reason });
            if let Some(piece) = shared.next_if(|piece| piece.offset == offset) {
                let is_whole = usize::try_from(region.length()).is_ok_and(|len| len == piece.len);
                if !is_whole || region.source() != piece.source || region.is_encrypted() != piece.encrypted {
                    return wrong("differs from the profile in length, name or encryption");
                }
                if !piece.encrypted && sha256(piece) != *region.sha256() {
                    return wrong("differs from the file of the profile");
                }
            } else if !self.is_of_device(region) {
                return wrong("is not in the profile");
            }
        }
        match shared.next() {
            None => Ok(()),
            Some(piece) => Err(Error::DocumentRegion {
                offset: piece.offset,
                reason: "is missing",
            }),
        }
    }

    /// Returns whether a region may exist in addition to the shared ones.
    fn is_of_device(&self, region: &Region) -> bool {
        match self.profile.table.find(region.source()) {
            Some(partition) => {
                let is_encrypted = self.profile.encryption.is_some() && layout::is_encrypted(partition);
                let len = u64::from(partition.size()).next_multiple_of(u64::from(SECTOR));
                partition.offset() == region.offset()
                    && u64::from(region.length()) <= len
                    && region.is_encrypted() == is_encrypted
            }
            None if region.source() == DIGEST => {
                region.offset() == 0 && self.profile.boot_scheme() == Some(BootScheme::V1)
            }
            None => region.source() == GAP && self.profile.fill_gaps,
        }
    }
}

/// Returns whether two steps are equal except for the name of the key file and the reason.
fn is_same(expected: &Step, step: &Step) -> bool {
    let is_same_action = match (expected.action(), step.action()) {
        (
            Action::BurnKey {
                block, purpose, half, ..
            },
            Action::BurnKey {
                block: other_block,
                purpose: other_purpose,
                half: other_half,
                ..
            },
        ) => (block, purpose, half) == (other_block, other_purpose, other_half),
        (expected, action) => expected == action,
    };
    expected.phase() == step.phase() && is_same_action
}

/// Returns the digest of a piece as stored in flash, padded with 0xFF.
fn sha256(piece: &SharedPiece) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(&piece.bytes);
    let mut left = piece.len.saturating_sub(piece.bytes.len());
    while left > 0 {
        let chunk = left.min(ERASED.len());
        digest.update(ERASED.get(..chunk).unwrap_or_default());
        left = left.saturating_sub(chunk);
    }
    digest.finalize().into()
}

const SECTOR: u32 = 4096;
static ERASED: [u8; 4096] = [0xFF; 4096];
