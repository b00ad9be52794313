//! The stages of burning, in the only safe order. A stage can only be left forward, and after a burn the loader refuses
//! all earlier stages.
//!
//! Secret keys come before digests, because closing RD_DIS, which keeps digests readable, also keeps later keys readable.
//! Download mode comes last, because no eFuse can be burned without it (ESP-IDF, "Security Features Enablement Workflows").

use std::fmt;

use zeroize::Zeroizing;

use super::map::EfuseField;
use super::{Burn, Burned, Efuses};
use crate::Error;
use crate::port::Port;

/// The stage of a burn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BurnStage {
    #[default]
    SecretKeys,
    KeyDigests,
    Settings,
    Final,
}

impl<'a, P: Port> Efuses<'a, P> {
    /// Starts burning. After an earlier burn on the same connection, the stages before that one refuse everything.
    #[must_use]
    pub const fn start(self) -> SecretKeyStage<'a, P> {
        SecretKeyStage(self)
    }
}

/// The first stage: read-protected keys.
///
/// # Examples
///
/// The compiler checks the order: no secret key can be burned after the digests.
///
/// ```compile_fail
/// # use esp_rom_loader::{Burn, Efuses, Error, Port};
/// fn wrong<P: Port>(efuses: Efuses<'_, P>, key: &Burn<'_>, digest: &Burn<'_>) -> Result<(), Error> {
///     let mut stage = efuses.start().into_digests();
///     stage.burn_digest(digest)?;
///     stage.burn_secret_key(key)?; // no such method
///     Ok(())
/// }
/// ```
///
/// ```
/// # use esp_rom_loader::{Burn, Efuses, Error, Port};
/// fn right<P: Port>(efuses: Efuses<'_, P>, key: &Burn<'_>, digest: &Burn<'_>) -> Result<(), Error> {
///     let mut stage = efuses.start();
///     stage.burn_secret_key(key)?;
///     let mut stage = stage.into_digests();
///     stage.burn_digest(digest)?;
///     let mut stage = stage.into_settings();
///     stage.burn(&Burn::efuse("SECURE_BOOT_EN", 1))?;
///     let stage = stage.close_read_protection()?;
///     stage.lock_download(&Burn::efuse("ENABLE_SECURITY_DOWNLOAD", 1))?;
///     Ok(())
/// }
/// ```
pub struct SecretKeyStage<'a, P>(Efuses<'a, P>);

impl<'a, P: Port> SecretKeyStage<'a, P> {
    /// Burns a read-protected key, with its purpose and protection; returns `false` if the chip has it already.
    ///
    /// # Errors
    ///
    /// [`Error::Stage`] for any other burn, [`Error::ReadProtectionClosed`], [`Error::AlreadyBurned`] (also for a hidden
    /// key: see [`Efuses::is_burned`]), [`Error::BurnDiffers`], [`Error::CodingError`]; connection errors.
    pub fn burn_secret_key(&mut self, key: &Burn<'_>) -> Result<bool, Error> {
        check_key(&self.0, key, true)?;
        self.0.enter(BurnStage::SecretKeys, key.name())?;
        self.0.burn(key)
    }

    /// Burns a secret key and a digest that share a block, as on the ESP32-C2, together; `false` if the chip has them
    /// already.
    ///
    /// # Errors
    ///
    /// As [`SecretKeyStage::burn_secret_key`]; [`Error::Stage`] when they are not in the same block.
    pub fn burn_shared_keys(&mut self, key: &Burn<'_>, digest: &Burn<'_>) -> Result<bool, Error> {
        check_key(&self.0, key, true)?;
        check_key(&self.0, digest, false)?;
        let plan = |burn: &Burn<'_>| match *burn {
            Burn::Key { block, purpose, bytes } => self.0.key_plan(block, purpose, bytes),
            _ => Err(stage(burn.name())),
        };
        let (key, half) = (plan(key)?, plan(digest)?);
        if key.block != half.block || self.0.map().purpose_field(key.block).is_some() {
            return Err(stage(digest.name()));
        }
        self.0.enter(BurnStage::SecretKeys, key.block.name)?;
        self.0.burn_keys(&[key, half])
    }

    /// Continues with the digests.
    #[must_use]
    pub fn into_digests(self) -> KeyDigestStage<'a, P> {
        KeyDigestStage(self.0)
    }
}

/// The second stage: digests, which must stay readable.
pub struct KeyDigestStage<'a, P>(Efuses<'a, P>);

impl<'a, P: Port> KeyDigestStage<'a, P> {
    /// Burns a readable key, with its purpose and write protection; returns `false` if the chip has it already.
    ///
    /// # Errors
    ///
    /// As [`SecretKeyStage::burn_secret_key`].
    pub fn burn_digest(&mut self, digest: &Burn<'_>) -> Result<bool, Error> {
        check_key(&self.0, digest, false)?;
        self.0.enter(BurnStage::KeyDigests, digest.name())?;
        self.0.burn(digest)
    }

    /// Continues with the settings.
    #[must_use]
    pub fn into_settings(self) -> SettingStage<'a, P> {
        SettingStage(self.0)
    }
}

/// The third stage: enabling protection, disabling debugging, revoking keys, and write protection.
pub struct SettingStage<'a, P>(Efuses<'a, P>);

impl<'a, P: Port> SettingStage<'a, P> {
    /// Burns an eFuse or a write protection; returns `false` if the chip has it already.
    ///
    /// # Errors
    ///
    /// [`Error::Stage`] for keys, for eFuses that close download mode, for RD_DIS, and for a write protection shared with
    /// those or with WR_DIS; [`Error::WriteProtected`], [`Error::AlreadyBurned`], [`Error::BurnDiffers`],
    /// [`Error::CodingError`]; connection errors.
    pub fn burn(&mut self, setting: &Burn<'_>) -> Result<bool, Error> {
        match setting {
            Burn::Efuse { name, .. } if !closes_download(&self.0, name) => {}
            Burn::WriteProtect { name } if !protects_a_lock(&self.0, name)? => {}
            _ => return Err(stage(setting.name())),
        }
        self.0.enter(BurnStage::Settings, setting.name())?;
        self.0.burn(setting)
    }

    /// Write-protects RD_DIS: no further key or digest can be hidden.
    ///
    /// # Errors
    ///
    /// As [`SettingStage::burn`].
    pub fn close_read_protection(mut self) -> Result<FinalStage<'a, P>, Error> {
        self.0.enter(BurnStage::Final, RD_DIS)?;
        self.0.burn(&Burn::write_protect(RD_DIS))?;
        Ok(FinalStage(self.0))
    }

    /// Continues without it, for a chip without digests or with RD_DIS already write-protected.
    ///
    /// # Errors
    ///
    /// [`Error::Stage`] when RD_DIS is open and a key block holds a digest or secure boot is on: an attacker could prevent
    /// booting by hiding a digest.
    pub fn leave_read_protection(self) -> Result<FinalStage<'a, P>, Error> {
        let efuses = &self.0;
        let is_closed = efuses.is_write_protected(Some(efuses.protection_of(RD_DIS)?));
        if !is_closed && has_digest(efuses)? {
            return Err(stage(RD_DIS));
        }
        Ok(FinalStage(self.0))
    }
}

/// The last stage: the flash is verified again, and download mode is closed.
pub struct FinalStage<'a, P>(Efuses<'a, P>);

/// The evidence that download mode is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockProof {
    /// The eFuse was read back.
    ReadBack,
    /// The security info reports it; eFuses can no longer be read.
    SecurityInfo,
    /// The chip no longer answers.
    Silence,
}

impl<P: Port> FinalStage<'_, P> {
    /// Returns the MD5 of a range of the flash.
    ///
    /// # Errors
    ///
    /// As [`Loader::flash_md5`](crate::Loader::flash_md5).
    pub fn flash_md5(&mut self, offset: u32, len: u32) -> Result<[u8; 16], Error> {
        self.0.loader().flash_md5(offset, len)
    }

    /// Burns the eFuse that closes or restricts download mode; nothing can be burned afterwards.
    ///
    /// # Errors
    ///
    /// [`Error::Stage`] for any other eFuse; as [`SettingStage::burn`].
    pub fn lock_download(mut self, lock: &Burn<'_>) -> Result<LockProof, Error> {
        let efuses = &mut self.0;
        let Burn::Efuse { name, value } = *lock else {
            return Err(stage(lock.name()));
        };
        if !closes_download(efuses, name) {
            return Err(stage(name));
        }
        efuses.enter(BurnStage::Final, name)?;
        match efuses.is_burned(lock)? {
            Burned::Yes => return Ok(LockProof::ReadBack),
            Burned::No => {}
            _ => return Err(Error::WriteProtected { name: name.into() }),
        }
        let field = efuses.block0_field(name)?;
        let mut words = [0; 8];
        let _ = field.put(value, &mut words);
        let words = efuses.new_bits(words);
        let block = *efuses.map().blocks().first().ok_or_else(|| efuses.unknown(name))?;
        efuses.load(&block, &words)?;
        efuses.fire(&block)?;
        let read_back = efuses
            .settle(&block)
            .and_then(|()| efuses.read_back(&block, &words, name));
        match read_back {
            Ok(()) => Ok(LockProof::ReadBack),
            Err(Error::CommandFailed { command, code }) => {
                if efuses.loader().read_security()?.is_secure_download() {
                    Ok(LockProof::SecurityInfo)
                } else {
                    Err(Error::CommandFailed { command, code })
                }
            }
            Err(Error::NoAnswer { .. }) if closes_for_good(efuses, name) => Ok(LockProof::Silence),
            Err(error) => Err(error),
        }
    }
}

macro_rules! look {
    ($($stage:ident),*) => {$(
        impl<P> fmt::Debug for $stage<'_, P> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($stage)).field(&self.0).finish()
            }
        }

        impl<'a, P: Port> $stage<'a, P> {
            /// Returns the eFuses as last read.
            #[must_use]
            pub const fn efuses(&self) -> &Efuses<'a, P> {
                &self.0
            }

            /// Stops burning for now; see [`Efuses::keep`].
            pub fn keep(self) {
                self.0.keep();
            }
        }
    )*};
}

look!(SecretKeyStage, KeyDigestStage, SettingStage, FinalStage);

fn check_key<P: Port>(efuses: &Efuses<'_, P>, burn: &Burn<'_>, secret: bool) -> Result<(), Error> {
    let Burn::Key { purpose, .. } = *burn else {
        return Err(stage(burn.name()));
    };
    let row = efuses.map().purpose(purpose).ok_or_else(|| efuses.unknown(purpose))?;
    if row.secret == secret {
        Ok(())
    } else {
        Err(stage(purpose))
    }
}

fn closes_download<P: Port>(efuses: &Efuses<'_, P>, name: &str) -> bool {
    let names = &efuses.map().chip().facts().efuses;
    name == names.download_off || names.secure_download == Some(name)
}

fn closes_for_good<P: Port>(efuses: &Efuses<'_, P>, name: &str) -> bool {
    name == efuses.map().chip().facts().efuses.download_off
}

/// Returns whether a write protection shares its bit with an eFuse that closes download mode, with RD_DIS or with WR_DIS:
/// later stages could then not burn it.
fn protects_a_lock<P: Port>(efuses: &Efuses<'_, P>, name: &str) -> Result<bool, Error> {
    let protection = efuses.protection_of(name)?;
    let names = &efuses.map().chip().facts().efuses;
    let locks = [
        Some(names.download_off),
        names.secure_download,
        Some(RD_DIS),
        Some("WR_DIS"),
    ];
    let shares = |lock: &str| efuses.map().field(lock).and_then(EfuseField::write_protect) == Some(protection);
    Ok(locks.into_iter().flatten().any(shares))
}

/// Returns whether the chip verifies a digest at boot, or would after one more burn. The key of secure boot version 1 is
/// hidden, and does not depend on RD_DIS.
fn has_digest<P: Port>(efuses: &Efuses<'_, P>) -> Result<bool, Error> {
    let facts = efuses.map().chip().facts();
    if let Some(name) = facts.efuses.secure_boot_v2
        && efuses.value(name)? != 0
    {
        return Ok(true);
    }
    for block in efuses.map().blocks().iter().filter(|block| block.key) {
        let holds = match efuses.map().purpose_field(block) {
            Some(field) => {
                let number = efuses.field_value(field);
                let mut digests = facts.key_blocks.digest_purposes.iter();
                digests.any(|name| efuses.map().purpose_number(name).map(u32::from) == Some(number))
            }
            // Hidden blocks read as 0.
            None => Zeroizing::new(efuses.words(block.index)).iter().any(|word| *word != 0),
        };
        if holds {
            return Ok(true);
        }
    }
    Ok(false)
}

fn stage(name: &str) -> Error {
    Error::Stage { name: name.into() }
}

const RD_DIS: &str = "RD_DIS";
