//! A chip as seen by a station, without a protocol: flash, eFuses, and faults.
//!
//! Every call of [`Board`] consists of steps; the power can be cut between any two. Burned bits persist.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use esp_flash_image::{Chip, ChipRevision};
use esp_flash_plan::{Action, KeyPurpose};
use matter_ledger::Mac;
use matter_station::{Board, BoardFacts, BoardFault, Connect, EfuseBurn, EfuseState, Labels, StationDevice};

/// A fault of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its flash forgets a byte.
    BadFlash,
    /// From a step on it no longer answers.
    Dies(u32),
    /// From a step on it answers only the first greeting.
    Stuck(u32),
    /// From a step on it answers garbage.
    Garbage(u32),
    /// From a step on it answers with errors.
    Errors(u32),
    /// A bit of a key block does not burn.
    BadBlock,
    /// Its first key block is already burned.
    UsedBlock,
    /// It is of another type.
    WrongChip,
    /// Its revision is too old.
    OldRevision,
    /// Its flash is too small.
    SmallFlash,
    /// It has flash encryption on.
    Encrypted,
}

#[derive(Clone, Debug, Default)]
pub struct Block {
    pub bytes: Vec<u8>,
    pub purpose: Option<KeyPurpose>,
    pub is_hidden: bool,
    pub burns: u32,
}

/// The state that survives a power cut, and the test controls.
#[derive(Debug)]
pub struct Silicon {
    pub mac: [u8; 6],
    pub flash: Vec<u8>,
    pub values: BTreeMap<String, u32>,
    pub blocks: BTreeMap<String, Block>,
    pub protected: BTreeSet<String>,
    /// Number of bits burned more than once.
    pub double_burns: u32,
    /// The download mode at power-on.
    is_locked: bool,
    pub fault: Option<Fault>,
    /// Number of steps so far.
    pub steps: u32,
    /// The step after which the power is cut next.
    pub cut_at: Option<u32>,
    /// The step at which the station is killed next.
    pub kill_at: Option<u32>,
    pub cuts: u32,
    /// The code on the label that is stuck on the board.
    pub label: Option<String>,
    /// Counts power cycles: a connection from before a power cycle is invalid.
    life: u32,
}

/// The panic of a killed station.
#[derive(Debug)]
pub struct Killed;

#[derive(Clone, Debug)]
pub struct SimpleChip(pub Arc<Mutex<Silicon>>);

pub const FLASH: usize = 0x1_0000;
pub const LOCK: &str = "ENABLE_SECURITY_DOWNLOAD";

impl SimpleChip {
    pub fn new(number: u32, fault: Option<Fault>) -> Self {
        let [_, a, b, c] = number.to_be_bytes();
        let mut silicon = Silicon {
            mac: [0x24, 0x0a, 0xc4, a, b, c],
            flash: vec![0xFF; FLASH],
            values: BTreeMap::new(),
            blocks: BTreeMap::new(),
            protected: BTreeSet::new(),
            double_burns: 0,
            is_locked: false,
            fault,
            steps: 0,
            cut_at: None,
            kill_at: None,
            cuts: 0,
            label: None,
            life: 0,
        };
        match fault {
            Some(Fault::UsedBlock) => {
                let block = Block {
                    purpose: Some(KeyPurpose::HmacUp),
                    is_hidden: true,
                    ..Block::default()
                };
                silicon.blocks.insert("BLOCK_KEY0".into(), block);
            }
            Some(Fault::Encrypted) => {
                silicon.values.insert("SPI_BOOT_CRYPT_CNT".into(), 7);
            }
            _ => {}
        }
        Self(Arc::new(Mutex::new(silicon)))
    }

    pub fn silicon(&self) -> MutexGuard<'_, Silicon> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the power and restores it.
    pub fn power_cycle(&self) {
        self.silicon().power_cycle();
    }
}

impl Silicon {
    pub fn power_cycle(&mut self) {
        self.is_locked = self.value(LOCK) != 0;
        self.life += 1;
    }

    pub fn value(&self, name: &str) -> u32 {
        self.values.get(name).copied().unwrap_or_default()
    }

    pub fn is_locked(&self) -> bool {
        self.value(LOCK) != 0
    }

    /// Performs one step of the chip.
    fn step(&mut self) -> Result<(), BoardFault> {
        self.steps += 1;
        if self.kill_at.is_some_and(|at| self.steps >= at) {
            self.kill_at = None;
            // Suppresses the panic message.
            resume_unwind(Box::new(Killed));
        }
        if self.cut_at.is_some_and(|at| self.steps >= at) {
            self.cut_at = None;
            self.cuts += 1;
            self.power_cycle();
            return Err(BoardFault::Silent("the power is cut".into()));
        }
        let text = || "as made".to_owned();
        match self.fault {
            Some(Fault::Dies(at)) if self.steps >= at => Err(BoardFault::Silent(text())),
            Some(Fault::Stuck(at)) if self.steps >= at => Err(BoardFault::Stuck(text())),
            Some(Fault::Garbage(at)) if self.steps >= at => Err(BoardFault::Garbage(text())),
            Some(Fault::Errors(at)) if self.steps >= at => Err(BoardFault::Error(text())),
            _ => Ok(()),
        }
    }

    fn burn_value(&mut self, name: &str, value: u32) {
        let old = self.value(name);
        self.double_burns += (old & value).count_ones();
        self.values.insert(name.into(), old | value);
    }

    fn burn_block(&mut self, name: &str, bytes: &[u8], offset: usize) {
        let fault = self.fault;
        let block = self.blocks.entry(name.into()).or_default();
        block.burns += 1;
        let end = offset + bytes.len();
        block.bytes.resize(block.bytes.len().max(end), 0);
        for (held, byte) in block.bytes[offset..].iter_mut().zip(bytes) {
            *held |= byte;
        }
        if fault == Some(Fault::BadBlock) {
            block.bytes[offset] ^= 1;
        }
    }
}

/// A place for a chip.
#[derive(Debug, Default)]
pub struct Socket(pub Mutex<Option<SimpleChip>>);

impl Socket {
    pub fn with(chip: &SimpleChip) -> Self {
        Self(Mutex::new(Some(chip.clone())))
    }

    pub fn chip(&self) -> Option<SimpleChip> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Connect for Socket {
    fn connect(&self) -> Result<Box<dyn Board + Send>, BoardFault> {
        let chip = self.chip().ok_or_else(|| BoardFault::Silent("empty socket".into()))?;
        let life = {
            let mut silicon = chip.silicon();
            let fault = silicon.fault;
            match fault {
                // It still answers the greeting.
                Some(Fault::Stuck(_)) => silicon.steps += 1,
                _ => silicon.step()?,
            }
            silicon.life
        };
        Ok(Box::new(Line { chip, life }))
    }

    fn name(&self) -> String {
        "socket".into()
    }
}

struct Line {
    chip: SimpleChip,
    life: u32,
}

impl Line {
    fn step(&self) -> Result<MutexGuard<'_, Silicon>, BoardFault> {
        let mut silicon = self.chip.silicon();
        if silicon.life != self.life {
            return Err(BoardFault::Silent("it was switched off and on".into()));
        }
        silicon.step()?;
        Ok(silicon)
    }

    fn open(&self) -> Result<MutexGuard<'_, Silicon>, BoardFault> {
        let silicon = self.step()?;
        if silicon.is_locked {
            return Err(BoardFault::Error("not in secure download mode".into()));
        }
        Ok(silicon)
    }
}

impl Board for Line {
    fn identify(&mut self) -> Result<BoardFacts, BoardFault> {
        let silicon = self.step()?;
        let is = |fault| silicon.fault == Some(fault);
        let chip = if is(Fault::WrongChip) {
            Chip::Esp32h2
        } else {
            Chip::Esp32c3
        };
        let size = if is(Fault::SmallFlash) { 0x20_0000 } else { 0x40_0000 };
        Ok(BoardFacts {
            chip: Some(chip),
            chip_name: chip.name().into(),
            revision: ChipRevision::new(0, if is(Fault::OldRevision) { 2 } else { 4 }).ok(),
            mac: Some(silicon.mac).filter(|_| !silicon.is_locked),
            mac_extension: None,
            flash_size: Some(size),
            is_secure_download: silicon.is_locked,
            security: Some(format!("crypt {}", silicon.value("SPI_BOOT_CRYPT_CNT"))),
        })
    }

    fn write(&mut self, offset: u32, bytes: &[u8], progress: &mut dyn FnMut(usize)) -> Result<(), BoardFault> {
        let mut place = usize::try_from(offset).unwrap();
        let mut done = 0;
        for sector in bytes.chunks(4096) {
            let mut silicon = self.open()?;
            silicon.flash[place..place + sector.len()].copy_from_slice(sector);
            if silicon.fault == Some(Fault::BadFlash) {
                silicon.flash[place] ^= 1;
            }
            place += sector.len();
            done += sector.len();
            drop(silicon);
            progress(done);
        }
        Ok(())
    }

    fn holds(&mut self, offset: u32, bytes: &[u8], _md5: &[u8; 16]) -> Result<bool, BoardFault> {
        let silicon = self.open()?;
        let start = usize::try_from(offset).unwrap();
        Ok(silicon.flash[start..start + bytes.len()] == *bytes)
    }

    fn efuse_values(&mut self, names: &[&str]) -> Result<Vec<Option<u32>>, BoardFault> {
        let silicon = self.open()?;
        Ok(names.iter().map(|name| Some(silicon.value(name))).collect())
    }

    fn efuse_states(&mut self, burns: &[EfuseBurn<'_>]) -> Result<Vec<EfuseState>, BoardFault> {
        burns.iter().map(|burn| self.efuse_state(burn)).collect()
    }

    fn burn(&mut self, burns: &[EfuseBurn<'_>]) -> Result<(), BoardFault> {
        for burn in burns {
            let state = self.efuse_state(burn)?;
            match burn.step.action() {
                Action::BurnEfuse { name, value } => {
                    let mut silicon = self.open()?;
                    let missing = u32::from(*value) & !silicon.value(name);
                    silicon.burn_value(name, missing);
                    drop(silicon);
                    self.step_after_burn()?;
                }
                Action::WriteProtect { name } => {
                    self.open()?.protected.insert((*name).into());
                    self.step_after_burn()?;
                }
                Action::BurnKey { block, purpose, .. } => {
                    let bytes = purpose.block_bytes(burn.key.unwrap()).unwrap();
                    if state == EfuseState::Blank {
                        self.open()?.burn_block(block, &bytes, purpose.block_offset());
                    }
                    let silicon = self.open()?;
                    if silicon.blocks[*block].bytes != *bytes {
                        return Err(BoardFault::Efuse(format!("{block} differs")));
                    }
                    drop(silicon);
                    self.open()?.blocks.get_mut(*block).unwrap().purpose = Some(*purpose);
                    self.open()?.blocks.get_mut(*block).unwrap().is_hidden = purpose.is_secret();
                    self.step_after_burn()?;
                }
                action => panic!("{action:?}"),
            }
        }
        Ok(())
    }
}

impl Line {
    fn efuse_state(&mut self, burn: &EfuseBurn<'_>) -> Result<EfuseState, BoardFault> {
        let silicon = self.open()?;
        Ok(match burn.step.action() {
            Action::BurnEfuse { name, value } => match silicon.value(name) {
                0 => EfuseState::Blank,
                found if found == u32::from(*value) => EfuseState::Burned,
                found if found & !u32::from(*value) == 0 => EfuseState::Partial,
                _ => EfuseState::Other,
            },
            Action::WriteProtect { name } if silicon.protected.contains(*name) => EfuseState::Burned,
            Action::WriteProtect { .. } => EfuseState::Blank,
            Action::BurnKey { block, purpose, .. } => match (silicon.blocks.get(*block), burn.key) {
                (None, _) => EfuseState::Blank,
                (Some(held), _) if held.is_hidden && held.purpose == Some(*purpose) => EfuseState::Hidden,
                (Some(held), _) if held.is_hidden => EfuseState::Other,
                (Some(_), None) => EfuseState::Other,
                (Some(held), Some(key)) if held.bytes == *purpose.block_bytes(key).unwrap() => {
                    let is_whole = !purpose.is_secret() && held.purpose == Some(*purpose);
                    if is_whole {
                        EfuseState::Burned
                    } else {
                        EfuseState::Partial
                    }
                }
                _ => EfuseState::Other,
            },
            action => panic!("{action:?}"),
        })
    }

    /// The power may be cut after the burn, before the result is seen.
    fn step_after_burn(&self) -> Result<(), BoardFault> {
        self.open().map(drop)
    }
}

/// Labels that are attached to the chip in the socket, and read from there.
#[derive(Debug)]
pub struct Sticker(pub Arc<Socket>);

impl Sticker {
    fn chip(&self) -> Option<SimpleChip> {
        self.0.chip()
    }
}

impl Labels for Sticker {
    fn print(&self, _slot: &str, device: &StationDevice, mac: Mac) -> Result<(), String> {
        let chip = self.chip().ok_or("empty socket")?;
        let mut silicon = chip.silicon();
        assert_eq!(Mac::from(silicon.mac), mac);
        silicon.label = Some(device.label.qr.to_string());
        Ok(())
    }

    fn scan(&self, _slot: &str) -> Result<Option<String>, String> {
        Ok(self.chip().and_then(|chip| chip.silicon().label.clone()))
    }
}
