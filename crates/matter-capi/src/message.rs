use core::ffi::c_char;
use core::fmt;

/// A sentence about the last call with this message, for people: it may change in any version. It
/// never contains a secret.
///
/// It belongs to the caller, so that each thread has its own.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MatterMessage {
    /// UTF-8 followed by a NUL; empty without an error, and truncated if longer.
    pub text: [c_char; MATTER_MESSAGE_SIZE],
}

/// The size of a message in bytes, including its NUL.
pub const MATTER_MESSAGE_SIZE: usize = 256;

impl MatterMessage {
    pub(crate) fn new(text: &str) -> Self {
        let ends = (0..MATTER_MESSAGE_SIZE).rev();
        let bytes = ends
            .filter_map(|end| text.get(..end.min(text.len())))
            .next()
            .unwrap_or_default()
            .bytes();
        let mut field = [0; MATTER_MESSAGE_SIZE];
        for (to, from) in field.iter_mut().zip(bytes) {
            // The signedness of `c_char` depends on the processor.
            *to = c_char::from_ne_bytes([from]);
        }
        Self { text: field }
    }

    /// Returns the text, for tests in Rust.
    #[must_use]
    pub fn to_text(&self) -> String {
        let bytes = self.text.iter().map(|letter| {
            let [byte] = letter.to_ne_bytes();
            byte
        });
        let bytes: Vec<u8> = bytes.take_while(|byte| *byte != 0).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl fmt::Debug for MatterMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MatterMessage({:?})", self.to_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        let message = MatterMessage::new(&"\u{e9}".repeat(200));
        assert_eq!(message.to_text(), "\u{e9}".repeat(127));
        assert_eq!(MatterMessage::new(&"a".repeat(300)).to_text().len(), 255);
        assert_eq!(MatterMessage::new("").to_text(), "");
    }
}
