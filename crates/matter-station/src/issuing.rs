//! Certificates for keys that the boards generate.

use matter_issuance::protocol;
use matter_issuance::session::{self, SessionFault, SessionSettings};
use matter_issuance::{DeskHandle, DeviceId, Refusal, State};
use matter_ledger::{ClaimFacts, Mac};

use crate::{Channel, FirmwareFault, FirmwareStep, StationDevice};

/// Issues a DAC to each board while it runs its firmware, between writing its flash and burning its eFuses.
///
/// The firmware implements the issuing protocol ([`matter_issuance::protocol`]) on the port used for flashing. A session
/// may be repeated: a board that has its DAC gets the same one. Firmware can only start from unencrypted flash while no key
/// is burned, so this is not for devices with flash encryption.
#[derive(Clone, Debug)]
pub struct Issuing {
    station: session::Station,
}

/// The DAC of a board, for the record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuedDac {
    /// Its serial number, as in the log.
    pub dac_serial: String,
    /// SHA-256 of its public key in hexadecimal digits.
    pub dac_key_sha256: String,
    /// Whether it was signed in this session.
    pub is_new: bool,
}

impl Issuing {
    /// Makes a step from the issuing desk and the requirements on the boards. Devices of runs and certificates of a desk
    /// are counted separately: the desk must have another order than the station.
    #[must_use]
    pub const fn new(desk: DeskHandle, settings: SessionSettings) -> Self {
        Self {
            station: session::Station::new(desk, settings),
        }
    }

    /// Runs a session with the board that has this MAC address.
    ///
    /// `read` must return at least every half second, even without data.
    ///
    /// # Errors
    ///
    /// [`FirmwareFault::Later`] when the desk is unavailable, or the board silent or its session interrupted;
    /// [`FirmwareFault::Refused`] with the stable code of the refusal; [`FirmwareFault::OtherBoard`] for another address.
    pub fn issue(&self, channel: &mut dyn Channel, mac: Mac) -> Result<IssuedDac, FirmwareFault> {
        let mut channel = channel;
        // The ledger also accepts longer addresses, which no chip has as its own.
        let own: protocol::Mac = (mac.to_string().parse())
            .map_err(|_| FirmwareFault::OtherBoard(format!("{mac} is not the MAC address of a chip")))?;
        let peer = DeviceId::from_mac(*own.as_bytes());
        let report = self.station.run(&mut channel, &peer);
        let report = report.map_err(|error| FirmwareFault::Later(error.to_string()))?;
        if let Some(found) = report.device.filter(|found| *found != own) {
            let text = format!("the board at the port reports MAC address {found}");
            return Err(FirmwareFault::OtherBoard(text));
        }
        match (report.refusal, report.issued) {
            // A board that has proved its key, but not reported its lock, needs nothing more.
            (refusal, Some(issued)) if refusal.is_none() || report.state == Some(State::Proved) => Ok(IssuedDac {
                dac_serial: issued.dac.serial().to_string(),
                dac_key_sha256: issued.key.to_string(),
                is_new: issued.is_new,
            }),
            (Some(refusal), _) => Err(fault(&refusal)),
            (None, _) => Err(FirmwareFault::Later("the session ended without a certificate".into())),
        }
    }
}

impl FirmwareStep for Issuing {
    fn run(
        &self,
        _slot: &str,
        device: &StationDevice,
        mac: Mac,
        channel: &mut dyn Channel,
    ) -> Result<ClaimFacts, FirmwareFault> {
        if device.regions.iter().any(|region| region.encrypted) {
            let reason = "the firmware cannot start to make its key: the flash is encrypted, but no key is burned yet";
            return Err(FirmwareFault::Later(reason.into()));
        }
        let dac = self.issue(channel, mac)?;
        Ok(ClaimFacts::new()
            .with("dac_serial", dac.dac_serial)
            .with("dac_key_sha256", dac.dac_key_sha256))
    }
}

fn fault(refusal: &Refusal) -> FirmwareFault {
    let passes = matches!(
        refusal,
        Refusal::Session(SessionFault::Disconnected | SessionFault::Expired | SessionFault::TimedOut)
    );
    if passes {
        return FirmwareFault::Later(refusal.to_string());
    }
    FirmwareFault::Refused(format!("{}: {refusal}", refusal.code()))
}
