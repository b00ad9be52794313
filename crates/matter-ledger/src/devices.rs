use std::fmt;
use std::str::FromStr;

use matter_types::{Discriminator, Passcode};

use crate::clock::now;
use crate::passcode_key::PasscodeKey;
use crate::runs::RunId;
use crate::statements::{Fault, Statements, Value};
use crate::tables::{DEVICE, IMAGE, RUN};
use crate::{Error, Ledger, ParseError, order};

/// A device whose files are on disk, before it is in the ledger.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// Its row in the run, from 0.
    pub row: u32,
    /// Its UUID.
    pub uuid: String,
    /// Its serial number.
    pub serial: Option<String>,
    /// Its discriminator.
    pub discriminator: Discriminator,
    /// Its passcode, of which the ledger stores HMACs; `None` if the device generates it.
    pub passcode: Option<Passcode>,
    /// The serial number of its DAC.
    pub dac_serial: Option<Vec<u8>>,
    /// SHA-256 of its DAC's public key.
    pub key_sha256: Option<[u8; 32]>,
    /// Whether the key was supplied; it must then belong to no other device.
    pub is_key_given: bool,
    /// Its images, except those whose hash would reveal the passcode.
    pub images: Vec<NewImage>,
}

/// An image of a device.
#[derive(Clone, Debug)]
pub struct NewImage {
    /// The name of its file in the device's folder.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// The given values of a device that is to be made.
#[derive(Debug, Default)]
pub struct GivenTraits<'g> {
    /// Its passcode.
    pub passcode: Option<&'g Passcode>,
    /// Its discriminator.
    pub discriminator: Option<Discriminator>,
    /// Its serial number.
    pub serial: Option<&'g str>,
    /// SHA-256 of its DAC's public key.
    pub key_sha256: Option<[u8; 32]>,
}

/// The values that must be unique in a ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unique {
    /// The passcode.
    pub passcode: bool,
    /// The serial number.
    pub serial: bool,
    /// Discriminator and passcode together.
    pub pair: bool,
    /// The DAC's public key.
    pub key: bool,
}

impl FromStr for Unique {
    type Err = ParseError;

    /// Parses comma-separated names: `passcode,serial,pair,key`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut unique = Self::default();
        for name in text.split(',') {
            let slot = match name.trim() {
                "passcode" => &mut unique.passcode,
                "serial" => &mut unique.serial,
                "pair" => &mut unique.pair,
                "key" => &mut unique.key,
                _ => {
                    return Err(ParseError::new(
                        "must be a comma-separated list of passcode, serial, pair and key",
                    ));
                }
            };
            *slot = true;
        }
        Ok(unique)
    }
}

/// A value that two devices have in common although it must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceTrait {
    /// The DAC's public key.
    Key,
    /// The UUID.
    Name,
    /// Discriminator and passcode together.
    Pair,
    /// The passcode.
    Passcode,
    /// The serial number.
    Serial,
}

impl DeviceTrait {
    /// Returns the human-readable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "public key",
            Self::Name => "name",
            Self::Pair => "pair of discriminator and passcode",
            Self::Passcode => "passcode",
            Self::Serial => "serial number",
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Key => "key_sha256",
            Self::Name => "uuid",
            Self::Pair => "pair_mac",
            Self::Passcode => "passcode_mac",
            Self::Serial => "serial",
        }
    }
}

impl fmt::Display for DeviceTrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// HMACs of a device's passcode, alone and with its discriminator.
type PasscodeMacs = (Option<[u8; 32]>, Option<[u8; 32]>);

impl Ledger {
    /// Finds a device that conflicts with one that is to be made, and returns the conflicting value and its UUID. Devices
    /// of the run `own` are ignored. A supplied key must be unique regardless of `unique`.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn holder(
        &mut self,
        unique: Unique,
        given: &GivenTraits<'_>,
        own: Option<RunId>,
    ) -> Result<Option<(DeviceTrait, String)>, Error> {
        let passcode = given.passcode.map(|passcode| self.key.passcode(passcode));
        let pair = given.passcode.zip(given.discriminator);
        let pair = pair.map(|(passcode, discriminator)| self.key.pair(discriminator, passcode));
        let traits: [(bool, DeviceTrait, Value); 4] = [
            (unique.passcode, DeviceTrait::Passcode, passcode.as_ref().into()),
            (unique.pair, DeviceTrait::Pair, pair.as_ref().into()),
            (unique.serial, DeviceTrait::Serial, given.serial.into()),
            (true, DeviceTrait::Key, given.key_sha256.as_ref().into()),
        ];
        let wanted = traits
            .into_iter()
            .filter(|(wanted, _, value)| *wanted && *value != Value::Null);
        let wanted = wanted.collect::<Vec<_>>();
        if wanted.is_empty() {
            return Ok(None);
        }
        let own = Value::from(own.map(|run| run.0));
        self.read(|statements| {
            for (_, what, value) in &wanted {
                let column = what.column();
                let sql = format!("SELECT uuid FROM device WHERE {column} = $1 AND run IS DISTINCT FROM $2 LIMIT 1");
                if let Some(row) = statements.query_one(&sql, &[value.clone(), own.clone()])? {
                    return Ok(Some((*what, row.get(0)?)));
                }
            }
            Ok(None)
        })
    }

    /// Reserves a passcode for a device, unless another one has it, alone or with the discriminator, as required by
    /// `unique`. Returns the conflicting value.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn reserve(
        &mut self,
        unique: Unique,
        passcode: &Passcode,
        discriminator: Discriminator,
    ) -> Result<Option<DeviceTrait>, Error> {
        let mut taken = Vec::new();
        if unique.passcode {
            taken.push((DeviceTrait::Passcode, self.key.passcode(passcode)));
        }
        if unique.pair {
            taken.push((DeviceTrait::Pair, self.key.pair(discriminator, passcode)));
        }
        if let Some((what, _)) = taken.iter().find(|(_, mac)| self.reserved.contains(mac)) {
            return Ok(Some(*what));
        }
        if taken.is_empty() {
            return Ok(None);
        }
        let held = self.read(|statements| {
            for (what, mac) in &taken {
                if !is_new(statements, *what, mac.into())? {
                    return Ok(Some(*what));
                }
            }
            Ok(None)
        })?;
        if held.is_none() {
            self.reserved.extend(taken.into_iter().map(|(_, mac)| mac));
        }
        Ok(held)
    }

    /// Adds devices whose files are on disk, all or none: the next rows of a run. `tables` is the new value of
    /// [`Progress::tables`] of the run.
    ///
    /// [`Progress::tables`]: crate::Progress::tables
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] when a device conflicts with another one according to `unique`; [`Error::OrderFull`] when another
    /// run has used up the order; [`Error::Clock`]; [`Error::Unavailable`] when it is unknown whether the server has done
    /// it; [`Error::Unusable`] when the ledger cannot be written.
    pub fn commit(&mut self, run: RunId, unique: Unique, devices: &[NewDevice], tables: &[u64]) -> Result<(), Error> {
        let Some(last) = devices.last() else { return Ok(()) };
        let now = now()?;
        let macs = devices.iter().map(|device| macs(&self.key, device)).collect::<Vec<_>>();
        let lens = tables.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        let done = last.row.saturating_add(1);
        self.write(|statements| {
            for (device, macs) in devices.iter().zip(&macs) {
                check_new(statements, unique, device, macs)?;
                insert(statements, run, device, macs, &now)?;
            }
            order::check(statements, run, devices.len())?;
            let set = [("done", done.into()), ("tables", (&lens).into())];
            RUN.update(statements, &set, &[("id", run.0.into())]).map(drop)
        })?;
        for (passcode, pair) in &macs {
            for mac in [passcode, pair].into_iter().flatten() {
                self.reserved.remove(mac);
            }
        }
        Ok(())
    }
}

fn macs(key: &PasscodeKey, device: &NewDevice) -> PasscodeMacs {
    let passcode = device.passcode.as_ref();
    (
        passcode.map(|passcode| key.passcode(passcode)),
        passcode.map(|passcode| key.pair(device.discriminator, passcode)),
    )
}

/// Adds a device and its images.
fn insert(
    statements: &mut dyn Statements,
    run: RunId,
    device: &NewDevice,
    (passcode, pair): &PasscodeMacs,
    now: &str,
) -> Result<(), Fault> {
    let id = DEVICE.insert_id(
        statements,
        &[
            run.0.into(),
            device.row.into(),
            (&device.uuid).into(),
            "published".into(),
            device.serial.as_ref().into(),
            device.discriminator.get().into(),
            passcode.as_ref().into(),
            pair.as_ref().into(),
            device.dac_serial.as_ref().into(),
            device.key_sha256.as_ref().into(),
            now.into(),
            Value::Null,
            Value::Null,
        ],
    )?;
    let images = device.images.iter().map(|image| {
        let size = i64::try_from(image.size).unwrap_or(i64::MAX);
        vec![id.into(), (&image.name).into(), size.into(), (&image.sha256).into()]
    });
    IMAGE.insert_all(statements, &images.collect::<Vec<_>>())
}

/// Another run with the same ledger may have used a value since it was drawn or looked up.
fn check_new(
    statements: &mut dyn Statements,
    unique: Unique,
    device: &NewDevice,
    (passcode, pair): &PasscodeMacs,
) -> Result<(), Fault> {
    let is_key_unique = unique.key || device.is_key_given;
    let traits: [(bool, DeviceTrait, Value); 5] = [
        (true, DeviceTrait::Name, (&device.uuid).into()),
        (unique.passcode, DeviceTrait::Passcode, passcode.as_ref().into()),
        (unique.pair, DeviceTrait::Pair, pair.as_ref().into()),
        (unique.serial, DeviceTrait::Serial, device.serial.as_ref().into()),
        (is_key_unique, DeviceTrait::Key, device.key_sha256.as_ref().into()),
    ];
    for (_, what, value) in traits.into_iter().filter(|(wanted, ..)| *wanted) {
        if value != Value::Null && !is_new(statements, what, value)? {
            return Err(Error::Taken { what, row: device.row }.into());
        }
    }
    Ok(())
}

fn is_new(statements: &mut dyn Statements, what: DeviceTrait, value: Value) -> Result<bool, Fault> {
    let sql = format!("SELECT 1 FROM device WHERE {} = $1 LIMIT 1", what.column());
    Ok(statements.query_one(&sql, &[value])?.is_none())
}
