use core::fmt;

use x509_cert::serial_number::SerialNumber as X509SerialNumber;

use crate::Error;

/// The serial number of a certificate: a positive INTEGER of at most 20 bytes (RFC 5280, 4.1.2.2).
///
/// The serial number of a device is `matter_factory_data::SerialNumber`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber {
    /// Declared before the bytes, so that the derived order is numeric.
    len: usize,
    /// The content bytes of the INTEGER, left-aligned.
    bytes: [u8; Self::MAX_LEN],
}

impl SerialNumber {
    /// The maximum length of the INTEGER in bytes.
    pub const MAX_LEN: usize = 20;
    /// Number of bytes drawn by [`SerialNumber::generate`].
    pub const GENERATED_LEN: usize = 16;

    /// Accepts a big-endian number; leading zeros are ignored.
    ///
    /// # Errors
    ///
    /// [`Error::SerialNumberOutOfRange`] when the number is 0, or needs more than 20 bytes as a DER INTEGER, where a
    /// set top bit takes an additional byte.
    pub fn new(number: &[u8]) -> Result<Self, Error> {
        let first = number.iter().position(|&byte| byte != 0);
        let significant = first.and_then(|first| number.get(first..)).unwrap_or_default();
        let sign = match significant.first() {
            None => return Err(Error::SerialNumberOutOfRange { len: number.len() }),
            Some(&byte) => usize::from(byte >= 0x80),
        };
        let len = significant.len() + sign;
        let mut bytes = [0; Self::MAX_LEN];
        bytes
            .get_mut(sign..len)
            .ok_or(Error::SerialNumberOutOfRange { len })?
            .copy_from_slice(significant);
        Ok(Self { bytes, len })
    }

    /// Draws 16 bytes with the top bit clear and the top byte nonzero: a number that always encodes to 16 bytes.
    pub fn generate<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut random = [0; Self::GENERATED_LEN];
        loop {
            rng.fill_bytes(&mut random);
            let [top, ..] = &mut random;
            *top &= 0x7F;
            if *top == 0 {
                continue;
            }
            if let Ok(serial) = Self::new(&random) {
                return serial;
            }
        }
    }

    /// Returns the content bytes of the INTEGER, big-endian; the first is 0 if the number's top bit is set.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub(crate) fn to_x509(self) -> Result<X509SerialNumber, Error> {
        X509SerialNumber::new(self.as_bytes()).map_err(|_| Error::EncodingFailed)
    }
}

impl fmt::Display for SerialNumber {
    /// Writes upper-case hexadecimal digits, two for each byte.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerialNumber({self})")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn is_positive_and_at_most_20_bytes() {
        for bad in [&[][..], &[0], &[0; 30], &[0x80; 20], &[1; 21]] {
            assert!(matches!(
                SerialNumber::new(bad),
                Err(Error::SerialNumberOutOfRange { .. })
            ));
        }
        for (number, content) in [
            (&[1u8][..], &[1u8][..]),
            (&[0, 0, 0x7F], &[0x7F]),
            (&[0x80], &[0, 0x80]),
            (&[0x7F; 20], &[0x7F; 20]),
        ] {
            assert_eq!(SerialNumber::new(number).unwrap().as_bytes(), content);
        }
        assert_eq!(SerialNumber::new(&[0xFF, 1]).unwrap().to_string(), "00FF01");
    }

    #[test]
    fn order_is_that_of_the_numbers() {
        let numbers = [
            &[1u8][..],
            &[0x7F],
            &[0x80],
            &[0xFF],
            &[1, 0],
            &[0x7F, 0],
            &[0x80, 0],
            &[0x7F; 20],
        ];
        let serials = numbers.map(|number| SerialNumber::new(number).unwrap());
        assert!(serials.is_sorted());
    }
}
