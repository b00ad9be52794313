//! Transfers to and from flash.

use core::fmt;

use md5::{Digest, Md5};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

use super::Board;
use super::commands::{DEFLATE, Done, FAILED, done};

/// The maximum packet size in which the stub reads flash.
const MAX_PACKET: u32 = 0x4000;
/// Number of bytes inflated at once.
const PIECE: usize = 0x8000;

/// A region being written.
pub(super) struct Transfer {
    address: u32,
    end: u32,
    blocks: u32,
    block_size: u32,
    next_block: u32,
    inflater: Option<Box<InflateState>>,
}

impl Transfer {
    pub(super) fn new(address: u32, size: u32, blocks: u32, block_size: u32, is_compressed: bool) -> Self {
        Self {
            address,
            end: address.saturating_add(size),
            blocks,
            block_size,
            next_block: 0,
            inflater: is_compressed.then(|| InflateState::new_boxed(DataFormat::Zlib)),
        }
    }
}

impl fmt::Debug for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer")
            .field("address", &self.address)
            .field("end", &self.end)
            .field("next_block", &self.next_block)
            .finish_non_exhaustive()
    }
}

/// The maximum number of bytes that are sent without an acknowledgement: four times those of esptool.
const MAX_IN_FLIGHT: u32 = 1 << 20;

/// A region being sent by the stub.
#[derive(Debug)]
pub(super) struct Reading {
    address: u32,
    sent: u32,
    acknowledged: u32,
    len: u32,
    packet: u32,
    in_flight: u32,
    hash: Md5,
}

impl Reading {
    pub(super) fn new(address: u32, len: u32, packet: u32, in_flight: u32) -> Option<Self> {
        let is_possible = packet > 0 && packet <= MAX_PACKET && in_flight > 0;
        is_possible.then(|| Self {
            address,
            sent: 0,
            acknowledged: 0,
            len,
            packet,
            in_flight: in_flight.saturating_mul(packet).min(MAX_IN_FLIGHT),
            hash: Md5::new(),
        })
    }
}

impl Board {
    pub(super) fn take_block(&mut self, sequence: u32, bytes: &[u8], is_compressed: bool) -> Done {
        let Some(mut transfer) = self.session.transfer.take() else {
            return Err(FAILED);
        };
        // A block refused for its number or command may be repeated.
        if sequence != transfer.next_block || transfer.inflater.is_some() != is_compressed {
            self.session.transfer = Some(transfer);
            return Err(FAILED);
        }
        if sequence >= transfer.blocks || u32::try_from(bytes.len()).map_or(true, |len| len > transfer.block_size) {
            return Err(FAILED);
        }
        transfer.next_block = sequence.saturating_add(1);
        match transfer.inflater.take() {
            None => self.program(&mut transfer, bytes),
            Some(mut inflater) => {
                self.inflate(&mut transfer, &mut inflater, bytes)?;
                transfer.inflater = Some(inflater);
            }
        }
        let is_last = transfer.next_block == transfer.blocks;
        self.session.transfer = Some(transfer);
        if self.block_is_written() || (is_last && self.region_is_written()) {
            return Ok(None);
        }
        done()
    }

    fn program(&mut self, transfer: &mut Transfer, bytes: &[u8]) {
        self.flash.program(transfer.address, bytes);
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        transfer.address = transfer.address.saturating_add(len);
    }

    fn inflate(&mut self, transfer: &mut Transfer, inflater: &mut InflateState, bytes: &[u8]) -> Result<(), u8> {
        let mut rest = bytes;
        let mut piece = vec![0; PIECE];
        loop {
            let step = inflate(inflater, rest, &mut piece, MZFlush::None);
            rest = rest.get(step.bytes_consumed..).unwrap_or_default();
            let written = piece.get(..step.bytes_written).unwrap_or_default();
            let left = transfer.end.saturating_sub(transfer.address);
            if usize::try_from(left).is_ok_and(|left| written.len() > left) {
                return Err(DEFLATE);
            }
            self.program(transfer, written);
            match step.status {
                Ok(MZStatus::StreamEnd) => return Ok(()),
                // No progress is possible without the next block.
                Err(miniz_oxide::MZError::Buf) => return Ok(()),
                Ok(_) if step.bytes_consumed == 0 && step.bytes_written == 0 => return Ok(()),
                Ok(_) if rest.is_empty() && step.bytes_written < PIECE => return Ok(()),
                Ok(_) => {}
                Err(_) => return Err(DEFLATE),
            }
        }
    }

    /// Sends packets of a region, up to the limit of unacknowledged ones.
    pub(super) fn send_packets(&mut self) {
        let Some(mut reading) = self.session.reading.take() else {
            return;
        };
        while reading.sent < reading.len && reading.sent.saturating_sub(reading.acknowledged) < reading.in_flight {
            let len = reading.packet.min(reading.len.saturating_sub(reading.sent));
            let bytes = self.flash.bytes(reading.address.saturating_add(reading.sent), len);
            reading.hash.update(&bytes);
            self.send_frame(&[&bytes]);
            reading.sent = reading.sent.saturating_add(len);
        }
        if reading.acknowledged >= reading.len {
            let digest: [u8; 16] = reading.hash.finalize().into();
            self.send_frame(&[&digest]);
        } else {
            self.session.reading = Some(reading);
        }
    }

    /// Handles the station's acknowledgement of received bytes.
    pub(super) fn acknowledge(&mut self, frame: &[u8]) {
        if let (Some(reading), Ok(count)) = (&mut self.session.reading, frame.try_into()) {
            reading.acknowledged = u32::from_le_bytes(count).min(reading.sent);
            self.send_packets();
        }
    }
}
