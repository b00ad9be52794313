//! A second implementation of the format, from its description and without the library: slow and
//! simple.

#![allow(dead_code, reason = "no test uses all of it")]

/// Bitwise CRC-32: reflected polynomial 0xEDB88320, initial register 0, inverted at the end.
pub fn crc(data: &[u8]) -> u32 {
    let mut register = 0u32;
    for byte in data {
        register ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = register & 1 == 1;
            register >>= 1;
            if carry {
                register ^= 0xEDB8_8320;
            }
        }
    }
    !register
}

/// The fields of a record.
#[derive(Clone, Debug)]
pub struct Naive {
    pub flags: u8,
    pub reserved: [u8; 3],
    pub kind: u8,
    pub subtype: u8,
    pub data: Vec<u8>,
    /// The value of every padding byte.
    pub pad: u8,
}

impl Naive {
    pub fn new(kind: u8, subtype: u8, data: &[u8]) -> Self {
        Self {
            flags: 0,
            reserved: [0; 3],
            kind,
            subtype,
            data: data.to_vec(),
            pad: 0,
        }
    }

    pub fn flags(mut self, flags: u8) -> Self {
        self.flags = flags;
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let len = u16::try_from(self.data.len()).unwrap();
        let mut out = vec![0x11, 0xBA, 0x5E, 0xBA, self.flags];
        out.extend(self.reserved);
        out.extend([self.kind, self.subtype]);
        out.extend(len.to_le_bytes());
        out.extend(&self.data);
        while !(out.len() - 12).is_multiple_of(16) {
            out.push(self.pad);
        }
        out.extend(crc(&out).to_le_bytes());
        out
    }
}

pub fn image(records: &[Naive]) -> Vec<u8> {
    records.iter().flat_map(Naive::bytes).collect()
}
