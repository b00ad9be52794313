use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use cryptoki::error::Error as CryptokiError;

use crate::Error;

/// A module's return value, displayed with its PKCS #11 name.
#[derive(Debug)]
pub(super) struct Cause(CryptokiError);

impl Cause {
    pub(super) fn shared(error: CryptokiError) -> Arc<dyn StdError + Send + Sync> {
        Arc::new(Self(error))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CryptokiError::Pkcs11(value, function) = &self.0 else {
            return self.0.fmt(f);
        };
        f.write_str("CKR")?;
        for letter in format!("{value:?}").chars() {
            if letter.is_ascii_uppercase() {
                f.write_str("_")?;
            }
            write!(f, "{}", letter.to_ascii_uppercase())?;
        }
        write!(f, " from C_{function:?}")
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

/// Creates the error of an operation that the token refused.
pub(super) fn refused(operation: &'static str, error: CryptokiError) -> Error {
    Error::Token {
        operation,
        source: Cause::shared(error),
    }
}
