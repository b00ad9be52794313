use core::fmt;

use subtle::{Choice, ConstantTimeEq};

use crate::{Error, RecordType, Subtype};

/// One item of Matter's commissionable data, stored in a MATTER_1 record.
///
/// Lengths and ranges are those of the firmware's data provider and of Matter Core Specification
/// 3.10 and 5.1.1.5. `Debug` elides the values, because the verifier allows impersonating the
/// device.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::MatterData;
///
/// assert_eq!(MatterData::discriminator(3840)?.subtype().get(), 0);
/// assert!(MatterData::discriminator(4096).is_err());
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct MatterData<'a> {
    subtype: Subtype,
    value: Value<'a>,
}

#[derive(Clone, Copy)]
enum Value<'a> {
    U16([u8; 2]),
    U32([u8; 4]),
    Bytes(&'a [u8]),
}

impl<'a> MatterData<'a> {
    /// The subtype of the discriminator.
    pub const DISCRIMINATOR: Subtype = Subtype::literal(0);
    /// The subtype of the SPAKE2+ verifier.
    pub const VERIFIER: Subtype = Subtype::literal(1);
    /// The subtype of the SPAKE2+ salt.
    pub const SALT: Subtype = Subtype::literal(2);
    /// The subtype of the SPAKE2+ iteration count.
    pub const ITERATION_COUNT: Subtype = Subtype::literal(3);
    /// The subtype of the rotating device id's unique id.
    pub const ROTATING_ID_UNIQUE_ID: Subtype = Subtype::literal(4);
    /// The subtypes of two random numbers that the vendor's manufacturing tool writes and no public
    /// firmware reads.
    pub const RANDOM: [Subtype; 2] = [Subtype::literal(128), Subtype::literal(129)];

    /// Creates the discriminator, 0 to 4095.
    ///
    /// # Errors
    ///
    /// [`Error::MatterValue`] if it is out of range.
    pub const fn discriminator(value: u16) -> Result<Self, Error> {
        if value > 0xFFF {
            #[expect(clippy::as_conversions, reason = "u16 to u64 loses nothing")]
            let found = value as u64;
            return Err(Error::MatterValue { subtype: 0, found });
        }
        Ok(Self::of(Self::DISCRIMINATOR, Value::U16(value.to_le_bytes())))
    }

    /// Creates the SPAKE2+ verifier, w0 and L.
    #[must_use]
    pub const fn verifier(value: &'a [u8; 97]) -> Self {
        Self::of(Self::VERIFIER, Value::Bytes(value))
    }

    /// Creates the SPAKE2+ salt, 16 to 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::MatterValue`] for another length.
    pub const fn salt(value: &'a [u8]) -> Result<Self, Error> {
        if value.len() < 16 || value.len() > 32 {
            #[expect(clippy::as_conversions, reason = "usize to u64 loses nothing")]
            let found = value.len() as u64;
            return Err(Error::MatterValue { subtype: 2, found });
        }
        Ok(Self::of(Self::SALT, Value::Bytes(value)))
    }

    /// Creates the SPAKE2+ iteration count, 1000 to 100000.
    ///
    /// # Errors
    ///
    /// [`Error::MatterValue`] if it is out of range.
    pub const fn iteration_count(value: u32) -> Result<Self, Error> {
        if value < 1000 || value > 100_000 {
            #[expect(clippy::as_conversions, reason = "u32 to u64 loses nothing")]
            let found = value as u64;
            return Err(Error::MatterValue { subtype: 3, found });
        }
        Ok(Self::of(Self::ITERATION_COUNT, Value::U32(value.to_le_bytes())))
    }

    /// Creates the unique id from which rotating device ids are computed.
    #[must_use]
    pub const fn rotating_id_unique_id(value: &'a [u8; 16]) -> Self {
        Self::of(Self::ROTATING_ID_UNIQUE_ID, Value::Bytes(value))
    }

    /// Creates the two random numbers that the vendor's manufacturing tool writes and no public
    /// firmware reads.
    #[must_use]
    pub const fn random(values: [&'a [u8; 32]; 2]) -> [Self; 2] {
        let ([first, second], [a, b]) = (Self::RANDOM, values);
        [Self::of(first, Value::Bytes(a)), Self::of(second, Value::Bytes(b))]
    }

    /// Returns the subtype of the item.
    #[must_use]
    pub const fn subtype(&self) -> Subtype {
        self.subtype
    }

    pub(crate) const fn as_bytes(&self) -> &[u8] {
        match &self.value {
            Value::U16(bytes) => bytes,
            Value::U32(bytes) => bytes,
            Value::Bytes(bytes) => bytes,
        }
    }

    const fn of(subtype: Subtype, value: Value<'a>) -> Self {
        Self { subtype, value }
    }
}

impl ConstantTimeEq for MatterData<'_> {
    fn ct_eq(&self, other: &Self) -> Choice {
        Choice::from(u8::from(self.subtype == other.subtype)) & self.as_bytes().ct_eq(other.as_bytes())
    }
}

impl fmt::Debug for MatterData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MatterData({}, [elided])", self.subtype)
    }
}

/// Returns the minimum and maximum data length that the firmware reads for a record of Matter's
/// commissionable data.
#[cfg_attr(not(feature = "alloc"), expect(dead_code, reason = "used by the checker only"))]
pub(crate) fn lengths(kind: RecordType, subtype: u8) -> Option<(usize, usize)> {
    if kind != RecordType::MATTER_1 {
        return None;
    }
    Some(match subtype {
        0 => (2, 2),
        1 => (97, 97),
        2 => (16, 32),
        3 => (4, 4),
        4 => (16, 16),
        _ => return None,
    })
}
