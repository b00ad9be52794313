//! The framing of the serial line, from the chip's side.

/// Begins and ends a frame.
const END: u8 = 0xC0;
/// Begins the two bytes that encode END or ESCAPE.
const ESCAPE: u8 = 0xDB;
/// Encodes END after ESCAPE.
const ESCAPED_END: u8 = 0xDC;
/// Encodes ESCAPE after ESCAPE.
const ESCAPED_ESCAPE: u8 = 0xDD;

/// The maximum length of a frame: a 64 KiB block with its headers.
const MAX_FRAME: usize = 0x1_0040;

/// Splits a stream of bytes into frames.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    frame: Vec<u8>,
    is_inside: bool,
    is_escaped: bool,
}

impl Decoder {
    /// Consumes the bytes of `bytes` up to the end of the next frame, and returns that frame.
    ///
    /// Bytes outside frames, empty frames, frames with wrong escapes and frames that are too long are skipped, as by
    /// the ROM.
    pub(crate) fn next_frame(&mut self, bytes: &mut &[u8]) -> Option<Vec<u8>> {
        while let Some((&byte, rest)) = bytes.split_first() {
            *bytes = rest;
            match byte {
                // An escape without its second byte.
                END if self.is_escaped => {
                    self.drop_frame();
                    self.is_inside = true;
                }
                END if self.is_inside && !self.frame.is_empty() => {
                    self.is_inside = false;
                    return Some(core::mem::take(&mut self.frame));
                }
                END => self.is_inside = true,
                _ if !self.is_inside => {}
                ESCAPED_END if self.is_escaped => self.push(END),
                ESCAPED_ESCAPE if self.is_escaped => self.push(ESCAPE),
                _ if self.is_escaped => self.drop_frame(),
                ESCAPE => self.is_escaped = true,
                _ => self.push(byte),
            }
        }
        None
    }

    fn push(&mut self, byte: u8) {
        self.is_escaped = false;
        if self.frame.len() < MAX_FRAME {
            self.frame.push(byte);
        } else {
            self.drop_frame();
        }
    }

    fn drop_frame(&mut self) {
        *self = Self::default();
    }
}

/// Appends a frame to the bytes to send.
pub(crate) fn encode(parts: &[&[u8]], out: &mut impl Extend<u8>) {
    out.extend([END]);
    for part in parts {
        // Copies whole runs: flash data has few bytes to escape.
        for run in part.split_inclusive(|byte| matches!(*byte, END | ESCAPE)) {
            match run.split_last() {
                Some((&END, before)) => {
                    out.extend(before.iter().copied());
                    out.extend([ESCAPE, ESCAPED_END]);
                }
                Some((&ESCAPE, before)) => {
                    out.extend(before.iter().copied());
                    out.extend([ESCAPE, ESCAPED_ESCAPE]);
                }
                _ => out.extend(run.iter().copied()),
            }
        }
    }
    out.extend([END]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut decoder = Decoder::default();
        std::iter::from_fn(|| decoder.next_frame(&mut bytes)).collect()
    }

    #[test]
    fn escapes_encode_the_two_special_bytes() {
        let mut sent = Vec::new();
        encode(&[&[1, END], &[ESCAPE, 2]], &mut sent);
        assert_eq!(sent, [0xC0, 1, 0xDB, 0xDC, 0xDB, 0xDD, 2, 0xC0]);
        assert_eq!(frames(&sent), [vec![1, END, ESCAPE, 2]]);
    }

    #[test]
    fn noise_between_frames_is_passed_over() {
        assert_eq!(frames(b"boot\xC0\xC0\x01\xC0noise\xC0\x02\xC0"), [vec![1], vec![2]]);
        assert_eq!(frames(b"\xC0\x01\xDB\x05\x02\xC0\xC0\x03\xC0"), [vec![3]]);
        assert_eq!(frames(b"\xC0\x01\xDB\xC0\x02\xC0"), [vec![2]]);
        assert_eq!(frames(b"\xC0\xDB\xC0\xDC\xC0"), [vec![0xDC]]);
    }

    #[test]
    fn a_frame_that_never_ends_is_dropped() {
        let mut bytes = vec![END];
        bytes.resize(MAX_FRAME + 100, 7);
        bytes.extend([END, END, 1, END]);
        assert_eq!(frames(&bytes), [vec![1]]);
    }
}
