use core::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

/// ASCII text of at most `N` characters that contains a passcode.
#[derive(Clone)]
struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Drop for Text<N> {
    fn drop(&mut self) {
        // Only the written part: a QR text has room for far more than most payloads need.
        if let Some(text) = self.bytes.get_mut(..self.len) {
            text.zeroize();
        }
    }
}

impl<const N: usize> Text<N> {
    const fn new() -> Self {
        Self { bytes: [0; N], len: 0 }
    }

    fn push(&mut self, byte: u8) {
        if let Some(to) = self.bytes.get_mut(self.len) {
            *to = byte;
            self.len += 1;
        }
    }

    /// Collects ASCII characters; they must fit.
    fn collect(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut text = Self::new();
        bytes.into_iter().for_each(|byte| text.push(byte));
        text
    }

    fn as_str(&self) -> &str {
        self.bytes
            .get(..self.len)
            .and_then(|text| core::str::from_utf8(text).ok())
            .unwrap_or_default()
    }
}

macro_rules! code_type {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        ///
        /// It contains the passcode: `Debug` elides it, and it is zeroized on drop.
        #[derive(Clone)]
        pub struct $name(Text<$max>);

        impl $name {
            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        /// The copy is not zeroized on drop.
        #[cfg(feature = "std")]
        impl From<$name> for std::string::String {
            fn from(text: $name) -> Self {
                text.as_str().into()
            }
        }

        impl ConstantTimeEq for $name {
            fn ct_eq(&self, other: &Self) -> Choice {
                self.as_str().as_bytes().ct_eq(other.as_str().as_bytes())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([elided])"))
            }
        }
    };
}

code_type! {
    /// The text of a QR code with one payload: `MT:` and 19 characters, up to 255 with TLV data.
    ///
    /// # Examples
    ///
    /// ```
    /// use matter_setup_payload::SetupPayload;
    ///
    /// let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse()?;
    /// let text = payload.qr_text();
    /// assert_eq!(text.as_str(), "MT:Y.K9042C00KA0648G00");
    /// # #[cfg(feature = "image")]
    /// let code = matter_setup_payload::QrImage::new(&text)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    QrText, 258
}
code_type! {
    /// A manual pairing code: 11 or 21 digits.
    ///
    /// # Examples
    ///
    /// ```
    /// use matter_setup_payload::SetupPayload;
    ///
    /// let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse()?;
    /// let code = payload.manual_code();
    /// assert_eq!(code.as_str(), "34970112332");
    /// assert_eq!(code.grouped().as_str(), "3497-011-2332");
    /// # Ok::<(), matter_setup_payload::Error>(())
    /// ```
    ManualCode, 21
}
code_type! {
    /// A manual pairing code in printed form: groups of digits separated by hyphens.
    GroupedManualCode, 27
}

impl QrText {
    /// Creates a text; `write` fills the buffer and returns the length.
    pub(crate) fn write(write: impl FnOnce(&mut [u8]) -> usize) -> Self {
        let mut text = Text::new();
        text.len = write(&mut text.bytes);
        Self(text)
    }
}

impl ManualCode {
    /// Collects digits; they must fit.
    pub(crate) fn collect(digits: impl IntoIterator<Item = u8>) -> Self {
        Self(Text::collect(digits))
    }

    /// Returns the code in groups: `1234-567-8901`, followed by `-2345-678-90-1` for a long code.
    #[must_use]
    pub fn grouped(&self) -> GroupedManualCode {
        /// Indices of the digits that follow a hyphen.
        const BREAKS: [usize; 6] = [4, 7, 11, 15, 18, 20];
        let digits = self.as_str().bytes().enumerate();
        let grouped = digits.flat_map(|(i, digit)| BREAKS.contains(&i).then_some(b'-').into_iter().chain([digit]));
        GroupedManualCode(Text::collect(grouped))
    }
}
