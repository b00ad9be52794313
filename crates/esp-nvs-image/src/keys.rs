//! The keys of an encrypted partition and their sources.
//!
//! Source: ESP-IDF Programming Guide, "NVS Encryption"; ESP-IDF `nvs_api.cpp` and `nvs_sec_provider`.
//!
//! ```text
//! key partition, 4096 bytes
//! +------------------------+ 0
//! | data key ("eky")       |
//! +------------------------+ 32
//! | tweak key ("tky")      |
//! +------------------------+ 64
//! | CRC of 0..64       u32 |
//! +------------------------+ 68
//! | unused, 0xFF           |
//! +------------------------+ 4096
//! ```

use core::fmt;

use hmac::digest::FixedOutput;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::Error;
use crate::crc::crc32;

/// The two AES-256 keys of an encrypted partition.
///
/// The keys are zeroized on drop, elided in `Debug`, and read only through
/// [`NvsKeys::expose_data_key`], [`NvsKeys::expose_tweak_key`] and [`NvsKeys::encode_partition`].
///
/// # Examples
///
/// ```
/// use esp_nvs_image::NvsKeys;
///
/// let keys = NvsKeys::new([1; 32], [2; 32])?;
/// let mut partition = [0; NvsKeys::PARTITION_LEN];
/// keys.encode_partition(&mut partition);
/// let copy = NvsKeys::decode(&partition)?;
/// assert_eq!(copy.expose_tweak_key(), &[2; 32]);
/// assert_eq!(format!("{copy:?}"), "NvsKeys([elided])");
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct NvsKeys {
    data: [u8; KEY_LEN],
    tweak: [u8; KEY_LEN],
}

impl NvsKeys {
    /// The length in bytes of the concatenated keys.
    pub const RAW_LEN: usize = 2 * KEY_LEN;
    /// The length in bytes of a key partition written by [`NvsKeys::encode_partition`].
    pub const PARTITION_LEN: usize = 4096;

    /// Creates keys from the data key ("eky") and the tweak key ("tky").
    ///
    /// # Errors
    ///
    /// [`Error::EncryptionKeysBlank`] if every byte is 0xFF, which means "no keys", and
    /// [`Error::EncryptionKeysEqual`] if the keys are equal, which XTS forbids (FIPS 140-3
    /// Implementation Guidance C.I).
    pub fn new(data: [u8; KEY_LEN], tweak: [u8; KEY_LEN]) -> Result<Self, Error> {
        Self { data, tweak }.checked()
    }

    /// Creates keys from the concatenated data key and tweak key: the first 64 bytes of a key
    /// partition, the only part that the reference generator reads.
    ///
    /// # Errors
    ///
    /// As [`NvsKeys::new`].
    pub fn from_raw(raw: &[u8; Self::RAW_LEN]) -> Result<Self, Error> {
        let mut keys = Self::zeroed();
        let fields = keys.data.iter_mut().chain(&mut keys.tweak);
        fields.zip(raw).for_each(|(to, from)| *to = *from);
        keys.checked()
    }

    /// Derives the keys from the HMAC key in the device's eFuses, as ESP-IDF's HMAC scheme does.
    ///
    /// There is no other input, so that devices with the same HMAC key have the same partition
    /// keys.
    ///
    /// # Errors
    ///
    /// As [`NvsKeys::new`]; no HMAC key is known that causes an error.
    pub fn from_hmac_key(key: &HmacKey) -> Result<Self, Error> {
        let mut keys = Self::zeroed();
        key.authenticate(&DATA_KEY_SEED, &mut keys.data);
        key.authenticate(&TWEAK_KEY_SEED, &mut keys.tweak);
        keys.checked()
    }

    /// Draws keys.
    ///
    /// # Errors
    ///
    /// As [`NvsKeys::new`], with probability 2^-256 unless the generator is broken.
    pub fn generate<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Result<Self, Error> {
        let mut keys = Self::zeroed();
        rng.fill_bytes(&mut keys.data);
        rng.fill_bytes(&mut keys.tweak);
        keys.checked()
    }

    /// Decodes a key partition, or at least its first 68 bytes.
    ///
    /// The bytes after the checksum are ignored, as in the firmware: read through flash encryption,
    /// the erased rest of a key partition is not 0xFF.
    ///
    /// # Errors
    ///
    /// [`Error::KeyPartitionSize`] below 68 bytes, [`Error::EncryptionKeysBlank`] if the first 68
    /// bytes are 0xFF, [`Error::KeyPartitionCrc`] if the checksum is wrong, and the errors of
    /// [`NvsKeys::new`].
    pub fn decode(partition: &[u8]) -> Result<Self, Error> {
        let too_short = Error::KeyPartitionSize { len: partition.len() };
        let (raw, rest) = partition.split_first_chunk().ok_or(too_short)?;
        let crc = rest.first_chunk().ok_or(too_short)?;
        if crc == &[0xFF; 4] && bool::from(raw.ct_eq(&[0xFF; Self::RAW_LEN])) {
            return Err(Error::EncryptionKeysBlank);
        }
        if crc32(&[raw]) != u32::from_le_bytes(*crc) {
            return Err(Error::KeyPartitionCrc);
        }
        Self::from_raw(raw)
    }

    /// Encodes the keys as a key partition; the unused part is 0xFF.
    ///
    /// The buffer then contains the secret, which the caller must zeroize.
    pub fn encode_partition(&self, partition: &mut [u8; Self::PARTITION_LEN]) {
        let crc = crc32(&[&self.data, &self.tweak]).to_le_bytes();
        partition.fill(0xFF);
        let fields = self.data.iter().chain(&self.tweak).chain(&crc);
        partition.iter_mut().zip(fields).for_each(|(to, from)| *to = *from);
    }

    /// Returns the data key ("eky").
    #[must_use]
    pub const fn expose_data_key(&self) -> &[u8; KEY_LEN] {
        &self.data
    }

    /// Returns the tweak key ("tky").
    #[must_use]
    pub const fn expose_tweak_key(&self) -> &[u8; KEY_LEN] {
        &self.tweak
    }

    /// Keys are written here before they are checked, so that they are zeroized in any case.
    const fn zeroed() -> Self {
        Self {
            data: [0; KEY_LEN],
            tweak: [0; KEY_LEN],
        }
    }

    fn checked(self) -> Result<Self, Error> {
        let equal = self.data.ct_eq(&self.tweak);
        if bool::from(equal & self.data.ct_eq(&[0xFF; KEY_LEN])) {
            return Err(Error::EncryptionKeysBlank);
        }
        if bool::from(equal) {
            return Err(Error::EncryptionKeysEqual);
        }
        Ok(self)
    }
}

impl ConstantTimeEq for NvsKeys {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.data.ct_eq(&other.data) & self.tweak.ct_eq(&other.tweak)
    }
}

impl fmt::Debug for NvsKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NvsKeys([elided])")
    }
}

/// The 256-bit HMAC key in a device's eFuses (purpose `HMAC_UP`), from which
/// [`NvsKeys::from_hmac_key`] derives the keys of the partition.
///
/// It is zeroized on drop, elided in `Debug`, and read only through [`HmacKey::expose`]. `esp_secure_cert::HmacKey`
/// is the key of another eFuse block.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{HmacKey, NvsKeys};
///
/// let key = HmacKey::decode(&[7; 32])?;
/// assert_eq!(format!("{key:?}"), "HmacKey([elided])");
/// let keys = NvsKeys::from_hmac_key(&key)?;
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct HmacKey([u8; KEY_LEN]);

impl HmacKey {
    /// The length of a key in bytes.
    pub const LEN: usize = KEY_LEN;

    /// Creates a key.
    ///
    /// # Errors
    ///
    /// [`Error::HmacKeyBlank`] if every byte is 0x00, as in an unprogrammed eFuse block, or 0xFF,
    /// as in erased flash.
    pub fn new(key: [u8; KEY_LEN]) -> Result<Self, Error> {
        Self(key).checked()
    }

    /// Reads a key file, which contains exactly the 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::HmacKeySize`] for another length, and [`Error::HmacKeyBlank`] for a blank key.
    pub fn decode(file: &[u8]) -> Result<Self, Error> {
        let key: &[u8; KEY_LEN] = file.try_into().map_err(|_| Error::HmacKeySize { len: file.len() })?;
        Self(*key).checked()
    }

    /// Draws a key.
    ///
    /// # Errors
    ///
    /// [`Error::HmacKeyBlank`], with probability 2^-255 unless the generator is broken.
    pub fn generate<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Result<Self, Error> {
        let mut key = Self([0; KEY_LEN]);
        rng.fill_bytes(&mut key.0);
        key.checked()
    }

    /// Returns the bytes. This is the only way to read the secret.
    #[must_use]
    pub const fn expose(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    fn checked(self) -> Result<Self, Error> {
        if bool::from(self.0.ct_eq(&[0x00; KEY_LEN]) | self.0.ct_eq(&[0xFF; KEY_LEN])) {
            return Err(Error::HmacKeyBlank);
        }
        Ok(self)
    }

    /// Computes HMAC-SHA256 over the seed repeated eight times.
    fn authenticate(&self, seed: &[u8; 4], out: &mut [u8; KEY_LEN]) {
        // HMAC pads a short key with zeros to the block size of the hash (RFC 2104, section 2).
        // Padding here avoids a fallible constructor.
        let mut block = Zeroizing::new([0; SHA256_BLOCK]);
        block.iter_mut().zip(&self.0).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        for _ in 0..SEED_REPEATS {
            mac.update(seed);
        }
        mac.finalize_into(out.into());
    }
}

impl ConstantTimeEq for HmacKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey([elided])")
    }
}

/// Length of each key in bytes.
const KEY_LEN: usize = 32;
/// Block size of SHA-256 in bytes.
const SHA256_BLOCK: usize = 64;
/// HMAC seed for the data key: the firmware's little-endian word 0xAEBE5A5A.
const DATA_KEY_SEED: [u8; 4] = [0x5A, 0x5A, 0xBE, 0xAE];
/// HMAC seed for the tweak key: the firmware's little-endian word 0xCEDEA5A5.
const TWEAK_KEY_SEED: [u8; 4] = [0xA5, 0xA5, 0xDE, 0xCE];
/// Number of repetitions of a seed.
const SEED_REPEATS: usize = 8;

#[cfg(test)]
mod tests {
    use core::convert::Infallible;

    use rand_chacha::ChaCha20Rng;
    use rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng};

    use super::*;

    #[test]
    fn blank_and_equal_keys_are_refused() {
        assert_eq!(
            NvsKeys::new([0xFF; 32], [0xFF; 32]).unwrap_err(),
            Error::EncryptionKeysBlank
        );
        assert_eq!(
            NvsKeys::new([0x00; 32], [0x00; 32]).unwrap_err(),
            Error::EncryptionKeysEqual
        );
        assert_eq!(NvsKeys::from_raw(&[0xFF; 64]).unwrap_err(), Error::EncryptionKeysBlank);
        assert_eq!(NvsKeys::from_raw(&[0x42; 64]).unwrap_err(), Error::EncryptionKeysEqual);
        for at in 0..32 {
            let mut other = [0xFF; 32];
            other[at] = 0xFE;
            assert!(NvsKeys::new([0xFF; 32], other).is_ok());
            assert!(NvsKeys::new(other, [0xFF; 32]).is_ok());
        }
    }

    #[test]
    fn hmac_key_of_a_wrong_size_or_blank_is_refused() {
        for len in [0, 31, 33, 64] {
            assert_eq!(
                HmacKey::decode(&[7; 64][..len]).unwrap_err(),
                Error::HmacKeySize { len }
            );
        }
        for byte in [0x00, 0xFF] {
            assert_eq!(HmacKey::new([byte; 32]).unwrap_err(), Error::HmacKeyBlank);
            assert_eq!(HmacKey::decode(&[byte; 32]).unwrap_err(), Error::HmacKeyBlank);
        }
        let key = HmacKey::new([7; 32]).unwrap();
        let copy = HmacKey::decode(key.expose()).unwrap();
        assert!(bool::from(copy.ct_eq(&key)));
    }

    /// A broken generator.
    struct Stuck;

    impl TryRng for Stuck {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(0)
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(0)
        }

        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
            out.fill(0);
            Ok(())
        }
    }

    impl TryCryptoRng for Stuck {}

    #[test]
    fn drawn_keys_are_the_bytes_of_the_random_generator() {
        let rng = || ChaCha20Rng::seed_from_u64(1);
        let mut raw = [0; 64];
        rng().fill_bytes(&mut raw);
        let keys = NvsKeys::generate(&mut rng()).unwrap();
        assert_eq!([&keys.data, &keys.tweak], [&raw[..32], &raw[32..]]);
        assert_eq!(HmacKey::generate(&mut rng()).unwrap().expose()[..], raw[..32]);
        assert_eq!(NvsKeys::generate(&mut Stuck).unwrap_err(), Error::EncryptionKeysEqual);
        assert_eq!(HmacKey::generate(&mut Stuck).unwrap_err(), Error::HmacKeyBlank);
    }
}
