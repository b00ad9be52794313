//! otadata: selects the OTA slot to boot.
//!
//! ```text
//! sector  0 sequence number u32 | 4 label, FF, 20 bytes | 24 state u32 | 28 CRC-32 of the sequence number u32 | 32 FF to 4096
//! ```
//!
//! There are two sectors, so that one is intact while the other is written. All numbers are little-endian. Source:
//! ESP-IDF, "Over The Air Updates", section "OTA Data Partition", and `esp_flash_partitions.h`.

use core::fmt;

use crate::Error;

/// The state of the app in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum OtaState {
    /// Not booted yet.
    New,
    /// On its first boot.
    PendingVerify,
    /// Confirmed as working.
    Valid,
    /// Reported as not working by itself.
    Invalid,
    /// Did not complete its first boot.
    Aborted,
    /// Unknown.
    Undefined,
}

impl OtaState {
    const ALL: [Self; 6] = [
        Self::New,
        Self::PendingVerify,
        Self::Valid,
        Self::Invalid,
        Self::Aborted,
        Self::Undefined,
    ];

    /// Returns the number of the state.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::New => 0,
            Self::PendingVerify => 1,
            Self::Valid => 2,
            Self::Invalid => 3,
            Self::Aborted => 4,
            Self::Undefined => u32::MAX,
        }
    }

    /// Returns the name of the state.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::PendingVerify => "pending-verify",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Aborted => "aborted",
            Self::Undefined => "undefined",
        }
    }

    fn from_number(state: u32) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|known| known.number() == state);
        found.ok_or(Error::OtaState { state })
    }
}

impl fmt::Display for OtaState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl core::str::FromStr for OtaState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|state| state.name() == text);
        found.ok_or(Error::OtaStateName)
    }
}

/// The entry of one sector.
///
/// # Examples
///
/// ```
/// use esp_flash_image::{OtaSelect, OtaState};
///
/// let entry = OtaSelect::new(2, OtaState::Valid)?;
/// assert_eq!(OtaSelect::decode(&entry.encode())?, Some(entry));
/// assert_eq!(entry.slot(2), Some(1));
/// # Ok::<(), esp_flash_image::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtaSelect {
    sequence: u32,
    state: OtaState,
}

impl OtaSelect {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// Makes an entry.
    ///
    /// # Errors
    ///
    /// [`Error::OtaSequence`] for 0, which selects no slot, and 0xFFFFFFFF, which is erased flash.
    pub const fn new(sequence: u32, state: OtaState) -> Result<Self, Error> {
        match sequence {
            0 | u32::MAX => Err(Error::OtaSequence { value: sequence }),
            _ => Ok(Self { sequence, state }),
        }
    }

    /// Reads the entry at the start of a sector; `None` if the sector is erased.
    ///
    /// # Errors
    ///
    /// [`Error::OtaSequence`], [`Error::OtaState`], [`Error::OtaChecksum`]; [`Error::Padding`] when the unused label is not
    /// erased.
    pub fn decode(bytes: &[u8; Self::LEN]) -> Result<Option<Self>, Error> {
        if bytes.iter().all(|byte| *byte == 0xFF) {
            return Ok(None);
        }
        let [s0, s1, s2, s3, label @ .., t0, t1, t2, t3, c0, c1, c2, c3] = bytes;
        let sequence = [*s0, *s1, *s2, *s3];
        let (expected, found) = (crc(sequence), u32::from_le_bytes([*c0, *c1, *c2, *c3]));
        if found != expected {
            return Err(Error::OtaChecksum { expected, found });
        }
        if let Some(index) = label.iter().position(|byte| *byte != 0xFF) {
            return Err(Error::Padding {
                offset: index.saturating_add(4),
            });
        }
        let state = OtaState::from_number(u32::from_le_bytes([*t0, *t1, *t2, *t3]))?;
        Self::new(u32::from_le_bytes(sequence), state).map(Some)
    }

    /// Writes the entry.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0xFF; Self::LEN];
        let fields = [
            (0, self.sequence.to_le_bytes()),
            (24, self.state.number().to_le_bytes()),
            (28, crc(self.sequence.to_le_bytes()).to_le_bytes()),
        ];
        for (offset, field) in fields {
            bytes
                .iter_mut()
                .skip(offset)
                .zip(field)
                .for_each(|(to, from)| *to = from);
        }
        bytes
    }

    /// Returns the sequence number.
    #[must_use]
    pub const fn sequence(&self) -> u32 {
        self.sequence
    }

    /// Returns the state.
    #[must_use]
    pub const fn state(&self) -> OtaState {
        self.state
    }

    /// Returns the slot, given the number of slots: (sequence number - 1) modulo the number of slots.
    #[must_use]
    pub const fn slot(&self, slots: u32) -> Option<u32> {
        self.sequence.wrapping_sub(1).checked_rem(slots)
    }

    /// Returns whether the bootloader accepts the entry.
    const fn is_bootable(&self) -> bool {
        !matches!(self.state, OtaState::Invalid | OtaState::Aborted)
    }
}

/// The CRC-32 of zlib, with an initial value of 0xFFFFFFFF.
fn crc(sequence: [u8; 4]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    hasher.update(&sequence);
    hasher.finalize()
}

/// Both sectors of an otadata partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OtaData {
    entries: [Option<OtaSelect>; 2],
}

impl OtaData {
    /// Length of the partition in bytes.
    pub const LEN: usize = 0x2000;
    const SECTOR: usize = 0x1000;

    /// Makes the content; without entries, the partition is erased, as at a device's first start.
    #[must_use]
    pub const fn new(first: Option<OtaSelect>, second: Option<OtaSelect>) -> Self {
        Self {
            entries: [first, second],
        }
    }

    /// Reads a partition.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] or [`Error::Trailing`] unless there are 0x2000 bytes; the errors of [`OtaSelect::decode`],
    /// where the bootloader would use the other sector; [`Error::Padding`] when the rest of a sector is not erased.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let (sectors, rest) = bytes.as_chunks::<{ Self::SECTOR }>();
        let [first, second] = sectors else {
            return Err(match bytes.len().checked_sub(Self::LEN) {
                Some(len) => Error::Trailing { len },
                None => Error::Truncated {
                    needed: Self::LEN,
                    available: bytes.len(),
                },
            });
        };
        if !rest.is_empty() {
            return Err(Error::Trailing { len: rest.len() });
        }
        Ok(Self {
            entries: [read_sector(first, 0)?, read_sector(second, Self::SECTOR)?],
        })
    }

    /// Writes the partition.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn encode(&self) -> alloc::vec::Vec<u8> {
        let mut bytes = alloc::vec::Vec::with_capacity(Self::LEN);
        for (entry, end) in self.entries.iter().zip([Self::SECTOR, Self::LEN]) {
            bytes.extend(entry.iter().flat_map(OtaSelect::encode));
            bytes.resize(end, 0xFF);
        }
        bytes
    }

    /// Returns the entries of both sectors.
    #[must_use]
    pub const fn entries(&self) -> &[Option<OtaSelect>; 2] {
        &self.entries
    }

    /// Returns the active entry: of the entries neither invalid nor aborted, the one with the higher sequence number.
    #[must_use]
    pub fn active(&self) -> Option<&OtaSelect> {
        let bootable = self.entries.iter().flatten().filter(|entry| entry.is_bootable());
        bootable.max_by_key(|entry| entry.sequence)
    }

    /// Returns the app that boots: the app of the active entry, otherwise the factory app, otherwise slot 0.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn boots<'a>(&self, table: &'a crate::PartitionTable) -> Option<&'a crate::Partition> {
        let slot = |number: u32| {
            let mut apps = table.partitions().iter();
            apps.find(|partition| partition.ota_slot().is_some_and(|slot| u32::from(slot) == number))
        };
        if let Some(active) = self.active() {
            return slot(active.slot(table.ota_slots().try_into().ok()?)?);
        }
        let mut apps = table.partitions().iter();
        apps.find(|partition| partition.is_app() && partition.subtype() == 0)
            .or_else(|| slot(0))
    }
}

fn read_sector(sector: &[u8; OtaData::SECTOR], at: usize) -> Result<Option<OtaSelect>, Error> {
    let Some((entry, rest)) = sector.split_first_chunk::<{ OtaSelect::LEN }>() else {
        return Ok(None);
    };
    if let Some(index) = rest.iter().position(|byte| *byte != 0xFF) {
        let offset = at.saturating_add(OtaSelect::LEN).saturating_add(index);
        return Err(Error::Padding { offset });
    }
    OtaSelect::decode(entry)
}
