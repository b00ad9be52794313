use std::fmt;

use zeroize::Zeroizing;

/// Secrets that open keys: the password of an encrypted file, the PIN of a token.
///
/// # Examples
///
/// ```
/// use matter_signer::Secrets;
///
/// let secrets = Secrets::new().with_pin("1234");
/// assert_eq!(format!("{secrets:?}"), "Secrets([elided])");
/// ```
#[derive(Clone, Default)]
pub struct Secrets {
    password: Option<Zeroizing<String>>,
    pin: Option<Zeroizing<String>>,
}

impl Secrets {
    /// The environment variable that [`Secrets::from_environment`] takes the password from.
    pub const PASSWORD_VARIABLE: &str = "MATTER_PASSWORD";
    /// The environment variable that [`Secrets::from_environment`] takes the PIN from.
    pub const PIN_VARIABLE: &str = "MATTER_PIN";

    /// Creates an empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            password: None,
            pin: None,
        }
    }

    /// Reads the environment variables; no other function does. Values that are not UTF-8 are ignored.
    #[must_use]
    pub fn from_environment() -> Self {
        let read = |name| std::env::var(name).ok().map(Zeroizing::new);
        Self {
            password: read(Self::PASSWORD_VARIABLE),
            pin: read(Self::PIN_VARIABLE),
        }
    }

    /// Adds the password of an encrypted file.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.password = Some(Zeroizing::new(password.into()));
        self
    }

    /// Adds the PIN of a token whose URI has no `pin-source`.
    #[must_use]
    pub fn with_pin(mut self, pin: &str) -> Self {
        self.pin = Some(Zeroizing::new(pin.into()));
        self
    }

    pub(crate) fn expose_password(&self) -> Option<&str> {
        self.password.as_deref().map(String::as_str)
    }

    #[cfg(feature = "pkcs11")]
    pub(crate) fn expose_pin(&self) -> Option<&str> {
        self.pin.as_deref().map(String::as_str)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets([elided])")
    }
}
