use core::fmt;

use crate::Error;

/// A certificate in its stored form: DER, or PEM followed by a NUL. Firmware for Matter reads only
/// DER.
///
/// Only the outer form is checked; it decides how the firmware parses the certificate.
/// `matter_attestation::Certificate` parses the fields, and its `as_der` returns the bytes for [`Certificate::der`].
///
/// # Examples
///
/// ```
/// use esp_secure_cert::Certificate;
///
/// let certificate = Certificate::der(&[0x30, 0x03, 0x02, 0x01, 0x00])?;
/// assert_eq!(certificate.stored_len(), 5);
/// assert!(Certificate::der(b"-----BEGIN CERTIFICATE-----").is_err());
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate<'a>(Form<'a>);

impl<'a> Certificate<'a> {
    /// Creates a certificate from DER: one SEQUENCE without trailing bytes.
    ///
    /// # Errors
    ///
    /// [`Error::CertificateForm`] for any other form.
    pub fn der(bytes: &'a [u8]) -> Result<Self, Error> {
        Form::der(bytes).map(Self).ok_or(Error::CertificateForm)
    }

    /// Creates a certificate from PEM with the label `CERTIFICATE`; a NUL at the end is optional.
    ///
    /// # Errors
    ///
    /// [`Error::CertificateForm`] for any other form.
    pub fn pem(text: &'a [u8]) -> Result<Self, Error> {
        Form::pem(text, PEM_LABEL).map(Self).ok_or(Error::CertificateForm)
    }

    /// Returns the DER or PEM bytes without the NUL.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0.bytes
    }

    /// Returns whether the form is PEM.
    #[must_use]
    pub const fn is_pem(&self) -> bool {
        !self.0.terminator.is_empty()
    }

    /// Returns the length of the record's data in bytes; PEM includes the NUL.
    #[must_use]
    pub const fn stored_len(&self) -> usize {
        self.0.bytes.len() + self.0.terminator.len()
    }

    pub(crate) const fn parts(&self) -> [&'a [u8]; 2] {
        [self.0.bytes, self.0.terminator]
    }
}

impl<'a> TryFrom<&'a [u8]> for Certificate<'a> {
    type Error = Error;

    /// Creates a certificate from DER or PEM.
    fn try_from(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::der(bytes).or_else(|_| Self::pem(bytes))
    }
}

impl AsRef<[u8]> for Certificate<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes
    }
}

/// DER or PEM with its terminator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) terminator: &'a [u8],
}

impl<'a> Form<'a> {
    pub(crate) fn der(bytes: &'a [u8]) -> Option<Self> {
        let (&[tag, first], rest) = bytes.split_first_chunk()?;
        let (len, rest) = match first {
            0x00..=0x7F => (usize::from(first), rest),
            0x81 => {
                let ([len], rest) = rest.split_first_chunk()?;
                (usize::from(*len), rest)
            }
            0x82 => {
                let (len, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*len)), rest)
            }
            _ => return None,
        };
        (tag == 0x30 && len == rest.len()).then_some(Self { bytes, terminator: &[] })
    }

    pub(crate) fn pem(text: &'a [u8], label: &str) -> Option<Self> {
        let bytes = text.strip_suffix(NUL).unwrap_or(text);
        let begin = bytes.strip_prefix(b"-----BEGIN ")?.strip_prefix(label.as_bytes())?;
        let end = bytes
            .trim_ascii_end()
            .strip_suffix(b"-----")?
            .strip_suffix(label.as_bytes())?;
        let whole = begin.starts_with(b"-----") && end.ends_with(b"\n-----END ") && !bytes.contains(&0);
        whole.then_some(Self { bytes, terminator: NUL })
    }
}

impl fmt::Debug for Form<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.terminator.is_empty() { "DER" } else { "PEM" };
        write!(f, "{} bytes of {name}", self.bytes.len())
    }
}

/// The terminator of a text in a record.
pub(crate) const NUL: &[u8] = b"\0";
const PEM_LABEL: &str = "CERTIFICATE";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_is_one_sequence_and_nothing_else() {
        let mut long = [0; 4 + 300];
        long[..4].copy_from_slice(&[0x30, 0x82, 0x01, 0x2C]);
        let mut medium = [0; 3 + 200];
        medium[..3].copy_from_slice(&[0x30, 0x81, 200]);
        for good in [&[0x30, 0x00][..], &[0x30, 0x01, 0xFF], &medium, &long] {
            assert!(Form::der(good).is_some());
            assert!(Form::der(&good[..good.len() - 1]).is_none(), "cut");
        }
        for bad in [
            &[][..],
            &[0x30],
            &[0x31, 0x00],
            &[0x30, 0x80, 0x00, 0x00],
            &[0x30, 0x00, 0x00],
            &[0x30, 0x81],
        ] {
            assert!(Form::der(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn pem_has_both_lines_and_one_nul_at_most() {
        let good = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n\0";
        for len in [good.len(), good.len() - 1, good.len() - 2] {
            let pem = Certificate::pem(&good[..len]).unwrap();
            assert!(pem.is_pem());
            assert_eq!(pem.stored_len(), pem.as_bytes().len() + 1);
        }
        assert!(Certificate::pem(&good[..good.len() - 3]).is_err());
        assert!(Certificate::pem(b"-----BEGIN CERTIFICATE-----\nA\0A==\n-----END CERTIFICATE-----").is_err());
        assert!(Certificate::pem(b"-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----").is_err());
        assert!(Certificate::pem(b"-----BEGIN CERTIFICATE-----").is_err());
    }
}
