//! SLIP frames, RFC 1055: a frame begins and ends with C0; C0 inside is DB DC, DB is DB DD.

use std::fmt;

use zeroize::Zeroize;

/// Encodes bytes as one frame.
///
/// # Examples
///
/// ```
/// assert_eq!(esp_rom_loader::slip_encode(&[1, 0xC0, 0xDB]), [0xC0, 1, 0xDB, 0xDC, 0xDB, 0xDD, 0xC0]);
/// ```
#[must_use]
pub fn slip_encode(bytes: &[u8]) -> Vec<u8> {
    // Never reallocates: a copy of a key would stay in freed memory.
    let mut frame = Vec::with_capacity(bytes.len().saturating_mul(2).saturating_add(2));
    frame.push(END);
    for &byte in bytes {
        match byte {
            END => frame.extend_from_slice(&[ESCAPE, ESCAPED_END]),
            ESCAPE => frame.extend_from_slice(&[ESCAPE, ESCAPED_ESCAPE]),
            _ => frame.push(byte),
        }
    }
    frame.push(END);
    frame
}

/// Decodes frames from a stream of bytes.
///
/// Bytes outside frames, frames with an invalid escape, and frames longer than any answer are dropped.
///
/// # Examples
///
/// ```
/// use esp_rom_loader::SlipDecoder;
///
/// let mut decoder = SlipDecoder::default();
/// let frames: Vec<Vec<u8>> = [b'x', 0xC0, 1, 2, 0xC0].into_iter().filter_map(|byte| decoder.push(byte)).collect();
/// assert_eq!(frames, [[1, 2]]);
/// ```
#[derive(Clone, Default)]
pub struct SlipDecoder {
    frame: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before the first END, or after an invalid frame.
    #[default]
    Outside,
    Inside,
    Escape,
}

/// Zeroizes an incomplete frame.
impl Drop for SlipDecoder {
    fn drop(&mut self) {
        self.frame.zeroize();
    }
}

/// Elides the frame.
impl fmt::Debug for SlipDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlipDecoder")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl SlipDecoder {
    /// The maximum length of a decoded frame: more than twice the largest answer or request.
    pub const MAX_FRAME: usize = 0x1_0000;

    /// Adds one byte; returns a frame if the byte completes a non-empty one.
    pub fn push(&mut self, byte: u8) -> Option<Vec<u8>> {
        match (self.state, byte) {
            (State::Outside, END) => self.start(),
            (State::Outside, _) => {}
            (State::Inside, END) => {
                if !self.frame.is_empty() {
                    let frame = core::mem::take(&mut self.frame);
                    // The same END may begin the next frame.
                    return Some(frame);
                }
            }
            (State::Inside, ESCAPE) => self.state = State::Escape,
            (State::Inside, _) => self.keep(byte),
            (State::Escape, ESCAPED_END) => self.unescape(END),
            (State::Escape, ESCAPED_ESCAPE) => self.unescape(ESCAPE),
            // The frame was truncated: this END begins the next one.
            (State::Escape, END) => self.start(),
            (State::Escape, _) => self.drop_frame(),
        }
        None
    }

    /// Discards an incomplete frame.
    pub fn reset(&mut self) {
        self.drop_frame();
    }

    fn start(&mut self) {
        self.frame.zeroize();
        // Answers with register values do not reallocate: part of a key would stay in freed memory.
        self.frame.reserve(64);
        self.state = State::Inside;
    }

    fn unescape(&mut self, byte: u8) {
        self.state = State::Inside;
        self.keep(byte);
    }

    fn keep(&mut self, byte: u8) {
        if self.frame.len() < Self::MAX_FRAME {
            self.frame.push(byte);
        } else {
            self.drop_frame();
        }
    }

    fn drop_frame(&mut self) {
        self.frame.zeroize();
        self.state = State::Outside;
    }
}

const END: u8 = 0xC0;
const ESCAPE: u8 = 0xDB;
const ESCAPED_END: u8 = 0xDC;
const ESCAPED_ESCAPE: u8 = 0xDD;

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut decoder = SlipDecoder::default();
        bytes.iter().filter_map(|byte| decoder.push(*byte)).collect()
    }

    #[test]
    fn frames_are_found_between_garbage() {
        let cases: [(&[u8], &[&[u8]]); 7] = [
            (&[END, 1, END], &[&[1]]),
            (&[9, 9, END, 1, END, END, 2, END], &[&[1], &[2]]),
            // One END between two frames.
            (&[END, 1, END, 2, END], &[&[1], &[2]]),
            (
                &[END, ESCAPE, ESCAPED_END, ESCAPE, ESCAPED_ESCAPE, END],
                &[&[END, ESCAPE]],
            ),
            // An invalid escape discards only its frame.
            (&[END, 1, ESCAPE, 7, 3, END, 2, END], &[&[2]]),
            (&[END, 1, ESCAPE, END, 2, END], &[&[2]]),
            (&[1, 2, 3], &[]),
        ];
        for (bytes, expected) in cases {
            assert_eq!(frames(bytes), expected, "{bytes:02x?}");
        }
    }

    #[test]
    fn endless_frame_is_dropped_and_the_next_one_found() {
        let mut decoder = SlipDecoder::default();
        assert_eq!(decoder.push(END), None);
        for _ in 0..SlipDecoder::MAX_FRAME * 3 {
            assert_eq!(decoder.push(5), None);
        }
        assert!(decoder.frame.capacity() <= 2 * SlipDecoder::MAX_FRAME);
        let rest: Vec<_> = [END, 1, END]
            .into_iter()
            .filter_map(|byte| decoder.push(byte))
            .collect();
        assert_eq!(rest, [[1]]);
    }
}
