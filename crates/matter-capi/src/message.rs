use core::ffi::c_char;
use core::fmt;

/// A sentence about the last call that got it, for people: it may change with any version. It never holds a secret.
///
/// It belongs to the caller, so that each thread has its own.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MatterMessage {
    /// UTF-8 with a NUL at its end; empty without an error, and cut when it is longer.
    pub text: [c_char; MATTER_MESSAGE_SIZE],
}

/// The bytes of a message with its NUL.
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
            // A char is signed on some processors and unsigned on others.
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
