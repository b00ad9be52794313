//! Boards through the serial protocol of their ROM.

use std::time::Duration;

use esp_flash_plan::{Action, Phase, Step};
use esp_rom_loader::{
    BlockState, Burn, Burned, ConnectSettings, Efuses, Error, Loader, Port, PortAddress, Reset, SecretKeyStage,
};

use crate::{Board, BoardFacts, BoardFault, Channel, Connect, EfuseBurn, EfuseState};

/// A port whose boards are programmed through the serial protocol of their ROM.
#[derive(Clone, Debug)]
pub struct RomPort {
    address: PortAddress,
    baud: u32,
    deadline: Duration,
    attempts: u8,
    reset: Option<Reset>,
}

impl RomPort {
    /// Makes a port; data are transferred at 921600 baud.
    #[must_use]
    pub const fn new(address: PortAddress) -> Self {
        Self {
            address,
            baud: 921_600,
            deadline: Duration::from_secs(10),
            attempts: 7,
            reset: None,
        }
    }

    /// Sets the baud rate after the first answer.
    #[must_use]
    pub const fn with_baud(mut self, baud: u32) -> Self {
        self.baud = baud;
        self
    }

    /// Sets the time limit for a chip's first answer.
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the maximum number of resets until a chip answers.
    #[must_use]
    pub const fn with_attempts(mut self, attempts: u8) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets the reset strategy; by default it depends on the USB ID, which only Linux provides.
    ///
    /// Required on Windows and macOS for the USB Serial/JTAG port of a chip ([`Reset::Usb`]): only that strategy stops the
    /// watchdogs that its ROM leaves enabled.
    #[must_use]
    pub const fn with_reset(mut self, reset: Reset) -> Self {
        self.reset = Some(reset);
        self
    }
}

impl Connect for RomPort {
    fn connect(&self) -> Result<Box<dyn Board + Send>, BoardFault> {
        let port = self
            .address
            .open(FIRST_BAUD)
            .map_err(|error| fault(&error, Moment::Connect))?;
        let reset = self.reset.unwrap_or_else(|| self.address.reset());
        let settings = ConnectSettings::new(reset)
            .with_attempts(self.attempts)
            .with_deadline(self.deadline);
        Ok(Box::new(RomBoard::connect(port, &settings, self.baud)?))
    }

    fn name(&self) -> String {
        self.address.to_string()
    }
}

/// A board whose ROM has answered.
#[derive(Debug)]
pub struct RomBoard<P>(Loader<P>);

impl<P: Port> RomBoard<P> {
    /// Connects to the chip at an open port.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    pub fn connect(port: P, settings: &ConnectSettings, baud: u32) -> Result<Self, BoardFault> {
        let mut loader = Loader::connect(port, settings).map_err(|error| fault(&error, Moment::Connect))?;
        // A locked chip is only identified.
        if baud != FIRST_BAUD && !loader.is_secure_download() {
            loader.set_baud(baud).map_err(|error| fault(&error, Moment::Work))?;
        }
        Ok(Self(loader))
    }

    /// Reads the eFuses.
    fn efuses(&mut self) -> Result<Efuses<'_, P>, BoardFault> {
        self.0.efuses().map_err(|error| fault(&error, Moment::Work))
    }
}

impl<P: Port + Send + 'static> Board for RomBoard<P> {
    fn identify(&mut self) -> Result<BoardFacts, BoardFault> {
        let chip = self.0.chip();
        match self.0.identify() {
            Ok(found) => Ok(BoardFacts {
                chip: Some(found.chip),
                chip_name: found.chip.name().into(),
                revision: Some(found.revision),
                mac: Some(found.mac),
                mac_extension: found.mac_extension,
                flash_size: found.flash_size,
                is_secure_download: false,
                security: found.security.map(|info| info.to_string()),
            }),
            Err(Error::SecureDownload) => Ok(BoardFacts {
                chip: Some(chip),
                chip_name: chip.name().into(),
                is_secure_download: true,
                security: self.0.security().map(ToString::to_string),
                ..BoardFacts::default()
            }),
            Err(error) => Err(fault(&error, Moment::Work)),
        }
    }

    fn security(&mut self) -> Result<Option<String>, BoardFault> {
        match self.0.read_security() {
            Ok(info) => Ok(Some(info.to_string())),
            // The ESP32 has none.
            Err(Error::CommandFailed { .. }) => Ok(None),
            Err(error) => Err(fault(&error, Moment::Work)),
        }
    }

    fn write(&mut self, offset: u32, bytes: &[u8], progress: &mut dyn FnMut(usize)) -> Result<(), BoardFault> {
        let done = self.0.write_flash(offset, bytes, progress);
        done.map_err(|error| fault(&error, Moment::Work))
    }

    fn holds(&mut self, offset: u32, bytes: &[u8], md5: &[u8; 16]) -> Result<bool, BoardFault> {
        let len = u32::try_from(bytes.len()).map_err(|_| BoardFault::Unsuited("region is 4 GiB or larger".into()))?;
        let found = self.0.flash_md5(offset, len);
        found
            .map(|found| found == *md5)
            .map_err(|error| fault(&error, Moment::Work))
    }

    fn efuse_values(&mut self, names: &[&str]) -> Result<Vec<Option<u32>>, BoardFault> {
        let efuses = self.efuses()?;
        Ok(names.iter().map(|name| efuses.value(name).ok()).collect())
    }

    fn efuse_states(&mut self, burns: &[EfuseBurn<'_>]) -> Result<Vec<EfuseState>, BoardFault> {
        let efuses = self.efuses()?;
        let states = burns.iter().map(|burn| state(&efuses, burn)).collect();
        // Later burns reuse these values.
        efuses.keep();
        states
    }

    fn burn(&mut self, burns: &[EfuseBurn<'_>]) -> Result<(), BoardFault> {
        let efuses = self.0.kept_efuses().map_err(|error| fault(&error, Moment::Work))?;
        match burns {
            [] => Ok(()),
            [one] => burn_one(efuses, one),
            [key, digest] => {
                let (key, digest) = (burn_of(key)?, burn_of(digest)?);
                let mut stage = efuses.start();
                let done = stage.burn_shared_keys(&key, &digest);
                done.map_err(|error| fault(&error, Moment::Work))?;
                stage.keep();
                Ok(())
            }
            _ => Err(BoardFault::Unsuited("more than two keys in one block".into())),
        }
    }

    fn release(self: Box<Self>) {
        // A finished board is removed, regardless of its firmware.
        let _ = self.0.run();
    }

    fn start_firmware(self: Box<Self>) -> Result<Box<dyn Channel + Send>, BoardFault> {
        let mut port = self.0.run().map_err(|error| fault(&error, Moment::Work))?;
        let set = port.set_read_timeout(CHANNEL_TIMEOUT);
        set.map_err(|error| BoardFault::Port(error.to_string()))?;
        Ok(Box::new(port))
    }
}

fn state<P: Port>(efuses: &Efuses<'_, P>, burn: &EfuseBurn<'_>) -> Result<EfuseState, BoardFault> {
    let failed = |error: Error| fault(&error, Moment::Work);
    if let (Action::BurnKey { block, .. }, None) = (burn.step.action(), burn.key) {
        return Ok(match efuses.block(block).map_err(failed)? {
            BlockState::Empty => EfuseState::Blank,
            _ => EfuseState::Other,
        });
    }
    let burned = efuses.is_burned(&burn_of(burn)?).map_err(failed)?;
    let is_blank = match burn.step.action() {
        Action::BurnEfuse { name, .. } => efuses.value(name).map_err(failed)? == 0,
        _ => true,
    };
    Ok(match burned {
        Burned::No if is_blank => EfuseState::Blank,
        Burned::No | Burned::Partly => EfuseState::Partial,
        Burned::Yes => EfuseState::Burned,
        Burned::Unknown => EfuseState::Hidden,
        _ => EfuseState::Other,
    })
}

/// Burns a step in the stage of its phase. The loader refuses stages before that of the last burn.
fn burn_one<P: Port>(efuses: Efuses<'_, P>, burn: &EfuseBurn<'_>) -> Result<(), BoardFault> {
    let what = burn_of(burn)?;
    burn_in_stage(efuses.start(), burn.step.phase(), &what).map_err(|error| fault(&error, Moment::Work))
}

fn burn_in_stage<P: Port>(mut stage: SecretKeyStage<'_, P>, phase: Phase, what: &Burn<'_>) -> Result<(), Error> {
    match phase {
        Phase::SecretKeys => {
            stage.burn_secret_key(what)?;
            stage.keep();
        }
        Phase::KeyDigests => {
            let mut stage = stage.into_digests();
            stage.burn_digest(what)?;
            stage.keep();
        }
        Phase::CloseReadProtection => stage.into_digests().into_settings().close_read_protection()?.keep(),
        Phase::DownloadMode => {
            let stage = stage.into_digests().into_settings().leave_read_protection()?;
            stage.lock_download(what)?;
        }
        _ => {
            let mut stage = stage.into_digests().into_settings();
            stage.burn(what)?;
            stage.keep();
        }
    }
    Ok(())
}

fn burn_of<'b>(burn: &EfuseBurn<'b>) -> Result<Burn<'b>, BoardFault> {
    Ok(match burn.step.action() {
        Action::BurnEfuse { name, value } => Burn::efuse(name, u32::from(*value)),
        Action::BurnKey { block, purpose, .. } => {
            let missing = || BoardFault::Unsuited(format!("the key for {block} is missing"));
            Burn::key(block, purpose.name(), burn.key.ok_or_else(missing)?)
        }
        Action::WriteProtect { name } => Burn::write_protect(name),
        _ => return Err(not_an_efuse(burn.step)),
    })
}

fn not_an_efuse(step: &Step) -> BoardFault {
    BoardFault::Unsuited(format!("not an eFuse step: {step}"))
}

/// The time of a failure: a chip that does not answer initially may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Connect,
    Work,
}

fn fault(error: &Error, moment: Moment) -> BoardFault {
    let text = error.to_string();
    match error {
        Error::PortBusy { .. } | Error::PortGone { .. } | Error::PortOpen { .. } => BoardFault::Port(text),
        Error::NoAnswer { .. } if moment == Moment::Connect => BoardFault::Silent(text),
        Error::NoAnswer { .. } | Error::Baud { .. } | Error::ControllerBusy => BoardFault::Stuck(text),
        Error::Garbage { .. } => BoardFault::Garbage(text),
        Error::AlreadyBurned { .. }
        | Error::BurnDiffers { .. }
        | Error::CodingError { .. }
        | Error::KeyReadable { .. }
        | Error::ReadProtectionClosed
        | Error::WriteProtected { .. } => BoardFault::Efuse(text),
        Error::CommandFailed { .. } | Error::Md5Differs { .. } => BoardFault::Error(text),
        _ => BoardFault::Unsuited(text),
    }
}

/// No reset: the board was put into download mode by hand, or is virtual.
impl<P> RomBoard<P> {
    /// Returns settings for a port without signals.
    #[must_use]
    pub const fn without_reset() -> ConnectSettings {
        ConnectSettings::new(Reset::None)
    }
}

/// The baud rate that every ROM supports initially.
const FIRST_BAUD: u32 = 115_200;
const CHANNEL_TIMEOUT: Duration = Duration::from_millis(250);
