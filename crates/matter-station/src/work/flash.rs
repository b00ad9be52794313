//! The flash: written, compared, and written again if it has changed.

use std::time::Instant;

use base16ct::lower::encode_string as hex;
use matter_ledger::ClaimState;
use serde_json::json;

use super::{Stop, Work};
use crate::{Board, Error, Event, Outcome, QuarantineReason, StationDevice, StationRegion};

impl Work<'_> {
    /// Writes the flash of a new board, and compares it.
    pub(super) fn flash(&mut self, board: &mut dyn Board, device: &StationDevice) -> Result<(), Stop> {
        let start = Instant::now();
        self.write(board, device)?;
        let transfer = start.elapsed().as_millis();
        self.compare_or_write(board, device, true)?;
        let images = device.regions.iter().map(image).collect::<Vec<_>>();
        let facts = self
            .facts()
            .with("images", serde_json::Value::from(images).to_string())
            .with("transfer_ms", transfer.to_string());
        self.advance(ClaimState::Flashed, &facts)
    }

    /// Compares the flash of a reconnected board: its firmware may have started and written. A board whose flash was
    /// compared since its connection passes.
    pub(super) fn compare(&mut self, board: &mut dyn Board, device: &StationDevice) -> Result<(), Stop> {
        if self.is_flash_known {
            return Ok(());
        }
        // Data made by the firmware itself are not overwritten.
        let is_own = self.station.firmware.is_none() || self.current()?.state < ClaimState::Keys;
        self.compare_or_write(board, device, is_own)
    }

    fn compare_or_write(&mut self, board: &mut dyn Board, device: &StationDevice, may_write: bool) -> Result<(), Stop> {
        let mut different = different(board, device)?;
        if different.is_some() && may_write {
            self.write(board, device)?;
            different = self::different(board, device)?;
        }
        if let Some(region) = different {
            let detail = format!("{} at {:#x} ({} bytes)", region.source, region.offset, region.length);
            return Err(self.quarantine(QuarantineReason::FlashMd5, detail)?.into());
        }
        self.is_flash_known = true;
        Ok(())
    }

    fn write(&mut self, board: &mut dyn Board, device: &StationDevice) -> Result<(), Stop> {
        let count = |len| u64::try_from(len).unwrap_or(u64::MAX);
        let total = device.parts.iter().map(|part| count(part.bytes.len()));
        let total = total.fold(0, u64::saturating_add);
        let mut before = 0;
        for part in &device.parts {
            let mut progress = |done| {
                let done = u64::saturating_add(before, count(done));
                self.see(&Event::Progress { done, total });
            };
            board.write(part.offset, &part.bytes, &mut progress)?;
            before = before.saturating_add(count(part.bytes.len()));
        }
        Ok(())
    }
}

/// Returns the first region that differs in flash.
fn different<'d>(board: &mut dyn Board, device: &'d StationDevice) -> Result<Option<&'d StationRegion>, Stop> {
    for region in &device.regions {
        let bytes = device.region_bytes(region).ok_or_else(|| {
            let (uuid, reason) = (device.uuid.clone(), format!("no flash part covers {}", region.source));
            Stop::from(Outcome::Failed(Error::Device { uuid, reason }))
        })?;
        if !board.holds(region.offset, bytes, &region.md5)? {
            return Ok(Some(region));
        }
    }
    Ok(None)
}

fn image(region: &StationRegion) -> serde_json::Value {
    json!({
        "offset": region.offset,
        "length": region.length,
        "source": region.source,
        "encrypted": region.encrypted,
        "md5": hex(&region.md5),
        "sha256": hex(&region.sha256),
    })
}
