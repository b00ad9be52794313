//! Requests to the ROM and their answers.
//!
//! Request: 00, command, u16 size, u32 checksum, data. Answer: 01, command, u16 size, u32 value, data, status. Source: the
//! section "Serial Protocol" of esptool's documentation.

use core::fmt;

/// A command of the serial protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are self-explanatory")]
pub enum Command {
    FlashBegin = 0x02,
    FlashData = 0x03,
    FlashEnd = 0x04,
    MemBegin = 0x05,
    MemEnd = 0x06,
    MemData = 0x07,
    Sync = 0x08,
    WriteReg = 0x09,
    ReadReg = 0x0A,
    SpiSetParams = 0x0B,
    SpiAttach = 0x0D,
    ReadFlashSlow = 0x0E,
    ChangeBaudrate = 0x0F,
    FlashDeflBegin = 0x10,
    FlashDeflData = 0x11,
    FlashDeflEnd = 0x12,
    SpiFlashMd5 = 0x13,
    GetSecurityInfo = 0x14,
}

impl Command {
    /// All commands of the ROM, by number.
    pub const ALL: [Self; 18] = [
        Self::FlashBegin,
        Self::FlashData,
        Self::FlashEnd,
        Self::MemBegin,
        Self::MemEnd,
        Self::MemData,
        Self::Sync,
        Self::WriteReg,
        Self::ReadReg,
        Self::SpiSetParams,
        Self::SpiAttach,
        Self::ReadFlashSlow,
        Self::ChangeBaudrate,
        Self::FlashDeflBegin,
        Self::FlashDeflData,
        Self::FlashDeflEnd,
        Self::SpiFlashMd5,
        Self::GetSecurityInfo,
    ];

    /// Returns the number.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "the numbers of an enum of bytes")]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the command with a number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.code() == code)
    }

    /// Returns the name used in esptool's documentation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FlashBegin => "FLASH_BEGIN",
            Self::FlashData => "FLASH_DATA",
            Self::FlashEnd => "FLASH_END",
            Self::MemBegin => "MEM_BEGIN",
            Self::MemEnd => "MEM_END",
            Self::MemData => "MEM_DATA",
            Self::Sync => "SYNC",
            Self::WriteReg => "WRITE_REG",
            Self::ReadReg => "READ_REG",
            Self::SpiSetParams => "SPI_SET_PARAMS",
            Self::SpiAttach => "SPI_ATTACH",
            Self::ReadFlashSlow => "READ_FLASH_SLOW",
            Self::ChangeBaudrate => "CHANGE_BAUDRATE",
            Self::FlashDeflBegin => "FLASH_DEFL_BEGIN",
            Self::FlashDeflData => "FLASH_DEFL_DATA",
            Self::FlashDeflEnd => "FLASH_DEFL_END",
            Self::SpiFlashMd5 => "SPI_FLASH_MD5",
            Self::GetSecurityInfo => "GET_SECURITY_INFO",
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Encodes a request, without framing. Data beyond 65535 bytes is truncated; no command has that much.
#[must_use]
pub(crate) fn encode_request(command: Command, checksum: u8, data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let mut bytes = Vec::with_capacity(data.len().saturating_add(HEADER));
    bytes.extend_from_slice(&[0, command.code()]);
    bytes.extend_from_slice(&len.to_le_bytes());
    bytes.extend_from_slice(&u32::from(checksum).to_le_bytes());
    bytes.extend_from_slice(data.get(..usize::from(len)).unwrap_or(data));
    bytes
}

/// Returns the checksum of a block's data: the XOR of 0xEF and all bytes.
#[must_use]
pub fn checksum(block: &[u8]) -> u8 {
    block.iter().fold(0xEF, |sum, byte| sum ^ byte)
}

/// A decoded answer; its status is not checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) command: u8,
    pub(crate) value: u32,
    pub(crate) data: Vec<u8>,
}

impl Answer {
    /// Decodes a frame; `None` if it is not an answer.
    pub(crate) fn decode(frame: &[u8]) -> Option<Self> {
        let (header, data) = frame.split_first_chunk::<HEADER>()?;
        let [1, command, len0, len1, value @ ..] = *header else {
            return None;
        };
        (usize::from(u16::from_le_bytes([len0, len1])) == data.len()).then(|| Self {
            command,
            value: u32::from_le_bytes(value),
            data: data.to_vec(),
        })
    }

    /// Splits the status from the data, which must have one of the given lengths.
    ///
    /// The ROM sends a 4-byte status, the stub and some mocks a 2-byte one; an error has no data.
    pub(crate) fn payload(&self, lengths: &[usize]) -> Result<&[u8], Status> {
        for &len in lengths {
            if let Some((payload, status)) = self.data.split_at_checked(len)
                && let [failed, code] | [failed, code, _, _] = *status
            {
                return if failed == 0 {
                    Ok(payload)
                } else {
                    Err(Status::Failed(code))
                };
            }
        }
        match *self.data {
            [failed, code] | [failed, code, _, _] if failed != 0 => Err(Status::Failed(code)),
            _ => Err(Status::Malformed),
        }
    }
}

/// The reason why an answer cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// The chip reported an error code.
    Failed(u8),
    /// The length is wrong.
    Malformed,
}

/// Number of bytes before the data.
const HEADER: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_of_two_and_of_four_bytes_is_split_from_the_data() {
        let answer = |data: &[u8]| Answer {
            command: 0x13,
            value: 0,
            data: data.to_vec(),
        };
        assert_eq!(answer(&[7, 8, 0, 0]).payload(&[2]), Ok(&[7, 8][..]));
        assert_eq!(answer(&[7, 8, 0, 0, 0, 0]).payload(&[2]), Ok(&[7, 8][..]));
        assert_eq!(answer(&[0, 0]).payload(&[0]), Ok(&[][..]));
        assert_eq!(answer(&[1, 5]).payload(&[16, 32]), Err(Status::Failed(5)));
        assert_eq!(answer(&[1, 5, 0, 0]).payload(&[16, 32]), Err(Status::Failed(5)));
        assert_eq!(answer(&[7, 8, 1, 9]).payload(&[2]), Err(Status::Failed(9)));
        assert_eq!(answer(&[0, 0, 0]).payload(&[0]), Err(Status::Malformed));
        assert_eq!(answer(&[]).payload(&[0]), Err(Status::Malformed));
    }

    #[test]
    fn frame_that_is_no_answer_is_refused() {
        assert!(Answer::decode(&[1, 8, 2, 0, 7, 0, 0, 0, 0, 0]).is_some());
        for frame in [
            &[][..],
            &[1, 8, 2, 0, 7, 0, 0],
            &[0, 8, 2, 0, 7, 0, 0, 0, 0, 0],
            &[1, 8, 3, 0, 7, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(Answer::decode(frame), None, "{frame:?}");
        }
    }
}
