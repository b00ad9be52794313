use core::fmt;

/// The type code of a record. Unknown codes are kept.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::RecordType;
///
/// assert_eq!(RecordType::DEV_CERT.to_string(), "DEV_CERT");
/// assert_eq!(RecordType::from_name("MATTER_1"), Some(RecordType::new(201)));
/// assert_eq!(RecordType::new(99).to_string(), "99");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordType(u8);

/// Declares the names once for the constants, reading and writing.
macro_rules! types {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        impl RecordType {
            $($(#[$doc])* pub const $name: Self = Self($code);)*

            /// Returns the vendor's name for the code, without the common prefix and suffix.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            /// Returns the type with this [`RecordType::name`].
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

types! {
    /// The certificate of the issuer; for Matter the PAI.
    CA_CERT = 0,
    /// The device's certificate; for Matter the DAC.
    DEV_CERT = 1,
    /// The private key, or a record without data whose flags state the storage of the key.
    PRIV_KEY = 2,
    /// The RSA key encrypted for the digital signature peripheral.
    DS_DATA = 3,
    /// The parameters of the digital signature peripheral.
    DS_CONTEXT = 4,
    /// The salt of a key that is derived from the HMAC key in the eFuses.
    HMAC_ECDSA_KEY_SALT = 5,
    /// The eFuse block of an ECDSA key.
    SEC_CFG = 6,
    /// The key of the secure storage of the trusted execution environment.
    TEE_SEC_STORAGE_KEY = 7,
    /// A signature over everything before the first SIGNATURE_BLOCK.
    SIGNATURE_BLOCK = 8,
    /// The SHA-256 of everything before the record.
    INTEGRITY = 9,
    /// The end of the records; never written.
    END = 50,
    /// Data of the application.
    USER_DATA_1 = 51,
    /// Data of the application.
    USER_DATA_2 = 52,
    /// Data of the application.
    USER_DATA_3 = 53,
    /// Data of the application.
    USER_DATA_4 = 54,
    /// Data of the application.
    USER_DATA_5 = 55,
    /// Matter's commissionable data.
    MATTER_1 = 201,
    /// Reserved for Matter.
    MATTER_2 = 202,
}

impl RecordType {
    /// Creates a type from its code; every code is allowed.
    #[must_use]
    pub const fn new(code: u8) -> Self {
        Self(code)
    }

    /// Returns the code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0
    }
}

impl From<u8> for RecordType {
    fn from(code: u8) -> Self {
        Self(code)
    }
}

impl From<RecordType> for u8 {
    fn from(kind: RecordType) -> Self {
        kind.0
    }
}

impl fmt::Display for RecordType {
    /// Formats the name, or the number for an unknown code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => self.0.fmt(f),
        }
    }
}

impl fmt::Debug for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordType({self})")
    }
}
